"""The search itself, over flat arrays of int64: every loop that planning spends its time in.

The functions here run as they stand, and compiled by numba (`compiling.compiled`): the plain ones
are the oracle of the compiled ones, so both have to do the same, ties included. They are in one
file because numba keeps compiled functions by the file they are written in. A table that is full
is a code below zero, after which nothing has changed: the caller makes the tables larger and asks
again.

Safe intervals after Phillips and Likhachev, "SIPP: Safe interval path planning for dynamic
environments" (ICRA 2011); the neighbourhoods after Li, Chen, Harabor, Stuckey and Koenig, "Anytime
multi-agent path finding via large neighborhood search" (IJCAI 2021).

A *table* lists the times during which others have a place: one for each node, then for each lane,
then for each zone with a limit of robots. A robot on a place is in the tables of all places too
close to it as well. Rows are in order of their start and may overlap; `top` is the latest end so
far, so that gaps are found by bisection.
"""

# mypy: disable-error-code="no-any-return"
# (an element of an array has no type, and numba wants no casts)

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

#: Later than any plan. 2^40 ms are 34 years; sums of a few still fit everywhere.
NEVER = 1 << 40
#: Codes of what is full. The first two are no error: there is no way, nothing got better.
NONE, FULL_ROWS, FULL_CARS, FULL_STATES, FULL_HOPS, FULL_CLAIMS = -1, -2, -3, -4, -5, -6

#: Kinds of neighbourhoods: robots that are replanned together.
RANDOM, DELAYED, CROSSED, QUEUE, GROUP, KINDS = 0, 1, 2, 3, 4, 5
#: Most and fewest robots of a neighbourhood.
MOST, FEWEST = 8, 2


#: Columns of steps, of rows and rides, of hops, of robots, and of the states of a search.
TARGET, LANE, TIME, CAR, ABOARD, ALIGHT, ORIGIN = range(7)
START, END, TOP, WHO, FROM, TO = range(6)
OPENS = TOP
STEP, BEGIN, LEFT, UNTIL = range(4)
HOME, AT, GOAL, KIND, RANK, ROW, STAYS = range(7)
NODE, REACHED, OPENED, SHUT, CAME, BY, SINCE, GONE, NEXT, DONE = range(10)
KEY, TIE, ITEM = range(3)
PLACE, TAKEN, FREED = range(3)
HEAD, MARK = range(2)
#: What `Desk.size` counts; then the bounds of a search, and the waiting cell it makes for.
IN_HEAP, STATES, SEARCHES, CHOSEN, WANTED, LEAST, MOST_WANTED, LOBBY, SIZES = range(9)


class Net(NamedTuple):
    """A hospital: N nodes; P places, which are nodes and lanes; K cars; F floors.

    `step` (S, 7) are the steps, those of node n from `first`[n] on. One over a lane has its place
    in LANE; a ride has -1 there, and a CAR with the floors where one gets ABOARD and ALIGHT. TIME
    is the shortest time, a ride's with the car waiting. `back` lists steps by target. `open` is 1
    where a kind of robots may take a step. `near` lists the places too close to each, `zone` the
    zones with a `limit`. `travel` (K, F, F), `farthest` (K, F), `door` (K,) and `board` are ms.
    `lobby` lists the waiting cells floor by floor; `walk` has the ms to each from the nodes of its
    floor, in their order on it, which is `local`.
    """

    first: Ints
    step: Ints
    back_first: Ints
    back: Ints
    open: Ints
    bay: Ints
    near_first: Ints
    near: Ints
    zone_first: Ints
    zone: Ints
    limit: Ints
    travel: Ints
    farthest: Ints
    door: Ints
    board: Ints
    floor: Ints
    local: Ints
    lobby_first: Ints
    lobby: Ints
    walk: Ints


class Job(NamedTuple):
    """R robots (R, 7): their HOME and since when they may leave it (AT), their GOAL.

    KIND is what they may use, RANK 0 for the most urgent; ROW is the row of `far` with the
    shortest time from each node to the goal, -1 where there is no way; until STAYS it cannot be
    off its start. `instant` is 1 where the place behind is free at once.
    """

    robot: Ints
    far: Ints
    instant: Ints


class Book(NamedTuple):
    """The tables: `rows` (T, W, 4) of places and zones, and how many are `used` of each.

    `full` (Z, W, 2) are times when a zone is full. `rides` (K, V, 6) are those of each car: OPENS
    is when it opens where one gets aboard.
    """

    rows: Ints
    used: Ints
    full: Ints
    full_count: Ints
    rides: Ints
    ride_count: Ints


class Ways(NamedTuple):
    """The hops of each robot, (R, H, 4): its step, when it starts, leaves and ends.

    `hops` is -1 for a robot that has no plan and stands at its start.
    """

    hops: Ints
    hop: Ints


class Desk(NamedTuple):
    """Room to work: states (M, 10) and heap of a search, claims of a robot (C, 3).

    `spot` (N, 2) has the last state of each node. `size` is named by IN_HEAP and so on. `picked`
    is 1 for robots that are chosen, or never are. `luck` is the state of the chance; `weight`
    (KINDS,) how much each kind of neighbourhood gained lately.
    """

    spot: Ints
    state: Ints
    heap: Ints
    claim: Ints
    size: Ints
    chosen: Ints
    picked: Ints
    luck: Ints
    weight: Ints


# --- tables ---------------------------------------------------------------------------------


