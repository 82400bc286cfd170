"""Bundles: parcels that share a compartment, put in by one opening and taken out by one.

The sensor of a compartment says whether anything is inside, not what. So a bundle is formed before
anything of it is loaded: nothing joins it later, and nothing leaves it on the way.
"""

from __future__ import annotations

from collections.abc import Sequence

from fleet_manager.domain.deliveries.goods import GOODS, GoodsClass
from fleet_manager.domain.deliveries.lifecycle import LOADED
from fleet_manager.domain.dispatch.predicates.may_carry import takes
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import ROOMY, Compartment
from fleet_manager.domain.messages import Purpose
from fleet_manager.domain.state import Delivery, FleetState, Robot
from fleet_manager.domain.turn import Turn

#: What parcels of one bundle have in common: from where, to where, and what it is.
_Kind = tuple[StationId, StationId, str]


def bundles_of(state: FleetState, robot: Robot) -> list[list[Delivery]]:
    """Return what a robot serves, together what is in one compartment at the same time.

    All in the order of its stops.
    """
    found = list[list[Delivery]]()
    loaded, coming = dict[str, list[Delivery]](), dict[str, list[Delivery]]()
    for stop in robot.stops:
        delivery = state.deliveries[stop.delivery]
        box = delivery.compartment or ''
        if delivery.state in LOADED:
            together = loaded.get(box)
        elif stop.purpose is Purpose.PICK_UP:
            together = coming.get(box)
        else:
            coming.pop(box, None)
            continue
        if together is None:
            together = (loaded if delivery.state in LOADED else coming)[box] = []
            found.append(together)
        together.append(delivery)
    return found


def mates(state: FleetState, delivery: Delivery) -> list[Delivery]:
    """Return what is, or will be, in a compartment with a delivery, which is one of them."""
    robot = state.robots[delivery.robot] if delivery.robot is not None else None
    for bundle in bundles_of(state, robot) if robot is not None else ():
        if any(one is delivery for one in bundle):
            return bundle
    return [delivery]


def here(state: FleetState, delivery: Delivery) -> list[Delivery]:
    """Return those of its mates that its robot stands at a station for, as it does for it."""
    return [one for one in mates(state, delivery) if one.state is delivery.state]


def may_share(box: Compartment, deliveries: Sequence[Delivery]) -> bool:
    """Whether parcels may be put into a compartment together: none of them is loaded yet."""
    if any(one.state in LOADED for one in deliveries) or len({*map(_kind, deliveries)}) > 1:
        return False
    goods = GOODS[deliveries[0].goods]
    return not goods.direct and len(deliveries) * goods.litres <= _litres(box)


def bundled(
    turn: Turn, robots: Sequence[Robot], waiting: Sequence[Delivery]
) -> list[list[Delivery]]:
    """Return all that robots serve and that waits, in bundles; their first ones lead them.

    What waits and may be loaded now joins a bundle nobody has begun to load, or others that wait.
    """
    found, room = list[list[Delivery]](), dict[_Kind, list[tuple[list[Delivery], int]]]()
    for robot in robots:
        boxes = {box.id: _litres(box) for box in turn.hospital.compartments(robot.id)}
        for bundle in bundles_of(turn.state, robot):
            found.append(bundle)
            box = bundle[0].compartment
            if box is not None and all(_may_grow(turn, one) for one in bundle):
                room.setdefault(_kind(bundle[0]), []).append((bundle, boxes[box]))
    wanted = dict.fromkeys(d.goods for d in waiting)
    largest = {name: _largest(turn, robots, GOODS[name]) for name in wanted}
    for delivery in sorted(waiting, key=lambda d: d.number):
        goods, may_join = GOODS[delivery.goods], _may_grow(turn, delivery)
        there = room.setdefault(_kind(delivery), []) if may_join else []
        for bundle, litres in there:
            if (len(bundle) + 1) * goods.litres <= litres:
                bundle.append(delivery)
                break
        else:
            found.append([delivery])
            there.append((found[-1], largest[goods.id]))
    return found


def _may_grow(turn: Turn, delivery: Delivery) -> bool:
    """Whether a delivery may get mates: it can be loaded now, and nobody has begun to."""
    if not turn.policy.bundles or GOODS[delivery.goods].direct or delivery.meets_at:
        return False
    return delivery.is_surely_empty and delivery.earliest <= turn.now


def _largest(turn: Turn, robots: Sequence[Robot], goods: GoodsClass) -> int:
    """Return the litres of the largest compartment that any of the robots has for the goods."""
    boxes = (box for robot in robots for box in turn.hospital.compartments(robot.id))
    return max((_litres(box) for box in boxes if takes(box, goods)), default=0)


def _kind(delivery: Delivery) -> _Kind:
    return delivery.origin, delivery.goal, delivery.goods


def _litres(box: Compartment) -> int:
    """Return what is known to fit into a compartment."""
    return box.litres if box.litres < ROOMY else 0
