"""What wards planned is asked for once, across restarts and clocks, and told where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.kernel import Kernel
from fleet_manager.application.ports import Overloaded, Reply
from fleet_manager.application.run_timetable import run_timetable
from fleet_manager.domain.deliveries.meals import USUAL_TIMES, Bed, meal_times
from fleet_manager.domain.deliveries.timetable import Plan
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import RequestDelivery
from fleet_manager.domain.units import Instant

MEALS = meal_times(USUAL_TIMES)
HOSPITAL = load_hospital(Path(__file__).parents[2] / 'maps' / 'small_hospital')
ZONE = ZoneInfo('Europe/Berlin')
WARD, LAB = StationId('n2w'), StationId('lab')


def at(text: str) -> Instant:
    return Instant(round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1_000))


PLAN = Plan(
    'P1', WARD, 'specimen', WARD, LAB, tuple(range(7)), 480, 60, 'tubes', paused=False,
    since=at('2026-11-23 00:00'),
)  # fmt: skip


class Manager:
    """A kernel, and a timekeeper that looks at the book."""

    def __init__(self, book: SqlWardBook) -> None:
        self.book = book
        self.kernel = Kernel(HOSPITAL)
        self.kernel.start(epoch=1, now=at('2026-11-20 00:00'))
        self.busy = False
        self.dies_before_noting = False

    def look(self, now: str) -> list[str]:
        """Look once; return what came of what was due."""
        noted = run_timetable(
            self.book, HOSPITAL, self.ask, zone=ZONE, cut_off=60, times=MEALS, now=self.clock(now)
        )
        return [one.outcome for one in noted]

    def clock(self, now: str) -> Instant:
        self.now = at(now)
        return self.now

    def ask(self, command: RequestDelivery) -> Reply:
        if self.busy:
            raise Overloaded
        reply = self.kernel.handle(command, self.now).reply
        assert reply is not None
        if self.dies_before_noting:
            raise KeyboardInterrupt
        return reply

    @property
    def asked(self) -> list[tuple[str, str, str]]:
        return [
            (one.requested_by.account, one.goods, one.note)
            for one in self.kernel.state.deliveries.values()
        ]


@pytest.fixture
def manager(book: SqlWardBook) -> Manager:
    return Manager(book)


def test_a_run_is_asked_for_before_its_window_as_the_station_and_once(manager: Manager) -> None:
    manager.book.keep_plan(PLAN)
    assert manager.look('2026-11-23 07:29') == []
    assert manager.look('2026-11-23 07:30') == ['asked']
    assert [manager.look(f'2026-11-23 0{hour}:00') for hour in (8, 9)] == [[], []]
    assert manager.asked == [('timetable:n2w', 'specimen', 'tubes')]
    (made,) = manager.kernel.state.deliveries.values()
    assert made.earliest == at('2026-11-23 08:00')
    assert [one.delivery for one in manager.book.outcomes(WARD, limit=9)] == [made.id]
    assert manager.look('2026-11-24 07:45') == ['asked']


def test_killed_between_accepting_and_noting_it_is_still_one_delivery(manager: Manager) -> None:
    manager.book.keep_plan(PLAN)
    manager.dies_before_noting = True
    with pytest.raises(KeyboardInterrupt):
        manager.look('2026-11-23 07:40')
    manager.dies_before_noting = False
    assert manager.look('2026-11-23 07:41') == ['asked']
    assert len(manager.asked) == 1


def test_a_manager_that_was_off_still_asks_in_the_window_and_says_what_it_missed(
    manager: Manager,
) -> None:
    manager.book.keep_plan(replace(PLAN, since=at('2026-11-22 00:00')))
    manager.book.keep_plan(replace(PLAN, id='P2', start=360, window=30))
    assert sorted(manager.look('2026-11-23 08:59')) == ['asked', 'missed', 'missed']
    assert {(one.subject, one.day) for one in manager.book.outcomes(WARD, limit=9)} == {
        ('P1', '2026-11-22'),
        ('P1', '2026-11-23'),
        ('P2', '2026-11-23'),
    }


def test_a_busy_manager_is_asked_again_and_a_refusal_is_told(manager: Manager) -> None:
    manager.book.keep_plan(PLAN)
    manager.book.keep_plan(replace(PLAN, id='P2', recipient=StationId('gone')))
    manager.busy = True
    with pytest.raises(Overloaded):
        manager.look('2026-11-23 07:35')
    manager.busy = False
    assert sorted(manager.look('2026-11-23 07:36')) == ['asked', 'unknown_station']
    assert manager.look('2026-11-23 07:37') == []


def test_a_paused_plan_is_not_asked_for_nor_made_up_for(manager: Manager) -> None:
    manager.book.keep_plan(replace(PLAN, paused=True))
    assert manager.look('2026-11-23 08:30') == []
    manager.book.keep_plan(replace(PLAN, since=at('2026-11-23 08:31')))
    assert manager.look('2026-11-23 08:32') == []
    assert manager.look('2026-11-24 08:00') == ['asked']


def test_a_meal_is_asked_for_at_its_cut_off_with_the_last_order(manager: Manager) -> None:
    lunch = '2026-11-23-lunch'
    beds = [Bed('1', 'normal'), Bed('2', 'halal'), Bed('3', '')]
    manager.book.order_meal(lunch, WARD, [Bed('1', 'normal')])
    manager.book.order_meal(lunch, WARD, beds)
    manager.book.order_meal(lunch, StationId('n3e'), [Bed('1', '')])
    assert manager.look('2026-11-23 09:59') == []
    assert manager.look('2026-11-23 10:00') == ['asked']
    assert manager.look('2026-11-23 10:05') == []
    (made,) = manager.kernel.state.deliveries.values()
    assert (made.goods, made.sender, made.recipient) == ('meal', 'kitchen', 'n2w')
    assert made.details == {'meal': 'lunch', 'diet_normal': '1', 'diet_halal': '1'}
    assert made.promised_at == at('2026-11-23 12:30')
