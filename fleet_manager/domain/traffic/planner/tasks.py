"""Which tasks of an instance cannot be planned at all, and why."""

from __future__ import annotations

from collections import Counter

from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.ids import NodeId, ResourceId, capacity, node_resource
from fleet_manager.domain.traffic.planner.model import Instance, Task
from fleet_manager.domain.traffic.planner.network import Network


def refused(network: Network, instance: Instance) -> dict[str, str]:
    """Return the robots that stay where they are, each with the reason and what to do."""
    starts = Counter(task.start for task in instance.tasks)
    goals = Counter(task.goal for task in instance.tasks)
    names = Counter(task.robot for task in instance.tasks)
    leave = Counter(zone for task in instance.tasks for zone in _zones(network, task.start))
    enter: Counter[ResourceId] = Counter()
    found: dict[str, str] = {}
    for task in instance.tasks:
        reason = _reason(network, task)
        if names[task.robot] > 1:
            reason = 'has more than one task; give each robot one'
        elif not reason and starts[task.start] > 1:
            reason = f'starts on {task.start} with another robot; start each on a bay of its own'
        elif not reason and goals[task.goal] > 1:
            reason = f'goes to {task.goal} as another robot does; send each to a bay of its own'
        for zone in () if reason else _zones(network, task.start):
            if leave[zone] > capacity(zone):
                reason = f'starts in {zone} with {leave[zone] - 1} others; start some elsewhere'
        zones = () if reason else _zones(network, task.goal)
        for zone in zones:
            if enter[zone] >= capacity(zone):
                reason = f'goes into {zone} as {enter[zone]} others do; choose a bay elsewhere'
        if not reason:
            enter.update(zones)
        if reason:
            found[task.robot] = reason
    return found


def _zones(network: Network, node: NodeId) -> tuple[ResourceId, ...]:
    """Return the zones with a limit that a node lies in; none for one that is not on the map."""
    return network.graph.limits(node_resource(node))


def _reason(network: Network, task: Task) -> str:
    for verb, node in (('starts on', task.start), ('goes to', task.goal)):
        if node not in network.number:
            return f'{verb} {node}, which is not on the map; name a bay of it'
        if not network.hospital.is_bay(NodeId(node)):
            return f'{verb} {node}, where it could not stay; name a bay'
    if task.urgency not in tuple(Urgency):
        return f'has urgency {task.urgency}; choose one of {", ".join(Urgency)}'
    if task.robot_type and task.robot_type not in network.hospital.types:
        types = ', '.join(network.hospital.types)
        return f'is of type {task.robot_type}, which the hospital has not; choose one of {types}'
    if not task.start_at >= 0:
        return f'starts at {task.start_at} ms; choose 0 or later'
    return ''