def row_after(book: Book, table: int, time: int) -> int:
    """Return how many rows of a table start at `time` or before."""
    low, high = 0, book.used[table]
    while low < high:
        middle = (low + high) >> 1
        if book.rows[table, middle, START] <= time:
            low = middle + 1
        else:
            high = middle
    return low


def free_rows(book: Book, table: int, time: int) -> tuple[int, int]:
    """Return the first gap of a table that ends after `time`; twice NEVER where there is none."""
    count = book.used[table]
    if count == 0:
        return 0, NEVER
    row = row_after(book, table, time)
    since = book.rows[table, row - 1, TOP] if row > 0 else 0
    if since > time:
        while row < count and book.rows[table, row, START] <= since:
            since = book.rows[table, row, TOP]
            row += 1
    if since >= NEVER:
        return NEVER, NEVER
    if row < count:
        return since, book.rows[table, row, START]
    return since, NEVER


def free_zone(book: Book, zone: int, time: int) -> tuple[int, int]:
    """Return the first time span that ends after `time` in which one more may be in a zone."""
    since = 0
    for row in range(book.full_count[zone]):
        if book.full[zone, row, START] > time and book.full[zone, row, START] > since:
            return since, book.full[zone, row, START]
        since = book.full[zone, row, END]
    if since >= NEVER:
        return NEVER, NEVER
    return since, NEVER


def gap(net: Net, book: Book, place: int, time: int) -> tuple[int, int]:
    """Return the first gap of a place that ends after `time`, in the zones it lies in too."""
    if net.zone_first[place] == net.zone_first[place + 1]:
        return free_rows(book, place, time)
    while True:
        since, until = free_rows(book, place, time)
        for number in range(net.zone_first[place], net.zone_first[place + 1]):
            opened, shut = free_zone(book, net.zone[number], max(time, since))
            since, until = max(since, opened), min(until, shut)
        if since < until or since >= NEVER:
            return since, until
        time = max(since, until)


def add_row(book: Book, table: int, start: int, end: int, who: int) -> bool:
    """Put a row into a table. False, and nothing is changed, when the table is full."""
    count = book.used[table]
    if count >= book.rows.shape[1]:
        return False
    row = row_after(book, table, start)
    for other in range(count, row, -1):
        book.rows[table, other, START] = book.rows[table, other - 1, START]
        book.rows[table, other, END] = book.rows[table, other - 1, END]
        book.rows[table, other, WHO] = book.rows[table, other - 1, WHO]
    book.rows[table, row, START] = start
    book.rows[table, row, END] = end
    book.rows[table, row, WHO] = who
    book.used[table] = count + 1
    set_top(book, table, row)
    return True


def drop_row(book: Book, table: int, start: int, end: int, who: int) -> None:
    """Take a row out of a table, which has it."""
    row = row_after(book, table, start) - 1
    while book.rows[table, row, WHO] != who or book.rows[table, row, END] != end:
        row -= 1
    count = book.used[table] - 1
    for other in range(row, count):
        book.rows[table, other, START] = book.rows[table, other + 1, START]
        book.rows[table, other, END] = book.rows[table, other + 1, END]
        book.rows[table, other, WHO] = book.rows[table, other + 1, WHO]
    book.used[table] = count
    set_top(book, table, row)


def set_top(book: Book, table: int, row: int) -> None:
    """Reckon the latest end so far again, from a row on."""
    latest = book.rows[table, row - 1, TOP] if row > 0 else 0
    for other in range(row, book.used[table]):
        latest = max(latest, book.rows[table, other, END])
        book.rows[table, other, TOP] = latest


def set_full(net: Net, book: Book, zone: int) -> None:
    """Reckon again when a zone has as many robots as its limit."""
    table = net.near_first.shape[0] - 1 + zone
    found, until = 0, 0
    for row in range(book.used[table]):
        now = book.rows[table, row, START]
        if now < until or inside(book, table, now) < net.limit[zone]:
            continue
        until = now
        while inside(book, table, until) >= net.limit[zone]:
            soonest = NEVER
            for other in range(book.used[table]):
                if book.rows[table, other, END] > until:
                    soonest = min(soonest, book.rows[table, other, END])
            until = soonest
            if until >= NEVER:
                break
        book.full[zone, found, START] = now
        book.full[zone, found, END] = until
        found += 1
    book.full_count[zone] = found


def inside(book: Book, table: int, time: int) -> int:
    """Return how many rows of a table hold at `time`."""
    found = 0
    for row in range(book.used[table]):
        if book.rows[table, row, START] <= time < book.rows[table, row, END]:
            found += 1
    return found


def add_ride(net: Net, book: Book, step: int, begin: int, end: int, opens: int, who: int) -> bool:
    """Put a ride into its car's table, in order of start. False when the table is full."""
    car = net.step[step, CAR]
    row = book.ride_count[car]
    if row >= book.rides.shape[1]:
        return False
    book.ride_count[car] = row + 1
    while row > 0 and book.rides[car, row - 1, START] > begin:
        move_ride(book, car, row - 1, row)
        row -= 1
    book.rides[car, row, START] = begin
    book.rides[car, row, END] = end
    book.rides[car, row, OPENS] = opens
    book.rides[car, row, FROM] = net.step[step, ABOARD]
    book.rides[car, row, TO] = net.step[step, ALIGHT]
    book.rides[car, row, WHO] = who
    return True


