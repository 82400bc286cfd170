"""What a navigation graph falls into: lane groups, pieces, and what only one place holds together.

Graphs here are lists of the neighbours of each node, by number.
"""

from __future__ import annotations

from collections.abc import Sequence

Graph = Sequence[Sequence[int]]


def chains(ends: Sequence[tuple[int, int]], is_passing_place: Sequence[bool]) -> list[int]:
    """Return the number of the group each lane belongs to, in the order of their first lanes.

    `ends` are the nodes of each lane. A group is a chain of lanes joined by nodes that are no
    passing places: a robot that is in it has to come out before another one can pass.
    """
    parent = list(range(len(ends)))

    def root(lane: int) -> int:
        while parent[lane] != lane:
            parent[lane] = lane = parent[parent[lane]]
        return lane

    last: dict[int, int] = {}
    for lane, nodes in enumerate(ends):
        for node in nodes:
            if not is_passing_place[node] and node in last:
                one, other = root(last[node]), root(lane)
                parent[max(one, other)] = min(one, other)
            last[node] = lane
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(lane), len(numbers)) for lane in range(len(ends))]


def pieces(graph: Graph) -> list[int]:
    """Return the number of the piece of each node, 0 the largest, then by their first nodes.

    Within a piece one gets from each node to each other (Kosaraju's two walks).
    """
    back: list[list[int]] = [[] for _ in graph]
    for node, targets in enumerate(graph):
        for target in targets:
            back[target].append(node)
    found = [-1] * len(graph)
    members: list[tuple[int, int]] = []
    for start in reversed(_finished(graph)):
        if found[start] >= 0:
            continue
        piece, ahead = [], [start]
        found[start] = len(members)
        while ahead:
            node = ahead.pop()
            piece.append(node)
            for origin in back[node]:
                if found[origin] < 0:
                    found[origin] = len(members)
                    ahead.append(origin)
        members.append((-len(piece), min(piece)))
    largest = min(range(len(members)), key=lambda piece: members[piece], default=0)
    order = sorted(range(len(members)), key=lambda piece: (piece != largest, members[piece][1]))
    number = {piece: count for count, piece in enumerate(order)}
    return [number[piece] for piece in found]


def cut_off(graph: Graph) -> list[int]:
    """Return how many nodes would lose the rest of the graph without each node; mostly 0.

    The graph is walked in both directions of each edge. A node that cuts off others is an
    articulation point (Hopcroft and Tarjan 1973); the largest part that stays is the rest.
    """
    both: list[set[int]] = [set() for _ in graph]
    for node, targets in enumerate(graph):
        for target in targets:
            both[node].add(target)
            both[target].add(node)
    near = [sorted(neighbours - {node}) for node, neighbours in enumerate(both)]
    found = [0] * len(graph)
    seen, low, size = [-1] * len(graph), [0] * len(graph), [1] * len(graph)
    for root in range(len(graph)):
        if seen[root] < 0:
            _cut_off_in(root, near, seen, low, size, found)
    return found


def _finished(graph: Graph) -> list[int]:
    """Return the nodes in the order in which a walk in depth leaves them."""
    order: list[int] = []
    seen = [False] * len(graph)
    for root in range(len(graph)):
        if seen[root]:
            continue
        seen[root] = True
        stack = [(root, iter(graph[root]))]
        while stack:
            node, targets = stack[-1]
            for target in targets:
                if not seen[target]:
                    seen[target] = True
                    stack.append((target, iter(graph[target])))
                    break
            else:
                stack.pop()
                order.append(node)
    return order


def _cut_off_in(
    root: int,
    near: Graph,
    seen: list[int],
    low: list[int],
    size: list[int],
    found: list[int],
) -> None:
    """Walk the part of `root` in depth; note in `found` what each of its nodes cuts off."""
    parts: dict[int, list[int]] = {}
    walked, count = [root], 0
    seen[root] = low[root] = 0
    stack = [(root, -1, iter(near[root]))]
    while stack:
        node, parent, targets = stack[-1]
        for target in targets:
            if seen[target] < 0:
                count += 1
                seen[target] = low[target] = count
                walked.append(target)
                stack.append((target, node, iter(near[target])))
                break
            if target != parent:
                low[node] = min(low[node], seen[target])
        else:
            stack.pop()
            if parent >= 0:
                size[parent] += size[node]
                low[parent] = min(low[parent], low[node])
                if low[node] >= seen[parent]:
                    parts.setdefault(parent, []).append(size[node])
    for node, below in parts.items():
        others = len(walked) - 1
        found[node] = others - max(*below, others - sum(below))
