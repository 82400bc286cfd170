"""A hospital with as many robots as a day is played with."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital, NodeKind, RobotSpec


def with_robots(hospital: Hospital, count: int) -> Hospital:
    """Return the hospital with so many robots: its own first, then more of the same types.

    Each further one lives at a bay nobody lives at. Raises MapError when there are too few.
    """
    own = list(hospital.robots.values())
    robots = own[:count]
    bays = _free_bays(hospital)
    while len(robots) < count:
        like = own[len(robots) % len(own)]
        bay = next((bay for bay in bays if _may_live(hospital, bay, like.type)), None)
        if bay is None:
            has = len(robots)
            mend = f'ask for at most {has} robots, or add parking bays to the map'
            raise MapError('--robots', f'{count} are more than there are bays for; {mend}')
        bays.remove(bay)
        name = f'x{len(robots) + 1}'
        robots.append(RobotSpec(RobotId(name), name, bay, like.compartments, like.type))
    return replace(hospital, robots={robot.id: robot for robot in robots})


def _free_bays(hospital: Hospital) -> list[NodeId]:
    """Return chargers, then parking bays, that are nobody's home."""
    homes = {robot.home for robot in hospital.robots.values()}
    return [
        node.id
        for kind in (NodeKind.CHARGER, NodeKind.PARKING)
        for node in hospital.nodes.values()
        if node.kind is kind and node.id not in homes
    ]


def _may_live(hospital: Hospital, bay: NodeId, robot_type: str) -> bool:
    lanes = (hospital.lanes[name] for name in hospital.lanes_at[bay])
    return any(not lane.robots or robot_type in lane.robots for lane in lanes)
