"""The search itself, over flat arrays of int64: insertion by regret, and large neighbourhoods.

The functions here run as they stand, on lists, and compiled by numba, on arrays: both do the very
same, ties included. They are in one file because numba keeps compiled functions by the file they
are written in.

Regret insertion after Potvin and Rousseau, "A parallel route building algorithm for the vehicle
routing and scheduling problem with time windows" (EJOR 1993); removal and repair after Ropke and
Pisinger, "An adaptive large neighborhood search heuristic for the pickup and delivery problem with
time windows" (Transportation Science 2006). The cost of an insertion takes a step for each pair of
places in a route: within its slack all that follows costs its slope times the delay (Savelsbergh,
"The vehicle routing problem with time windows: minimizing route duration", 1992).

A stop is 2 * parcel, plus 1 where it is handed over. The stops of robot v begin at v * width; what
holds before each of them and after the last at v * (width + 1). Parcels are in order of urgency,
then id; robots in order of id: the lower number wins where the costs are equal.
"""

# mypy: disable-error-code="no-any-return"
# (an element of an array has no type, and numba wants no casts)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

#: A time of travel that means "no way": 50 days, which may be summed and weighted.
NO_WAY = 1 << 32
#: A cost above all others.
NEVER = 1 << 60
#: Lateness beyond this, 12 days, does not grow faster: its square fits.
MOST_LATE = 1 << 30
#: Spans of time in which visits to a station are counted: later ones count together.
SPANS = 64

#: Names of `Case.rule`: rates, limits and sizes.
TIME, SOFT, LATE, ONCE, DRIVE, TURN, MOVE, CROWD, SPAN, EACH, LOST, HEAT, GROWS, BUSY, RULES = (
    range(15)
)
#: Columns of `Case.robot` and `Case.parcel`.
FREE, KIND, FIXED, HEADING, AT, LIMIT, FEE, SOILED, ROBOT = range(9)
SENDER, RECIPIENT, EARLIEST, READY, SOON, DUE, WEIGHT, GROUP, APART = range(9)
DIRECT, DIRTY, HOME, ABOARD, LOOSE, PARCEL = range(9, 15)
#: Columns of `Table.stop`, `Table.gap` and `Table.robot`.
ARRIVE, LEAVE, COSTS, BEGINS, STOP = range(5)
SLOPE, SLACK, TAKEN, GROUPS, FORBIDS, ALONE, GAP = range(7)
DRIVEN, TOTAL, LAST_CLEAN, FIRST_DIRTY, KNOWN, TOUCHED, ROUTE = range(7)
#: Names of an insertion, in `Desk.found` and `Desk.seen`.
COST, PICK, HAND, BOX, CELL, OTHER, FOUND = range(7)
#: Names of `Desk.walk`, along a route with the parcel inserted: where and when, how much later
#: than before, ms more driven, what that costs others, where the pick-up meets others, the
#: compartments it may have, the old way to the next stop; then what holds for the whole route, and
#: the robot that was chosen with its cost.
PLACE, ATTENDED, CLOCK, SHIFT, WAY, OTHERS, MEET, BITS, LINK = range(9)
FEES, TURNED, ROOM, CHOSEN, LOWEST, WALK = range(9, 15)
#: Names of `Desk.sum`: routes together, visits that meet, parcels left, luck, and of the best.
ROUTES, MEETINGS, LEFT, LUCK, BEST, FIRST, SUMS = range(7)
#: Kinds of neighbourhoods.
ANY, WORST, NEAR, TAIL, KINDS = range(5)
#: Fewest and most parcels of a neighbourhood, and of those that wait which are tried with them.
FEWEST, MOST, TRIES = 2, 6, 2


class Case(NamedTuple):
    """V robots, N parcels, P stations, K kinds of robots; arrays are flat, row by row.

    `rule` is named above. `travel` (K, P, P) and `start` (V, P) are ms, `visit` (P,). Of `robot`s
    (V, ROBOT): since when they are FREE, their KIND, how many stops are FIXED, the station they
    are HEADING for and the one they stand AT (-1: none), the LIMIT of driving, the FEE for the
    first stop and whether they are SOILED. Of `parcel`s (N, PARCEL): where and when, bits of GROUP
    and APART, the robot they had (HOME, -1: none); 1 where they are ABOARD and cannot leave it,
    and where they are LOOSE and may be taken out. `boxes` (N, V) has bits of the compartments of
    each robot, 0 where the parcel may not be.
    """

    rule: Ints
    travel: Ints
    start: Ints
    visit: Ints
    robot: Ints
    parcel: Ints
    boxes: Ints


class Plan(NamedTuple):
    """The `stop`s of each robot (V, width) and their `counts`; the `robot` and `box` of parcels.

    A parcel that waits has robot -1.
    """

    stop: Ints
    counts: Ints
    robot: Ints
    box: Ints


class Table(NamedTuple):
    """What follows from a plan.

    Of each `stop` (V, width, STOP): when robots ARRIVE and LEAVE, what the parcel COSTS there and
    the cell of `load` of the visit it BEGINS, else -1. Of the `gap` before each stop and after the
    last (V, width + 1, GAP): what each ms of delay adds to the cost of all that follows, SLOPE,
    as long as it is within SLACK; bits of boxes TAKEN, of GROUPS on board and of those they
    forbid; whether one is on board ALONE. Of each `robot` (V, ROUTE): ms DRIVEN, TOTAL cost, its
    last clean stop, its first dirty pick-up, how many stops of it are KNOWN to `load`, and whether
    its stops were TOUCHED. `load` (P, SPANS) counts visits.
    """

    stop: Ints
    gap: Ints
    robot: Ints
    load: Ints


