"""Simulated people of the demo: nothing they asked for waits for them for ever."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from fleet_manager.adapters.sim.demo_staff import COMING_MS, DemoStaff
from fleet_manager.application.ports import Reply
from fleet_manager.domain import messages as m
from fleet_manager.domain.units import Instant
from tests.hospitals import two_floors


class Desk:
    """Takes every command, and shows what it was told to."""

    def __init__(self) -> None:
        self.said: list[m.Command] = []
        self.entities: dict[str, dict[str, dict[str, Any]]] = {}

    def submit(self, command: m.Command) -> Future[Reply]:
        self.said.append(command)
        return Future()

    def current(self) -> Desk:
        return self

    def show(self, **deliveries: dict[str, Any]) -> None:
        self.entities = {'delivery': deliveries}


def parcel(state: str, **changes: Any) -> dict[str, Any]:
    return {
        'state': state,
        'goods': 'drug',
        'origin': 'pharmacy',
        'goal': 'ward' if not changes.get('returning') else 'pharmacy',
        'count': 0,
        'sender': 'pharmacy',
        'recipient': 'ward',
        'robot': 'r1',
        'opening': False,
        'returning': False,
        'rating': None,
        'requested_by': 'demo-pharmacy',
    } | changes


def staff(desk: Desk) -> DemoStaff:
    people: Any = desk
    return DemoStaff(
        hospital=two_floors(robots=1),
        mailbox=people,
        views=people,
        clock=lambda: Instant(0),
        per_hour=0.001,
        seed=1,
    )


def in_time(desk: Desk, people: DemoStaff, *, start: int = 0) -> list[m.Command]:
    """Return what they say until everybody has come."""
    desk.said.clear()
    for now in range(start, start + COMING_MS[2] + 1_000, 1_000):
        people.look(Instant(now))
    return [c for c in desk.said if not isinstance(c, m.RequestDelivery)]


def test_of_several_parcels_in_a_robot_one_is_opened_after_the_other() -> None:
    desk = Desk()
    people = staff(desk)
    desk.show(d1=parcel('loading'), d2=parcel('awaiting_load'), d3=parcel('awaiting_load'))
    assert in_time(desk, people) == []
    desk.show(d1=parcel('under_way'), d2=parcel('awaiting_load', opening=True))
    assert in_time(desk, people) == []
    desk.show(d1=parcel('under_way'), d2=parcel('awaiting_load'))
    said = in_time(desk, people)
    assert {type(one) for one in said} == {m.OpenCompartment}
    assert len(said) > 1, 'a refused opening is tried again'


def test_the_sender_takes_back_what_comes_back() -> None:
    desk = Desk()
    people = staff(desk)
    desk.show(d1=parcel('awaiting_receipt'))
    (first, *_) = in_time(desk, people)
    desk.show(d1=parcel('awaiting_receipt', returning=True))
    (second, *_) = in_time(desk, people)
    assert isinstance(first, m.OpenCompartment)
    assert isinstance(second, m.OpenCompartment)
    assert (first.actor.station, second.actor.station) == ('ward', 'pharmacy')


def test_what_no_robot_carries_is_carried_and_signed() -> None:
    desk = Desk()
    people = staff(desk)
    desk.show(d1=parcel('porter_asked', robot=None))
    assert isinstance(in_time(desk, people)[0], m.TakeByHand)
    desk.show(d1=parcel('carried', robot=None))
    (signed, *_) = in_time(desk, people)
    assert isinstance(signed, m.SignDelivery)
    assert signed.actor.station == 'ward'


def test_a_soiled_robot_is_cleaned() -> None:
    desk = Desk()
    people = staff(desk)
    desk.entities = {'robot': {'r1': {'state': 'to_clean'}, 'r2': {'state': 'needs_cleaning'}}}
    said = in_time(desk, people)
    assert {one.robot for one in said if isinstance(one, m.SignCleaning)} == {'r2'}
