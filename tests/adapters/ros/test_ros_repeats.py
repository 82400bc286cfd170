"""Each device is told at once when its directive changes, and again at its own pace."""

from __future__ import annotations

from fleet_manager.adapters.ros.repeats import Repeats
from fleet_manager.application.ports import DoorOrder, LiftOrder, RobotOrder
from fleet_manager.domain.ids import DoorId, FloorId, LiftId, RobotId, SessionId


def order(update: int) -> RobotOrder:
    """Return an order of r1."""
    return RobotOrder(RobotId('r1'), 1, 'o', update, 'v', (), False, False)


def door(*, is_open: bool) -> DoorOrder:
    """Return a directive for D1."""
    return DoorOrder(DoorId('D1'), is_open)


def test_a_new_directive_is_due_at_once_and_then_every_second() -> None:
    """Level-triggered: a newer directive ends it, or a runner that says nothing any more."""
    repeats = Repeats()
    assert repeats.next_due(at=10.0) is None
    assert repeats.put([order(1)], at=10.0)
    assert repeats.take_due(at=10.0) == [order(1)]
    assert repeats.take_due(at=10.9) == []
    assert repeats.next_due(at=10.9) == 11.0
    assert repeats.take_due(at=11.05) == [order(1)]


def test_only_the_newest_directive_of_a_device_is_said() -> None:
    """Two orders between two turns of the thread: the first is never sent."""
    repeats = Repeats()
    repeats.put([order(1), order(2)], at=0.0)
    assert repeats.take_due(at=0.0) == [order(2)]


def test_an_equal_directive_does_not_disturb_the_pace() -> None:
    """The kernel may say the same thing at every tick."""
    repeats = Repeats()
    repeats.put([order(1)], at=0.0)
    repeats.take_due(at=0.0)
    assert not repeats.put([order(1)], at=0.5)
    assert repeats.take_due(at=0.5) == []


def test_devices_of_different_kinds_may_share_a_name() -> None:
    """A robot, a lift and a door called r1 are three devices."""
    repeats = Repeats()
    lift = LiftOrder(LiftId('r1'), SessionId('s'), False, FloorId('1'), True)
    repeats.put([order(1), lift, DoorOrder(DoorId('r1'), True)], at=0.0)
    assert len(repeats.take_due(at=0.0)) == 3


def test_a_closed_door_is_told_five_times_less_often_than_an_open_one() -> None:
    """And opening it again is said at once."""
    repeats = Repeats()
    repeats.put([door(is_open=False)], at=0.0)
    said = sum(len(repeats.take_due(at=float(second))) for second in range(10))
    assert said == 2
    repeats.put([door(is_open=True)], at=10.0)
    said = sum(len(repeats.take_due(at=10.0 + second)) for second in range(10))
    assert said == 10


def test_a_building_that_runs_ten_times_as_fast_is_told_ten_times_as_often() -> None:
    """Robots count the lease of an order in their own time."""
    repeats = Repeats(speed=10.0)
    repeats.put([order(1)], at=0.0)
    said = sum(len(repeats.take_due(at=step / 20)) for step in range(20))
    assert said == 10


def test_a_manager_that_stood_still_for_so_long_that_another_may_lead_says_nothing() -> None:
    """Frozen, or held up by its database: what it wanted of a door may be wrong by now."""
    repeats = Repeats()
    repeats.put([order(1), door(is_open=False)], at=0.0)
    repeats.take_due(at=0.0)
    assert repeats.take_due(at=10.1) == []
    assert repeats.next_due(at=10.1) is None
    assert not repeats.put([], at=12.0)
    assert repeats.take_due(at=12.0) == [order(1), door(is_open=False)]
