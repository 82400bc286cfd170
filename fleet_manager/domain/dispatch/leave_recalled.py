"""Out of a lift that was recalled: where it stands open, and off its lobby to the nearest bay.

In a fire, an earthquake or another emergency the building brings its cars to a floor of its own
choice and opens them there. A robot inside leaves there, whatever floor it rode to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fleet_manager.domain.dispatch.bays import bay_leg
from fleet_manager.domain.dispatch.legs import Search, is_rested
from fleet_manager.domain.ids import FloorId, LiftId, node_resource
from fleet_manager.domain.lifts.sessions import recalled_to
from fleet_manager.domain.messages import (
    HopKind,
    LegPlanned,
    LiftOutcome,
    LiftSessionAdvanced,
    LiftStage,
)
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn

#: Stages in which the robot stands in the car.
INSIDE: Final = frozenset({LiftStage.RIDING, LiftStage.ARRIVED})


def leave_recalled(turn: Turn) -> None:
    """Let robots in recalled cars leave on the floor where these stand open."""
    for lift in sorted(turn.state.recalls):
        session, floor = turn.state.sessions.get(lift), recalled_to(turn, lift)
        if session is None or floor in (None, session.target_floor):
            continue
        robot = turn.state.robots[session.robot]
        if session.stage not in INSIDE or robot.released != robot.done:
            continue
        if not is_rested(turn, robot, Search.OUT_OF_CAR):
            continue
        leg = _leg(turn, robot, lift, floor)
        if leg is None:
            turn.sensed.in_vain[robot.id, Search.OUT_OF_CAR.value] = turn.now
            continue
        turn.emit(leg)
        lost = LiftOutcome.MODE_LOST.value
        turn.emit(
            LiftSessionAdvanced(
                lift, session.id, LiftStage.RIDING, session.deadline, outcome=lost, floor=floor
            )
        )


def _leg(turn: Turn, robot: Robot, lift: LiftId, floor: FloorId) -> LegPlanned | None:
    graph = turn.graph.of_robot(robot.id).out_of_car(lift, floor)
    leg = bay_leg(replace(turn, graph=graph), robot)
    if leg is None:
        return None
    (out, *on), held = leg.hops, node_resource(turn.hospital.lifts[lift].car)
    claimed = [pair for pair in zip(out.claims, out.places, strict=True) if pair[0] != held]
    out = replace(
        out,
        kind=HopKind.ALIGHT,
        lift=lift,
        claims=tuple(resource for resource, _ in claimed),
        places=tuple(place for _, place in claimed),
        frees=tuple(resource for resource in out.frees if resource != held),
    )
    return replace(leg, hops=(out, *on))
