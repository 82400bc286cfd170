"""The inner loops: reservations, search, prioritised planning, repair, neighbourhoods.

Plain functions on flat arrays. `compiled.py` compiles these very functions; as they stand they
are the oracle in tests. All in one file, since a cache of compiled code looks at one file only.

Time is in steps. An agent has a cell from the step it is there to the last step it is there;
its goal it has for ever. Between two such spans of others lies a gap, which may be empty. Gap j of
a cell is segment 2 j, span j is segment 2 j + 1: a state of the search is (cell, segment).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Later than any step.
FOREVER: Final = 1 << 30
#: Bits of a step, and of what orders labels of one priority.
STEP_BITS: Final = 20
LAST_STEP: Final = (1 << STEP_BITS) - 1

# Columns of a span, and places in `numbers`.
FROM, TO, WHO = 0, 1, 2
CHANCE, STAMP, HEAP, LABELS, WORK, PENDING, MARK, FULL = 0, 1, 2, 3, 4, 5, 6, 7

#: How many agents a neighbourhood has; each size with each way to choose them is one arm.
SIZES: Final = (2, 4, 8, 16)
WAYS: Final = 3
#: How fast the preference for an arm follows its success (Ropke and Pisinger use 0.1 and less).
LEARN: Final = 0.02
#: No arm is given up.
LEAST_WEIGHT: Final = 0.05
#: A walk that finds no more agents after so many starts stays small.
WALKS: Final = 10


class Board(NamedTuple):
    """An instance, its plan so far, and the room the search works in. Cells are numbered."""

    #: The up to four neighbours of each cell, then -1.
    neighbours: Ints
    #: Cells with more than two neighbours.
    crossings: Ints
    #: Steps from each cell to the goal of each agent on the empty grid, or -1: (agent, cell).
    distance: Ints
    start: Ints
    goal: Ints
    #: Who has a cell when, in order: (cell, number, FROM/TO/WHO), the first `counts` of each.
    spans: Ints
    counts: Ints
    #: Where an agent is at each step up to `length`, when it comes to stay; -1 without a path.
    path: Ints
    length: Longs
    #: What it costs to take an agent's path away, and agents without a path.
    weight: Longs
    pending: Longs
    #: Per state: the search that saw it last, and the earliest step.
    seen: Ints
    #: Labels of the search under way: cell, segment, step, label before, penalty.
    label: Ints
    heap: Longs
    #: A neighbourhood: its agents, their paths and lengths before.
    chosen: Longs
    kept: Ints
    kept_length: Longs
    #: How well each arm did.
    arms: Floats
    #: Scratch by agent and by cell: marks, and a queue.
    agent_mark: Longs
    cell_mark: Longs
    queue: Longs
    numbers: Longs


def chance(b: Board, below: int) -> int:
    """Return the next number of the sequence, from 0 and less than `below` (Park and Miller)."""
    b.numbers[CHANCE] = int(b.numbers[CHANCE]) * 48271 % 2147483647
    return int(b.numbers[CHANCE]) % below


def measure(b: Board, agent: int) -> None:
    """Write the steps from each cell to the goal of an agent, or -1."""
    for cell in range(b.counts.shape[0]):
        b.distance[agent, cell] = -1
    b.queue[0] = b.goal[agent]
    b.distance[agent, b.goal[agent]] = 0
    head, tail = 0, 1
    while head < tail:
        cell = int(b.queue[head])
        head += 1
        for side in range(4):
            onto = int(b.neighbours[cell, side])
            if onto >= 0 and b.distance[agent, onto] < 0:
                b.distance[agent, onto] = b.distance[agent, cell] + 1
                b.queue[tail] = onto
                tail += 1


# --- who has which cell when


def find_span(b: Board, cell: int, step: int) -> int:
    """Return the number of the first span of `cell` that ends at `step` or later."""
    number = 0
    while number < b.counts[cell] and b.spans[cell, number, TO] < step:
        number += 1
    return number


def who_has(b: Board, cell: int, step: int) -> int:
    """Return who has `cell` at `step`, or -1."""
    number = find_span(b, cell, step)
    if number < b.counts[cell] and b.spans[cell, number, FROM] <= step:
        return int(b.spans[cell, number, WHO])
    return -1


def add_span(b: Board, cell: int, begin: int, end: int, agent: int) -> bool:
    """Reserve a cell; without room for one more span, note that it is FULL and return False."""
    count = int(b.counts[cell])
    if count == b.spans.shape[1]:
        b.numbers[FULL] = 1
        return False
    at = find_span(b, cell, begin)
    for number in range(count, at, -1):
        for column in range(3):
            b.spans[cell, number, column] = b.spans[cell, number - 1, column]
    b.spans[cell, at, FROM] = begin
    b.spans[cell, at, TO] = end
    b.spans[cell, at, WHO] = agent
    b.counts[cell] = count + 1
    return True


def reserve(b: Board, agent: int) -> bool:
    """Enter the path of an agent; when there is no room, enter nothing and return False."""
    length, begin = int(b.length[agent]), 0
    for step in range(1, length + 1):
        if b.path[agent, step] != b.path[agent, step - 1]:
            if not add_span(b, int(b.path[agent, begin]), begin, step - 1, agent):
                release(b, agent)
                return False
            begin = step
    if add_span(b, int(b.path[agent, begin]), begin, FOREVER, agent):
        return True
    release(b, agent)
    return False


def release(b: Board, agent: int) -> None:
    """Take the path of an agent out again, all of it or as much as is there."""
    for step in range(int(b.length[agent]) + 1):
        cell = int(b.path[agent, step])
        left = 0
        for number in range(int(b.counts[cell])):
            if b.spans[cell, number, WHO] != agent:
                if left != number:
                    for column in range(3):
                        b.spans[cell, left, column] = b.spans[cell, number, column]
                left += 1
        b.counts[cell] = left


# --- one agent


def push(b: Board, key: int, label: int) -> None:
    """Put a label onto the heap, smallest key first."""
    at = int(b.numbers[HEAP])
    b.numbers[HEAP] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if b.heap[above, 0] <= key:
            break
        b.heap[at, 0] = b.heap[above, 0]
        b.heap[at, 1] = b.heap[above, 1]
        at = above
    b.heap[at, 0] = key
    b.heap[at, 1] = label


def pop(b: Board) -> int:
    """Take the label with the smallest key from the heap, which is not empty."""
    found = int(b.heap[0, 1])
    size = int(b.numbers[HEAP]) - 1
    b.numbers[HEAP] = size
    key, label = int(b.heap[size, 0]), int(b.heap[size, 1])
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and b.heap[below + 1, 0] < b.heap[below, 0]:
            below += 1
        if b.heap[below, 0] >= key:
            break
        b.heap[at, 0] = b.heap[below, 0]
        b.heap[at, 1] = b.heap[below, 1]
        at = below
    b.heap[at, 0] = key
    b.heap[at, 1] = label
    return found


def last_step(b: Board, cell: int, segment: int) -> int:
    """Return the last step of a segment."""
    number = segment >> 1
    if segment & 1:
        return int(b.spans[cell, number, TO])
    if number < b.counts[cell]:
        return int(b.spans[cell, number, FROM]) - 1
    return FOREVER


def follower(b: Board, cell: int, segment: int) -> int:
    """Return who comes to `cell` right after a segment, or -1."""
    number = (segment + 1) >> 1
    if number == b.counts[cell] or b.spans[cell, number, FROM] > last_step(b, cell, segment) + 1:
        return -1
    return int(b.spans[cell, number, WHO])


def propose(
    b: Board, agent: int, cell: int, segment: int, step: int, before: int, penalty: int, soft: bool
) -> None:
    """Make a label for being in a segment from `step`, unless it is known to be no better."""
    state = cell * (2 * b.spans.shape[1] + 1) + segment
    stamp = b.numbers[STAMP]
    if b.seen[state, 0] == stamp and b.seen[state, 1] <= step:
        return
    label = int(b.numbers[LABELS])
    if label == b.label.shape[0]:
        return
    if not soft:
        b.seen[state, 0] = stamp
        b.seen[state, 1] = step
    b.numbers[LABELS] = label + 1
    b.label[label, 0] = cell
    b.label[label, 1] = segment
    b.label[label, 2] = step
    b.label[label, 3] = before
    b.label[label, 4] = penalty
    arrival = step + int(b.distance[agent, cell])
    push(b, (((penalty << STEP_BITS) + arrival) << STEP_BITS) + LAST_STEP - step, label)


def enter(b: Board, agent: int, label: int, onto: int, limit: int, soft: bool) -> None:
    """Propose the earliest ways into each segment of a neighbour that a label can reach.

    Two agents that change places meet only where one leaves at the last step it can, into a cell
    the other has just left.
    """
    cell, segment = int(b.label[label, 0]), int(b.label[label, 1])
    first, last = int(b.label[label, 2]) + 1, last_step(b, cell, segment) + 1
    penalty, after = int(b.label[label, 4]), follower(b, cell, segment)
    count, left = int(b.counts[onto]), int(b.distance[agent, onto])
    if first + left > limit:
        return
    for number in range(find_span(b, onto, first), count + 1):
        opens, leaver = 0, -1
        if number > 0:
            opens, leaver = (
                int(b.spans[onto, number - 1, TO]) + 1,
                int(b.spans[onto, number - 1, 2]),
            )
        step = max(first, opens)
        if step > last or step + left > limit:
            return
        price = penalty
        if step == last and step == opens and leaver >= 0 and leaver == after:
            price += int(b.weight[leaver])
        if step <= last_step(b, onto, 2 * number) and (soft or price == penalty):
            propose(b, agent, onto, 2 * number, step, label, price, soft)
        if soft and number < count:
            taken = int(b.spans[onto, number, FROM])
            if max(first, taken) > last:
                return
            if taken > step:
                price = penalty
            price += int(b.weight[b.spans[onto, number, WHO]])
            propose(b, agent, onto, 2 * number + 1, max(first, taken), label, price, soft)


def stay(b: Board, agent: int, label: int, limit: int) -> None:
    """Propose to wait on into the next segment, where somebody else comes or leaves."""
    cell, segment = int(b.label[label, 0]), int(b.label[label, 1])
    if segment == 2 * b.counts[cell]:
        return
    step = last_step(b, cell, segment) + 1
    if step + int(b.distance[agent, cell]) > limit:
        return
    price = int(b.label[label, 4])
    segment += 1
    if not segment & 1 and last_step(b, cell, segment) < step:
        segment += 1
    if segment & 1:
        price += int(b.weight[b.spans[cell, segment >> 1, WHO]])
    propose(b, agent, cell, segment, step, label, price, True)


def search(b: Board, agent: int, limit: int, soft: bool) -> bool:
    """Find the earliest way to come to stay at the goal, not later than `limit`, into `path`.

    Safe-interval path planning (Phillips and Likhachev, ICRA 2011). `soft`: through others too,
    least penalty first, as SIPP with soft constraints in MAPF-LNS2 (Li et al., AAAI 2022).
    The path is not reserved. False when there is none, or no room for more labels.
    """
    b.numbers[STAMP] += 1
    b.numbers[HEAP] = 0
    b.numbers[LABELS] = 0
    origin, goal = int(b.start[agent]), int(b.goal[agent])
    if b.distance[agent, origin] < 0 or b.distance[agent, origin] > limit:
        return False
    width, stamp, turn = 2 * b.spans.shape[1] + 1, b.numbers[STAMP], chance(b, 4)
    propose(b, agent, origin, 0, 0, -1, 0, soft)
    while b.numbers[HEAP] > 0:
        label = pop(b)
        cell, segment = int(b.label[label, 0]), int(b.label[label, 1])
        state, step = cell * width + segment, int(b.label[label, 2])
        if b.seen[state, 0] == stamp and b.seen[state, 1] < step + soft:
            continue
        b.seen[state, 0] = stamp
        b.seen[state, 1] = step
        if cell == goal and segment == 2 * b.counts[cell]:
            b.numbers[WORK] += b.numbers[LABELS]
            write_path(b, agent, label)
            return True
        if soft:
            stay(b, agent, label, limit)
        for side in range(4):
            onto = int(b.neighbours[cell, (side + turn) & 3])
            if onto >= 0:
                enter(b, agent, label, onto, limit, soft)
    b.numbers[WORK] += b.numbers[LABELS]
    return False


def write_path(b: Board, agent: int, label: int) -> None:
    """Write the path that ends with a label; waiting at the goal is not part of it."""
    step = int(b.label[label, 2])
    before = int(b.label[label, 3])
    while before >= 0 and b.label[before, 0] == b.label[label, 0]:
        label, before = before, int(b.label[before, 3])
        step = int(b.label[label, 2])
    b.length[agent] = step
    while label >= 0:
        while step >= b.label[label, 2]:
            b.path[agent, step] = b.label[label, 0]
            step -= 1
        label = int(b.label[label, 3])


# --- a first plan


def prioritise(b: Board, order: Longs, begin: int, end: int, limit: int) -> None:
    """Plan the agents from `begin` to `end` of an order, each around all those before it.

    Prioritised planning (Erdmann and Lozano-Perez 1987; Silver 2005). With `begin` 0 all paths
    before are forgotten. Those who find none are left `pending`.
    """
    if begin == 0:
        b.numbers[PENDING] = 0
        for cell in range(b.counts.shape[0]):
            b.counts[cell] = 0
    for at in range(begin, end):
        agent = int(order[at])
        if not (search(b, agent, limit, False) and reserve(b, agent)):
            defer(b, agent)


def defer(b: Board, agent: int) -> None:
    """Leave an agent without a path for now."""
    b.length[agent] = -1
    b.pending[b.numbers[PENDING]] = agent
    b.numbers[PENDING] += 1


def repair(b: Board, rounds: int, limit: int) -> int:
    """Give agents that have no path one, at the price of as few others as possible.

    Collisions are minimised before costs, as in MAPF-LNS2 (Li et al., AAAI 2022); those in the
    way lose their paths and come next, and an agent that is hard to place becomes dear to move
    (guided ejection search, Nagata and Braysy 2009). Return how many rounds were made: fewer
    when all have paths, or a cell is FULL.
    """
    for made in range(rounds):
        waiting = int(b.numbers[PENDING])
        if waiting == 0 or b.numbers[FULL] > 0:
            return made
        at = chance(b, waiting)
        agent = int(b.pending[at])
        b.pending[at] = b.pending[waiting - 1]
        b.numbers[PENDING] = waiting - 1
        b.weight[agent] += 1
        if not search(b, agent, limit, True):
            defer(b, agent)
            continue
        eject(b, agent)
        if not reserve(b, agent):
            defer(b, agent)
        retry(b, limit)
    return rounds


def eject(b: Board, agent: int) -> None:
    """Take the paths away that collide with the path of `agent`, which is not reserved."""
    length = int(b.length[agent])
    for step in range(1, length + 1):
        here, before = int(b.path[agent, step]), int(b.path[agent, step - 1])
        other = who_has(b, here, step)
        if other >= 0:
            release(b, other)
            defer(b, other)
        other = who_has(b, here, step - 1)
        if other >= 0 and who_has(b, before, step) == other:
            release(b, other)
            defer(b, other)
    goal = int(b.path[agent, length])
    while b.counts[goal] > 0 and b.spans[goal, b.counts[goal] - 1, TO] >= length:
        other = int(b.spans[goal, b.counts[goal] - 1, WHO])
        release(b, other)
        defer(b, other)


def retry(b: Board, limit: int) -> None:
    """Give those without a path one that is in nobody's way, where there is one."""
    waiting = int(b.numbers[PENDING])
    b.numbers[PENDING] = 0
    for at in range(waiting):
        agent = int(b.pending[at])
        if not (search(b, agent, limit, False) and reserve(b, agent)):
            defer(b, agent)


