"""The oracle sees what must never be, the manager survives its faults, every fault ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.sim.day import doors
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.adapters.sim.hands import AT_SENDER
from fleet_manager.application.days.scenario import (
    Demand,
    Fault,
    FaultKind,
    Request,
    Scenario,
)
from fleet_manager.application.ports import DoorOrder, LiftOrder
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import (
    CompartmentId,
    DeliveryId,
    DoorId,
    LiftId,
    NodeId,
    RobotId,
    SessionId,
)
from fleet_manager.domain.messages import (
    DeliveryCancelled,
    DoorPosition,
    LiftDoor,
    ManagerStarted,
    ParcelLoaded,
    ParcelTaken,
)
from fleet_manager.domain.turn import SYSTEM
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant
from tests.hospitals import two_floors

#: These are what people do with the manager, not with the building.
OF_PEOPLE = {FaultKind.ZONE_CLOSED, FaultKind.DOUBLE_CLICK}
R1, R2 = RobotId('r1'), RobotId('r2')
#: Said after all that a manager said.
LATER = 10**9


def small_day(*requests: Request, lasts: int = HOUR, **changes: object) -> Day:
    wanted = requests or (Request(8 * HOUR + SECOND, 'supply', 'stores', 'ward'),)
    scenario = Scenario(
        'small', 'two_floors', starts=8 * HOUR, lasts=lasts, demand=Demand(requests=wanted)
    )
    return Day(scenario, two_floors(robots=2, door=True), seed=1, **changes)  # type: ignore[arg-type]


def watched() -> Day:
    day = small_day(Request(20 * HOUR, 'supply', 'stores', 'ward'), lasts=24 * HOUR)
    day.run(Instant(day.start + 30 * SECOND))
    assert day.oracle.violations == []
    return day


def seen(day: Day, robot: RobotId) -> str:
    day.oracle.see_robot(day.world.robots[robot])
    return ' '.join(day.oracle.violations)


def move(day: Day, robot: RobotId, node: str) -> None:
    body, place = day.world.robots[robot], day.hospital.nodes[NodeId(node)]
    body.node, body.x, body.y = place.id, place.x, place.y


def until(day: Day, what: str) -> None:
    """Run until r1 or r2 is on an edge through a door or lift; step by step."""
    for _ in range(4 * 3_600):
        day.run(Instant(day.heap.now + SECOND))
        for robot in day.world.robots.values():
            if robot.moves() and robot.edge is not None and getattr(robot.edge.node, what):
                return
    raise AssertionError(f'no robot ever passed a {what}')


def test_it_sees_two_robots_on_one_node_and_bodies_that_touch() -> None:
    day = watched()
    move(day, R2, 'F1.c1')
    found = seen(day, R2)
    assert 'r1 and r2 on node:F1.c1' in found
    assert 'r1 and r2 are 0.00 m apart' in found
    assert day.oracle.overlaps >= 2


def test_it_sees_a_robot_where_it_was_not_let() -> None:
    day = watched()
    move(day, R2, 'F1.w5')
    assert 'r2 is on node:F1.w5 and does not hold it' in seen(day, R2)


def test_it_sees_a_robot_in_a_car_without_its_session() -> None:
    day = watched()
    move(day, R2, 'car.A')
    assert 'r2 in A without session' in seen(day, R2)
    day.world.lifts[LiftId('A')].session = 'r1#1'
    assert 'r2 is in the car of r1' in seen(day, R2)
    day.world.lifts[LiftId('A')].inside = 2
    assert 'r2 is in A with people' in seen(day, R2)


def test_it_sees_robots_that_drive_through_shut_doors() -> None:
    day = small_day(Request(8 * HOUR + SECOND, 'supply', 'pharmacy', 'ward'))
    until(day, 'door')
    door = day.world.doors[DoorId('D')]
    door.position = DoorPosition.MOVING
    day.oracle.see_door(door)
    assert 'passes the shut door D' in ' '.join(day.oracle.violations)
    door.position = DoorPosition.OPEN
    until(day, 'lift')
    lift = day.world.lifts[LiftId('A')]
    lift.door = LiftDoor.MOVING
    day.oracle.see_lift(lift)
    assert 'passes the shut door of A' in ' '.join(day.oracle.violations)


def test_it_sees_a_manager_that_has_doors_shut_on_robots_though_they_do_not_obey() -> None:
    """A light curtain keeps them open: what matters is that they were told to shut."""
    day = small_day(Request(8 * HOUR + SECOND, 'supply', 'pharmacy', 'ward'))
    until(day, 'door')
    door, lift = day.world.doors[DoorId('D')], day.world.lifts[LiftId('A')]
    day.world.hear('door:D', DoorOrder(door.id, open=False), sent=LATER)
    assert door.position is DoorPosition.OPEN
    assert 'D is told to shut while r' in ' '.join(day.oracle.violations)
    day = small_day(Request(8 * HOUR + SECOND, 'supply', 'pharmacy', 'ward'))
    until(day, 'lift')
    lift = day.world.lifts[LiftId('A')]
    session = SessionId(lift.session)
    away = next(stop.floor for stop in day.hospital.lifts[lift.id].stops
                if stop.floor != lift.floor)  # fmt: skip
    day.world.hear('lift:A', LiftOrder(lift.id, session, False, away, True), sent=LATER)
    assert 'A is told to go while r' in ' '.join(day.oracle.violations)


@pytest.mark.parametrize(('hold_ms', 'seen'), [(doors.HOLD_MS, False), (5 * SECOND, True)])
def test_a_door_outlasts_a_manager_that_dies_while_a_robot_passes(
    hold_ms: int, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors, 'HOLD_MS', hold_ms)
    day = small_day(Request(8 * HOUR + SECOND, 'supply', 'pharmacy', 'ward'))
    until(day, 'door')
    day.manager.crash()
    day.run(Instant(day.heap.now + 2 * MINUTE))
    assert day.world.doors[DoorId('D')].position is DoorPosition.CLOSED
    day.manager.restart()
    day.run()
    assert ('D is not held open while r' in ' '.join(day.oracle.violations)) is seen
    assert day.oracle.at_the_end() == []


def test_it_sees_a_delivery_that_ends_twice_and_gaps_in_custody() -> None:
    day = watched()
    name = DeliveryId('D000009')
    for _ in range(2):
        day.oracle.note(day.heap.now, DeliveryCancelled(name, SYSTEM))
    assert 'D000009 ended twice' in day.oracle.violations[-1]
    day.oracle.note(day.heap.now, ParcelTaken(name, R1, CompartmentId('c1'), SYSTEM))
    assert f'said to be at recipient, it is at {AT_SENDER}' in day.oracle.violations[-1]


def test_it_sees_clean_goods_after_and_beside_dirty_ones() -> None:
    day = small_day()
    day.run()
    delivery = next(iter(day.state().deliveries.values()))
    for goods in ('waste', 'meal'):
        delivery.goods = goods
        day.oracle.note(day.heap.now, ParcelLoaded(delivery.id, R1, CompartmentId('c1'), SYSTEM))
    found = ' '.join(day.oracle.violations)
    assert 'r1 was not cleaned before' in found
    assert '(waste) are together in r1' in found


def test_it_sees_a_robot_that_does_not_get_on() -> None:
    day = small_day(Request(8 * HOUR + SECOND, 'supply', 'pharmacy', 'ward'))
    until(day, 'door')
    robot = next(r for r in day.world.robots.values() if r.moves())
    robot.in_its_way.add('nobody knows what')
    robot.go()
    day.run(Instant(day.start + 40 * MINUTE))
    assert day.oracle.deadlocks
    assert f'{robot.id} at ' in ' '.join(day.oracle.violations)
    assert 'does not get on' in ' '.join(day.oracle.violations)


def test_what_never_ended_is_told_at_the_end() -> None:
    day = small_day()
    day.run(Instant(day.start + MINUTE))
    assert day.oracle.at_the_end() == ['D000001 never ended']


# --- the manager  ---


def test_a_manager_that_crashed_goes_on_from_its_journal_under_a_new_epoch() -> None:
    day = small_day()
    started: list[int] = []
    day.listeners.append(
        lambda at, event: (
            started.append(event.epoch) if isinstance(event, ManagerStarted) else None
        )
    )
    day.run(Instant(day.start + MINUTE))
    assert day.world.begin(FaultKind.MANAGER_CRASHES, '')
    day.run(Instant(day.start + 2 * MINUTE))
    day.world.end(FaultKind.MANAGER_CRASHES, '')
    day.run()
    result = day.result_so_far()
    assert (result.delivered, result.violations, started[-1]) == (1, (), 2)


def test_a_frozen_manager_is_replaced_and_robots_refuse_its_last_orders() -> None:
    day = small_day()
    day.run(Instant(day.start + MINUTE))
    assert day.world.begin(FaultKind.MANAGER_FREEZES, '')
    day.run(Instant(day.start + 3 * MINUTE))
    assert day.manager.take_overs == 1
    day.world.end(FaultKind.MANAGER_FREEZES, '')
    day.run()
    assert day.world.refused_stale > 0
    assert (day.result_so_far().delivered, day.oracle.violations) == (1, [])


def test_a_manager_that_wakes_within_its_lease_leads_on() -> None:
    day = small_day()
    day.run(Instant(day.start + MINUTE))
    day.world.begin(FaultKind.MANAGER_FREEZES, '')
    day.run(Instant(day.start + MINUTE + 10 * SECOND))
    day.world.end(FaultKind.MANAGER_FREEZES, '')
    day.run()
    assert (day.manager.take_overs, day.state().epoch) == (0, 1)
    assert day.result_so_far().delivered == 1


def test_a_journal_that_gives_another_state_stops_the_day() -> None:
    day = watched()
    day.state().delivered = 7
    with pytest.raises(InvariantBroken, match='another state'):
        day.world.begin(FaultKind.MANAGER_CRASHES, '')


def test_a_day_on_a_database_writes_the_same_journal_there(tmp_path: Path) -> None:
    in_memory = small_day()
    in_memory.run()
    store = open_store(f'sqlite:///{tmp_path / "fleet.db"}')
    try:
        stored = small_day(store=store)
        stored.run()
        assert stored.manager.hash() == in_memory.manager.hash()
        found = store.take_over(holder='reader', now=stored.heap.now)
        assert len(found.entries) == stored.manager.core.written
    finally:
        store.close()


# --- every fault  ---


@pytest.mark.parametrize('kind', sorted(set(FaultKind) - OF_PEOPLE))
def test_every_fault_begins_once_and_is_put_right_again(kind: str) -> None:
    day = watched()
    fault = FaultKind(kind)
    subject = day.faults.subjects(Fault(fault))[0]
    assert day.world.begin(fault, subject)
    day.run(Instant(day.heap.now + 5 * SECOND))
    assert not day.world.begin(fault, subject)
    day.run(Instant(day.heap.now + 2 * MINUTE))
    day.world.end(fault, subject)
    assert day.world.faulty == set()
    day.run(Instant(day.heap.now + 20 * MINUTE))
    assert day.oracle.violations == []
    assert all(robot.excluded is None for robot in day.state().robots.values())
    assert not day.state().recalls
    assert not day.state().alerts
