"""What is to be planned, and what a plan says. Times are integer milliseconds from 0 = now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet_manager.domain.ids import NodeId, ResourceId


@dataclass(frozen=True, slots=True)
class Task:
    """One robot's way: it stands in the bay `start` from 0, and goes to `goal` from `start_at` on.

    `urgency` is one of `deliveries.goods.Urgency`: more urgent robots are planned first.
    `robot_type` is a type of the hospital; '' is that of the hospital's robot of this name, or
    one that may use every lane.
    """

    robot: str
    start: NodeId
    goal: NodeId
    urgency: str = 'routine'
    robot_type: str = ''
    start_at: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """All robots that are planned at once."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class PlannedHop:
    """One hop: over `lane`, or a whole ride by `lift`; the other one is ''.

    Everything in `claims` is held from `start`: the target, the lane or the car, and what they
    share with places too close, as far as the robot does not hold it already. `left` is free
    again at `leave`, `frees` at `end`. A robot that drives frees all at `end`, and `leave` is the
    same; one that rides frees the waiting cell at `leave`, when it is inside, and the car at
    `end`, when it stands in the exit cell. `door` is a door that opens on request.
    """

    origin: NodeId
    target: NodeId
    lane: str
    lift: str
    door: str
    start: int
    leave: int
    end: int
    claims: tuple[ResourceId, ...]
    left: tuple[ResourceId, ...]
    frees: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class RobotPlan:
    """The hops of a robot, in order; none when it is where it should be.

    `stands` is what it holds at its start from 0; what its last hop does not free it keeps.
    """

    robot: str
    start: NodeId
    goal: NodeId
    start_at: int
    stands: tuple[ResourceId, ...]
    hops: tuple[PlannedHop, ...]

    @property
    def arrival(self) -> int:
        """When it stands on its goal."""
        return self.hops[-1].end if self.hops else self.start_at


@dataclass(frozen=True, slots=True)
class Plan:
    """The ways of all robots; `robots` are in the order of the instance.

    `cost` is the sum of arrival - start_at in ms over the robots that are planned, and no plan of
    them costs less than `bound`. `unsolved` says of each other robot why it stays at its start.
    """

    robots: tuple[RobotPlan, ...]
    cost: int
    bound: int
    unsolved: Mapping[str, str] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times the bound the plan costs; 1 where nobody has to move."""
        return self.cost / self.bound if self.bound else 1.0