def drop_ride(book: Book, car: int, begin: int, who: int) -> None:
    """Take a ride out of its car's table, which has it."""
    row = 0
    while book.rides[car, row, START] != begin or book.rides[car, row, WHO] != who:
        row += 1
    book.ride_count[car] -= 1
    for other in range(row, book.ride_count[car]):
        move_ride(book, car, other + 1, other)


def move_ride(book: Book, car: int, row: int, onto: int) -> None:
    """Copy a row of a car's table."""
    book.rides[car, onto, START] = book.rides[car, row, START]
    book.rides[car, onto, END] = book.rides[car, row, END]
    book.rides[car, onto, OPENS] = book.rides[car, row, OPENS]
    book.rides[car, onto, FROM] = book.rides[car, row, FROM]
    book.rides[car, onto, TO] = book.rides[car, row, TO]
    book.rides[car, onto, WHO] = book.rides[car, row, WHO]


# --- what a robot holds ---------------------------------------------------------------------


def note_claim(net: Net, desk: Desk, size: int, place: int, taken: int, freed: int) -> int:
    """Note rows of a claim: of the place, of those too close, of its zones. Return the size."""
    close = net.near_first[place + 1] - net.near_first[place]
    zones = net.zone_first[place + 1] - net.zone_first[place]
    if size + 1 + close + zones > desk.claim.shape[0]:
        return FULL_CLAIMS
    desk.claim[size, PLACE], desk.claim[size, TAKEN], desk.claim[size, FREED] = place, taken, freed
    size += 1
    for number in range(net.near_first[place], net.near_first[place + 1]):
        desk.claim[size, PLACE], desk.claim[size, TAKEN], desk.claim[size, FREED] = (
            net.near[number],
            taken,
            freed,
        )
        size += 1
    for number in range(net.zone_first[place], net.zone_first[place + 1]):
        table = net.near_first.shape[0] - 1 + net.zone[number]
        row = size - 1
        while row >= 0 and desk.claim[row, PLACE] != table:
            row -= 1
        if row >= 0 and taken <= desk.claim[row, FREED]:
            desk.claim[row, FREED] = max(desk.claim[row, FREED], freed)
        else:
            desk.claim[size, PLACE], desk.claim[size, TAKEN], desk.claim[size, FREED] = (
                table,
                taken,
                freed,
            )
            size += 1
    return size


def note_claims(net: Net, job: Job, desk: Desk, ways: Ways, robot: int) -> int:
    """Note all rows of a robot's claims, those of rides apart. Return how many, or a code."""
    hops = ways.hops[robot]
    leaves = NEVER
    if hops < 0:
        leaves = job.robot[robot, STAYS]
    elif hops > 0:
        leaves = ways.hop[robot, 0, LEFT]
    size = note_claim(net, desk, 0, job.robot[robot, HOME], 0, leaves)
    for hop in range(hops):
        if size < 0:
            return size
        step, begin = ways.hop[robot, hop, STEP], ways.hop[robot, hop, BEGIN]
        if net.step[step, LANE] >= 0:
            size = note_claim(
                net, desk, size, net.step[step, LANE], begin, ways.hop[robot, hop, UNTIL]
            )
            if size < 0:
                return size
        leaves = ways.hop[robot, hop + 1, LEFT] if hop + 1 < hops else NEVER
        size = note_claim(net, desk, size, net.step[step, TARGET], begin, leaves)
    return size


def enter(net: Net, job: Job, book: Book, desk: Desk, ways: Ways, robot: int) -> int:
    """Put all that a robot claims into the tables. A code below 0, and nothing is changed."""
    size = note_claims(net, job, desk, ways, robot)
    if size < 0:
        return size
    places = net.near_first.shape[0] - 1
    for row in range(size):
        table = desk.claim[row, PLACE]
        if not add_row(book, table, desk.claim[row, TAKEN], desk.claim[row, FREED], robot):
            drop_rows(net, book, desk, row, robot)
            return FULL_ROWS
        if table >= places:
            set_full(net, book, table - places)
    for hop in range(ways.hops[robot]):
        step = ways.hop[robot, hop, STEP]
        if net.step[step, CAR] < 0:
            continue
        begin, end = ways.hop[robot, hop, BEGIN], ways.hop[robot, hop, UNTIL]
        opens = end - net.step[step, TIME] + net.door[net.step[step, CAR]]
        if not add_ride(net, book, step, begin, end, opens, robot):
            drop_rides(net, book, ways, robot, hop)
            drop_rows(net, book, desk, size, robot)
            return FULL_CARS
    return 0


def leave(net: Net, job: Job, book: Book, desk: Desk, ways: Ways, robot: int) -> None:
    """Take all that a robot claims out of the tables. It was put there as it stands."""
    size = note_claims(net, job, desk, ways, robot)
    drop_rows(net, book, desk, size, robot)
    drop_rides(net, book, ways, robot, ways.hops[robot])


def drop_rows(net: Net, book: Book, desk: Desk, size: int, robot: int) -> None:
    """Take the first noted rows of a robot out of the tables."""
    places = net.near_first.shape[0] - 1
    for row in range(size):
        table = desk.claim[row, PLACE]
        drop_row(book, table, desk.claim[row, TAKEN], desk.claim[row, FREED], robot)
        if table >= places:
            set_full(net, book, table - places)


