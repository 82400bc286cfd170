"""Why robots stand, in words people know, down to the root cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import ResourceId, RobotId
from fleet_manager.domain.maps.model import Hospital, Name, Point, Room
from fleet_manager.domain.messages import MalformedReport, PauseFleet, PauseRobot
from fleet_manager.domain.traffic.explain import Cause, Wait, chain_of, waits, where, why
from fleet_manager.domain.traffic.hindrances import STUCK_MS
from fleet_manager.domain.units import SECOND
from tests.application.stage import OPERATOR, Stage
from tests.domain.dispatch.driving import Driving
from tests.domain.traffic.zoned import ZONE, hall
from tests.hospitals import corridor, two_floors


def cause(stage: Stage, name: str) -> Wait:
    return why(stage.kernel.turn(), stage.robot(name))


def chain(stage: Stage, name: str) -> list[tuple[str, str]]:
    found = chain_of(stage.kernel.turn(), stage.robot(name))
    return [(wait.robot, wait.cause.value) for wait in found]


def standing(stage: Stage, *names: str) -> None:
    """Let a second pass in which these robots speak and do not move."""
    stage.auto = False
    stage.now += 1 * SECOND  # type: ignore[assignment]
    for name in stage.hospital.robots:
        stage.say(name) if name in names else stage.drive(name)
    for lift in stage.hospital.lifts:
        if lift not in stage.silent:
            stage.serve(lift)
    stage._keep(stage.kernel.tick(stage.now).events)


def jam() -> Stage:
    """r2 stands on its way to the west; r1 has to wait for it."""
    stage = Stage(corridor(robots=2, length=6))
    stage.tick()
    stage.request('east', 'west')
    stage.tick()
    assert stage.carrier('D000001') == 'r2'
    stage.request('middle', 'west')
    stage.tick()
    for _ in range(20):
        standing(stage, 'r2')
    return stage


def test_a_robot_waits_for_another_at_a_place_with_a_name_since_a_time() -> None:
    stage = jam()
    waiting = waits(stage.kernel.turn())
    assert list(waiting) == ['r1']
    first, last = waiting[RobotId('r1')]
    assert (first.cause, first.other) == (Cause.ROBOT, 'r2')
    assert first.where is not None
    assert first.where.resource.split(':')[0] in ('lane', 'node')
    assert first.where.floor == 'F1'
    assert first.where.name in {s.name for s in stage.hospital.stations.values()}
    assert first.since is not None
    assert stage.now - 20 * SECOND <= first.since < stage.now
    assert last.cause is Cause.MOVING, 'r2 may go, and is not stuck yet'


def test_the_chain_ends_at_the_root_cause() -> None:
    stage = jam()
    for _ in range(STUCK_MS // SECOND):
        standing(stage, 'r2')
        if chain(stage, 'r1') == [('r1', 'robot'), ('r2', 'stuck')]:
            return
        if cause(stage, 'r2').cause is Cause.STUCK:
            break
    assert chain(stage, 'r2') == [('r2', 'stuck')]


def test_who_is_held_says_by_what() -> None:
    stage = Stage(corridor(robots=4, length=6))
    stage.tick()
    stage.send(PauseRobot(OPERATOR, RobotId('r1')))
    stage.hear(MalformedReport('r2', 'NaN'))
    assert cause(stage, 'r1').cause is Cause.PAUSED
    assert cause(stage, 'r2').cause is Cause.EXCLUDED
    assert cause(stage, 'r2').params == {'reason': 'malformed_report'}
    assert cause(stage, 'r3').cause is Cause.IDLE
    stage.silent.add('r3')
    for _ in range(12):
        stage.tick()
    assert cause(stage, 'r3').cause is Cause.SILENT
    stage.send(PauseFleet(OPERATOR))
    assert cause(stage, 'r4').cause is Cause.FLEET_PAUSED
    assert set(waits(stage.kernel.turn())) == {'r1', 'r2', 'r3', 'r4'}


def test_people_at_a_station_are_what_the_next_robot_waits_for() -> None:
    stage = Stage(corridor(robots=2))
    there = stage.request('west', 'east')
    stage.reach(there, DeliveryState.AWAITING_RECEIPT)
    other = stage.request('middle', 'east')
    stage.reach(other, DeliveryState.UNDER_WAY)
    for _ in range(5):
        stage.tick()
    carrier, first = stage.carrier(other), stage.carrier(there)
    assert chain(stage, carrier) == [(carrier, 'station'), (first, 'people')]
    waiting = cause(stage, carrier)
    assert waiting.where is not None
    assert waiting.where.near == 'east'
    assert waiting.params == {'delivery': other}


def test_a_robot_in_front_of_a_lift_waits_for_the_lift_or_for_who_rides_first() -> None:
    stage = Stage(two_floors(robots=2))
    stage.request('pharmacy', 'ward')
    stage.reach('D000001', DeliveryState.UNDER_WAY)
    stage.silent.add('A')
    for _ in range(5):
        stage.tick()
    waiting = cause(stage, stage.carrier('D000001'))
    assert (waiting.cause, waiting.params) == (Cause.LIFT, {'lift': 'A'})
    assert waiting.where is not None
    assert (waiting.where.near, waiting.where.floor) == ('A', 'F1')


def test_a_robot_in_front_of_a_shut_door_waits_for_the_door() -> None:
    stage = Stage(two_floors(robots=1, door=True))
    stage.silent.add('D')
    stage.request('stores', 'pharmacy')
    for _ in range(5):
        stage.tick()
    waiting = cause(stage, 'r1')
    assert (waiting.cause, waiting.params) == (Cause.DOOR, {'door': 'D'})


def test_a_robot_in_front_of_a_full_zone_waits_for_the_zone() -> None:
    fleet = Driving(hall(limit=2, robots=4))
    for name, goal in (('r4', 'F1.b8'), ('r3', 'F1.b7'), ('r2', 'F1.east')):
        assert fleet.send(name, goal)
    for name, node in (('r4', 'F1.w6'), ('r3', 'F1.w5'), ('r2', 'F1.w2')):
        while fleet.robot(name).node != node:
            fleet.release(name)
            fleet.finish(name)
    waiting = why(fleet.turn(), fleet.robot('r2'))
    assert (waiting.cause, waiting.params) == (Cause.ZONE, {'zone': ZONE})
    assert waiting.other in ('r3', 'r4')
    assert waiting.where is not None
    assert (waiting.where.name.en, waiting.where.floor) == ('Quiet area', 'F1')


@pytest.mark.parametrize(
    ('resource', 'near'),
    [
        ('node:F1.w1', 'west'),
        ('lane:F1.w4-F1.w5', 'east'),
        ('x:node:F1.w3|node:F1.w4', 'middle'),
    ],
)
def test_a_place_is_named_after_what_is_nearest(resource: str, near: str) -> None:
    found = where(corridor(), ResourceId(resource))
    assert (found.near, found.floor) == (near, 'F1')


def test_a_place_in_a_corridor_is_named_after_the_corridor() -> None:
    hospital = corridor()
    floor = next(iter(hospital.floors.values()))
    corners = (Point(-1, -1), Point(9, -1), Point(9, 1), Point(-1, 1))
    room = Room('F1.corridor', Name('走廊', 'Corridor 2'), 'corridor', corners)
    hospital = with_room(hospital, room)
    assert where(hospital, ResourceId('node:F1.w1')).name.en == 'Corridor 2'
    assert where(hospital, ResourceId('node:F1.w5')).near == 'east'
    assert floor.rooms == ()


def with_room(hospital: Hospital, room: Room) -> Hospital:
    floors = {f.id: replace(f, rooms=(*f.rooms, room)) for f in hospital.floors.values()}
    return replace(hospital, floors=floors)
