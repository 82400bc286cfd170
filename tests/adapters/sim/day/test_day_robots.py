"""Robots by events: what they obey, when they move, open and speak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.adapters.sim.hands import AT_SENDER, inside
from fleet_manager.application.days.scenario import Corridors
from fleet_manager.domain.ids import CompartmentId, DeliveryId, LaneId, NodeId, RobotId, StationId
from fleet_manager.domain.messages import (
    Actor,
    DoorPosition,
    LiftDoor,
    MalformedReport,
    OpeningAuthorised,
    Purpose,
    RobotReport,
    Role,
)
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.adapters.sim.day.building import QUIET, Site

C1 = CompartmentId('c1')
PATH = ('F1.c1', 'F1.w1', 'F1.w2')


def reports(site: Site) -> list[RobotReport]:
    return [s for s in site.said if isinstance(s, RobotReport) and s.robot == 'r1']


def grant(site: Site, number: int, purpose: Purpose = Purpose.PICK_UP) -> None:
    """Let r1 open c1 where it stands, for delivery D1."""
    actor = Actor(site.hospital.stations[StationId('ward')].id, Role.WARD)  # type: ignore[arg-type]
    site.world.hands.note(
        OpeningAuthorised(
            RobotId('r1'),
            C1,
            DeliveryId('D1'),
            grant=number,
            purpose=purpose,
            actor=actor,
            expires=Instant(site.heap.now + 30_000),
        )
    )
    site.tell(site.order('F1.c1', update=number, grant=number))


# --- driving  ---


def test_a_robot_drives_what_is_released_and_says_each_node() -> None:
    site = Site()
    site.tell(site.order(*PATH, 'F1.p2', released=3))
    site.run(60_000)
    assert site.robot.node == 'F1.w2'
    assert (site.robot.x, site.robot.y) == (4.0, 0.0)
    said = [(r.last_sequence, r.last_node) for r in reports(site)]
    assert [s for s in said if s != (0, 'F1.c1')][:2] == [(1, 'F1.w1'), (2, 'F1.w2')]


def test_an_edge_takes_its_length_at_the_speed_of_lane_and_hour_and_a_turn() -> None:
    slow = replace(QUIET, corridors=Corridors(clutter=(0.5,) * 24, metres_per_stop=0.0))
    for scenario, ms in ((QUIET, 4_000), (slow, 6_500)):
        site = Site(scenario)
        site.tell(site.order('F1.c1', 'F1.w1'))
        site.run(ms - 1)
        assert site.robot.node == 'F1.c1'
        site.run(1)
        assert site.robot.node == 'F1.w1'


def test_people_stop_robots_on_the_way() -> None:
    crowd = Corridors(clutter=(1.0,) * 24, metres_per_stop=1.0, stop=(60_000, 60_000, 60_000))
    site = Site(replace(QUIET, corridors=crowd))
    site.tell(site.order(*PATH))
    site.run(30_000)
    here = site.robot.pose()
    site.run(10_000)
    assert site.robot.pose() == here
    assert site.robot.node != 'F1.w2'


def test_an_older_update_and_an_older_manager_change_nothing() -> None:
    site = Site()
    site.tell(site.order('F1.c1', 'F1.w1', update=2, epoch=2))
    site.tell(site.order(*PATH, update=1, epoch=2))
    site.tell(site.order(*PATH, update=9, epoch=1))
    site.run(MINUTE)
    assert site.robot.node == 'F1.w1'
    assert site.world.refused_stale == 1


def test_an_order_that_was_overtaken_is_dropped() -> None:
    site = Site()
    site.sent = 5
    site.tell(site.order('F1.c1'))
    site.sent = 2
    site.tell(site.order('F1.c1', 'F1.w1'))
    site.run(MINUTE)
    assert site.robot.node == 'F1.c1'


def test_without_a_word_for_15_seconds_a_robot_ends_its_edge_and_begins_no_other() -> None:
    site = Site()
    site.tell(site.order('F1.c1', 'F1.w1', 'F1.w2', 'F1.p2', speed=0.2))
    site.run(5 * MINUTE)
    assert site.robot.node == 'F1.w2', 'it began that edge within the lease'
    site.tell(site.order('F1.w2', 'F1.p2', first=2, update=2))
    site.run(MINUTE)
    assert site.robot.node == 'F1.p2'


def test_without_a_word_for_20_seconds_a_robot_stands_still_in_a_doorway() -> None:
    """The door is kept open for longer than that, but not for ever."""
    site = Site()
    site.ask_door(True)
    site.run(2_000)
    site.robot.node, site.robot.x, site.robot.y = NodeId('F1.w2'), 4.0, 0.0
    order = site.order('F1.w2', 'F1.w3', speed=0.05)
    site.tell(order)
    site.run(19_000)
    assert site.robot.moves()
    site.run(2_000)
    assert not site.robot.moves()
    here = site.robot.pose()
    site.run(MINUTE)
    assert site.robot.pose() == here
    site.tell(order)
    assert site.robot.moves()


def test_a_paused_robot_stands_where_it_is_and_goes_on_from_there() -> None:
    site = Site()
    site.tell(site.order(*PATH))
    site.run(2_000)
    site.tell(site.order(*PATH, paused=True))
    here = site.robot.pose()
    site.run(MINUTE)
    assert site.robot.pose() == here
    assert site.robot.resources() == ('node:F1.c1', 'node:F1.w1', 'lane:F1.w1-F1.c1')
    site.tell(site.order(*PATH))
    site.run(2_000)
    assert site.robot.node == 'F1.w1'


def test_a_careful_robot_waits_for_the_door_on_its_way_and_passes_when_it_opens() -> None:
    site = Site()
    order = site.order(*PATH, 'F1.w3')
    site.tell(order)
    site.run(14_000)
    assert site.robot.node == 'F1.w2'
    site.ask_door(True)
    site.run(20_000, repeats=order)
    assert site.robot.node == 'F1.w3'


def test_a_door_does_not_shut_on_a_robot_that_is_passing() -> None:
    site = Site()
    order = site.order(*PATH, 'F1.w3')
    site.ask_door(True)
    site.tell(order)
    site.run(14_000, repeats=order)
    assert site.robot.edge is not None
    assert site.robot.edge.node.door == 'D'
    assert site.door is not None
    site.ask_door(False)
    site.run(2_500)
    assert site.door.position is DoorPosition.OPEN
    site.run(10_000)
    assert site.robot.node == 'F1.w3'
    assert site.door.position is DoorPosition.CLOSED, 'but it does behind it'


def test_a_lift_that_restarts_does_not_shut_on_a_robot_in_its_door() -> None:
    site = Site()
    site.robot.node, site.robot.x, site.robot.y = NodeId('F1.A-wait'), 12.7, -2.4
    site.ask('r1#1', 'F1')
    site.run(10_000)
    order = site.order('F1.A-wait', 'car.A', speed=0.4, session='r1#1')
    site.tell(order)
    site.run(1_000)
    site.world.block_robot(site.robot.id)
    site.world.switch_lift_off(site.lift.id)
    site.world.switch_lift_on(site.lift.id)
    site.run(MINUTE)
    assert site.lift.door is LiftDoor.OPEN
    site.tell(order)
    site.world.unblock_robot(site.robot.id)
    site.run(20_000)
    assert site.robot.node == 'car.A'
    assert site.lift.door is LiftDoor.CLOSED


def test_a_robot_rides_only_in_the_session_of_its_order() -> None:
    site = Site()
    site.robot.node, site.robot.x, site.robot.y = NodeId('F1.A-wait'), 12.7, -2.4
    path = ('F1.A-wait', 'car.A', 'F2.A-exit')
    site.ask('r2#1', 'F1')
    site.run(10_000)
    order = site.order(*path, released=2, speed=0.4, session='r1#2')
    site.tell(order)
    site.run(10_000)
    assert site.robot.node == 'F1.A-wait'
    site.ask('r2#1', end=True)
    site.run(10_000, repeats=order)
    site.ask('r1#2', 'F1')
    site.run(20_000, repeats=order)
    assert site.robot.node == 'car.A'
    site.ask('r1#2', 'F2')
    site.tell(site.order(*path, update=2, speed=0.4, session='r1#2'))
    site.run(12_000)
    assert site.robot.floor == 'F2'
    site.run(20_000)
    assert site.robot.node == 'F2.A-exit'


# --- compartments  ---


def test_a_grant_opens_once_while_standing_and_a_person_loads_meanwhile() -> None:
    site = Site()
    grant(site, 1)
    assert site.robot.is_open()
    onward = site.order('F1.c1', 'F1.w1', update=2)
    site.tell(onward)
    site.run(29_000, repeats=onward)
    assert site.robot.node == 'F1.c1', 'it does not move while it is open'
    site.run(6_000, repeats=onward)
    assert not site.robot.is_open()
    assert site.world.hands.places == {'D1': inside(RobotId('r1'), C1)}
    box = reports(site)[-1].compartments[0]
    assert (box.closed, box.locked, box.occupied) == (True, True, True)
    site.run(10_000)
    assert site.robot.node == 'F1.w1'
    site.tell(site.order('F1.w1', update=3, first=1, grant=1))
    assert not site.robot.is_open(), 'the same grant opens once'


def test_the_second_compartment_of_a_stop_takes_less_time() -> None:
    site = Site()
    grant(site, 1)
    site.run(30_000)
    assert not site.robot.is_open()
    grant(site, 2)
    site.run(7_999)
    assert site.robot.is_open()
    site.run(1)
    assert not site.robot.is_open()


def test_an_expired_grant_opens_nothing() -> None:
    site = Site()
    late = site.order('F1.c1', grant=1)
    site.run(31_000)
    site.tell(late)
    assert not site.robot.is_open()


def test_a_robot_whose_clock_is_fast_finds_grants_expired() -> None:
    site = Site()
    site.world.set_clock(RobotId('r1'), off_ms=10 * MINUTE)
    grant(site, 1)
    assert not site.robot.is_open()


def test_a_compartment_that_is_left_open_keeps_the_robot_until_somebody_closes_it() -> None:
    site = Site()
    site.world.leave_open(RobotId('r1'))
    grant(site, 1)
    site.run(10 * MINUTE)
    assert site.robot.is_open()
    site.world.close_up(RobotId('r1'))
    assert not site.robot.is_open()


def test_a_parcel_that_was_turned_back_comes_to_the_sender() -> None:
    site = Site()
    grant(site, 1)
    site.run(40_000)
    site.world.hands.turned.add(DeliveryId('D1'))
    grant(site, 2, Purpose.HAND_OVER)
    site.run(40_000)
    assert site.world.hands.places == {'D1': AT_SENDER}


# --- what goes wrong  ---


def test_a_program_that_starts_again_is_silent_and_remembers_where_it_was() -> None:
    site = Site()
    site.tell(site.order(*PATH))
    site.run(2_000)
    site.world.switch_robot_off(RobotId('r1'))
    here, said = site.robot.pose(), len(reports(site))
    site.run(MINUTE)
    assert (site.robot.pose(), len(reports(site))) == (here, said)
    site.world.switch_robot_on(RobotId('r1'))
    again = reports(site)[-1]
    assert (again.incarnation, again.sequence, again.last_node) == ('r1-2', 1, 'F1.c1')
    site.tell(site.order(*PATH))
    site.run(20_000)
    assert site.robot.node == 'F1.w2'


def test_a_dead_robot_stays_in_the_way_until_it_is_repaired() -> None:
    site = Site()
    site.tell(site.order(*PATH))
    site.run(2_000)
    site.world.kill_robot(RobotId('r1'))
    held = site.robot.resources()
    site.run(HOUR)
    assert site.robot.resources() == held
    assert site.world.faulty == {('dead', 'r1')}
    site.world.repair_robot(RobotId('r1'))
    site.tell(site.order(*PATH))
    site.run(20_000)
    assert site.robot.node == 'F1.w2'
    assert site.world.faulty == set()


def test_a_bed_on_a_lane_stops_who_is_on_it_and_lets_nobody_onto_it() -> None:
    site = Site()
    site.tell(site.order(*PATH))
    site.world.block_lane(LaneId('F1.w1-F1.w2'))
    site.run(10_000)
    assert site.robot.resources() == ('node:F1.w1',)
    site.world.unblock_lane(LaneId('F1.w1-F1.w2'))
    site.run(1_000)
    site.world.block_lane(LaneId('F1.w1-F1.w2'))
    here = site.robot.pose()
    site.run(10_000)
    assert site.robot.pose() == here != (0.0, 0.0)


def test_a_lost_robot_stands_and_says_it_is_elsewhere() -> None:
    site = Site()
    site.tell(site.order(*PATH))
    site.run(2_000)
    site.world.lose_place(RobotId('r1'))
    here = site.robot.pose()
    site.run(MINUTE)
    assert site.robot.pose() == here
    said = reports(site)[-1]
    assert abs(said.x - here[0]) > 20
    assert said.errors == ('localisation_lost',)


def test_nonsense_comes_as_no_report() -> None:
    site = Site()
    site.world.talk_nonsense(RobotId('r1'))
    assert isinstance(site.said[-1], MalformedReport)


def test_a_second_program_speaks_from_the_home_bay_under_the_same_name() -> None:
    site = Site()
    site.tell(site.order(*PATH))
    site.run(20_000)
    site.world.double_robot(RobotId('r1'))
    site.run(20_000)
    ghosts = {(r.incarnation, r.last_node) for r in reports(site)}
    assert ('r1-ghost', 'F1.c1') in ghosts
    site.world.end_double(RobotId('r1'))
    site.said.clear()
    site.run(20_000)
    assert {r.incarnation for r in reports(site)} == {'r1-1'}


def test_an_empty_battery_is_the_end_until_somebody_brings_another() -> None:
    site = Site()
    site.world.set_battery(RobotId('r1'), 0.0)
    site.tell(site.order(*PATH))
    site.run(MINUTE)
    assert site.robot.node == 'F1.c1'
    site.world.set_battery(RobotId('r1'), 0.9)
    site.tell(site.order(*PATH))
    site.run(MINUTE)
    assert site.robot.node == 'F1.w2'
    assert site.robot.level() == pytest.approx(0.9, abs=0.01)


def test_a_robot_charges_at_a_charger_that_works() -> None:
    site = Site()
    site.robot.set_level(0.5)
    site.tell(site.order('F1.c1', charge=True))
    site.run(HOUR)
    full = site.robot.level()
    assert full == pytest.approx(0.7, abs=0.01)
    site.world.kill_charger(NodeId('F1.c1'))
    site.run(HOUR)
    assert site.robot.level() < full
    assert not reports(site)[-1].charging


def test_a_robot_that_has_nothing_new_speaks_rarely_but_never_falls_silent() -> None:
    site = Site()
    site.run(10 * MINUTE)
    assert 60 < len(reports(site)) < 75, 'silence begins after 10 s'
