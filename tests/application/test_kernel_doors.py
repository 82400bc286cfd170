"""Doors: asked to open, given up when they do not, led around, shut in a fire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fleet_manager.application.ports import DoorOrder
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import DoorId, LiftId, RobotId
from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.domain.messages import (
    AlertRaised,
    CancelDelivery,
    DoorPosition,
    DoorReport,
    HopsReleased,
    LiftDoor,
    LiftMode,
    MalformedReport,
    PauseRobot,
    ReleaseLift,
)
from fleet_manager.domain.traffic.doors import OPEN_MS, UNDERWAY_MS
from tests.application.stage import OPERATOR, Stage
from tests.hospitals import Drawing, two_floors

DOOR = DoorId('D')


def round_about() -> Hospital:
    r"""Two stations, a short way with a door between them and a long one without.

    west -- a --(D)-- b -- east
             \       /
              c --- d           r1 starts in a bay at a
    """
    drawing = Drawing()
    drawing.floor('F1', 1)
    a = drawing.node('F1', 'a', 0.0, 0.0)
    b = drawing.node('F1', 'b', 8.0, 0.0)
    c = drawing.node('F1', 'c', 0.0, -12.0)
    d = drawing.node('F1', 'd', 8.0, -12.0)
    drawing.door('D', 'F1', 4.0, 0.0)
    drawing.lane(a, b, door='D')
    for one, other in ((a, c), (c, d), (d, b)):
        drawing.lane(one, other)
    home = drawing.leaf(a, 'home', up=2.0, kind=NodeKind.CHARGER)
    drawing.leaf(b, 'park', up=2.0, kind=NodeKind.PARKING)
    for name, way, across in (('west', a, -2.0), ('east', b, 2.0)):
        node = drawing.leaf(way, name, up=0.0, across=across, kind=NodeKind.STATION)
        drawing.station(name, node)
    drawing.robot('r1', home)
    return drawing.hospital()


def under_way(hospital: Hospital, sender: str = 'west', recipient: str = 'east') -> Stage:
    """A robot with a parcel, on its way to the door, which says what the test wants."""
    stage = Stage(hospital)
    stage.silent.add('D')
    stage.reach(stage.request(sender, recipient), DeliveryState.UNDER_WAY)
    return stage


def saying(stage: Stage, position: DoorPosition, *, seconds: int) -> None:
    for _ in range(seconds):
        stage.hear(DoorReport(DOOR, position))
        stage.tick()


def asked(stage: Stage) -> bool:
    order = stage.kernel.directives()['door:D']
    assert isinstance(order, DoorOrder)
    return order.open


def outcomes(stage: Stage) -> list[str]:
    return [e.params['outcome'] for e in stage.all(AlertRaised) if e.code == 'door_overdue']


def test_a_door_that_stays_shut_is_refused_and_the_robot_takes_the_other_way() -> None:
    stage = under_way(round_about())
    saying(stage, DoorPosition.CLOSED, seconds=OPEN_MS // 1_000 - 5)
    assert stage.robot('r1').node in ('F1.a', 'F1.west')
    saying(stage, DoorPosition.CLOSED, seconds=60)
    assert outcomes(stage) == ['refused']
    assert stage.robot('r1').node == 'F1.east'


def test_a_door_that_says_nothing_times_out_and_the_robot_takes_the_other_way() -> None:
    stage = under_way(round_about())
    stage.wait(OPEN_MS + 60_000)
    assert outcomes(stage) == ['timed_out']
    assert stage.robot('r1').node == 'F1.east'


def test_a_door_out_of_order_is_not_waited_for() -> None:
    stage = under_way(round_about())
    saying(stage, DoorPosition.OFFLINE, seconds=15)
    assert outcomes(stage) == ['refused']
    assert 'F1.c' in [hop.target for hop in stage.robot('r1').hops] or (
        stage.robot('r1').node in ('F1.c', 'F1.d', 'F1.east')
    )


def test_a_door_that_failed_is_asked_on_and_used_again_once_it_opened() -> None:
    stage = under_way(round_about())
    stage.wait(OPEN_MS + 60_000)
    assert asked(stage)
    saying(stage, DoorPosition.OPEN, seconds=2)
    assert 'door_overdue:D' not in stage.kernel.state.alerts
    assert not asked(stage)
    stage.silent.clear()
    stage.reach('D000001', DeliveryState.DELIVERED)
    stage.reach(stage.request('east', 'west', key='second'), DeliveryState.UNDER_WAY)
    stage.silent.add('r1')
    stage.tick()
    assert 'D' in [hop.door for hop in stage.robot('r1').hops]


def test_where_there_is_no_other_way_the_delivery_waits_and_goes_on_when_the_door_opens() -> None:
    stage = under_way(two_floors(door=True), 'pharmacy', 'stores')
    stage.wait(OPEN_MS + 60_000)
    assert outcomes(stage) == ['timed_out']
    assert asked(stage)
    assert stage.delivery('D000001').state is DeliveryState.UNDER_WAY
    stage.silent.clear()
    stage.reach('D000001', DeliveryState.DELIVERED)


def let_in(stage: Stage) -> bool:
    robot = stage.robot('r1')
    return any(hop.door for hop in robot.hops if hop.sequence <= robot.released)


def test_a_door_is_asked_to_stay_open_until_who_was_let_in_has_passed_whatever_happens() -> None:
    """It may stand in the doorway, and drives on when it is allowed to again."""
    stage = Stage(round_about())
    stage.tick()
    delivery = stage.request('east', 'west')
    stage.until(lambda: let_in(stage))
    stage.silent.add('r1')
    happenings: list[Callable[[], object]] = [
        lambda: stage.send(CancelDelivery(OPERATOR, delivery)),
        lambda: stage.send(PauseRobot(OPERATOR, RobotId('r1'))),
        lambda: stage.hear(MalformedReport(RobotId('r1'), 'x is not a number')),
        lambda: stage.wait(OPEN_MS + 60_000),
        stage.restart,
        lambda: stage.hear(DoorReport(DOOR, DoorPosition.CLOSED)),
        stage.tick,
    ]
    for happening in happenings:
        happening()
        assert let_in(stage)
        assert asked(stage)


def burning(hospital: Hospital) -> Stage:
    """A robot on its way through a fire door; then the lift says that there is a fire."""
    door = replace(hospital.doors[DOOR], fire=True)
    stage = Stage(replace(hospital, doors={DOOR: door}))
    stage.reach(stage.request('pharmacy', 'stores'), DeliveryState.UNDER_WAY)
    stage.saying['A'] = {'mode': LiftMode.FIRE, 'door': LiftDoor.OPEN}
    stage.lift(**stage.saying['A'])
    return stage


def test_in_a_fire_nobody_is_let_through_a_fire_door_and_it_is_not_held_open() -> None:
    stage = burning(two_floors(door=True))
    stage.tick(0)
    robot = stage.robot('r1')
    assert not any(hop.door for hop in robot.hops if hop.sequence <= robot.released)
    stage.wait(30_000)
    assert not asked(stage)
    assert stage.robot('r1').node in ('F1.pharmacy', 'F1.w1', 'F1.w2', 'F1.p2', 'F1.c1')
    assert not outcomes(stage), 'a door that has to be shut is not overdue'
    stage.saying.clear()
    stage.wait(30_000)
    assert not asked(stage), 'nothing resumes by itself'
    stage.send(ReleaseLift(OPERATOR, LiftId('A')))
    stage.reach('D000001', DeliveryState.DELIVERED)


def test_who_was_let_through_a_fire_door_before_the_alarm_gets_through() -> None:
    hospital = two_floors(door=True)
    door = replace(hospital.doors[DOOR], fire=True)
    stage = Stage(replace(hospital, doors={DOOR: door}))
    stage.reach(stage.request('pharmacy', 'stores'), DeliveryState.UNDER_WAY)
    stage.silent.add('r1')
    robot = stage.robot('r1')
    for _ in range(20):
        if any(hop.door and hop.sequence <= robot.released for hop in robot.hops):
            break
        stage.drive('r1')
        stage.tick()
    stage.saying['A'] = {'mode': LiftMode.FIRE}
    stage.wait(3_000)
    assert asked(stage)
    stage.silent.clear()
    stage.wait(5_000)
    assert not asked(stage)


def test_another_alarm_than_fire_leaves_fire_doors_alone() -> None:
    stage = burning(two_floors(door=True))
    stage.kernel.state.recalls.clear()
    stage.saying['A'] = {'mode': LiftMode.EMERGENCY}
    stage.reach('D000001', DeliveryState.DELIVERED)


def test_a_manager_that_begins_again_holds_the_door_before_it_has_heard_the_robot() -> None:
    stage = under_way(round_about())
    saying(stage, DoorPosition.CLOSED, seconds=2)
    assert asked(stage)
    stage.restart()
    assert asked(stage)


def test_nobody_is_let_through_a_door_that_may_still_hear_that_it_may_shut() -> None:
    stage = Stage(round_about())
    stage.silent.add('D')
    stage.hear(DoorReport(DOOR, DoorPosition.OPEN))
    stage.request('west', 'east')

    def until(done: Callable[[], bool]) -> None:
        while not done():
            stage.hear(DoorReport(DOOR, DoorPosition.OPEN))
            stage.tick(500)

    until(lambda: asked(stage))
    wanted = stage.now
    until(lambda: any(lane_of_door(stage) in e.claims for e in stage.all(HopsReleased)))
    assert UNDERWAY_MS <= stage.now - wanted <= UNDERWAY_MS + 1_000


def lane_of_door(stage: Stage) -> str:
    hospital = stage.kernel.hospital
    return next(f'lane:{lane.id}' for lane in hospital.lanes.values() if lane.door == DOOR)
