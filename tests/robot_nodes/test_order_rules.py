"""VDA 5050's rules: what a robot takes over, ignores and refuses."""

from __future__ import annotations

import dataclasses
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import FloorId, NodeId
from fleet_manager.domain.units import Instant
from robot_nodes.core.memory import Memory
from robot_nodes.core.order import Order, problem
from robot_nodes.core.order_book import Accepted, Ignored, OrderBook, Refused
from tests.robot_nodes.build import F1, MAP, at, node, order


def book(memory: Memory | None = None) -> OrderBook:
    return OrderBook(memory or Memory(), robot='r1', map_id=MAP[0], map_version=MAP[1])


def standing(*nodes: int, horizon: tuple[int, ...] = ()) -> OrderBook:
    found = book()
    assert found.offer(order(nodes, horizon), at(2.0 * nodes[0])) == Accepted(fresh=True)
    return found


def test_an_order_from_a_manager_that_was_replaced_is_refused() -> None:
    robot = standing(0, 1)
    assert robot.offer(order([0, 1], epoch=2, order_id='o2'), at(0.0)) == Accepted(fresh=True)
    assert robot.offer(order([0, 1, 2], epoch=1, update=9), at(0.0)) == Refused('stale_epoch')
    assert robot.epoch == 2


def test_an_order_for_another_robot_or_map_is_not_taken() -> None:
    robot = book()
    assert robot.offer(order([0], robot='r2'), at(0.0)) == Ignored()
    assert robot.offer(order([0], map_version='v2'), at(0.0)) == Refused('wrong_map')
    assert robot.offer(order([0], map_id='x'), at(0.0)) == Refused('wrong_map')
    assert robot.order is None


def test_a_repeated_or_older_update_changes_no_node() -> None:
    robot = standing(0, 1, 2)
    assert robot.offer(order([0, 1, 2, 3], update=2), at(0.0)) == Accepted(fresh=True)
    assert robot.offer(order([0, 1], update=1), at(0.0)) == Ignored()
    assert robot.offer(order([0, 1], update=2), at(0.0)) == Accepted(fresh=False)
    assert [n.sequence for n in robot.released_ahead()] == [1, 2, 3]


def test_the_newest_repetition_of_an_update_says_whether_to_pause() -> None:
    robot = standing(0, 1)
    assert robot.offer(order([0, 1], paused=True, stamp=Instant(5)), at(0.0)) == Accepted(
        fresh=True
    )
    assert robot.offer(order([0, 1], stamp=Instant(4)), at(0.0)) == Ignored()
    assert robot.order is not None
    assert robot.order.paused
    robot.offer(order([0, 1], stamp=Instant(6)), at(0.0))
    assert not robot.order.paused


def test_a_repetition_may_bring_another_lift_session() -> None:
    ride = [node(0), node(1, lift='A', boards=True)]
    robot = book()
    robot.offer(order([], nodes=ride), at(0.0))
    ride[1] = dataclasses.replace(ride[1], session='r1#7')
    assert robot.offer(order([], nodes=ride), at(0.0)) == Accepted(fresh=True)
    assert robot.released_ahead()[0].session == 'r1#7'


def test_an_update_extends_the_base_at_its_end_only() -> None:
    robot = standing(0, 1, 2)
    assert robot.offer(order([0, 1], update=2), at(0.0)) == Refused('base_shrunk')
    moved = [node(0), node(1, y=5.0), node(2), node(3)]
    assert robot.offer(order([], nodes=moved, update=2), at(0.0)) == Refused('base_changed')
    assert robot.offer(order([4, 5], update=2), at(0.0)) == Refused('gap')
    assert robot.offer(order([2, 3], update=2), at(0.0)) == Accepted(fresh=True)
    assert [n.sequence for n in robot.released_ahead()] == [1, 2, 3]


def test_another_order_of_the_same_manager_does_not_take_back_what_was_released() -> None:
    robot = standing(0, 1, 2)
    assert robot.offer(order([0, 1], order_id='o2'), at(0.0)) == Refused('base_shrunk')
    assert robot.offer(order([0, 1, 2, 3], order_id='o2'), at(0.0)) == Accepted(fresh=True)


def test_a_late_copy_of_a_replaced_order_is_not_taken_for_a_new_one() -> None:
    robot = standing(0)
    robot.offer(order([0], horizon=[1], order_id='o2'), at(0.0))
    assert robot.offer(order([0], horizon=[9]), at(0.0)) == Ignored()
    assert robot.order is not None
    assert robot.order.order_id == 'o2'


def test_a_new_order_begins_where_the_robot_is() -> None:
    robot = standing(0, 1)
    robot.reach(node(1))
    far = order([5, 6], order_id='o2')
    assert robot.offer(far, at(2.0)) == Refused('not_here')
    assert robot.offer(far, at(10.3)) == Accepted(fresh=True)
    assert (robot.last_node, robot.last_sequence) == ('n5', 5)


@pytest.mark.parametrize(
    ('pose', 'taken'),
    [
        (at(0.4), True),
        (at(1.2, 0.3), True),
        (at(1.2, 0.7), False),
        (at(0.0, floor=FloorId('F2')), False),
        (at(math.nan), False),
        (None, False),
    ],
)
def test_a_robot_without_memory_takes_over_only_what_begins_at_its_pose(
    pose: object, taken: bool
) -> None:
    verdict = book().offer(order([0, 1]), pose)  # type: ignore[arg-type]
    assert isinstance(verdict, Accepted) is taken


