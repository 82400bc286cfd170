"""What a journal says of driving is what the day took for it; its figures are found again."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.application.days import fidelity
from fleet_manager.application.days.scenario import (
    Corridors,
    Demand,
    GoodsDemand,
    Motion,
    Scenario,
)
from fleet_manager.domain.messages import Event, HopKind, LegPlanned, NodeReached
from fleet_manager.domain.units import HOUR, Instant

SMALL = Path(__file__).parents[3] / 'maps' / 'small_hospital'
OURS = Motion()
#: Robots that turn slowly, and take their time to start and to stop.
SLOW = Motion(node=0.2, turn=0.8, start=0.5, stop=0.4)
#: Nobody in the corridors, nobody at the lifts: what is left is driving.
EMPTY = Scenario(
    'empty',
    str(SMALL),
    starts=8 * HOUR,
    lasts=HOUR,
    lift_people={},
    corridors=Corridors(clutter=(1.0,) * 24, metres_per_stop=0.0),
    demand=Demand((GoodsDemand('supply', 400, (1.0,) * 24),)),
)
HOSPITAL = load_hospital(SMALL)


@cache
def journal(motion: Motion) -> tuple[tuple[Instant, Event], ...]:
    """Return everything that was written down on a day of robots that drive like that."""
    day = Day(replace(EMPTY, motion=motion), HOSPITAL, seed=3)
    written: list[tuple[Instant, Event]] = []
    day.listeners.append(lambda at, event: written.append((at, event)))
    day.run()
    return tuple(written)


@pytest.mark.thorough
@pytest.mark.parametrize('motion', [OURS, SLOW], ids=['ours', 'slow'])
def test_each_hop_is_measured_as_the_day_drove_it(motion: Motion) -> None:
    driven = fidelity.drives(HOSPITAL, journal(motion))
    assert len(driven) > 200
    assert any(d.starts for d in driven)
    assert any(d.stops for d in driven)
    assert any(d.turn > 1.0 for d in driven)
    for drive in driven:
        assert drive.computed(motion) == pytest.approx(drive.seconds, rel=0.02), drive


@pytest.mark.thorough
def test_a_hop_is_measured_only_where_its_beginning_is_known() -> None:
    events = journal(OURS)
    driven = fidelity.drives(HOSPITAL, events)
    planned = {
        (event.robot, hop.sequence): hop
        for _, event in events
        if isinstance(event, LegPlanned)
        for hop in event.hops
    }
    reached = [event for _, event in events if isinstance(event, NodeReached)]
    over_lanes = [
        event for event in reached if planned[event.robot, event.sequence].kind is HopKind.DRIVE
    ]
    assert len(driven) < len(over_lanes)
    assert len(driven) > 0.8 * len(over_lanes)
    earlier = fidelity.drives(HOSPITAL, events[: len(events) // 2])
    assert earlier == driven[: len(earlier)]


@pytest.mark.thorough
@pytest.mark.parametrize('motion', [OURS, SLOW], ids=['ours', 'slow'])
def test_the_figures_of_the_day_are_found_again(motion: Motion) -> None:
    fitted = fidelity.fit(fidelity.drives(HOSPITAL, journal(motion)))
    for name in ('node', 'turn', 'start', 'stop'):
        assert getattr(fitted, name) == pytest.approx(getattr(motion, name), abs=0.01), name


def test_a_robot_that_somebody_stopped_does_not_spoil_the_fit() -> None:
    driven = fidelity.drives(HOSPITAL, journal(SLOW))
    driven[::20] = [replace(d, seconds=d.seconds + 90.0) for d in driven[::20]]
    assert fidelity.fit(driven).turn == pytest.approx(SLOW.turn, abs=0.01)


def test_too_few_hops_are_not_fitted() -> None:
    driven = fidelity.drives(HOSPITAL, journal(OURS))
    with pytest.raises(
        ValueError, match='^19 hops are too few to fit anything: drive 20 or more$'
    ):
        fidelity.fit(driven[:19])
    assert fidelity.fit(driven[:20]).node == pytest.approx(OURS.node, abs=0.3)


def test_hops_without_a_stop_are_one_trip_and_take_what_their_hops_take() -> None:
    driven = fidelity.drives(HOSPITAL, journal(SLOW))
    trips = fidelity.trips(driven, SLOW)
    assert 1 < len(trips) < len(driven) / 2
    for trip in trips:
        assert trip.computed == pytest.approx(trip.seconds, rel=0.02)
    longest = max(trips, key=lambda trip: trip.seconds)
    assert longest.seconds > 2 * max(d.seconds for d in driven)


def test_rides_take_the_way_of_the_car_and_two_doors() -> None:
    rides = fidelity.rides(HOSPITAL, journal(OURS))
    assert len(rides) > 10
    for ride in rides:
        assert ride.computed <= ride.seconds < ride.computed + 2.0, 'what is late is the telling'
