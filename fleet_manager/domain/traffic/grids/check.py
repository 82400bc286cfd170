"""Whether paths are a solution, in the plainest words: knows nothing of how they were found."""

from __future__ import annotations

from collections.abc import Sequence

from fleet_manager.domain.traffic.grids.formats import Grid, Place, Task


def faults(grid: Grid, tasks: Sequence[Task], paths: Sequence[Sequence[Place]]) -> list[str]:
    """Return what is wrong with paths, one sentence each; none when they are a solution.

    Each agent goes from its start to its goal, a step to a neighbour or none at a time, on open
    places, and stays at its goal for ever. No two are at one place at one step, and no two change
    places in one step.
    """
    if len(paths) != len(tasks):
        return [f'{len(paths)} paths for {len(tasks)} agents']
    found = []
    for agent, (task, path) in enumerate(zip(tasks, paths, strict=True)):
        if not path or path[0] != task.start or path[-1] != task.goal:
            found.append(f'agent {agent} does not go from its start to its goal')
            continue
        for step, place in enumerate(path):
            if not grid.is_open(place):
                found.append(f'agent {agent} is in a wall at step {step}')
            if step and abs(place.x - path[step - 1].x) + abs(place.y - path[step - 1].y) > 1:
                found.append(f'agent {agent} jumps at step {step}')
    if found:
        return found
    for step in range(max((len(path) for path in paths), default=0)):
        now = [path[min(step, len(path) - 1)] for path in paths]
        before = [path[min(max(step - 1, 0), len(path) - 1)] for path in paths]
        found += _meetings(now, before, step)
    return found


def _meetings(now: Sequence[Place], before: Sequence[Place], step: int) -> list[str]:
    found = []
    there: dict[Place, int] = {}
    for agent, place in enumerate(now):
        other = there.setdefault(place, agent)
        if other != agent:
            found.append(f'agents {other} and {agent} are both at {_at(place)} at step {step}')
    left = {place: agent for agent, place in enumerate(before)}
    for agent, place in enumerate(now):
        other = left.get(place, agent)
        if other < agent and now[other] == before[agent]:
            found.append(f'agents {other} and {agent} change places at step {step}')
    return found


def cost(paths: Sequence[Sequence[Place]]) -> int:
    """Return the sum of the steps at which each agent comes to stay at its goal."""
    total = 0
    for path in paths:
        arrival = len(path) - 1
        while arrival > 0 and path[arrival - 1] == path[-1]:
            arrival -= 1
        total += arrival
    return total


def _at(place: Place) -> str:
    return f'{place.x}, {place.y}'