def drop_rides(net: Net, book: Book, ways: Ways, robot: int, hops: int) -> None:
    """Take the rides among the first hops of a robot out of the tables of cars."""
    for hop in range(hops):
        car = net.step[ways.hop[robot, hop, STEP], CAR]
        if car >= 0:
            drop_ride(book, car, ways.hop[robot, hop, BEGIN], robot)


# --- shortest times and the search ----------------------------------------------------------


def push(desk: Desk, key: int, tie: int, state: int) -> bool:
    """Put a state on the heap. False when it is full."""
    spot = desk.size[IN_HEAP]
    if spot >= desk.heap.shape[0]:
        return False
    desk.size[IN_HEAP] = spot + 1
    while spot > 0:
        above = (spot - 1) >> 1
        if desk.heap[above, KEY] < key or (
            desk.heap[above, KEY] == key and desk.heap[above, TIE] <= tie
        ):
            break
        desk.heap[spot, KEY] = desk.heap[above, KEY]
        desk.heap[spot, TIE] = desk.heap[above, TIE]
        desk.heap[spot, ITEM] = desk.heap[above, ITEM]
        spot = above
    desk.heap[spot, KEY], desk.heap[spot, TIE], desk.heap[spot, ITEM] = key, tie, state
    return True


def pop(desk: Desk) -> int:
    """Take the least state off the heap, which has one."""
    found = desk.heap[0, ITEM]
    last = desk.size[IN_HEAP] - 1
    desk.size[IN_HEAP] = last
    key, tie, state = desk.heap[last, KEY], desk.heap[last, TIE], desk.heap[last, ITEM]
    spot = 0
    while True:
        below = 2 * spot + 1
        if below >= last:
            break
        other = below + 1
        if other < last and (
            desk.heap[other, KEY] < desk.heap[below, KEY]
            or (
                desk.heap[other, KEY] == desk.heap[below, KEY]
                and desk.heap[other, TIE] < desk.heap[below, TIE]
            )
        ):
            below = other
        if desk.heap[below, KEY] > key or (
            desk.heap[below, KEY] == key and desk.heap[below, TIE] >= tie
        ):
            break
        desk.heap[spot, KEY] = desk.heap[below, KEY]
        desk.heap[spot, TIE] = desk.heap[below, TIE]
        desk.heap[spot, ITEM] = desk.heap[below, ITEM]
        spot = below
    desk.heap[spot, KEY], desk.heap[spot, TIE], desk.heap[spot, ITEM] = key, tie, state
    return found


def distances(net: Net, desk: Desk, goal: int, kind: int, far: Ints) -> int:
    """Fill `far` (N,) with the shortest ms from each node to `goal` on an empty floor, or -1.

    Bays are never passed through. 0, or the code of a heap that is full.
    """
    far[:] = -1
    far[goal] = 0
    desk.size[IN_HEAP] = 0
    push(desk, 0, goal, goal)
    while desk.size[IN_HEAP] > 0:
        key = desk.heap[0, KEY]
        node = pop(desk)
        if key > far[node] or (net.bay[node] and node != goal):
            continue
        for number in range(net.back_first[node], net.back_first[node + 1]):
            step = net.back[number]
            before = net.step[step, ORIGIN]
            time = key + net.step[step, TIME]
            if net.open[kind, step] and (far[before] < 0 or time < far[before]):
                far[before] = time
                if not push(desk, time, before, before):
                    return FULL_STATES
    return 0


def reach(
    net: Net,
    job: Job,
    desk: Desk,
    robot: int,
    node: int,
    opened: int,
    shut: int,
    time: int,
    came: int,
    step: int,
    begin: int,
    left: int,
    salt: int,
) -> bool:
    """Note that a search gets to a node, in a gap of it, at `time`. False without room."""
    state = -1
    if desk.spot[node, MARK] == desk.size[SEARCHES]:
        state = desk.spot[node, HEAD]
        while state >= 0 and desk.state[state, OPENED] != opened:
            state = desk.state[state, NEXT]
    if state >= 0:
        if desk.state[state, DONE] or desk.state[state, REACHED] <= time:
            return True
    else:
        state = desk.size[STATES]
        if state >= desk.state.shape[0]:
            return False
        desk.size[STATES] = state + 1
        desk.state[state, NEXT] = (
            desk.spot[node, HEAD] if desk.spot[node, MARK] == desk.size[SEARCHES] else -1
        )
        desk.spot[node, HEAD] = state
        desk.spot[node, MARK] = desk.size[SEARCHES]
        desk.state[state, NODE], desk.state[state, OPENED], desk.state[state, SHUT] = (
            node,
            opened,
            shut,
        )
        desk.state[state, DONE] = 0
    desk.state[state, REACHED], desk.state[state, CAME], desk.state[state, BY] = time, came, step
    desk.state[state, SINCE], desk.state[state, GONE] = begin, left
    key = max(time + job.far[job.robot[robot, ROW], node], desk.size[LEAST])
    if key > desk.size[MOST_WANTED]:
        return True
    if node == job.robot[robot, GOAL] and shut >= NEVER:
        desk.size[MOST_WANTED] = key
    tie = tie_of(net, job, desk, robot, node, time, salt)
    return push(desk, key, tie, state)