class Desk(NamedTuple):
    """Room to work: an insertion `found`, insertions `seen` (M, V, FOUND) of those `waiting`.

    Where none is noted it costs at least the `limit` (M,) of the parcel, NEVER: there is none.
    `movable` are the parcels that may be taken out; `near` (N,) orders them; `walk` and `sum` are
    named above.
    """

    found: Ints
    seen: Ints
    limit: Ints
    waiting: Ints
    movable: Ints
    near: Ints
    walk: Ints
    sum: Ints


def chance(desk: Desk, below: int) -> int:
    """Return a number from 0 to `below` - 1. The generator of Park and Miller (1988)."""
    desk.sum[LUCK] = desk.sum[LUCK] * 48271 % 2147483647
    return desk.sum[LUCK] % below


# --- what a plan costs ----------------------------------------------------------------------


def place_of(case: Case, stop: int) -> int:
    """Return the station of a stop."""
    return (
        case.parcel[(stop >> 1) * PARCEL + RECIPIENT]
        if stop & 1
        else case.parcel[(stop >> 1) * PARCEL + SENDER]
    )


def drive(case: Case, robot: int, start: int, goal: int) -> int:
    """Return the ms from `start` to `goal`; -1 is where the robot is free."""
    stations = len(case.visit)
    if start < 0:
        return case.start[robot * stations + goal]
    return case.travel[(case.robot[robot * ROBOT + KIND] * stations + start) * stations + goal]


