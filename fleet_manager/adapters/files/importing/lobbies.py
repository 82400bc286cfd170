"""Makes room before lifts: on each floor a cell to wait in and a cell to leave to.

The source has one lane into the car. Here the node in front of the car becomes two, joined to each
other, each with a cell between itself and the car: a robot that leaves passes one that waits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.files.importing.draft import (
    Building,
    Shaft,
    Spot,
    Stop,
    Storey,
    Stretch,
)
from fleet_manager.adapters.files.importing.report import Notebook
from fleet_manager.adapters.files.importing.space import (
    FROM_CAR,
    Around,
    Space,
    steps,
)
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import NodeKind, Point

#: Metres from the middle of the car to a cell, the best first.
_CELLS: Final = (2.2, 2.4, 2.0, 2.6, 2.8, 1.8, 1.6)
_CELL_RANGE: Final = (1.55, 2.95)
#: Metres from a door to the middle of a robot before it.
_BEFORE_DOOR: Final = 0.45
#: Metres a cell lies to the side.
_SIDES: Final = (0.6, 0.7, 0.8, 0.5)
#: Metres from the cells to the two nodes behind them, and to the side of the door.
_BEHIND: Final = tuple(0.95 + 0.15 * index for index in range(18))
_ASIDE: Final = (0.0, 0.3, -0.3, 0.6, -0.6, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0)
#: How many nodes in a row without another use are given up for a lobby, and how far off, metres.
_MOUTHS: Final = 3
_MOUTH_RANGE: Final = 7.0
#: What a lobby behind one lane costs, as if it had been moved so many metres: robots that come and
#: those that go share that lane.
_BLIND: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where everything goes: two cells, and two nodes behind them instead of `mouth`."""

    wait: Point
    exit: Point
    before_wait: Point
    before_exit: Point
    mouth: Spot
    gone: tuple[Spot, ...]


def add_lobbies(building: Building, spaces: dict[str, Space], notes: Notebook) -> None:
    """Give every lift its cells; a lift with less than two usable stops is left out."""
    for shaft in list(building.shafts):
        for stop in list(shaft.stops):
            if not _add_lobby(shaft, stop, spaces[stop.storey.id], notes):
                what = f'has no room for two robots before its door on {stop.storey.name}'
                notes.warn(shaft.place, what, 'it does not stop there')
                _remove(stop)
                shaft.stops.remove(stop)
        if len(shaft.stops) < 2:
            notes.warn(shaft.place, 'has less than two stops', 'left out, drawn as a shaft')
            for stop in shaft.stops:
                _remove(stop)
                stop.storey.walls.append(_drawn(shaft))
            building.shafts.remove(shaft)


def _remove(stop: Stop) -> None:
    for spot in (stop.cab, stop.wait, stop.exit):
        if spot is not None and spot in stop.storey.spots:
            stop.storey.remove(spot)


def _drawn(shaft: Shaft) -> tuple[Point, ...]:
    wide, deep = shaft.width / 2, shaft.depth / 2
    round_it = ((-wide, -deep), (wide, -deep), (wide, deep), (-wide, deep), (-wide, -deep))
    return tuple(steps(shaft.at, shaft.faces, side, forward) for side, forward in round_it)


def _add_lobby(shaft: Shaft, stop: Stop, space: Space, notes: Notebook) -> bool:
    storey, cab = stop.storey, stop.cab
    graphs = storey.graphs_at(cab)
    plan = next(_plans(shaft, stop, space), None)
    if plan is None:
        return False
    mouth = plan.mouth
    before_wait = Spot(plan.before_wait, mouth.place, mouth.hint, mouth.roles)
    before_exit = Spot(plan.before_exit, mouth.place, f'{mouth.hint}b')
    wait = Spot(plan.wait, shaft.place, f'{shaft.name}-wait', kind=NodeKind.LIFT_WAIT)
    leave = Spot(plan.exit, shaft.place, f'{shaft.name}-exit', kind=NodeKind.LIFT_EXIT)
    all_graphs = storey.graphs_at(mouth) | graphs
    kept = [lane for lane in storey.at(mouth) if lane.other(mouth) not in plan.gone]
    for spot in plan.gone:
        storey.remove(spot)
    storey.spots += [before_wait, before_exit, wait, leave]
    for lane in kept:
        far = lane.other(mouth)
        near = before_wait if _first_is_nearer(far.at, plan) else before_exit
        if lane.a is mouth:
            lane.a = near
        else:
            lane.b = near
        storey.join(lane)
    place = f'{shaft.place}, lobby on {storey.name}'
    storey.join(Stretch(before_wait, before_exit, place, graphs=all_graphs))
    storey.join(Stretch(before_wait, wait, place, graphs=graphs))
    storey.join(Stretch(before_exit, leave, place, graphs=graphs))
    stop.wait, stop.exit = wait, leave
    others = ', '.join(spot.place for spot in plan.gone if spot is not cab)
    what = f'one lane leads into the car on {storey.name}'
    notes.note(shaft.place, what, f'made a waiting and an exit cell; they stand for {others}')
    return True


