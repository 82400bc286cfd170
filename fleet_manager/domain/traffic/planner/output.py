"""From arrays to hops that name what they claim and free."""

from __future__ import annotations

from fleet_manager.domain.ids import NodeId, ResourceId, node_resource
from fleet_manager.domain.traffic.planner.kernel import BEGIN, LEFT, STEP, UNTIL, Ways
from fleet_manager.domain.traffic.planner.model import PlannedHop, RobotPlan, Task
from fleet_manager.domain.traffic.planner.network import Network


def held_on(network: Network, place: ResourceId) -> tuple[ResourceId, ...]:
    """Return all that a robot on a place holds: it, what it shares, the zones with a limit."""
    return (*network.graph.resources(place), *network.graph.limits(place))


def robot_plan(network: Network, task: Task, ways: Ways, robot: int) -> RobotPlan:
    """Return the hops of a robot. A resource it holds already it neither claims nor frees."""
    behind = held_on(network, node_resource(NodeId(task.start)))
    stands, hops = behind, []
    for count in range(ways.hops[robot]):
        step = network.steps[ways.hop[robot, count, STEP]]
        over, onto = held_on(network, step.held), held_on(network, step.place)
        rides = bool(step.lift)
        hops.append(
            PlannedHop(
                step.origin,
                step.target,
                lane=step.lane,
                lift=step.lift,
                door=step.door,
                start=int(ways.hop[robot, count, BEGIN]),
                leave=int(ways.hop[robot, count, LEFT]),
                end=int(ways.hop[robot, count, UNTIL]),
                claims=_without((*over, *onto), behind),
                left=_without(behind, (*over, *onto)) if rides else (),
                frees=_without(over if rides else (*over, *behind), onto),
            )
        )
        behind = onto
    return RobotPlan(task.robot, task.start, task.goal, task.start_at, stands, tuple(hops))


def _without(
    resources: tuple[ResourceId, ...], kept: tuple[ResourceId, ...]
) -> tuple[ResourceId, ...]:
    """Return resources once each, in order, without those that are kept."""
    return tuple(dict.fromkeys(one for one in resources if one not in kept))