def tie_of(net: Net, job: Job, desk: Desk, robot: int, node: int, time: int, salt: int) -> int:
    """Return what comes first among states that may all be on a way as short.

    On the floor of the goal those close to it; where the robot starts, those close to the waiting
    cell whose ride promises most.
    """
    luck = ((node + 1) * salt) & 0x3FF
    rest = job.far[job.robot[robot, ROW], node]
    if desk.size[LEAST] == 0 or net.floor[node] == net.floor[job.robot[robot, GOAL]]:
        return ((time + 2 * rest) << 10) + luck
    if net.floor[node] == net.floor[job.robot[robot, HOME]]:
        rest = net.walk[desk.size[LOBBY], net.local[node]]
        return (1 << 56) + ((time + 2 * rest) << 10) + luck
    return (2 << 56) + ((time + 2 * rest) << 10) + luck


def find_least(net: Net, job: Job, book: Book, desk: Desk, robot: int) -> None:
    """Note before which time a robot cannot arrive, since it has to ride and cars are taken.

    The earliest end of a ride from its floor that the tables of cars allow, corridors empty, and
    from there the shortest way. 0 for a robot that need not ride. Once all that could be better is
    as late as this, the search goes straight to the waiting cell of that ride.
    """
    least, found = NEVER, 0
    start, goal, at = job.robot[robot, HOME], job.robot[robot, GOAL], job.robot[robot, AT]
    floor = net.floor[start]
    if floor == net.floor[goal]:
        least = 0
    else:
        for lobby in range(net.lobby_first[floor], net.lobby_first[floor + 1]):
            walk = net.walk[lobby, net.local[start]]
            wait = net.lobby[lobby]
            for step in range(net.first[wait], net.first[wait + 1]):
                rest = job.far[job.robot[robot, ROW], net.step[step, TARGET]]
                if net.step[step, CAR] < 0 or rest < 0:
                    continue
                if at + walk + net.step[step, TIME] + rest < least:
                    end = earliest_ride(net, book, step, at + walk)
                    if end + rest < least:
                        least, found = end + rest, lobby
    desk.size[LEAST] = least
    desk.size[LOBBY] = found


def earliest_ride(net: Net, book: Book, step: int, start: int) -> int:
    """Return when a ride can be over for one who waits from `start` on."""
    car, time = net.step[step, CAR], net.step[step, TIME]
    row, rides = 0, book.ride_count[car]
    while row < rides and book.rides[car, row, END] <= start:
        row += 1
    while True:
        end = max(start, comes_after(net, book, step, row)) + time
        if is_in_time(net, book, step, row, end):
            return end
        row += 1


def comes_after(net: Net, book: Book, step: int, row: int) -> int:
    """Return when a car is there for a ride that would be number `row` of its rides."""
    car, here = net.step[step, CAR], net.step[step, ABOARD]
    if row == 0:
        return net.farthest[car, here]
    return book.rides[car, row - 1, END] + net.travel[car, book.rides[car, row - 1, TO], here]


def is_in_time(net: Net, book: Book, step: int, row: int, end: int) -> bool:
    """Whether a car that is done with a ride at `end` can still do the next one as planned."""
    car, there = net.step[step, CAR], net.step[step, ALIGHT]
    if row >= book.ride_count[car]:
        return True
    if end > book.rides[car, row, START]:
        return False
    comes = end + net.travel[car, there, book.rides[car, row, FROM]]
    return comes + net.door[car] <= book.rides[car, row, OPENS]


def search(net: Net, job: Job, book: Book, desk: Desk, robot: int, by: int, salt: int) -> int:
    """Find the earliest way of a robot to its goal, to stay there for ever, arriving by `by`.

    Return its last state, NONE, or a code. The robot's own claims are in no table.
    """
    desk.size[IN_HEAP] = 0
    desk.size[STATES] = 0
    desk.size[SEARCHES] += 1
    start, goal, at = job.robot[robot, HOME], job.robot[robot, GOAL], job.robot[robot, AT]
    if job.far[job.robot[robot, ROW], start] < 0:
        return NONE
    opened, shut = gap(net, book, start, at)
    find_least(net, job, book, desk, robot)
    if opened > 0 or desk.size[LEAST] > by:
        return NONE
    desk.size[MOST_WANTED] = by
    reach(net, job, desk, robot, start, opened, shut, at, -1, -1, at, at, salt)
    while desk.size[IN_HEAP] > 0:
        state = pop(desk)
        if desk.state[state, DONE]:
            continue
        desk.state[state, DONE] = 1
        node = desk.state[state, NODE]
        if node == goal and desk.state[state, SHUT] >= NEVER:
            return state
        for step in range(net.first[node], net.first[node + 1]):
            onto = net.step[step, TARGET]
            rest = job.far[job.robot[robot, ROW], onto]
            if rest < 0 or not net.open[job.robot[robot, KIND], step]:
                continue
            if net.bay[onto] and onto != goal:
                continue
            if desk.state[state, REACHED] + net.step[step, TIME] + rest > by:
                continue
            if net.step[step, CAR] >= 0:
                fits = ride(net, job, book, desk, robot, state, step, by - rest, salt)
            else:
                fits = drive(net, job, book, desk, robot, state, step, by - rest, salt)
            if not fits:
                return FULL_STATES
    return NONE


