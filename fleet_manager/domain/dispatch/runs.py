"""What every rule about runs does alike: put a delivery into a run, order it, take it out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import LOADED
from fleet_manager.domain.dispatch.bundles import may_share
from fleet_manager.domain.dispatch.eta import arrivals, likely
from fleet_manager.domain.evolve import stops_of
from fleet_manager.domain.ids import CompartmentId, RobotId, RunId
from fleet_manager.domain.messages import Purpose, RunAssigned, RunReordered, RunWithdrawn, Stop
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.turn import Turn


def put_in(
    turn: Turn,
    robot: Robot,
    delivery: Delivery,
    box: CompartmentId,
    stops: Sequence[Stop] | None = None,
    runners_up: tuple[tuple[RobotId, int], ...] = (),
) -> None:
    """Give a delivery to a robot, its run then being `stops`; None: at the end of its run."""
    run = robot.run or RunId(f'R{turn.state.runs_made + 1:06d}')
    whole = (*robot.stops, *stops_of(delivery)) if stops is None else tuple(stops)
    times = arrivals(turn, robot, whole)
    turn.emit(
        RunAssigned(
            run,
            robot.id,
            delivery.id,
            box,
            cost_ms=times[delivery.id, Purpose.PICK_UP] - turn.now,
            runners_up=runners_up,
            stops=whole,
            eta=likely(turn, times[delivery.id, Purpose.HAND_OVER]),
        )
    )


def reorder(turn: Turn, robot: Robot, stops: Sequence[Stop], reason: str) -> None:
    """Serve the stops of a run in another order."""
    if robot.run is not None and list(stops) != robot.stops:
        turn.emit(RunReordered(robot.run, robot.id, tuple(stops), reason))


def keep_rules(turn: Turn, robot: Robot) -> None:
    """Take out of a run what cannot be loaded any more, after something on board stays longer.

    A compartment is for one bundle at a time, which is loaded at once, and some goods are never on
    board together.
    """
    inside = {d.id: d for d in turn.state.served_by(robot) if d.state in LOADED}
    for stop in list(robot.stops):
        delivery = turn.state.deliveries[stop.delivery]
        if stop.purpose is Purpose.HAND_OVER:
            inside.pop(stop.delivery, None)
        elif delivery.is_surely_empty and _is_barred(turn, robot, inside.values(), delivery):
            take_away(turn, robot, delivery, 'no_room')
        else:
            inside[stop.delivery] = delivery


def _is_barred(turn: Turn, robot: Robot, inside: Iterable[Delivery], delivery: Delivery) -> bool:
    """Whether a delivery cannot be loaded while others are inside."""
    there, elsewhere = list[Delivery](), list[Delivery]()
    for one in inside:
        (there if one.compartment == delivery.compartment else elsewhere).append(one)
    boxes = turn.hospital.compartments(robot.id)
    if there and not any(
        box.id == delivery.compartment and may_share(box, [*there, delivery]) for box in boxes
    ):
        return True
    return any(_bar(one, delivery) for one in elsewhere)


def _bar(inside: Delivery, delivery: Delivery) -> bool:
    """Whether a delivery cannot be on board together with another one."""
    one, other = GOODS[inside.goods], GOODS[delivery.goods]
    if one.direct or other.direct:
        return True
    return one.id in other.apart or other.id in one.apart


def take_away(turn: Turn, robot: Robot, delivery: Delivery, reason: str) -> None:
    """Take a delivery that is not loaded out of its run: it waits again."""
    if delivery.run is None:
        raise LookupError(f'{delivery.id} has no run')
    turn.emit(RunWithdrawn(delivery.run, robot.id, delivery.id, reason))