def _mouths(storey: Storey, stop: Stop, car: Point) -> Iterator[tuple[Spot, tuple[Spot, ...]]]:
    """Return nodes before the car that a lobby may replace, each with all that goes with it."""
    cab = stop.cab
    direction = (math.cos(stop.faces), math.sin(stop.faces))
    for first in sorted(
        storey.neighbours(cab),
        key=lambda own: -((own.at.x - car.x) * direction[0] + (own.at.y - car.y) * direction[1]),
    ):
        gone: tuple[Spot, ...] = (cab,)
        mouth: Spot | None = first
        for _ in range(_MOUTHS):
            if mouth is None or geometry.distance(mouth.at, car) > _MOUTH_RANGE:
                break
            gone = (*gone, mouth)
            ahead = [own for own in storey.neighbours(mouth) if own not in gone]
            if ahead:
                yield mouth, gone
            mouth = ahead[0] if len(ahead) == 1 and not mouth.roles else None


def _plans(shaft: Shaft, stop: Stop, space: Space) -> Iterator[_Plan]:
    """Return lobbies that work, the one that changes least first."""
    storey = stop.storey
    options: list[tuple[float, int, _Plan]] = []
    for mouth, gone in _mouths(storey, stop, shaft.at):
        ahead = sum(spot not in gone for spot in storey.neighbours(mouth))
        blind = _BLIND if ahead < 2 else 0.0
        for cost, plan in _drafts(shaft, stop, mouth, gone):
            options.append((cost + blind, len(options), plan))
    options.sort(key=lambda own: own[:2])
    holds: dict[Point, bool] = {}
    around: dict[Spot, Around] = {}
    for _, _, plan in options:
        points = (plan.wait, plan.exit, plan.before_wait, plan.before_exit)
        for point in points:
            if point not in holds:
                holds[point] = space.holds(point)
        if not all(holds[point] for point in points):
            continue
        if plan.mouth not in around:
            around[plan.mouth] = Around(storey, space.margins, shaft.at, plan.gone)
        if _works(plan, shaft, storey, space, around[plan.mouth]):
            yield plan


def _drafts(
    shaft: Shaft, stop: Stop, mouth: Spot, gone: tuple[Spot, ...]
) -> Iterator[tuple[float, _Plan]]:
    for forward in _CELLS:
        if forward < stop.gap + _BEFORE_DOOR:
            continue
        for side in _SIDES:
            if not _CELL_RANGE[0] <= math.hypot(forward, side) <= _CELL_RANGE[1]:
                continue
            for behind in _BEHIND:
                for aside in _ASIDE:
                    wide = max(side, 0.6)
                    far = forward + behind
                    plan = _Plan(
                        wait=steps(shaft.at, stop.faces, side, forward),
                        exit=steps(shaft.at, stop.faces, -side, forward),
                        before_wait=steps(shaft.at, stop.faces, aside + wide, far),
                        before_exit=steps(shaft.at, stop.faces, aside - wide, far),
                        mouth=mouth,
                        gone=gone,
                    )
                    middle = steps(shaft.at, stop.faces, aside, far)
                    cost = geometry.distance(middle, mouth.at) + 0.3 * abs(aside)
                    yield cost + abs(forward - 2.2) + 2 * abs(side - 0.6), plan


def _works(plan: _Plan, shaft: Shaft, storey: Storey, space: Space, around: Around) -> bool:
    way_in = (plan.before_wait, plan.wait, shaft.at)
    way_out = (shaft.at, plan.exit, plan.before_exit)
    clear = space.margins.clear
    own = ((plan.wait, way_out), (plan.exit, way_in))
    if _touch((*own, (plan.before_wait, way_out), (plan.before_exit, way_in)), clear):
        return False
    kept = [lane for lane in storey.at(plan.mouth) if lane.other(plan.mouth) not in plan.gone]
    moved = []
    for lane in kept:
        far = lane.other(plan.mouth)
        near = plan.before_wait if _first_is_nearer(far.at, plan) else plan.before_exit
        other = plan.before_exit if near == plan.before_wait else plan.before_wait
        line = (near, far.at)
        if geometry.distance(*line) < space.margins.apart or not space.as_good(
            (plan.mouth.at, far.at), line
        ):
            return False
        if _touch(((plan.wait, line), (plan.exit, line), (other, line)), clear):
            return False
        if any(geometry.point_to_line(car, line) < FROM_CAR for car in space.cars):
            return False
        moved.append(line)
    if not all(around.leaves_room(at) for at in (plan.wait, plan.exit)):
        return False
    ends = [lane.other(plan.mouth) for lane in kept]
    if not all(around.leaves_room(at, ends) for at in (plan.before_wait, plan.before_exit)):
        return False
    lanes = ((plan.before_wait, plan.wait), (plan.before_exit, plan.exit))
    if not all(around.lets_pass(a, b, ()) for a, b in lanes):
        return False
    return all(space.lets_through(a, b) for a, b in (*lanes, (plan.before_wait, plan.before_exit)))


def _touch(pairs: Sequence[tuple[Point, Sequence[Point]]], clear: float) -> bool:
    return any(geometry.point_to_line(at, line) < clear for at, line in pairs)


def _first_is_nearer(far: Point, plan: _Plan) -> bool:
    return geometry.distance(far, plan.before_wait) <= geometry.distance(far, plan.before_exit)
