"""Names of things. Plain strings at run time, told apart by the type checker."""

from __future__ import annotations

from typing import Final, NewType

HospitalId = NewType('HospitalId', str)
FloorId = NewType('FloorId', str)
NodeId = NewType('NodeId', str)
LaneId = NewType('LaneId', str)
LiftId = NewType('LiftId', str)
DoorId = NewType('DoorId', str)
StationId = NewType('StationId', str)
RobotId = NewType('RobotId', str)
CompartmentId = NewType('CompartmentId', str)
DeliveryId = NewType('DeliveryId', str)
RunId = NewType('RunId', str)
SessionId = NewType('SessionId', str)
ClosureId = NewType('ClosureId', str)
AccountId = NewType('AccountId', str)

#: What a robot claims: `node:<id>`, `lane:<id>`, `car:<id>`, or `x:<one>|<other>` for two of these
#: that are too close for two robots, capacity 1 each; and `zone:<robots>:<id>`, capacity `robots`.
ResourceId = NewType('ResourceId', str)

#: Longest identifier accepted anywhere, so that a hostile name cannot fill a log or a page.
MAX_ID_LENGTH: Final = 64


def node_resource(node: NodeId) -> ResourceId:
    """Return the resource of standing on `node`."""
    return ResourceId(f'node:{node}')


def lane_resource(lane: LaneId) -> ResourceId:
    """Return the resource of being on `lane`, in either direction."""
    return ResourceId(f'lane:{lane}')


def car_resource(lift: LiftId) -> ResourceId:
    """Return the resource of the car of `lift`."""
    return ResourceId(f'car:{lift}')


def conflict_resource(one: ResourceId, other: ResourceId) -> ResourceId:
    """Return the resource that two places share on which two robots would touch."""
    return ResourceId(f'x:{min(one, other)}|{max(one, other)}')


def zone_resource(zone: str, robots: int) -> ResourceId:
    """Return the resource of being in `zone`, which `robots` may be in at once."""
    return ResourceId(f'zone:{robots}:{zone}')


def is_zone(resource: ResourceId) -> bool:
    """Whether `resource` is that of a zone with a limit, whatever the limit is."""
    return resource.startswith('zone:')


def capacity(resource: ResourceId) -> int:
    """Return how many robots may have `resource` at once."""
    return int(resource.split(':', 2)[1]) if is_zone(resource) else 1
