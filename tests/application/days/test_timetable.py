"""Rounds of a timetable become the requests of one day."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.application.days.scenario import Round
from fleet_manager.application.days.timetable import DAY, changes, is_open, requests_of_day
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.hospitals import loop, two_floors

MIDNIGHT = Instant(1_767_542_400_000)
LUNCH = Round('meal', at=11 * HOUR, by=12 * HOUR + 30 * MINUTE, ahead=12 * HOUR)


def with_station(hospital: Hospital, name: str, **changed: object) -> Hospital:
    station = replace(hospital.stations[StationId(name)], **changed)  # type: ignore[arg-type]
    return replace(hospital, stations={**hospital.stations, station.id: station})


def test_a_round_from_one_place_has_one_delivery_for_each_recipient() -> None:
    lunch = replace(LUNCH, senders=('pharmacy',))
    due = requests_of_day([lunch], two_floors(), midnight=MIDNIGHT)
    assert {(d.sender, d.recipient) for d in due} == {
        ('pharmacy', 'stores'),
        ('pharmacy', 'ward'),
        ('pharmacy', 'lab'),
    }
    assert {d.at for d in due} == {MIDNIGHT - HOUR}
    assert {(d.earliest, d.latest) for d in due} == {
        (MIDNIGHT + 11 * HOUR, MIDNIGHT + 12 * HOUR + 30 * MINUTE)
    }


def test_a_round_to_few_places_has_one_delivery_of_each_sender_to_the_nearest() -> None:
    waste = replace(LUNCH, senders=('pharmacy', 'stores', 'lab'), recipients=('stores', 'lab'))
    due = requests_of_day([waste], two_floors(), midnight=MIDNIGHT)
    assert {(d.sender, d.recipient) for d in due} == {
        ('pharmacy', 'stores'),
        ('stores', 'lab'),
        ('lab', 'stores'),
    }


def test_places_are_named_by_id_or_by_kind() -> None:
    hospital = with_station(two_floors(), 'pharmacy', kind='kitchen')
    lunch = replace(LUNCH, senders=('kitchen',), recipients=('ward',))
    due = requests_of_day([lunch], hospital, midnight=MIDNIGHT)
    assert [(d.sender, d.recipient) for d in due] == [
        ('pharmacy', 'lab'),
        ('pharmacy', 'stores'),
        ('pharmacy', 'ward'),
    ]


def test_the_same_round_of_the_same_day_has_the_same_keys_and_of_the_next_day_others() -> None:
    def keys(midnight: int, *rounds: Round) -> set[str]:
        due = requests_of_day(rounds, loop(), midnight=Instant(midnight))
        return {d.key for d in due}

    supper = replace(LUNCH, at=17 * HOUR, by=18 * HOUR)
    assert keys(MIDNIGHT, LUNCH) < keys(MIDNIGHT, supper, LUNCH)
    assert not keys(MIDNIGHT, LUNCH) & keys(MIDNIGHT + DAY, LUNCH)


def test_a_round_over_midnight_ends_the_day_after() -> None:
    night = replace(LUNCH, at=23 * HOUR, by=HOUR, ahead=0)
    (due, *_) = requests_of_day([night], two_floors(), midnight=MIDNIGHT)
    assert (due.at, due.latest) == (MIDNIGHT + 23 * HOUR, MIDNIGHT + 25 * HOUR)


def test_a_place_that_is_shut_has_none() -> None:
    hospital = with_station(two_floors(), 'stores', hours=('07:00-11:00',))
    due = requests_of_day([replace(LUNCH, senders=('lab',))], hospital, midnight=MIDNIGHT)
    assert {d.recipient for d in due} == {'pharmacy', 'ward'}
    shut = replace(LUNCH, senders=('stores',))
    assert not requests_of_day([shut], hospital, midnight=MIDNIGHT), 'nor does it send any'


def test_opening_hours_may_go_over_midnight_and_end_on_the_minute() -> None:
    station = replace(
        two_floors().stations[StationId('ward')], hours=('22:00-06:00', '12:30-13:00')
    )
    hours = (0, 6 * HOUR - 1, 6 * HOUR, 12 * HOUR + 30 * MINUTE, 13 * HOUR, 22 * HOUR)
    assert [is_open(station, at) for at in hours] == [True, True, False, True, False, True]
    assert changes([station]) == [6 * HOUR, 12.5 * HOUR, 13 * HOUR, 22 * HOUR]
    assert is_open(replace(station, hours=()), 3 * HOUR)