# --- better plans


def improve(b: Board, rounds: int) -> int:
    """Plan small groups of agents again and keep what is not worse; all have paths.

    Large-neighbourhood search (Shaw 1998) as in MAPF-LNS (Li et al., IJCAI 2021): the groups are
    those one delayed agent is blocked by, those that meet near a crossing, and random ones. Which
    way, and how many, is preferred by what it gained lately (Ropke and Pisinger 2006). Return
    how many rounds were made: fewer when a cell is FULL.
    """
    for made in range(rounds):
        if b.numbers[FULL] > 0:
            return made
        arm = choose_arm(b)
        size = min(SIZES[arm // WAYS], b.start.shape[0])
        b.numbers[MARK] += 1
        if arm % WAYS == 0:
            count = blocked_group(b, size)
        elif arm % WAYS == 1:
            count = meeting_group(b, size)
        else:
            count = random_group(b, 0, size)
        work = int(b.numbers[WORK])
        gain = replan(b, count)
        rate = 1000.0 * gain / (int(b.numbers[WORK]) - work + 1)
        b.arms[arm] = max(LEAST_WEIGHT, (1.0 - LEARN) * b.arms[arm] + LEARN * rate)
    return rounds


def choose_arm(b: Board) -> int:
    """Choose by chance, in proportion to how well each did."""
    total = 0.0
    for arm in range(b.arms.shape[0]):
        total += b.arms[arm]
    ticket = total * chance(b, 1 << 20) / (1 << 20)
    for arm in range(b.arms.shape[0]):
        ticket -= b.arms[arm]
        if ticket < 0.0:
            return arm
    return 0


def replan(b: Board, count: int) -> int:
    """Plan the first `count` chosen again in another order; return by how much it is better.

    When it would be worse, or one found no path, everything is as before.
    """
    budget, limit = 0, b.path.shape[1] - 1
    for at in range(count):
        agent, other = int(b.chosen[at]), at + chance(b, count - at)
        b.chosen[at], b.chosen[other] = b.chosen[other], agent
    for at in range(count):
        agent = int(b.chosen[at])
        length = int(b.length[agent])
        for step in range(length + 1):
            b.kept[at, step] = b.path[agent, step]
        b.kept_length[at] = length
        budget += length - int(b.distance[agent, b.start[agent]])
        release(b, agent)
    for at in range(count):
        agent = int(b.chosen[at])
        least = int(b.distance[agent, b.start[agent]])
        if not (search(b, agent, min(least + budget, limit), False) and reserve(b, agent)):
            restore(b, count, at)
            return 0
        budget -= int(b.length[agent]) - least
    return budget


def restore(b: Board, count: int, planned: int) -> None:
    """Give the first `count` chosen their kept paths again; the first `planned` have new ones."""
    for at in range(planned):
        release(b, int(b.chosen[at]))
    for at in range(count):
        agent, length = int(b.chosen[at]), int(b.kept_length[at])
        for step in range(length + 1):
            b.path[agent, step] = b.kept[at, step]
        b.length[agent] = length
        reserve(b, agent)


def choose(b: Board, count: int, agent: int) -> int:
    """Add an agent that is not chosen yet; return how many are chosen."""
    if agent < 0 or b.agent_mark[agent] == b.numbers[MARK]:
        return count
    b.agent_mark[agent] = b.numbers[MARK]
    b.chosen[count] = agent
    return count + 1


def random_group(b: Board, count: int, size: int) -> int:
    """Choose agents by chance until there are `size`, at most all there are."""
    while count < size:
        count = choose(b, count, chance(b, b.start.shape[0]))
    return count


def delayed(b: Board) -> int:
    """Choose an agent by chance in proportion to its delay; any when nobody has one."""
    agents = b.start.shape[0]
    total = 0
    for agent in range(agents):
        total += int(b.length[agent]) - int(b.distance[agent, b.start[agent]])
    if total == 0:
        return chance(b, agents)
    ticket = chance(b, total)
    for agent in range(agents):
        ticket -= int(b.length[agent]) - int(b.distance[agent, b.start[agent]])
        if ticket < 0:
            return agent
    return 0


def blocked_group(b: Board, size: int) -> int:
    """Choose a delayed agent and those it meets on walks that would bring it home earlier."""
    count = choose(b, 0, delayed(b))
    for walk in range(WALKS):
        if count >= size:
            break
        agent = int(b.chosen[0 if walk == 0 else chance(b, count)])
        count = walk_on(b, agent, count, size)
    return count


def walk_on(b: Board, agent: int, count: int, size: int) -> int:
    """Walk from somewhere on the path of `agent` in ways that save time; choose who is met."""
    length = int(b.length[agent])
    step = chance(b, length + 1)
    cell = int(b.path[agent, step])
    while count < size:
        found, onto = 0, -1
        for side in range(5):
            there = cell if side == 4 else int(b.neighbours[cell, side])
            if there >= 0 and step + 1 + b.distance[agent, there] < length:
                found += 1
                if chance(b, found) == 0:
                    onto = there
        if onto < 0:
            break
        step += 1
        other = who_has(b, onto, step)
        if other >= 0 and other != agent:
            count = choose(b, count, other)
        other = who_has(b, onto, step - 1)
        if count < size and other >= 0 and other != agent and who_has(b, cell, step) == other:
            count = choose(b, count, other)
        cell = onto
    return count


def meeting_group(b: Board, size: int) -> int:
    """Choose those that come near one crossing at about the same time, nearest first."""
    if b.crossings.shape[0] == 0:
        return random_group(b, 0, size)
    cell = int(b.crossings[chance(b, b.crossings.shape[0])])
    visits = int(b.counts[cell])
    if visits == 0:
        return random_group(b, 0, size)
    around = int(b.spans[cell, chance(b, visits), FROM])
    b.queue[0], b.cell_mark[cell] = cell, b.numbers[MARK]
    head, tail, count = 0, 1, 0
    while head < tail and count < size:
        cell = int(b.queue[head])
        head += 1
        for number in range(int(b.counts[cell])):
            if count < size and abs(int(b.spans[cell, number, FROM]) - around) <= head:
                count = choose(b, count, int(b.spans[cell, number, WHO]))
        for side in range(4):
            onto = int(b.neighbours[cell, side])
            if onto >= 0 and b.cell_mark[onto] != b.numbers[MARK]:
                b.cell_mark[onto] = b.numbers[MARK]
                b.queue[tail] = onto
                tail += 1
    return count
