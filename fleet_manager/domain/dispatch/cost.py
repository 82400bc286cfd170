"""What a delivery costs a robot: the time until it stands at the sender, lifts included."""

from __future__ import annotations

from collections.abc import Iterable

from fleet_manager.domain.ids import NodeId, car_resource
from fleet_manager.domain.state import FleetState, Robot
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.turn import Turn

#: Expected wait for each robot that already is in line for a lift, in ms.
LIFT_TURN_MS = 45_000
#: Ways take so much of the time that lanes and lifts allow: people walk there, robots meet.
WAY_PERCENT = 135


def time_to(turn: Turn, robot: Robot, goal: NodeId) -> int | None:
    """Return ms until `robot` stands at `goal`, or None when it cannot get there.

    From the end of what it may not take back, when that is expected: who is held up in a queue is
    not near. Then over the shortest way, plus the wait for the shorter line of lifts.
    """
    times = turn.graph.of_robot(robot.id).times_to(goal)
    node, at = end_of_frozen(turn, robot)
    if node not in times:
        return None
    way = times[node] * WAY_PERCENT // 100
    return at - turn.now + way + _lift_wait(turn.state, turn.graph, node, goal)


def end_of_frozen(turn: Turn, robot: Robot) -> tuple[NodeId, int]:
    """Return where the steps end that the robot may not take back, and when that is expected."""
    node, at, frozen = robot.node, int(turn.now), turn.state.frozen(robot)
    for hop in robot.hops:
        if hop.sequence <= frozen:
            node, at = hop.target, expected(turn).end[robot.id, hop.sequence]
    return node, at


def nearest_first(
    state: FleetState, graph: StepGraph, robot: Robot, goals: Iterable[NodeId]
) -> list[NodeId]:
    """Return the goals `robot` can get to, by the time until it stands there."""
    start = state.frozen_end(robot)
    times = graph.of_robot(robot.id).times_from(start)
    nodes, line = graph.hospital.nodes, _line(state, graph)
    floor = nodes[start].floor
    costs = [(times[g] + (line if nodes[g].floor != floor else 0), g) for g in goals if g in times]
    return [goal for _, goal in sorted(costs)]


def _lift_wait(state: FleetState, graph: StepGraph, node: NodeId, goal: NodeId) -> int:
    nodes = graph.hospital.nodes
    return 0 if nodes[node].floor == nodes[goal].floor else _line(state, graph)


def _line(state: FleetState, graph: StepGraph) -> int:
    """Return the wait in the shortest line of a lift."""
    lines = [len(state.queues.get(car_resource(lift), ())) for lift in graph.hospital.lifts]
    return LIFT_TURN_MS * min(lines, default=0)