def drive(
    net: Net,
    job: Job,
    book: Book,
    desk: Desk,
    robot: int,
    state: int,
    step: int,
    by: int,
    salt: int,
) -> bool:
    """Go over a lane: the earliest way into each gap of its target. False without room."""
    onto, lane, time = net.step[step, TARGET], net.step[step, LANE], net.step[step, TIME]
    behind = 0 if job.instant[0] else time
    latest = min(desk.state[state, SHUT] - behind, by - time)
    start = desk.state[state, REACHED]
    after = start
    while True:
        opened, shut = gap(net, book, onto, after)
        begin = max(start, opened)
        if begin > latest:
            return True
        while begin <= latest and begin + time <= shut:
            since, until = gap(net, book, lane, begin)
            begin = max(begin, since)
            if begin + time <= until:
                break
            begin = until
        if begin <= latest and begin + time <= shut:
            end = begin + time
            left = begin if job.instant[0] else end
            if not reach(
                net, job, desk, robot, onto, opened, shut, end, state, step, begin, left, salt
            ):
                return False
        if shut >= NEVER:
            return True
        after = shut


def ride(
    net: Net,
    job: Job,
    book: Book,
    desk: Desk,
    robot: int,
    state: int,
    step: int,
    by: int,
    salt: int,
) -> bool:
    """Take a lift: the earliest ride into each gap of the exit cell. False without room.

    The car comes from where the ride before left it, as soon as that robot is out, and has to be
    in time for the ride after. It is claimed from when it is there.
    """
    onto, car, time = net.step[step, TARGET], net.step[step, CAR], net.step[step, TIME]
    inside_after = net.door[car] + net.board[0]
    behind = 0 if job.instant[0] else inside_after
    latest = min(desk.state[state, SHUT] - behind, by - time)
    start = desk.state[state, REACHED]
    rides = book.ride_count[car]
    row = 0
    while row < rides and book.rides[car, row, END] <= start:
        row += 1
    after = start
    while True:
        opened, shut = gap(net, book, onto, after)
        if max(start, opened) > latest:
            return True
        while True:
            begin = max(start, opened, comes_after(net, book, step, row))
            end = begin + time
            if begin > latest or end > shut:
                break
            if is_in_time(net, book, step, row, end):
                left = begin + behind
                if not reach(
                    net, job, desk, robot, onto, opened, shut, end, state, step, begin, left, salt
                ):
                    return False
                break
            row += 1
        if begin > latest or shut >= NEVER:
            return True
        after = shut


def settle(net: Net, job: Job, book: Book, desk: Desk, ways: Ways, robot: int, state: int) -> int:
    """Write down the way that ends in a state, each hop as late as it can be: 0 or a code.

    Rides and the arrival stay when they are. A robot that has to wait does so in its bay, or where
    it has got out of a lift, and holds nothing that others could use meanwhile.
    """
    hops, before = 0, state
    while desk.state[before, CAME] >= 0:
        hops += 1
        before = desk.state[before, CAME]
    if hops > ways.hop.shape[1]:
        return FULL_HOPS
    due = desk.state[state, REACHED]
    for hop in range(hops - 1, -1, -1):
        step, begin, end = (
            desk.state[state, BY],
            desk.state[state, SINCE],
            desk.state[state, REACHED],
        )
        left = desk.state[state, GONE]
        before = desk.state[state, CAME]
        if net.step[step, CAR] < 0:
            time = end - begin
            _, until = gap(net, book, net.step[step, LANE], begin)
            latest = min(due, until) - time
            latest = min(latest, desk.state[before, SHUT] - (left - begin))
            left += latest - begin
            begin, end = latest, latest + time
        ways.hop[robot, hop, STEP] = step
        ways.hop[robot, hop, BEGIN] = begin
        ways.hop[robot, hop, LEFT] = left
        ways.hop[robot, hop, UNTIL] = end
        due = begin
        state = before
    ways.hops[robot] = hops
    return 0


def place_robot(
    net: Net, job: Job, book: Book, desk: Desk, ways: Ways, robot: int, by: int, salt: int
) -> int:
    """Plan a robot that stands at its start, and enter it. When it arrives, NONE, or a code."""
    leave(net, job, book, desk, ways, robot)
    state = search(net, job, book, desk, robot, by, salt)
    code = state
    if state >= 0:
        arrives = desk.state[state, REACHED]
        code = settle(net, job, book, desk, ways, robot, state)
        if code == 0:
            code = enter(net, job, book, desk, ways, robot)
        if code == 0:
            return arrives
    ways.hops[robot] = -1
    enter(net, job, book, desk, ways, robot)
    return code


def arrival(job: Job, ways: Ways, robot: int) -> int:
    """Return when a robot is where it goes; one without a plan never starts."""
    hops = ways.hops[robot]
    if hops <= 0:
        return job.robot[robot, AT]
    return ways.hop[robot, hops - 1, UNTIL]


def place_all(
    net: Net,
    job: Job,
    book: Book,
    desk: Desk,
    ways: Ways,
    robots: Ints,
    keys: Ints,
    inside: Ints,
    by: int,
    salt: int,
) -> int:
    """Plan `robots` one after the other, each around those before it: 0, NONE or a code.

    Next is the one of the least `keys`: the rank, then the arrival as cars are taken so far, which
    is reckoned again when it is the least. A key below 0 stays. Who stands in its goal, `inside`,
    goes first, and next where all of a ring stand in each other's goals. NONE for one that finds
    no way; it is in `chosen`.
    """
    for _ in range(robots.shape[0] * (robots.shape[0] + 1)):
        best = -1
        for robot in robots:
            if ways.hops[robot] < 0 and (best < 0 or keys[robot] < keys[best]):
                best = robot
        if best < 0:
            return 0
        if keys[best] >= 0:
            find_least(net, job, book, desk, best)
            own = job.robot[best]
            least = max(desk.size[LEAST], own[AT] + job.far[own[ROW], own[HOME]])
            key = (own[RANK] << 44) + least
            if key > keys[best]:
                keys[best] = key
                continue
        robot = best
        if keys[best] >= 0:
            robot = first_out(ways, inside, best)
        found = place_robot(net, job, book, desk, ways, robot, by, salt)
        if found < 0:
            desk.chosen[0] = robot
            return found
        if inside[robot] >= 0 and ways.hops[inside[robot]] < 0:
            # It has to be out before this one is there, and others may not stand in its way.
            keys[inside[robot]] = -NEVER
    return NONE


