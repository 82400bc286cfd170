"""Whatever happens to a delivery, the desk sees it by its promise until it has ended."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.http import desk_page
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.sim.staff import Habits
from fleet_manager.application.ports import Account, View
from fleet_manager.application.views import picture
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.messages import Actor, AskRescue, CancelDelivery, Role, TakeByHand
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.hospitals import two_floors
from tests.scenarios.day import Day

DESK = Person(Account(AccountId('desk'), 'Desk', 'desk', None), Role.DESK, 'token', 'csrf')
ACTOR = Actor(AccountId('desk'), Role.DESK)
#: Half of what is asked for is never loaded, and people come late where they come at all.
LAZY = Habits(come_ms=(0, 4 * MINUTE, 40 * MINUTE), never_load=0.3, close_again=0.3)


def check(day: Day) -> int:
    """Compare what the desk sees with what is open; return how much that is."""
    sim = day.sim
    turn = sim.manager.kernel.turn()
    state, view = turn.state, View(1, turn.now, picture(turn))
    rows = desk_page.queue(turn.hospital, view, DESK, turn.now)
    seen = [row.page.id for row in rows]
    still = [one for one in state.deliveries.values() if one.state not in ENDS]
    assert sorted(seen) == sorted(one.id for one in still)
    promised = {one.id: one.promised_at for one in still}
    for late in (True, False):
        times = [promised[row.page.id] for row in rows if bool(row.page.raw['late']) is late]
        assert times == sorted(times)
    assert [row.page.raw['late'] for row in rows] == sorted(
        (row.page.raw['late'] for row in rows), reverse=True
    )
    for now in (turn.now, turn.now + 2 * HOUR, turn.now + 4 * HOUR):
        rows = desk_page.queue(turn.hospital, view, DESK, now)
        forgotten = {row.page.id for row in desk_page.forgotten(rows)}
        overdue = {name for name, at in promised.items() if now > at + desk_page.OVERDUE}
        assert overdue <= forgotten <= set(seen)
    return len(still)


def meddle(day: Day, rng: Random) -> None:
    """Do one of the things people do when something goes wrong."""
    still = [one for one in day.sim.state().deliveries.values() if one.state not in ENDS]
    if not still:
        return
    one = rng.choice(still)
    deed = rng.choice(('cancel', 'bring back', 'rescue', 'take'))
    if deed == 'take':
        day.sim.send(TakeByHand(ACTOR, one.id))
    elif deed == 'rescue' and one.robot is not None:
        day.sim.send(AskRescue(ACTOR, one.robot, 'it stands there'))
    else:
        day.sim.send(CancelDelivery(ACTOR, one.id, bring_back=deed == 'bring back'))


@pytest.mark.thorough
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32))
def test_every_open_delivery_is_at_the_desk_by_its_promise(seed: int) -> None:
    rng = Random(seed)
    house = two_floors(robots=3, lifts=2, door=True)
    day = Day(house, seed, robots=3, deliveries=12, every_ms=20 * SECOND, habits=LAZY)
    most = 0
    for _ in range(14):
        day.sim.run(rng.choice((10 * SECOND, 40 * SECOND, 2 * MINUTE)))
        if rng.random() < 0.4:
            meddle(day, rng)
        most = max(most, check(day))
    assert most, 'nothing was ever open'
