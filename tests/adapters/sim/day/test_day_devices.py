"""Lifts after Open-RMF's rules, doors, and what people do with them, by events."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.messages import DoorPosition, DoorReport, LiftDoor, LiftMode, LiftReport
from fleet_manager.domain.units import HOUR, MINUTE
from tests.adapters.sim.day.building import BUSY, QUIET, Site

F1, F2 = FloorId('F1'), FloorId('F2')


def crowded() -> Site:
    return Site(replace(QUIET, lift_people={'service': BUSY}))


# --- lifts  ---


def test_a_free_lift_takes_a_session_comes_and_stays_open() -> None:
    site = Site()
    site.ask('r1#1', 'F2')
    site.run(3_000)
    assert site.lift.moving, 'a floor takes 4 s'
    site.run(60_000)
    assert site.lift.stands_open(F2)
    assert (site.lift.session, site.lift.mode) == ('r1#1', LiftMode.AGV)
    site.run(HOUR)
    assert site.lift.stands_open(F2)


def test_a_lift_takes_its_time_to_come_and_its_door_three_seconds() -> None:
    site = Site()
    site.ask('r1#1', 'F1')
    site.run(2_999)
    assert site.lift.door is LiftDoor.MOVING
    site.run(1)
    assert site.lift.stands_open(F1)


def test_a_lift_ignores_other_sessions_while_it_holds_one() -> None:
    site = Site()
    site.ask('r1#1', 'F2')
    site.run(30_000)
    site.ask('r2#2', 'F1')
    site.ask('r2#2', 'F1', end=True)
    site.run(30_000)
    assert site.lift.session == 'r1#1'
    assert site.lift.stands_open(F2)


def test_the_end_of_its_session_makes_a_lift_peoples_again() -> None:
    site = Site()
    site.ask('r1#1', 'F2')
    site.run(30_000)
    site.ask('r1#1', end=True)
    site.run(30_000)
    assert (site.lift.session, site.lift.mode) == ('', LiftMode.HUMAN)
    assert site.lift.door is LiftDoor.CLOSED


def test_people_ride_stand_in_a_car_that_opens_for_a_robot_and_get_out_again() -> None:
    site = crowded()
    site.run(HOUR)
    rides = {s.current_floor for s in site.said if isinstance(s, LiftReport) and s.occupied}
    assert rides == {F1, F2}
    for _ in range(600):
        site.ask('r1#1', 'F1')
        site.run(1_000)
        if site.lift.session and site.lift.inside:
            break
    assert site.lift.session == 'r1#1'
    assert site.lift.inside, 'somebody stepped in before the robot'
    site.run(MINUTE)
    assert not site.lift.inside
    assert site.lift.stands_open(F1)


def test_a_lift_speaks_at_changes_and_at_least_every_ten_seconds() -> None:
    site = Site()
    site.run(MINUTE)
    assert 6 <= sum(isinstance(s, LiftReport) for s in site.said) <= 9


def test_a_controller_that_starts_again_is_silent_and_forgets_its_session() -> None:
    site = Site()
    site.ask('r1#1', 'F2')
    site.run(30_000)
    site.world.switch_lift_off(site.lift.id)
    said = sum(isinstance(s, LiftReport) for s in site.said)
    site.run(MINUTE)
    assert sum(isinstance(s, LiftReport) for s in site.said) == said
    site.world.switch_lift_on(site.lift.id)
    assert site.lift.session == ''
    site.ask('r1#1', 'F2')
    site.run(30_000)
    assert site.lift.stands_open(F2)


def test_a_stuck_lift_stays_where_it_is_and_goes_on_when_freed() -> None:
    site = Site()
    site.ask('r1#1', 'F2')
    site.run(500)
    site.world.stick_lift(site.lift.id)
    site.run(10 * MINUTE)
    assert not site.lift.stands_open(F2)
    site.world.free_lift(site.lift.id)
    site.run(30_000)
    assert site.lift.stands_open(F2)


def test_a_held_door_does_not_close_and_takes_no_session() -> None:
    site = Site()
    site.world.hold_lift(site.lift.id)
    site.run(10_000)
    assert site.lift.stands_open(F1)
    site.ask('r1#1', 'F2')
    site.run(MINUTE)
    assert (site.lift.session, site.lift.floor) == ('', F1)
    site.world.let_lift_go(site.lift.id)
    site.ask('r1#1', 'F2')
    site.run(30_000)
    assert site.lift.stands_open(F2)


def test_a_misguided_lift_opens_at_a_wrong_floor_and_comes_when_put_right() -> None:
    site = Site()
    site.world.misguide_lift(site.lift.id)
    site.ask('r1#1', 'F2')
    site.run(30_000)
    assert site.lift.stands_open(F1)
    site.world.guide_lift(site.lift.id)
    site.run(30_000)
    assert site.lift.stands_open(F2)


def test_a_recalled_lift_goes_to_its_floor_opens_and_serves_nobody() -> None:
    site = Site()
    site.ask('r1#1', 'F2')
    site.run(30_000)
    site.world.stop_lift(site.lift.id, LiftMode.FIRE, recall=F1)
    site.ask('r1#1', 'F2')
    site.run(30_000)
    assert site.lift.is_recalled(F1)
    assert (site.lift.session, site.lift.mode) == ('', LiftMode.FIRE)
    site.world.start_lift(site.lift.id)
    site.run(30_000)
    assert site.lift.mode is LiftMode.HUMAN


# --- doors  ---


def test_a_door_opens_when_it_is_asked_and_closes_when_nobody_asks() -> None:
    site = Site()
    assert site.door is not None
    site.ask_door(True)
    site.run(1_999)
    assert site.door.position is DoorPosition.MOVING
    site.run(1)
    assert site.door.position is DoorPosition.OPEN
    site.ask_door(False)
    site.run(2_000)
    assert site.door.position is DoorPosition.CLOSED


def test_a_door_nobody_asks_for_any_more_shuts_after_half_a_minute() -> None:
    site = Site()
    assert site.door is not None
    site.ask_door(True)
    site.run(20_000)
    site.ask_door(True)
    site.run(30_000)
    assert site.door.position is DoorPosition.OPEN
    site.run(2_100)
    assert site.door.position is DoorPosition.CLOSED
    site.ask_door(True)
    site.run(2_000)
    assert site.door.position is DoorPosition.OPEN


def test_a_door_repeats_itself_while_it_is_open_and_is_quiet_when_it_is_shut() -> None:
    site = Site()
    for _ in range(30):
        site.ask_door(True)
        site.run(20_000)
    assert sum(isinstance(s, DoorReport) for s in site.said) > 60
    site.ask_door(False)
    site.run(MINUTE)
    site.said.clear()
    site.run(10 * MINUTE)
    assert not [s for s in site.said if isinstance(s, DoorReport)]


def test_a_stuck_door_stays_as_it_is_until_it_is_freed() -> None:
    site = Site()
    assert site.door is not None
    site.world.stick_door(site.door.id)
    site.ask_door(True)
    site.run(20_000)
    assert site.door.position is DoorPosition.CLOSED
    site.world.free_door(site.door.id)
    site.run(2_000)
    assert site.door.position is DoorPosition.OPEN