def first_out(ways: Ways, inside: Ints, robot: int) -> int:
    """Return who has to leave first for a robot to get where it goes: itself, in a ring."""
    other = robot
    while inside[other] >= 0 and ways.hops[inside[other]] < 0:
        other = inside[other]
        if other == robot:
            break
    return other


# --- large neighbourhoods -------------------------------------------------------------------


def chance(desk: Desk, below: int) -> int:
    """Return a number from 0 to `below` - 1. The generator of Park and Miller (1988)."""
    desk.luck[0] = desk.luck[0] * 48271 % 2147483647
    return desk.luck[0] % below


def choose(desk: Desk, robot: int) -> bool:
    """Take a robot into the neighbourhood, once. True when it is as large as it should be."""
    size = desk.size[CHOSEN]
    if size < desk.size[WANTED] and not desk.picked[robot]:
        desk.picked[robot] = 1
        desk.chosen[size] = robot
        desk.size[CHOSEN] = size = size + 1
    return size >= desk.size[WANTED]


def choose_delayed(job: Job, desk: Desk, ways: Ways, robots: Ints) -> int:
    """Return a robot that is late against the shortest way: the latest of a few."""
    found, most = robots[chance(desk, robots.shape[0])], -1
    for _ in range(4):
        robot = robots[chance(desk, robots.shape[0])]
        late = (
            arrival(job, ways, robot)
            - job.robot[robot, AT]
            - job.far[job.robot[robot, ROW], job.robot[robot, HOME]]
        )
        if late > most:
            found, most = robot, late
    return found


def choose_crossed(net: Net, job: Job, book: Book, desk: Desk, robot: int, begins: int) -> None:
    """Choose those in the way of a robot that would go by the shortest way at `begins`."""
    node, now = job.robot[robot, HOME], begins
    far = job.far[job.robot[robot, ROW]]
    while node != job.robot[robot, GOAL]:
        best, least = -1, NEVER
        for step in range(net.first[node], net.first[node + 1]):
            onto = net.step[step, TARGET]
            if far[onto] < 0 or not net.open[job.robot[robot, KIND], step]:
                continue
            if net.step[step, TIME] + far[onto] < least:
                best, least = step, net.step[step, TIME] + far[onto]
        step = best
        end = now + net.step[step, TIME]
        onto, car = net.step[step, TARGET], net.step[step, CAR]
        if car >= 0:
            for row in range(book.ride_count[car]):
                is_near = book.rides[car, row, END] > now and book.rides[car, row, START] < end
                if is_near and choose(desk, book.rides[car, row, WHO]):
                    return
        elif choose_holders(net, book, desk, net.step[step, LANE], now, end):
            return
        if choose_holders(net, book, desk, onto, now, end + 1000):
            return
        node, now = onto, end


def choose_holders(net: Net, book: Book, desk: Desk, table: int, start: int, end: int) -> bool:
    """Choose all robots with a place in a span of time. True when there are enough."""
    for row in range(book.used[table]):
        if book.rows[table, row, START] >= end:
            break
        if book.rows[table, row, END] > start and choose(desk, book.rows[table, row, WHO]):
            return True
    return False


def choose_queue(net: Net, book: Book, desk: Desk, ways: Ways, robot: int) -> None:
    """Choose those who ride in the same car before and after a robot."""
    car = -1
    for hop in range(ways.hops[robot]):
        if net.step[ways.hop[robot, hop, STEP], CAR] >= 0:
            car = net.step[ways.hop[robot, hop, STEP], CAR]
            break
    if car < 0:
        return
    row = 0
    while book.rides[car, row, WHO] != robot:
        row += 1
    low = max(0, row - chance(desk, desk.size[WANTED]))
    for other in range(low, book.ride_count[car]):
        if choose(desk, book.rides[car, other, WHO]):
            return


def choose_group(net: Net, book: Book, desk: Desk, ways: Ways, robot: int) -> None:
    """Choose those who begin a ride about when a robot does, in any car."""
    now = -1
    for hop in range(ways.hops[robot]):
        if net.step[ways.hop[robot, hop, STEP], CAR] >= 0:
            now = ways.hop[robot, hop, BEGIN]
            break
    if now < 0:
        return
    cars = book.ride_count.shape[0]
    for _ in range(3 * desk.size[WANTED]):
        car = chance(desk, cars)
        rides = book.ride_count[car]
        row = 0
        while row < rides and book.rides[car, row, END] <= now:
            row += 1
        row += chance(desk, 3) - 1
        if 0 <= row < rides and choose(desk, book.rides[car, row, WHO]):
            return