def price(case: Case, parcel: int, time: int) -> int:
    """Return what a parcel costs that arrives at `time`."""
    rule = case.rule
    cost = rule[TIME] * (time - case.parcel[parcel * PARCEL + READY])
    if time > case.parcel[parcel * PARCEL + SOON]:
        cost += rule[SOFT] * (time - case.parcel[parcel * PARCEL + SOON])
    if time > case.parcel[parcel * PARCEL + DUE]:
        late = time - case.parcel[parcel * PARCEL + DUE]
        cost += rule[ONCE]
        if rule[GROWS] > 0:
            cost += rule[LATE] * (late + min(late, MOST_LATE) ** 2 // rule[GROWS])
        else:
            cost += rule[LATE] * late
    return case.parcel[parcel * PARCEL + WEIGHT] * cost


def cell_of(case: Case, place: int, time: int) -> int:
    """Return where visits to a place at that time are counted."""
    return place * SPANS + min(max(time, 0) // case.rule[SPAN], SPANS - 1)


def turn(case: Case, robot: int, place: int) -> int:
    """Return what it costs to send a robot to `place` first."""
    if case.robot[robot * ROBOT + HEADING] < 0 or case.robot[robot * ROBOT + HEADING] == place:
        return 0
    return case.rule[TURN]


def note_visits(case: Case, plan: Plan, table: Table, desk: Desk, robot: int) -> None:
    """Count the visits of a robot anew. Two in one cell meet."""
    width = len(plan.stop) // len(plan.counts)
    first = robot * width
    for stop in range(first, first + table.robot[robot * ROUTE + KNOWN]):
        cell = table.stop[stop * STOP + BEGINS]
        if cell >= 0:
            table.load[cell] -= 1
            desk.sum[MEETINGS] -= table.load[cell]
    before = case.robot[robot * ROBOT + AT]
    for stop in range(first, first + plan.counts[robot]):
        place = place_of(case, plan.stop[stop])
        table.stop[stop * STOP + BEGINS] = -1
        if place != before:
            cell = cell_of(case, place, table.stop[stop * STOP + ARRIVE])
            if cell % SPANS < SPANS - 1:
                desk.sum[MEETINGS] += table.load[cell]
                table.load[cell] += 1
                table.stop[stop * STOP + BEGINS] = cell
        before = place
    table.robot[robot * ROUTE + KNOWN] = plan.counts[robot]


def note_board(case: Case, plan: Plan, table: Table, robot: int) -> None:
    """Note what is on board before each stop of a robot."""
    width = len(plan.stop) // len(plan.counts)
    first, gap, count = robot * width, robot * (width + 1), plan.counts[robot]
    table.robot[robot * ROUTE + LAST_CLEAN], table.robot[robot * ROUTE + FIRST_DIRTY] = -1, count
    for k in range(gap, gap + count + 1):
        table.gap[k * GAP + TAKEN] = table.gap[k * GAP + GROUPS] = table.gap[
            k * GAP + FORBIDS
        ] = table.gap[k * GAP + ALONE] = 0
    for k in range(count):
        stop = plan.stop[first + k]
        parcel = stop >> 1
        if not case.parcel[parcel * PARCEL + DIRTY]:
            table.robot[robot * ROUTE + LAST_CLEAN] = k
        elif k < table.robot[robot * ROUTE + FIRST_DIRTY] and not stop & 1:
            table.robot[robot * ROUTE + FIRST_DIRTY] = k
        if stop & 1:
            for g in range(k, -1, -1):
                table.gap[(gap + g) * GAP + TAKEN] |= plan.box[parcel]
                table.gap[(gap + g) * GAP + GROUPS] |= case.parcel[parcel * PARCEL + GROUP]
                table.gap[(gap + g) * GAP + FORBIDS] |= case.parcel[parcel * PARCEL + APART]
                table.gap[(gap + g) * GAP + ALONE] |= case.parcel[parcel * PARCEL + DIRECT]
                if g > 0 and plan.stop[first + g - 1] == stop - 1:
                    break


def note_slack(case: Case, plan: Plan, table: Table, robot: int) -> None:
    """Note before each stop of a robot what delays cost all that follows, and up to which."""
    rule, count = case.rule, plan.counts[robot]
    width = len(plan.stop) // len(plan.counts)
    first, gap = robot * width, robot * (width + 1)
    table.gap[(gap + count) * GAP + SLOPE] = rule[BUSY]
    table.gap[(gap + count) * GAP + SLACK] = NO_WAY
    for k in range(count - 1, -1, -1):
        stop = plan.stop[first + k]
        parcel, at = stop >> 1, table.stop[(first + k) * STOP + ARRIVE]
        slope, slack = (
            table.gap[(gap + k + 1) * GAP + SLOPE],
            table.gap[(gap + k + 1) * GAP + SLACK],
        )
        if not stop & 1:
            if at < case.parcel[parcel * PARCEL + EARLIEST]:
                slack = 0
        elif at > case.parcel[parcel * PARCEL + DUE]:
            slope += case.parcel[parcel * PARCEL + WEIGHT] * (rule[TIME] + rule[SOFT] + rule[LATE])
            if rule[GROWS] > 0:
                slack = 0
        elif at > case.parcel[parcel * PARCEL + SOON]:
            slope += case.parcel[parcel * PARCEL + WEIGHT] * (rule[TIME] + rule[SOFT])
            slack = min(slack, case.parcel[parcel * PARCEL + DUE] - at)
        else:
            slope += case.parcel[parcel * PARCEL + WEIGHT] * rule[TIME]
            slack = min(slack, case.parcel[parcel * PARCEL + SOON] - at)
        table.gap[(gap + k) * GAP + SLOPE], table.gap[(gap + k) * GAP + SLACK] = slope, slack


def note_route(case: Case, plan: Plan, table: Table, desk: Desk, robot: int) -> None:
    """Note all that follows from the stops of a robot, and what they cost."""
    rule = case.rule
    first, count = robot * (len(plan.stop) // len(plan.counts)), plan.counts[robot]
    desk.sum[ROUTES] -= table.robot[robot * ROUTE + TOTAL]
    time, place, attended, driven, cost = (
        case.robot[robot * ROBOT + FREE],
        -1,
        case.robot[robot * ROBOT + AT],
        0,
        0,
    )
    for k in range(first, first + count):
        stop = plan.stop[k]
        parcel = stop >> 1
        goal = place_of(case, stop)
        way = drive(case, robot, place, goal)
        driven += way
        time += way
        table.stop[k * STOP + ARRIVE] = time
        table.stop[k * STOP + COSTS] = 0
        if stop & 1:
            table.stop[k * STOP + COSTS] = price(case, parcel, time)
            cost += table.stop[k * STOP + COSTS]
            if (
                case.parcel[parcel * PARCEL + HOME] >= 0
                and case.parcel[parcel * PARCEL + HOME] != robot
            ):
                cost += rule[MOVE]
        else:
            time = max(time, case.parcel[parcel * PARCEL + EARLIEST])
        time += rule[EACH]
        if goal != attended:
            time += case.visit[goal]
        table.stop[k * STOP + LEAVE] = time
        place = attended = goal
    cost += rule[DRIVE] * driven + rule[BUSY] * (time - case.robot[robot * ROBOT + FREE])
    if count > 0:
        cost += case.robot[robot * ROBOT + FEE] + turn(
            case, robot, place_of(case, plan.stop[first])
        )
    table.robot[robot * ROUTE + DRIVEN], table.robot[robot * ROUTE + TOTAL] = driven, cost
    desk.sum[ROUTES] += cost
    note_slack(case, plan, table, robot)
    note_board(case, plan, table, robot)
    note_visits(case, plan, table, desk, robot)


def cost_of(case: Case, desk: Desk) -> int:
    """Return what the plan costs, with what is left waiting."""
    rule = case.rule
    return desk.sum[ROUTES] + rule[CROWD] * desk.sum[MEETINGS] + rule[LOST] * desk.sum[LEFT]


# --- insertion ------------------------------------------------------------------------------


def delay(
    case: Case, plan: Plan, table: Table, robot: int, stop: int, shift: int, bound: int
) -> int:
    """Return what it costs that a robot arrives `shift` later at a stop and those after it.

    Gives up, with what it has so far, once that is more than `bound`.
    """
    width = len(plan.stop) // len(plan.counts)
    first, gap, count = robot * width, robot * (width + 1), plan.counts[robot]
    cost = 0
    for k in range(stop, count):
        if shift == 0:
            return cost
        if 0 < shift <= table.gap[(gap + k) * GAP + SLACK]:
            return cost + shift * table.gap[(gap + k) * GAP + SLOPE]
        code = plan.stop[first + k]
        parcel, at = code >> 1, table.stop[(first + k) * STOP + ARRIVE]
        if code & 1:
            cost += price(case, parcel, at + shift) - table.stop[(first + k) * STOP + COSTS]
            if shift > 0 and cost > bound:
                return cost
        else:
            earliest = case.parcel[parcel * PARCEL + EARLIEST]
            shift = max(at + shift, earliest) - max(at, earliest)
    return cost + case.rule[BUSY] * shift


def boards(case: Case, table: Table, desk: Desk, parcel: int, at: int) -> bool:
    """Whether a parcel may be on board in a gap; takes what is taken there from BITS."""
    gap, goods = at * GAP, parcel * PARCEL
    desk.walk[BITS] &= ~table.gap[gap + TAKEN]
    if desk.walk[BITS] == 0 or table.gap[gap + ALONE]:
        return False
    if case.parcel[goods + DIRECT] and table.gap[gap + TAKEN]:
        return False
    apart, group = case.parcel[goods + APART], case.parcel[goods + GROUP]
    return not (table.gap[gap + GROUPS] & apart or table.gap[gap + FORBIDS] & group)


def begin(
    case: Case, plan: Plan, table: Table, desk: Desk, robot: int, parcel: int, i: int
) -> bool:
    """Walk to before stop `i` and pick the parcel up there. False when that is not possible."""
    walk, count = desk.walk, plan.counts[robot]
    first = robot * (len(plan.stop) // len(plan.counts))
    place, attended = -1, case.robot[robot * ROBOT + AT]
    time = case.robot[robot * ROBOT + FREE]
    if i > 0:
        place = attended = place_of(case, plan.stop[first + i - 1])
        time = table.stop[(first + i - 1) * STOP + LEAVE]
    walk[LINK] = table.stop[(first + i) * STOP + ARRIVE] - time if i < count else 0
    walk[WAY] = walk[SHIFT] = walk[OTHERS] = 0
    walk[MEET] = -1
    if not case.parcel[parcel * PARCEL + ABOARD]:
        sender = case.parcel[parcel * PARCEL + SENDER]
        walk[WAY] = drive(case, robot, place, sender)
        time += walk[WAY]
        if walk[WAY] >= NO_WAY:
            return False
        begun = max(time, case.parcel[parcel * PARCEL + EARLIEST]) + case.rule[EACH]
        if attended != sender:
            walk[MEET] = cell_of(case, sender, time)
            begun += case.visit[sender]
        time, place, attended = begun, sender, sender
    walk[PLACE], walk[ATTENDED], walk[CLOCK] = place, attended, time
    return True


def pass_stop(
    case: Case, plan: Plan, table: Table, desk: Desk, robot: int, fresh: bool, k: int
) -> bool:
    """Walk on over stop `k`, directly after the pick-up when `fresh`. False without a way."""
    walk, count = desk.walk, plan.counts[robot]
    first = robot * (len(plan.stop) // len(plan.counts))
    stop, row = plan.stop[first + k], (first + k) * STOP
    at, leave, goal = table.stop[row + ARRIVE], table.stop[row + LEAVE], place_of(case, stop)
    earliest = at if stop & 1 else case.parcel[(stop >> 1) * PARCEL + EARLIEST]
    spent = leave - max(at, earliest)
    if fresh:
        leg = drive(case, robot, walk[PLACE], goal)
        if leg >= NO_WAY:
            return False
        walk[WAY] += leg - walk[LINK]
        walk[SHIFT] = walk[CLOCK] + leg - at
        spent = case.rule[EACH]
        if goal != walk[ATTENDED]:
            spent += case.visit[goal]
        else:
            walk[MEET] = -1
    time = at + walk[SHIFT]
    if stop & 1:
        walk[OTHERS] += price(case, stop >> 1, time) - table.stop[row + COSTS]
    else:
        time = max(time, earliest)
    time += spent
    walk[SHIFT], walk[CLOCK] = time - leave, time
    walk[PLACE] = walk[ATTENDED] = goal
    walk[LINK] = table.stop[row + STOP + ARRIVE] - leave if k + 1 < count else 0
    return True


def rest(
    case: Case,
    plan: Plan,
    table: Table,
    robot: int,
    here: int,
    stop: int,
    later: int,
    bound: int,
) -> int:
    """Return what it costs that a robot comes `later` from `here` to a stop, and to all after it.

    The visit there may be shared with the one before now, or no longer be.
    """
    first = robot * (len(plan.stop) // len(plan.counts))
    code, row = plan.stop[first + stop], (first + stop) * STOP
    goal, at, cost = place_of(case, code), table.stop[row + ARRIVE], 0
    leave = at + later
    if code & 1:
        cost = price(case, code >> 1, leave) - table.stop[row + COSTS]
    else:
        leave = max(leave, case.parcel[(code >> 1) * PARCEL + EARLIEST])
    leave += case.rule[EACH]
    if goal != here:
        leave += case.visit[goal]
    shift = leave - table.stop[row + LEAVE]
    return cost + delay(case, plan, table, robot, stop + 1, shift, bound - cost)


def finish(  # noqa: C901 - inlined by the compiler as it stands
    case: Case, plan: Plan, table: Table, desk: Desk, robot: int, parcel: int, i: int, j: int
) -> bool:
    """Hand over before stop `j`; note it when it is the cheapest. False when no later one can be.

    FEES are what counts whichever stops it gets, ROOM is how much farther the robot may drive.
    """
    walk, found, rule, count = desk.walk, desk.found, case.rule, plan.counts[robot]
    first = robot * (len(plan.stop) // len(plan.counts))
    recipient = case.parcel[parcel * PARCEL + RECIPIENT]
    leg = drive(case, robot, walk[PLACE], recipient)
    there, then, other = walk[CLOCK] + leg, walk[WAY] + leg, -1
    cost = walk[FEES] + walk[OTHERS] + price(case, parcel, there)
    if leg >= NO_WAY or cost >= found[COST]:
        return leg >= NO_WAY or walk[SHIFT] < 0
    later = there + rule[EACH]
    if walk[ATTENDED] != recipient:
        later += case.visit[recipient]
        other = cell_of(case, recipient, there)
    if j < count:
        goal = place_of(case, plan.stop[first + j])
        leg = drive(case, robot, recipient, goal)
        then += leg - walk[LINK]
        later += leg - table.stop[(first + j) * STOP + ARRIVE]
        if goal == recipient:
            other = -1
    if then > walk[ROOM] or (j < count and leg >= NO_WAY):
        return True
    cost += rule[DRIVE] * then
    if i == 0 and not case.parcel[parcel * PARCEL + ABOARD]:
        cost += turn(case, robot, case.parcel[parcel * PARCEL + SENDER]) - walk[TURNED]
    elif j == 0:
        cost += turn(case, robot, recipient) - walk[TURNED]
    if walk[MEET] >= 0:
        cost += rule[CROWD] * table.load[walk[MEET]]
    if other >= 0:
        cost += rule[CROWD] * table.load[other]
    if j == count:
        end = case.robot[robot * ROBOT + FREE]
        if count > 0:
            end = table.stop[(first + count - 1) * STOP + LEAVE]
        cost += rule[BUSY] * (later - end)
    elif cost < found[COST]:
        cost += rest(case, plan, table, robot, recipient, j, later, found[COST] - cost)
    if cost < found[COST]:
        found[COST], found[PICK], found[HAND] = cost, i, j
        found[BOX], found[CELL], found[OTHER] = walk[BITS] & -walk[BITS], walk[MEET], other
    return True


def offers(
    case: Case, plan: Plan, table: Table, desk: Desk, robot: int, parcel: int, low: int, high: int
) -> None:
    """Note in `found` the cheapest insertion with the stops from before `low` to before `high`."""
    walk, goods = desk.walk, parcel * PARCEL
    gap = robot * (len(plan.stop) // len(plan.counts) + 1)
    fits = case.boxes[parcel * len(plan.counts) + robot]
    aboard, direct = case.parcel[goods + ABOARD], case.parcel[goods + DIRECT]
    onward = 0
    if not aboard:
        onward = drive(case, robot, case.parcel[goods + SENDER], case.parcel[goods + RECIPIENT])
    for i in range(low, low + 1 if aboard else high + 1):
        walk[BITS] = fits
        if not boards(case, table, desk, parcel, gap + i):
            continue
        if not begin(case, plan, table, desk, robot, parcel, i):
            continue
        least = case.rule[DRIVE] * (walk[WAY] - walk[LINK])
        if walk[FEES] + least + price(case, parcel, walk[CLOCK] + onward) >= desk.found[COST]:
            continue
        for j in range(i, i + 1 if direct else high + 1):
            if j > i:
                if not boards(case, table, desk, parcel, gap + j):
                    break
                fresh = j == i + 1 and not aboard
                if not pass_stop(case, plan, table, desk, robot, fresh, j - 1):
                    break
            if not finish(case, plan, table, desk, robot, parcel, i, j):
                break


def offer(
    case: Case, plan: Plan, table: Table, desk: Desk, robot: int, parcel: int, bound: int
) -> None:
    """Note in `found` the cheapest insertion of a parcel that costs less than `bound`.

    COST is `bound` without one.
    """
    walk, goods, count = desk.walk, parcel * PARCEL, plan.counts[robot]
    width = len(plan.stop) // len(plan.counts)
    desk.found[COST] = bound
    aboard = case.parcel[goods + ABOARD]
    low, high = case.robot[robot * ROBOT + FIXED], count
    if case.parcel[goods + DIRTY]:
        if not aboard:
            low = max(low, table.robot[robot * ROUTE + LAST_CLEAN] + 1)
    elif case.robot[robot * ROBOT + SOILED] and not aboard:
        return
    else:
        high = min(high, table.robot[robot * ROUTE + FIRST_DIRTY])
    if case.boxes[parcel * len(plan.counts) + robot] == 0 or count + 2 - aboard > width:
        return
    walk[FEES] = walk[TURNED] = 0
    if case.parcel[goods + HOME] >= 0 and case.parcel[goods + HOME] != robot:
        walk[FEES] += case.rule[MOVE]
    if count == 0:
        walk[FEES] += case.robot[robot * ROBOT + FEE]
    else:
        walk[TURNED] = turn(case, robot, place_of(case, plan.stop[robot * width]))
    walk[ROOM] = case.robot[robot * ROBOT + LIMIT] - table.robot[robot * ROUTE + DRIVEN]
    offers(case, plan, table, desk, robot, parcel, low, high)


def put(case: Case, plan: Plan, robot: int, parcel: int, pick: int, hand: int, box: int) -> None:
    """Insert the stops of a parcel before the `pick`-th and `hand`-th stop of a robot."""
    first, count = robot * (len(plan.stop) // len(plan.counts)), plan.counts[robot]
    more = 1 if case.parcel[parcel * PARCEL + ABOARD] else 2
    for k in range(count - 1, hand - 1, -1):
        plan.stop[first + k + more] = plan.stop[first + k]
    plan.stop[first + hand + more - 1] = 2 * parcel + 1
    if more == 2:
        for k in range(hand - 1, pick - 1, -1):
            plan.stop[first + k + 1] = plan.stop[first + k]
        plan.stop[first + pick] = 2 * parcel
    plan.counts[robot] = count + more
    plan.robot[parcel], plan.box[parcel] = robot, box


def take_out(case: Case, plan: Plan, table: Table, parcel: int) -> None:
    """Remove the stops of a parcel that may be removed; its robot is `touched`."""
    robot = plan.robot[parcel]
    first, count = robot * (len(plan.stop) // len(plan.counts)), plan.counts[robot]
    kept = first
    for k in range(first, first + count):
        stop = plan.stop[k]
        if stop >> 1 != parcel or (case.parcel[parcel * PARCEL + ABOARD] and not stop & 1):
            plan.stop[kept] = stop
            kept += 1
    plan.counts[robot] = kept - first
    plan.robot[parcel] = -1
    table.robot[robot * ROUTE + TOUCHED] = 1


def meets(case: Case, table: Table, desk: Desk, at: int) -> int:
    """Return what the visits of a seen insertion cost as other robots come now."""
    cost, cell, other = 0, desk.seen[at + CELL], desk.seen[at + OTHER]
    if cell >= 0:
        cost += table.load[cell]
    if other >= 0:
        cost += table.load[other]
    return case.rule[CROWD] * cost


def see(
    case: Case, plan: Plan, table: Table, desk: Desk, slot: int, robot: int, bound: int
) -> None:
    """Note the cheapest insertion of the parcel in a slot of `waiting` into a robot's route.

    Its COST is NEVER when there is none that costs less than `bound`.
    """
    offer(case, plan, table, desk, robot, desk.waiting[slot], bound)
    at, found = (slot * len(plan.counts) + robot) * FOUND, desk.found
    if found[COST] >= bound:
        found[COST] = NEVER
    for name in range(FOUND):
        desk.seen[at + name] = found[name]
    if found[COST] < NEVER:  # what visits meet changes: it is added when one is chosen
        desk.seen[at + COST] -= meets(case, table, desk, at)


def look(case: Case, plan: Plan, table: Table, desk: Desk, slot: int) -> None:
    """See the insertions of a waiting parcel into all routes, as far as it needs the three best.

    All that were not noted cost at least `limit`.
    """
    low, second, third = NEVER, NEVER, NEVER
    for robot in range(len(plan.counts)):
        see(case, plan, table, desk, slot, robot, third)
        cost = desk.found[COST]
        if cost < low:
            low, second, third = cost, low, second
        elif cost < second:
            second, third = cost, second
        elif cost < third:
            third = cost
    desk.limit[slot] = third


def regret(case: Case, plan: Plan, table: Table, desk: Desk, slot: int, depth: int) -> int:
    """Return what a waiting parcel would lose with its next best robots instead of the best one.

    The best one is CHOSEN, its cost LOWEST. -1 when no robot can take the parcel. What is inside
    a robot comes first: nothing else may get its compartment.
    """
    robots, known = len(plan.counts), 0
    for robot in range(robots):
        known += desk.seen[(slot * robots + robot) * FOUND + COST] < NEVER
    if known < 2 and desk.limit[slot] < NEVER:
        look(case, plan, table, desk, slot)
    low, second, third = NEVER, NEVER, NEVER
    desk.walk[CHOSEN] = -1
    for robot in range(robots):
        at = (slot * robots + robot) * FOUND
        cost = desk.seen[at + COST]
        if cost >= third:
            continue
        cost += meets(case, table, desk, at)
        if cost < low:
            low, second, third = cost, low, second
            desk.walk[CHOSEN] = robot
        elif cost < second:
            second, third = cost, second
        elif cost < third:
            third = cost
    desk.walk[LOWEST] = low
    if desk.walk[CHOSEN] < 0:
        return -1
    if case.parcel[desk.waiting[slot] * PARCEL + ABOARD]:
        return NEVER
    lost, left = 0, case.rule[LOST] * case.parcel[desk.waiting[slot] * PARCEL + WEIGHT]
    left = min(left, desk.limit[slot])
    if depth > 1:
        lost += max(0, min(second, left) - low)
    if depth > 2:
        lost += max(0, min(third, left) - low)
    return lost


def choose(case: Case, plan: Plan, table: Table, desk: Desk, waiting: int, depth: int) -> int:
    """Return the slot of the parcel to insert next into the route of CHOSEN; -1 when none can.

    Where regrets are equal the more urgent one; without any (depth 1) the cheapest.
    """
    chosen, best, most, least = -1, -1, -1, NEVER
    for slot in range(waiting):
        lost = regret(case, plan, table, desk, slot, depth)
        if desk.walk[CHOSEN] < 0 or lost < most:
            continue
        low = desk.walk[LOWEST] if depth == 1 else desk.waiting[slot]
        if lost > most or low < least:
            chosen, best, most, least = slot, desk.walk[CHOSEN], lost, low
    desk.walk[CHOSEN] = best
    return chosen


def repair(
    case: Case, plan: Plan, table: Table, desk: Desk, waiting: int, depth: int, brief: bool
) -> None:
    """Insert the first `waiting` parcels, the one first that would lose most by waiting.

    That is the sum of what the next `depth` - 1 robots would cost more than the best one. One
    without an insertion is left. A `brief` look at the routes is enough where few wait.
    """
    robots = len(plan.counts)
    for slot in range(waiting):
        if brief:
            look(case, plan, table, desk, slot)
        else:
            desk.limit[slot] = NEVER
            for robot in range(robots):
                see(case, plan, table, desk, slot, robot, NEVER)
    while waiting > 0:
        chosen = choose(case, plan, table, desk, waiting, depth)
        if chosen < 0:
            return
        robot = desk.walk[CHOSEN]
        at = (chosen * robots + robot) * FOUND
        pick, hand, box = desk.seen[at + PICK], desk.seen[at + HAND], desk.seen[at + BOX]
        put(case, plan, robot, desk.waiting[chosen], pick, hand, box)
        desk.sum[LEFT] -= case.parcel[(desk.waiting[chosen]) * PARCEL + WEIGHT]
        table.robot[robot * ROUTE + TOUCHED] = 1
        note_route(case, plan, table, desk, robot)
        waiting -= 1
        desk.waiting[chosen], desk.waiting[waiting] = desk.waiting[waiting], desk.waiting[chosen]
        for k in range(robots * FOUND):
            desk.seen[chosen * robots * FOUND + k] = desk.seen[waiting * robots * FOUND + k]
        desk.limit[chosen] = desk.limit[waiting]
        for slot in range(waiting):
            see(case, plan, table, desk, slot, robot, desk.limit[slot])


# --- large neighbourhoods -------------------------------------------------------------------


def copy(source: Plan, target: Plan) -> None:
    """Make one plan like the other."""
    for k in range(len(source.stop)):
        target.stop[k] = source.stop[k]
    for k in range(len(source.counts)):
        target.counts[k] = source.counts[k]
    for k in range(len(source.robot)):
        target.robot[k] = source.robot[k]
        target.box[k] = source.box[k]


def hand_over(plan: Plan, parcel: int) -> int:
    """Return where among all stops the hand-over of a parcel is."""
    first = plan.robot[parcel] * (len(plan.stop) // len(plan.counts))
    while plan.stop[first] != 2 * parcel + 1:
        first += 1
    return first


def remove(case: Case, plan: Plan, table: Table, desk: Desk, parcel: int, out: int) -> int:
    """Take a parcel out into the next slot, unless it is out; return how many are out."""
    if plan.robot[parcel] < 0:
        return out
    take_out(case, plan, table, parcel)
    desk.sum[LEFT] += case.parcel[parcel * PARCEL + WEIGHT]
    desk.waiting[out] = parcel
    return out + 1


def take_any(
    case: Case, plan: Plan, table: Table, desk: Desk, movable: int, out: int, wanted: int
) -> int:
    """Take out parcels by chance."""
    for _ in range(wanted):
        out = remove(case, plan, table, desk, desk.movable[chance(desk, movable)], out)
    return out


def take_worst(
    case: Case, plan: Plan, table: Table, desk: Desk, movable: int, out: int, wanted: int
) -> int:
    """Take out parcels that cost much: each time the dearest of four by chance.

    Arrivals are those before the first was taken out, as far as stops did not move up.
    """
    for _ in range(wanted):
        worst, most = 0, -1
        for _ in range(4):
            parcel = desk.movable[chance(desk, movable)]
            if plan.robot[parcel] >= 0:
                cost = price(case, parcel, table.stop[(hand_over(plan, parcel)) * STOP + ARRIVE])
                if cost > most:
                    worst, most = parcel, cost
        if most >= 0:
            out = remove(case, plan, table, desk, worst, out)
    return out


def take_near(
    case: Case, plan: Plan, table: Table, desk: Desk, movable: int, out: int, wanted: int
) -> int:
    """Take out parcels like one by chance: near stations, about the same time."""
    seed = desk.movable[chance(desk, movable)]
    if plan.robot[seed] < 0:
        return out
    stations, when = len(case.visit), table.stop[(hand_over(plan, seed)) * STOP + ARRIVE]
    for k in range(movable):
        other = desk.movable[k]
        desk.near[k] = NEVER
        if plan.robot[other] >= 0 and other != seed:
            apart = abs(table.stop[(hand_over(plan, other)) * STOP + ARRIVE] - when)
            apart += case.travel[
                case.parcel[seed * PARCEL + SENDER] * stations
                + case.parcel[other * PARCEL + SENDER]
            ]
            apart += case.travel[
                case.parcel[seed * PARCEL + RECIPIENT] * stations
                + case.parcel[other * PARCEL + RECIPIENT]
            ]
            # A little chance, so that the same seed does not always take the same ones.
            desk.near[k] = apart * (8 + chance(desk, 8))
    out = remove(case, plan, table, desk, seed, out)
    for _ in range(wanted - 1):
        nearest = 0
        for k in range(movable):
            if desk.near[k] < desk.near[nearest]:
                nearest = k
        if desk.near[nearest] < NEVER:
            desk.near[nearest] = NEVER
            out = remove(case, plan, table, desk, desk.movable[nearest], out)
    return out


def take_tail(case: Case, plan: Plan, table: Table, desk: Desk, movable: int, out: int) -> int:
    """Take out a parcel by chance and those its robot stops for after it."""
    seed = desk.movable[chance(desk, movable)]
    robot = plan.robot[seed]
    if robot < 0:
        return out
    first, count = robot * (len(plan.stop) // len(plan.counts)), plan.counts[robot]
    tail, begun = 0, False
    for k in range(first, first + count):
        parcel = plan.stop[k] >> 1
        begun = begun or parcel == seed
        if begun and plan.stop[k] & 1 and case.parcel[parcel * PARCEL + LOOSE] and tail < MOST:
            desk.near[tail] = parcel
            tail += 1
    for k in range(tail):
        out = remove(case, plan, table, desk, desk.near[k], out)
    return out


def destroy(case: Case, plan: Plan, table: Table, desk: Desk, movable: int, out: int) -> int:
    """Take out a neighbourhood of parcels; return how many are out with the `out` first ones."""
    kind = chance(desk, KINDS)
    wanted = FEWEST + chance(desk, MOST - FEWEST + 1)
    if kind == WORST:
        out = take_worst(case, plan, table, desk, movable, out, wanted)
    elif kind == NEAR:
        out = take_near(case, plan, table, desk, movable, out, wanted)
    elif kind == TAIL:
        out = take_tail(case, plan, table, desk, movable, out)
    else:
        out = take_any(case, plan, table, desk, movable, out, wanted)
    return out


def note_touched(case: Case, plan: Plan, table: Table, desk: Desk) -> None:
    """Note anew what follows from the routes that were touched."""
    for robot in range(len(plan.counts)):
        if table.robot[robot * ROUTE + TOUCHED]:
            note_route(case, plan, table, desk, robot)


def strays(case: Case, plan: Plan, desk: Desk, out: int) -> bool:
    """Whether a parcel that cannot leave its robot has no place there."""
    for slot in range(out):
        parcel = desk.waiting[slot]
        if case.parcel[parcel * PARCEL + ABOARD] and plan.robot[parcel] < 0:
            return True
    return False


def improve(
    case: Case,
    plan: Plan,
    table: Table,
    desk: Desk,
    kept: Plan,
    best: Plan,
    movable: int,
    rounds: int,
) -> None:
    """Take parcels out and put them back so many times; leave the best plan.

    What is worse is taken as well while it is within a threshold that falls to zero (Dueck and
    Scheuer, "Threshold accepting", 1990).
    """
    parcels = len(plan.robot)
    desk.sum[BEST] = cost_of(case, desk)
    copy(plan, best)
    for done in range(rounds):
        copy(plan, kept)
        for robot in range(len(plan.counts)):
            table.robot[robot * ROUTE + TOUCHED] = 0
        before, left, out = cost_of(case, desk), desk.sum[LEFT], 0
        if left > 0:  # some of those that wait for a robot have another try
            begin = chance(desk, parcels)
            for k in range(parcels):
                parcel = (begin + k) % parcels
                if plan.robot[parcel] < 0 and out < TRIES:
                    desk.waiting[out] = parcel
                    out += 1
        out = destroy(case, plan, table, desk, movable, out)
        note_touched(case, plan, table, desk)
        repair(case, plan, table, desk, out, 1 + chance(desk, 3), True)
        cost, limit = cost_of(case, desk), case.rule[HEAT] * (rounds - done) // rounds
        if cost < before + limit and not strays(case, plan, desk, out):
            if cost < desk.sum[BEST]:
                desk.sum[BEST] = cost
                copy(plan, best)
        else:
            copy(kept, plan)
            note_touched(case, plan, table, desk)
            desk.sum[LEFT] = left
    for robot in range(len(plan.counts)):
        table.robot[robot * ROUTE + TOUCHED] = 1
    copy(best, plan)
    note_touched(case, plan, table, desk)


def run(
    case: Case,
    plan: Plan,
    table: Table,
    desk: Desk,
    kept: Plan,
    best: Plan,
    waiting: int,
    movable: int,
    rounds: int,
) -> None:
    """Insert what waits, then improve for so many rounds."""
    for robot in range(len(plan.counts)):
        note_route(case, plan, table, desk, robot)
    repair(case, plan, table, desk, waiting, 2, False)
    desk.sum[FIRST] = cost_of(case, desk)
    if rounds > 0 and movable > 0:
        improve(case, plan, table, desk, kept, best, movable, rounds)
        left = 0
        for parcel in range(len(plan.robot)):
            if plan.robot[parcel] < 0:
                left += case.parcel[parcel * PARCEL + WEIGHT]
        desk.sum[LEFT] = left


def compare(case: Case, plan: Plan, table: Table, desk: Desk, kept: Plan, parcel: int) -> None:
    """See what a parcel costs with each robot, in the first slot; the plan stays as it is."""
    own = plan.robot[parcel]
    copy(plan, kept)
    take_out(case, plan, table, parcel)
    note_route(case, plan, table, desk, own)
    desk.waiting[0] = parcel
    for robot in range(len(plan.counts)):
        see(case, plan, table, desk, 0, robot, NEVER)
        at = robot * FOUND
        if desk.seen[at + COST] < NEVER:
            desk.seen[at + COST] += meets(case, table, desk, at)
    copy(kept, plan)
    note_route(case, plan, table, desk, own)
