"""People of a simulated day: they come, load, sign, refuse, carry, clean and put right."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import pytest

from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.adapters.sim.day.services import walking_ms
from fleet_manager.adapters.sim.day.staff import People
from fleet_manager.adapters.sim.hands import AT_RECIPIENT, AT_SENDER
from fleet_manager.adapters.sim.staff import ward
from fleet_manager.application.days.scenario import (
    Demand,
    Fault,
    FaultKind,
    Fleet,
    LiftPeople,
    Request,
    Scenario,
    Spread,
    Staff,
)
from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import CompartmentId, DeliveryId, NodeId, RobotId, RunId, StationId
from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant
from tests.adapters.sim.day.site import Site
from tests.hospitals import corridor, two_floors

E = TypeVar('E')


def at_once(ms: int = 0) -> Spread:
    return (ms, ms, ms)


#: Everybody comes after a minute and takes half a minute for the first parcel.
STEADY = Staff(
    come=at_once(MINUTE),
    come_department=at_once(20 * SECOND),
    load=at_once(30 * SECOND),
    each_more=at_once(8 * SECOND),
    sign=at_once(5 * SECOND),
    rate=0.0,
)
R1, D1, D2 = RobotId('r1'), DeliveryId('D000001'), DeliveryId('D000002')
#: Nobody uses the lifts.
EMPTY = LiftPeople((0.0,) * 24, step_in=0.0)


class Told:
    """A day with a few requests and everything that was written."""

    def __init__(
        self,
        *requests: Request,
        hospital: Hospital | None = None,
        staff: Staff = STEADY,
        faults: tuple[Fault, ...] = (),
        starts: int = 8 * HOUR,
        lasts: int = HOUR,
    ) -> None:
        scenario = Scenario(
            's',
            'h',
            starts=starts,
            lasts=lasts,
            demand=Demand(requests=requests),
            staff=staff,
            faults=faults,
            lift_people={'service': EMPTY, 'public': EMPTY},
            fleet=Fleet(battery=(1.0, 1.0)),
        )
        self.day = Day(scenario, hospital or corridor(robots=2), seed=1)
        self.events: list[tuple[Instant, Any]] = []
        self.day.listeners.append(lambda at, event: self.events.append((at, event)))
        self.day.run()
        assert self.day.oracle.violations == []
        assert self.day.is_calm()

    def of(self, kind: type[E]) -> list[E]:
        return [event for _, event in self.events if isinstance(event, kind)]

    def at(self, kind: type[E], number: int = 0) -> Instant:
        return [at for at, event in self.events if isinstance(event, kind)][number]

    def ends(self) -> list[DeliveryState]:
        return [d.state for d in self.day.state().deliveries.values()]


def request(sender: str = 'west', recipient: str = 'east', *, after: int = MINUTE) -> Request:
    return Request(8 * HOUR + after, 'drug', sender, recipient)


def of_kind(hospital: Hospital, station: str, kind: str) -> Hospital:
    changed = replace(hospital.stations[StationId(station)], kind=kind)
    return replace(hospital, stations={**hospital.stations, changed.id: changed})


# --- at the robot  ---


def test_a_ward_comes_to_the_robot_loads_takes_out_and_signs_each_after_its_time() -> None:
    told = Told(request())
    arrived, opened = told.at(m.RobotArrived), told.at(m.OpeningAuthorised)
    assert opened - arrived == MINUTE
    assert 30 * SECOND <= told.at(m.ParcelLoaded) - told.at(m.CompartmentOpened) < 32 * SECOND
    assert told.at(m.DeliveryReceived) - told.at(m.ParcelTaken) == 5 * SECOND
    assert told.ends() == ['delivered']


def test_a_department_is_quicker_than_a_ward() -> None:
    told = Told(request(), hospital=of_kind(corridor(robots=2), 'west', 'pharmacy'))
    assert told.at(m.OpeningAuthorised) - told.at(m.RobotArrived) == 20 * SECOND


def test_at_night_everything_takes_longer() -> None:
    night = replace(request(), at=23 * HOUR)
    told = Told(night, starts=22 * HOUR, lasts=2 * HOUR)
    assert told.at(m.OpeningAuthorised) - told.at(m.RobotArrived) == 90 * SECOND


def test_several_parcels_of_one_stop_are_one_hand_over() -> None:
    """The second compartment is opened as soon as the first is shut, by the same person."""
    hospital = corridor(robots=1)
    scenario = Scenario('s', 'h', starts=8 * HOUR, staff=STEADY)
    site = Site(scenario, hospital)
    People(site, scenario, hospital, Random(1))
    west, east = StationId('west'), StationId('east')
    site.happen(m.RobotPlaced(R1, NodeId('F1.b1'), ()))
    for number, name in enumerate((D1, D2)):
        asked = (name, number + 1, f'k{number}', '', ward(west), 'drug', west, east)
        site.happen(m.DeliveryRequested(*asked, 'routine', Instant(site.heap.now + HOUR)))
        box = CompartmentId(f'c{number + 1}')
        site.happen(m.RunAssigned(RunId('R1'), R1, name, box, 0, ()))
    for name in (D1, D2):
        site.happen(m.RobotArrived(R1, name, m.Purpose.PICK_UP, NodeId('F1.west')))
    site.run(MINUTE)
    assert [command for _, command in site.said] == [m.OpenCompartment(ward(west), D1)]
    c1, until = CompartmentId('c1'), Instant(site.heap.now + MINUTE)
    site.happen(m.OpeningAuthorised(R1, c1, D1, 1, m.Purpose.PICK_UP, ward(west), until))
    site.happen(m.CompartmentOpened(R1, c1, D1, 1))
    site.run(2 * MINUTE)
    assert len(site.said) == 1, 'busy at the open compartment'
    site.happen(m.ParcelLoaded(D1, R1, c1, ward(west)))
    site.run(5 * SECOND)
    assert [command for _, command in site.said[1:]] == [m.OpenCompartment(ward(west), D2)]


@pytest.mark.thorough
def test_who_closes_it_as_it_was_opens_it_again() -> None:
    told = Told(request(), staff=replace(STEADY, close_again=1.0))
    assert len(told.of(m.OpeningUnused)) == 2, 'once at each stop'
    assert told.ends() == ['delivered']


def test_where_nobody_loads_it_expires() -> None:
    told = Told(request(), staff=replace(STEADY, never_load=1.0))
    assert told.of(m.OpeningAuthorised) == []
    assert told.ends() == ['expired']


def test_where_nobody_takes_it_the_sender_gets_it_back() -> None:
    told = Told(request(), staff=replace(STEADY, never_take=1.0))
    assert told.ends() == ['returned']
    assert told.day.world.hands.places[D1] == AT_SENDER


def test_a_refused_parcel_goes_back() -> None:
    told = Told(request(), staff=replace(STEADY, refuse=1.0))
    (turned,) = told.of(m.ParcelTurnedBack)
    assert turned.reason.startswith('refused: ')
    assert told.ends() == ['returned']


def test_in_the_calm_phase_everybody_comes() -> None:
    told = Told(request(after=55 * MINUTE), staff=replace(STEADY, never_load=1.0, never_take=1.0))
    assert told.ends() == ['delivered']
    assert told.at(m.OpeningAuthorised) >= told.day.requests.ends


def test_who_cancels_does_so_before_it_is_loaded_or_is_refused() -> None:
    told = Told(*(request(after=n * MINUTE) for n in range(8)), staff=replace(STEADY, cancel=1.0))
    counts = told.day.people.counts
    assert counts['cancelled'] == told.ends().count(DeliveryState.CANCELLED) > 0
    assert counts['cancelled'] + counts['too_late_to_cancel'] + counts['already_ended'] == 8


def test_a_share_of_deliveries_is_rated() -> None:
    told = Told(request(), request(after=5 * MINUTE), staff=replace(STEADY, rate=1.0))
    assert len(told.of(m.DeliveryRated)) == 2


def test_while_the_manager_is_down_people_and_desks_try_again() -> None:
    crash = Fault(FaultKind.MANAGER_CRASHES, at=8 * HOUR + 2 * MINUTE, lasts=at_once(4 * MINUTE))
    told = Told(request(after=3 * MINUTE), faults=(crash,))
    assert told.at(m.DeliveryRequested) > told.day.start + 6 * MINUTE
    assert told.ends() == ['delivered']


def test_a_robot_that_dies_at_the_ward_is_asked_again_until_it_answers() -> None:
    dies = Fault(
        FaultKind.ROBOT_DIES, at=8 * HOUR + 2 * MINUTE, lasts=at_once(5 * MINUTE), subject='r1'
    )
    told = Told(request(), hospital=corridor(robots=1), faults=(dies,))
    assert told.ends() == ['delivered']
    assert told.day.people.counts['robot_not_here'] > 0


# --- people of the house  ---


def test_porters_carry_what_no_robot_is_built_for_and_walk_as_people_do() -> None:
    hospital = two_floors(robots=2)
    dirty = {name: replace(kind, rating='dirty') for name, kind in hospital.types.items()}
    told = Told(request('pharmacy', 'ward'), hospital=replace(hospital, types=dirty))
    assert told.ends() == ['delivered']
    assert told.of(m.RobotArrived) == []
    walked = told.at(m.DeliveryReceived) - told.at(m.PorterTook)
    # 26 m of corridor and one lift ride, then 10 s to 3 min until the ward has signed
    assert 26 / 1.2 + 60 + 10 < walked / SECOND < 26 / 1.2 + 75 + 180
    assert told.day.world.hands.places[D1] == AT_RECIPIENT


def test_a_walk_over_lanes_and_stairs_takes_the_shortest_way() -> None:
    hospital = two_floors()
    assert walking_ms(hospital, NodeId('F1.w1'), NodeId('F1.w4')) == pytest.approx(10_000, abs=9)
    with pytest.raises(ValueError, match=r'nobody can walk from F1\.w1 to nowhere'):
        walking_ms(hospital, NodeId('F1.w1'), NodeId('nowhere'))


def test_cleaners_sign_for_a_soiled_robot_at_its_cleaning_place() -> None:
    told = Told(
        replace(request('pharmacy', 'stores'), goods='waste'),
        hospital=with_cleaning(two_floors(robots=1)),
    )
    assert len(told.of(m.RobotSoiled)) == len(told.of(m.RobotCleaned)) == 1
    assert not told.day.state().robots[R1].soiled


def with_cleaning(hospital: Hospital) -> Hospital:
    """Turn a parking bay into a cleaning place, and let stations send and take waste."""
    bay = replace(hospital.nodes[NodeId('F1.p3')], kind=NodeKind.CLEANING)
    stations = {
        s.id: replace(s, sends=(*s.sends, 'waste'), takes=(*s.takes, 'waste'))
        for s in hospital.stations.values()
    }
    return replace(hospital, nodes={**hospital.nodes, bay.id: bay}, stations=stations)


@pytest.mark.parametrize(
    ('kind', 'subject', 'put_right'),
    [
        (FaultKind.FIRE, '', m.LiftReleased),
        (FaultKind.ROBOT_TELEPORTS, 'r1', m.RobotReadmitted),
        (FaultKind.ROBOT_TWICE, 'r1', m.RobotReadmitted),
    ],
)
def test_operators_put_right_what_only_a_person_may(
    kind: FaultKind, subject: str, put_right: type
) -> None:
    fault = Fault(kind, at=8 * HOUR + 2 * MINUTE, lasts=at_once(5 * MINUTE), subject=subject)
    told = Told(request('pharmacy', 'ward'), hospital=two_floors(robots=2), faults=(fault,))
    assert told.at(put_right) > told.day.start + 7 * MINUTE, 'not while it lasts'
    assert told.at(m.AlertAcknowledged) > told.at(m.AlertRaised)
    assert told.ends() == ['delivered']


def test_a_stranded_robot_gets_a_charged_battery() -> None:
    told = Told(request())
    day = told.day
    day.world.set_battery(R1, 0.0)
    day.heap.run_until(Instant(day.heap.now + 30 * MINUTE))
    assert day.world.robots[R1].level() > 0.5
