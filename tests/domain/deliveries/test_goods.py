"""Promises come from the goods, and nothing waits for ever behind what is more urgent."""

from __future__ import annotations

import pytest

from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, Urgency, rank
from fleet_manager.domain.units import HOUR, MINUTE


@pytest.mark.parametrize('urgency', [Urgency.STAT, Urgency.URGENT])
def test_urgent_goods_arrive_within_half_an_hour(urgency: Urgency) -> None:
    assert PROMISES[urgency].within == 30 * MINUTE


def test_routine_goods_arrive_within_two_hours() -> None:
    assert PROMISES[Urgency.ROUTINE].within == 2 * HOUR


def test_every_goods_class_has_a_promise_and_limits() -> None:
    for goods in GOODS.values():
        assert goods.urgency in PROMISES
        assert 0 < goods.collect_reminder <= goods.load_limit


def test_urgency_decides_first() -> None:
    ranks = [rank(urgency, waited=0) for urgency in Urgency]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


@pytest.mark.parametrize('urgency', list(Urgency))
def test_after_its_bound_a_delivery_outranks_fresh_ones_of_the_class_above(
    urgency: Urgency,
) -> None:
    bound = PROMISES[urgency].outranks
    assert rank(urgency, waited=bound - 1) == rank(urgency, waited=0)
    assert rank(urgency, waited=bound) == rank(urgency, waited=0) - 1
    assert rank(urgency, waited=10 * bound) < rank(Urgency.STAT, waited=0)
