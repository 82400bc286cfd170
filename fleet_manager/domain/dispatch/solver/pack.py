"""A problem as flat lists of whole numbers, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from fleet_manager.domain.dispatch.solver import kernel
from fleet_manager.domain.dispatch.solver.kernel import Case, Desk, Plan, Table
from fleet_manager.domain.dispatch.solver.model import Box, Parcel, Problem, Vehicle, Visit
from fleet_manager.domain.ids import DeliveryId

#: What a parcel without a robot costs by weight: more than any delay that is worth a thought.
_LOST: Final = 1 << 40
#: Times farther from now than this count as this: 99 days.
_FAR: Final = 1 << 33

_Lists = TypeVar('_Lists', bound=NamedTuple)


@dataclass(frozen=True, slots=True)
class Packed:
    """A problem for the kernel; `vehicles` and `parcels` are in the kernel's order.

    `waiting` parcels are to be inserted, `movable` ones may be taken out.
    """

    vehicles: tuple[Vehicle, ...]
    parcels: tuple[Parcel, ...]
    case: Case
    plan: Plan
    table: Table
    desk: Desk
    waiting: int
    movable: int


class _Packing:
    """One problem on its way into lists."""

    def __init__(self, problem: Problem, *, arrays: bool) -> None:
        self.problem, self.arrays = problem, arrays
        self.vehicles = tuple(sorted(problem.vehicles, key=lambda v: v.id))
        self.parcels = tuple(sorted(problem.parcels, key=lambda p: (-p.weight, p.due, p.id)))
        self.place = {vehicle.id: v for v, vehicle in enumerate(self.vehicles)}
        self.number = {parcel.id: n for n, parcel in enumerate(self.parcels)}
        self.size = (len(self.vehicles), len(self.parcels))
        longest = max((len(v.stops) for v in self.vehicles), default=0)
        self.width = max(problem.most_stops, longest + 1)
        self._fits: dict[tuple[frozenset[str], int], list[int]] = {}
        self.boxes = [by_size(vehicle) for vehicle in self.vehicles]

    def plan(self) -> tuple[Plan, list[int], list[int]]:
        """Return the plan as it is, which robot each parcel has, and which cannot leave it."""
        robots, parcels = self.size
        stop, count = [0] * (robots * self.width), [0] * robots
        robot, box, home, aboard = ([-1] * parcels for _ in range(4))
        for v, vehicle in enumerate(self.vehicles):
            count[v] = len(vehicle.stops)
            bits = {one.id: 1 << bit for bit, one in enumerate(self.boxes[v])}
            for parcel, compartment in vehicle.holds.items():
                n = self.number[parcel]
                home[n], box[n], aboard[n] = v, bits[compartment], 1
            for k, visit in enumerate(vehicle.stops):
                n = self.number[visit.parcel]
                stop[v * self.width + k] = 2 * n + (not visit.pick_up)
                if visit.pick_up:
                    aboard[n] = int(k < vehicle.fixed)
                else:
                    robot[n] = v
        plan = Plan(*map(_ints, (stop, count, robot, box)))
        return plan, home, [max(one, 0) for one in aboard]

    def stuck(self) -> set[DeliveryId]:
        """Return the parcels whose hand-over stays where it is."""
        return {
            visit.parcel
            for v in self.vehicles
            for visit in v.stops[: v.fixed]
            if not visit.pick_up
        }

    def fits(self, parcel: Parcel) -> list[int]:
        """Return the bits of the compartments of each robot that a parcel fits into."""
        key = (parcel.kinds, parcel.litres)
        found = self._fits.get(key)
        if found is None:
            found = self._fits[key] = [
                sum(
                    1 << bit
                    for bit, box in enumerate(boxes)
                    if box.kind in parcel.kinds and box.litres >= parcel.litres
                )
                for boxes in self.boxes
            ]
        return found

    def row(self, parcel: Parcel, home: int, box: int, aboard: int) -> list[int]:
        """Return the compartments of each robot that a parcel may be put into.

        As long as it keeps its robot it keeps its compartment.
        """
        row = [0] * len(self.vehicles)
        if not aboard:
            row, refused = self.fits(parcel).copy(), self.problem.refusals(parcel.id)
            for vehicle in refused.keys() & self.place.keys():
                row[self.place[vehicle]] = 0
        if home >= 0:
            row[home] = box
        return row

    def times(self, of: Iterable[int]) -> list[int]:
        """Return times from now."""
        now = self.problem.now
        return [min(max(time - now, -_FAR), _FAR) for time in of]

    def rule(self) -> list[int]:
        """Return `Case.rule`."""
        rates, rule = self.problem.rates, [0] * kernel.RULES
        rule[kernel.TIME], rule[kernel.SOFT], rule[kernel.LATE] = (
            rates.time,
            rates.soft,
            rates.late,
        )
        rule[kernel.ONCE], rule[kernel.DRIVE] = rates.once, rates.drive
        rule[kernel.TURN], rule[kernel.MOVE] = rates.turn, rates.move
        rule[kernel.CROWD], rule[kernel.SPAN] = rates.crowd, rates.crowd_span
        rule[kernel.EACH], rule[kernel.LOST] = self.problem.each_ms, _LOST
        rule[kernel.BUSY] = rates.busy
        rule[kernel.HEAT], rule[kernel.GROWS] = rates.heat, rates.grows
        return rule


def pack(problem: Problem, *, loose: bool, arrays: bool, seed: int) -> Packed:
    """Return the problem for the kernel: as arrays for the compiled one, else as lists."""
    packing = _Packing(problem, arrays=arrays)
    robots, parcels = packing.size
    plan, home, aboard = packing.plan()
    stuck = packing.stuck()
    waiting, movable, boxes, may_go = [], [], [0] * (robots * parcels), [0] * parcels
    for n, parcel in enumerate(packing.parcels):
        is_out = plan.robot[n] < 0
        held = parcel.id in stuck or (parcel.direct and aboard[n])
        if is_out:
            waiting.append(n)
        if is_out or (loose and not held):
            movable.append(n)
            may_go[n] = 1
            row = packing.row(parcel, home[n], int(plan.box[n]), aboard[n])
            boxes[n * robots : (n + 1) * robots] = row
    case = _case(packing, home, aboard, boxes, may_go)
    slots = max(len(waiting), kernel.MOST + kernel.TRIES)
    desk = Desk(
        found=_zeros(kernel.FOUND),
        seen=_zeros(slots * robots * kernel.FOUND),
        limit=_zeros(slots),
        waiting=_ints([*waiting, *[0] * (slots - len(waiting))]),
        movable=_ints([*movable, 0]),
        near=_zeros(max(parcels, kernel.MOST) + 1),
        walk=_zeros(kernel.WALK),
        sum=_zeros(kernel.SUMS),
    )
    desk.sum[kernel.LUCK] = 1 + seed % 2147483646
    desk.sum[kernel.LEFT] = sum(packing.parcels[n].weight for n in waiting)
    table = _table(robots, packing.width, len(case.visit))
    if arrays:
        case, plan, table, desk = (_arrays(one) for one in (case, plan, table, desk))
    return Packed(
        packing.vehicles, packing.parcels, case, plan, table, desk, len(waiting), len(movable)
    )


def _case(
    packing: _Packing, home: list[int], aboard: list[int], boxes: list[int], may_go: list[int]
) -> Case:
    problem, vehicles, parcels = packing.problem, packing.vehicles, packing.parcels
    travel, number = problem.travel, packing.number
    used = sorted({p.sender for p in parcels} | {p.recipient for p in parcels})
    used += sorted({v.at for v in vehicles if v.at is not None} - set(used))
    kinds = sorted({v.kind for v in vehicles})
    place = {station: index for index, station in enumerate(used)}
    start, never = list[int](), kernel.NO_WAY
    for vehicle in vehicles:
        times = [vehicle.reach(station) for station in used]
        start += [never if t is None or t > never else t for t in times]
    times_between = travel.among(kinds, used)

    def heading(vehicle: Vehicle) -> int:
        if not vehicle.stops:
            return -1
        parcel = parcels[number[vehicle.stops[0].parcel]]
        return place[parcel.sender if vehicle.stops[0].pick_up else parcel.recipient]

    soiled = [int(v.soiled) for v in vehicles]
    for n, parcel in enumerate(parcels):
        if parcel.dirty and aboard[n]:
            soiled[home[n]] = 1
    robots = (
        packing.times(v.free_at for v in vehicles),
        [kinds.index(v.kind) for v in vehicles],
        [v.fixed for v in vehicles],
        [heading(v) for v in vehicles],
        [-1 if v.at is None else place[v.at] for v in vehicles],
        [v.drive_ms for v in vehicles],
        [v.fee + (0 if v.stops else problem.rates.opening) for v in vehicles],
        soiled,
    )
    groups = sorted({g for p in parcels for g in (p.group, *p.apart) if g})
    bit = {group: 1 << n for n, group in enumerate(groups)} | {'': 0}
    apart = {those: sum(bit[g] for g in those if g) for those in {p.apart for p in parcels}}
    goods = (
        [place[p.sender] for p in parcels],
        [place[p.recipient] for p in parcels],
        packing.times(p.earliest for p in parcels),
        packing.times(p.ready for p in parcels),
        packing.times(p.due if p.soft is None else p.soft for p in parcels),
        packing.times(p.due for p in parcels),
        [p.weight for p in parcels],
        [bit[p.group] for p in parcels],
        [apart[p.apart] for p in parcels],
        [int(p.direct) for p in parcels],
        [int(p.dirty) for p in parcels],
        home,
        aboard,
        may_go,
    )
    return Case(
        rule=_ints(packing.rule()),
        travel=times_between if packing.arrays else times_between.tolist(),
        start=_ints(start),
        visit=_ints([problem.visit_ms(station) for station in used]),
        robot=_rows(robots),
        parcel=_rows(goods),
        boxes=_ints(boxes),
    )


def _table(robots: int, width: int, stations: int) -> Table:
    return Table(
        stop=_zeros(robots * width * kernel.STOP),
        gap=_zeros(robots * (width + 1) * kernel.GAP),
        robot=_zeros(robots * kernel.ROUTE),
        load=_zeros(stations * kernel.SPANS),
    )


def by_size(vehicle: Vehicle) -> list[Box]:
    """Return compartments in the order of their bits: the lowest is the smallest."""
    return sorted(vehicle.boxes, key=lambda box: (box.litres, box.id))


def arrivals_of(packed: Packed, robot: int) -> list[int]:
    """Return when a robot is expected at its stops, in ms from now."""
    width = len(packed.plan.stop) // len(packed.plan.counts)
    first, stop = robot * width, packed.table.stop
    rows = range(first, first + packed.plan.counts[robot])
    return [int(stop[row * kernel.STOP + kernel.ARRIVE]) for row in rows]


def stops_of(packed: Packed, robot: int) -> list[Visit]:
    """Return the stops of a robot as they are in the plan."""
    stop, width = packed.plan.stop, len(packed.plan.stop) // len(packed.plan.counts)
    codes = stop[robot * width : robot * width + packed.plan.counts[robot]]
    return [Visit(packed.parcels[int(code) >> 1].id, not int(code) & 1) for code in codes]


def like(plan: Plan, *, arrays: bool) -> Plan:
    """Return room for a plan of the same size."""
    made = Plan(*(_zeros(len(one)) for one in plan))
    return _arrays(made) if arrays else made


def _ints(values: Sequence[int]) -> Any:
    """A list stands for an array wherever the functions run as they are."""
    return list(values)


def _rows(columns: Sequence[Sequence[int]]) -> Any:
    return [one for row in zip(*columns, strict=True) for one in row]


def _zeros(size: int) -> Any:
    return [0] * size


def _arrays(lists: Any) -> Any:
    return type(lists)(*(np.asarray(one, np.int64) for one in lists))
