"""What a rule gets: the state, what devices say, the map, the time, and a way to say so.

`emit` applies the event at once, so the next rule of the same turn sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fleet_manager.domain.dispatch.policy import PLAIN, Policy
from fleet_manager.domain.ids import AccountId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Actor,
    Event,
    Hop,
    PorterAsked,
    Role,
    RunAssigned,
    RunReordered,
    RunWithdrawn,
)
from fleet_manager.domain.state import FleetState, Robot, RobotSense, Sensed
from fleet_manager.domain.traffic.closures import Closed
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import Instant

#: The manager itself, where a rule and not a person decided.
SYSTEM: Final = Actor(AccountId('system'), Role.SYSTEM)

#: A device that said nothing for so long is silent. Robots and lifts speak every second or two.
SILENT_AFTER_MS: Final = 10_000

#: Events after which robots are where they were when they were, unless lifts make way for STAT.
MOVES_NOTHING: Final = (RunAssigned, RunReordered, RunWithdrawn, PorterAsked)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the kernel. `leaving` are stations the next map has no more.

    With closed places `graph` has the ways that are left, and `closed` says who has to get out.
    `memo` is for what is computed once of the state as it is; an event empties it.
    """

    state: FleetState
    sensed: Sensed
    graph: StepGraph
    now: Instant
    say: Callable[[Event], None]
    leaving: frozenset[StationId] = frozenset()
    closed: Closed | None = None
    policy: Policy = PLAIN
    memo: dict[str, object] = field(default_factory=dict, compare=False)

    def emit(self, event: Event) -> None:
        """Say what happened: it is applied at once, and what was computed before is forgotten."""
        kept = None
        if isinstance(event, MOVES_NOTHING):
            kept = self.memo.get('expected', self.memo.get('expected before'))
        self.memo.clear()
        if kept is not None:
            self.memo['expected before'] = kept
        self.say(event)

    @property
    def hospital(self) -> Hospital:
        """The map."""
        return self.graph.hospital

    def robots(self) -> list[Robot]:
        """Return the placed robots by id, so that no rule depends on the order of a mapping."""
        return list(self.state.robots.values())  # the fold keeps them in this order

    def heard(self, robot: RobotId) -> RobotSense | None:
        """Return what the robot said, when it is not silent."""
        sense = self.sensed.robots.get(robot)
        if sense is None or self.now - sense.heard > SILENT_AFTER_MS:
            return None
        return sense

    def may_move(self, robot: Robot) -> bool:
        """Whether anything may be released to the robot: heard, plausible, not held by anybody.

        It must carry the map in force as well: after a change of the map it takes it over first.
        """
        if robot.paused or robot.excluded is not None or self.state.paused:
            return False
        sense = self.sensed.robots.get(robot.id)
        return (
            sense is not None
            and self.now - sense.heard <= SILENT_AFTER_MS
            and sense.report.map_version == self.graph.hospital.version
        )

    def is_unheard(self, robot: Robot) -> bool:
        """Whether this process has only just begun and has not heard the robot yet."""
        begun = self.now - self.sensed.started <= SILENT_AFTER_MS
        return begun and robot.excluded is None and robot.id not in self.sensed.robots

    def is_stopped(self, robot: Robot, hop: Hop) -> bool:
        """Whether `hop`, not released yet, leads into a place that is closed to the robot."""
        return self.closed is not None and self.closed.stops(robot, hop)