def choose_robots(
    net: Net, job: Job, book: Book, desk: Desk, ways: Ways, robots: Ints, kind: int
) -> None:
    """Choose a neighbourhood of a kind among `robots`, filled up at random."""
    desk.size[CHOSEN] = 0
    desk.size[WANTED] = min(FEWEST + chance(desk, MOST - FEWEST + 1), robots.shape[0])
    if kind == RANDOM:
        robot = robots[chance(desk, robots.shape[0])]
    else:
        robot = choose_delayed(job, desk, ways, robots)
    choose(desk, robot)
    if kind == DELAYED:
        choose_crossed(net, job, book, desk, robot, job.robot[robot, AT])
    elif kind == CROSSED:
        wait = (
            max(0, ways.hop[robot, 0, BEGIN] - job.robot[robot, AT]) if ways.hops[robot] > 0 else 0
        )
        choose_crossed(net, job, book, desk, robot, job.robot[robot, AT] + chance(desk, wait + 1))
    elif kind == QUEUE:
        choose_queue(net, book, desk, ways, robot)
    elif kind == GROUP:
        choose_group(net, book, desk, ways, robot)
    while not choose(desk, robots[chance(desk, robots.shape[0])]):
        pass
    for number in range(desk.size[CHOSEN]):
        desk.picked[desk.chosen[number]] = 0
    for number in range(desk.size[CHOSEN] - 1, 0, -1):
        other = chance(desk, number + 1)
        first, second = desk.chosen[number], desk.chosen[other]
        desk.chosen[number], desk.chosen[other] = second, first


def choose_kind(desk: Desk) -> int:
    """Return a kind of neighbourhood; what gained more lately comes more often."""
    total = 0
    for kind in range(KINDS):
        total += desk.weight[kind]
    at = chance(desk, total)
    for kind in range(KINDS):
        at -= desk.weight[kind]
        if at < 0:
            return kind
    return 0


def copy_way(ways: Ways, robot: int, into: Ways, onto: int) -> None:
    """Copy the hops of a robot."""
    hops = ways.hops[robot]
    into.hops[onto] = hops
    for hop in range(hops):
        into.hop[onto, hop, STEP] = ways.hop[robot, hop, STEP]
        into.hop[onto, hop, BEGIN] = ways.hop[robot, hop, BEGIN]
        into.hop[onto, hop, LEFT] = ways.hop[robot, hop, LEFT]
        into.hop[onto, hop, UNTIL] = ways.hop[robot, hop, UNTIL]


def replan(
    net: Net, job: Job, book: Book, desk: Desk, ways: Ways, kept: Ways, was: Ints, salt: int
) -> int:
    """Plan the chosen robots anew, one after the other; keep it when it is not worse.

    Not worse: neither in sum, nor in sum of the more urgent ones alone. Return what it gained in
    ms, NONE when the old plan stays, or a code with the old plan.
    """
    size = desk.size[CHOSEN]
    old, rest = 0, 0
    for number in range(size):
        robot = desk.chosen[number]
        was[number] = arrival(job, ways, robot)
        old += was[number]
        rest += job.robot[robot, AT] + job.far[job.robot[robot, ROW], job.robot[robot, HOME]]
        copy_way(ways, robot, kept, number)
        leave(net, job, book, desk, ways, robot)
        ways.hops[robot] = -1
        enter(net, job, book, desk, ways, robot)
    new, found = 0, 0
    for number in range(size):
        robot = desk.chosen[number]
        rest -= job.robot[robot, AT] + job.far[job.robot[robot, ROW], job.robot[robot, HOME]]
        found = place_robot(net, job, book, desk, ways, robot, old - new - rest, salt)
        if found < 0:
            break
        new += found
    if found >= 0 and is_no_worse(job, desk, ways, was):
        return old - new
    for number in range(size):
        leave(net, job, book, desk, ways, desk.chosen[number])
    for number in range(size):
        robot = desk.chosen[number]
        copy_way(kept, number, ways, robot)
        enter(net, job, book, desk, ways, robot)
    return found if found < NONE else NONE


def is_no_worse(job: Job, desk: Desk, ways: Ways, was: Ints) -> bool:
    """Whether the chosen robots up to each rank arrive no later in sum."""
    for rank in range(4):
        gained = 0
        for number in range(desk.size[CHOSEN]):
            robot = desk.chosen[number]
            if job.robot[robot, RANK] <= rank:
                gained += was[number] - arrival(job, ways, robot)
        if gained < 0:
            return False
    return True


def improve(
    net: Net,
    job: Job,
    book: Book,
    desk: Desk,
    ways: Ways,
    kept: Ways,
    was: Ints,
    robots: Ints,
    times: int,
    done: Ints,
) -> int:
    """Replan neighbourhoods of `robots` so many times; `done` (1,) counts them: 0 or a code.

    After a code the plan, the chance and the count are those before the neighbourhood that did not
    fit.
    """
    while done[0] < times:
        luck = desk.luck[0]
        kind = choose_kind(desk)
        choose_robots(net, job, book, desk, ways, robots, kind)
        salt = 2 * chance(desk, 0xFFFF) + 1
        gained = replan(net, job, book, desk, ways, kept, was, salt)
        if gained < NONE:
            desk.luck[0] = luck
            return gained
        done[0] += 1
        weight = desk.weight[kind]
        desk.weight[kind] = max(200, weight + ((max(gained, 0) - weight) >> 5))
    return 0
