"""The requests of a day: how many, when, between whom, and that each is one delivery."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from fleet_manager.adapters.sim.day.demand import FULL_TRIES, Requests, Wanted, draw
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.application.days.scenario import (
    Demand,
    GoodsDemand,
    Request,
    Round,
    Scenario,
)
from fleet_manager.application.ports import Reply
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Command, RequestDelivery
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.hospitals import two_floors

#: A Monday midnight where the hospital is.
MIDNIGHT = Instant(1_767_542_400_000)
MORNING = (0.0,) * 8 + (3.0, 1.0) + (0.0,) * 14


def scenario(*goods: GoodsDemand, starts: int = 0, lasts: int = 24 * HOUR) -> Scenario:
    return Scenario('s', 'h', starts=starts, lasts=lasts, demand=Demand(goods))


def drawn(day: Scenario, hospital: Hospital | None = None, seed: int = 1) -> list[Wanted]:
    start = Instant(MIDNIGHT + day.starts)
    return draw(day, hospital or two_floors(), Random(seed), start=start)[0]


def hour(one: Wanted) -> int:
    return (one.at - MIDNIGHT) // HOUR


# --- what is drawn  ---


def test_a_rate_gives_exactly_its_count_spread_by_the_weights_of_the_hours() -> None:
    wanted = drawn(scenario(GoodsDemand('drug', 400, MORNING)))
    by_hour = Counter(hour(one) for one in wanted)
    assert by_hour.total() == 400
    assert set(by_hour) == {8, 9}
    assert 250 < by_hour[8] < 350
    assert len({one.at for one in wanted}) > 390, 'by chance, not in step'
    assert [one.at for one in wanted] == sorted(one.at for one in wanted)


def test_recipients_have_their_even_share() -> None:
    wanted = drawn(scenario(GoodsDemand('drug', 400, (), senders=('pharmacy',))))
    to = Counter(one.command.recipient for one in wanted)
    assert set(to) == {'stores', 'ward', 'lab'}
    assert all(100 < count < 170 for count in to.values())


def test_half_a_day_has_the_part_of_the_count_that_falls_into_it() -> None:
    goods = GoodsDemand('drug', 400, (1.0,) * 24)
    wanted = drawn(scenario(goods, starts=6 * HOUR, lasts=12 * HOUR))
    assert 170 < len(wanted) < 230
    assert all(6 <= hour(one) < 18 for one in wanted)


def test_a_day_that_begins_in_the_evening_goes_on_over_midnight() -> None:
    goods = GoodsDemand('drug', 240, (1.0,) * 24)
    wanted = drawn(scenario(goods, starts=20 * HOUR, lasts=8 * HOUR))
    assert {hour(one) for one in wanted} == set(range(20, 28))
    assert len({one.command.key for one in wanted}) == len(wanted)


def test_the_factor_multiplies_rates_and_not_timetables() -> None:
    demand = Demand(
        (GoodsDemand('drug', 50, ()),),
        (Round('meal', 11 * HOUR, 12 * HOUR, HOUR, senders=('pharmacy',)),),
        factor=2.0,
    )
    wanted = drawn(replace(scenario(), demand=demand))
    assert Counter(one.command.goods for one in wanted) == {'drug': 100, 'meal': 3}


def test_nobody_asks_for_what_a_shut_station_sends_or_takes() -> None:
    hospital = two_floors()
    lab = replace(hospital.stations[StationId('lab')], hours=('08:30-09:00',))
    hospital = replace(hospital, stations={**hospital.stations, lab.id: lab})
    goods = GoodsDemand('drug', 200, MORNING, recipients=('lab', 'stores'))
    wanted = drawn(scenario(goods), hospital)
    to_lab = [one for one in wanted if 'lab' in (one.command.recipient, one.command.sender)]
    assert len(to_lab) > 10
    assert all(8.5 * HOUR <= one.at - MIDNIGHT < 9 * HOUR for one in to_lab)


def test_what_nobody_takes_at_any_time_is_counted_and_left_out() -> None:
    wanted, unserved = draw(
        scenario(GoodsDemand('linen', 5, ())), two_floors(), Random(1), start=MIDNIGHT
    )
    assert (wanted, unserved) == ([], 5)


def test_a_share_is_raised_and_says_why() -> None:
    wanted = drawn(scenario(GoodsDemand('drug', 300, (), raised=0.2)))
    raised = [one.command for one in wanted if one.command.raised]
    assert 30 < len(raised) < 90
    assert all(command.note for command in raised)
    assert not any(one.command.note for one in wanted if not one.command.raised)


def test_more_of_one_class_leaves_the_others_as_they_are() -> None:
    def supplies(drugs: int) -> list[Wanted]:
        day = scenario(GoodsDemand('drug', drugs, ()), GoodsDemand('supply', 30, ()))
        return [one for one in drawn(day) if one.command.goods == 'supply']

    assert supplies(10) == supplies(90)


def test_the_same_seed_asks_for_the_same_and_another_seed_for_something_else() -> None:
    day = scenario(GoodsDemand('drug', 30, MORNING))
    assert drawn(day) == drawn(day)
    assert drawn(day) != drawn(day, seed=2)


def test_a_round_is_asked_for_ahead_with_its_window() -> None:
    demand = Demand(rounds=(Round('meal', 11 * HOUR, 12 * HOUR, 2 * HOUR, ('pharmacy',)),))
    wanted = drawn(replace(scenario(), demand=demand))
    assert {one.at for one in wanted} == {MIDNIGHT + 9 * HOUR}
    assert {one.command.earliest for one in wanted} == {MIDNIGHT + 11 * HOUR}
    assert {one.command.latest for one in wanted} == {MIDNIGHT + 12 * HOUR}


def test_a_round_that_was_asked_for_the_day_before_is_known_when_the_day_begins() -> None:
    demand = Demand(rounds=(Round('meal', 6 * HOUR, 8 * HOUR, 12 * HOUR, ('pharmacy',)),))
    wanted = drawn(replace(scenario(starts=5 * HOUR), demand=demand))
    assert [one.at for one in wanted] == [MIDNIGHT + 5 * HOUR] * 3, 'the one of tomorrow is not'


def test_single_requests_are_asked_for_at_their_time_of_day() -> None:
    single = Request(7 * HOUR, 'blood', 'lab', 'ward', raised=True)
    day = replace(scenario(starts=8 * HOUR), demand=Demand(requests=(single,)))
    (one,) = drawn(day)
    assert one.at == MIDNIGHT + 31 * HOUR, 'seven is over when it begins at eight'
    assert (one.command.sender, one.command.recipient) == ('lab', 'ward')
    assert one.command.raised


# --- what becomes of it  ---


class Counterpart:
    """A manager that answers as it is told: None is down, a string a refusal."""

    def __init__(self, *answers: str | None) -> None:
        self.heap = Heap(MIDNIGHT)
        self.asked: list[tuple[Instant, RequestDelivery]] = []
        self._answers = list(answers)
        self._known: dict[str, DeliveryId] = {}

    def send(self, command: Command) -> Reply | None:
        assert isinstance(command, RequestDelivery)
        self.asked.append((self.heap.now, command))
        answer = self._answers.pop(0) if self._answers else ''
        if answer is None:
            return None
        if answer:
            return Reply(answer)
        replayed = command.key in self._known
        name = self._known.setdefault(command.key, DeliveryId(f'D{len(self._known)}'))
        return Reply(delivery=name, replayed=replayed)


def ask(desk: Counterpart, *, double: bool = False) -> Requests:
    single = Request(HOUR, 'blood', 'lab', 'ward')
    day = replace(scenario(), demand=Demand(requests=(single,)))
    requests = Requests(desk, day, two_floors(), Random(1))  # type: ignore[arg-type]
    if double:
        requests.double_click()
    desk.heap.run_until(Instant(MIDNIGHT + 24 * HOUR))
    return requests


def test_while_the_manager_is_down_the_same_request_is_sent_again() -> None:
    desk = Counterpart(None, None, '')
    requests = ask(desk)
    assert len(desk.asked) == 3
    commands = [command for _, command in desk.asked]
    assert commands == 3 * commands[:1]
    assert desk.asked[-1][0] < MIDNIGHT + HOUR + 2 * MINUTE
    assert list(requests.accepted.values()) == ['D0']


def test_a_double_click_is_one_delivery() -> None:
    desk = Counterpart()
    requests = ask(desk, double=True)
    assert len(desk.asked) == 2
    assert (len(requests.accepted), requests.replayed) == (1, 1)


def test_two_deliveries_for_one_key_stop_everything() -> None:
    desk = Counterpart()
    single = Request(HOUR, 'blood', 'lab', 'ward')
    day = replace(scenario(), demand=Demand(requests=(single,)))
    requests = Requests(desk, day, two_floors(), Random(1))  # type: ignore[arg-type]
    requests.accepted['single-1'] = DeliveryId('D99')
    with pytest.raises(InvariantBroken, match='single-1 is D99 and D0'):
        desk.heap.run_until(Instant(MIDNIGHT + 2 * HOUR))


def test_a_refusal_is_counted_and_not_repeated() -> None:
    desk = Counterpart('unknown_goods')
    requests = ask(desk)
    assert len(desk.asked) == 1
    assert requests.refused == {'unknown_goods': 1}


def test_when_too_many_are_open_people_try_some_time_and_give_up() -> None:
    desk = Counterpart(*['too_many_open'] * 50)
    requests = ask(desk)
    assert len(desk.asked) == FULL_TRIES
    assert requests.refused == {'too_many_open': 1}