def test_a_robot_in_a_car_takes_over_an_order_whatever_its_floor_says() -> None:
    inside = [node(4, floor=F1), node(5, released=False, lift='A', floor=FloorId('F3'))]
    verdict = book().offer(order([], nodes=inside), at(8.0, floor=FloorId('F2')))
    assert verdict == Accepted(fresh=True)


def test_the_horizon_is_never_among_what_may_be_driven() -> None:
    robot = standing(0, 1, horizon=(2, 3))
    assert [n.sequence for n in robot.released_ahead()] == [1]
    with pytest.raises(ValueError, match='n2 2'):
        robot.reach(node(2, released=False))


def test_after_a_restart_with_an_old_store_only_a_new_manager_may_begin_anew() -> None:
    robot = standing(0, 1, 2)
    robot.reach(node(1))
    anew = [node(0, node=NodeId('n1'), x=2.0), node(1, node=NodeId('n2'), x=4.0)]
    assert robot.offer(order([], nodes=anew, order_id='a'), at(2.0)) == Refused('base_shrunk')
    assert robot.offer(order([], nodes=anew, order_id='a', epoch=2), at(2.0)) == Accepted(
        fresh=True
    )
    assert (robot.last_node, robot.last_sequence) == ('n1', 0)


@pytest.mark.parametrize(
    ('fields', 'what'),
    [
        ({'nodes': ()}, 'node_count'),
        ({'nodes': [node(i) for i in range(1_001)]}, 'node_count'),
        ({'nodes': [node(0, x=math.nan)]}, 'not_a_number'),
        ({'nodes': [node(0), node(1, via=((1.0, math.inf),))]}, 'not_a_number'),
        ({'nodes': [node(0), node(1, max_speed=math.nan)]}, 'not_a_number'),
        ({'nodes': [node(0), node(1, max_speed=0.0)]}, 'not_a_number'),
        ({'nodes': [node(1), node(1)]}, 'sequence'),
        ({'nodes': [node(0, released=False)]}, 'horizon_before_base'),
        ({'nodes': [node(0), node(1, released=False), node(2)]}, 'horizon_before_base'),
        ({'nodes': [node(0, node=NodeId('n' * 65))]}, 'name'),
        ({'order_id': ''}, 'name'),
        ({'lease': math.nan}, 'lease'),
        ({'lease': 0.0}, 'lease'),
    ],
)
def test_nonsense_is_no_order(fields: dict[str, object], what: str) -> None:
    nonsense = order([0], **fields)
    assert problem(nonsense) == what
    assert book().offer(nonsense, at(0.0)) == Refused(f'malformed_{what}')


def test_the_first_node_needs_no_speed() -> None:
    assert problem(order([], nodes=[node(0, max_speed=0.0), node(1)])) is None


@st.composite
def histories(draw: st.DrawFn, *, moving: bool = True) -> list[Order]:
    """What one manager says in a while: it releases node after node and makes new legs."""
    said: list[Order] = []
    end, leg = 0, 0
    for update in range(1, draw(st.integers(1, 12)) + 1):
        if draw(st.booleans()):
            end += 1
        else:
            leg += 1
        first = draw(st.integers(max(0, end - 3), end)) if moving else 0
        ahead = draw(st.integers(0, 3))
        nodes = [node(i, released=i <= end) for i in range(first, end + 1 + ahead)]
        stamp = Instant(len(said))
        said.append(order([], nodes=nodes, order_id=f'leg{leg}', update=update, stamp=stamp))
    return said


@pytest.mark.slow
@given(histories(), st.randoms(use_true_random=False), st.data())
@settings(max_examples=150)
def test_lost_doubled_and_reordered_orders_never_shrink_the_base(
    said: list[Order], chance: random.Random, data: st.DataObject
) -> None:
    heard = [chance.choice(said) for _ in range(30)]
    robot = book()
    allowed = 0
    for offered in heard:
        before = robot.order.base_end.sequence if robot.order else 0
        verdict = robot.offer(offered, at(2.0 * robot.last_sequence))
        if isinstance(verdict, Accepted):
            allowed = max(allowed, offered.base_end.sequence)
        if robot.order is not None:
            assert robot.order.base_end.sequence >= before
            assert all(n.sequence <= allowed for n in robot.released_ahead())
            sequences = [n.sequence for n in robot.order.nodes]
            assert sequences == sorted(set(sequences))
            assert robot.here() is not None
        if robot.released_ahead() and data.draw(st.booleans()):
            robot.reach(robot.released_ahead()[0])


@given(histories(moving=False))
@settings(max_examples=100)
def test_a_manager_that_repeats_itself_is_always_understood_in_the_end(said: list[Order]) -> None:
    robot = book()
    for offered in said:
        robot.offer(offered, at(2.0 * robot.last_sequence))
    assert robot.order is not None
    assert robot.order.order_id == said[-1].order_id
    assert robot.order.update == said[-1].update


def test_floors_are_names() -> None:
    assert problem(order([], nodes=[node(0, floor=FloorId('\n'))])) == 'name'
    assert F1 == 'F1'
