"""Looking for a leg, and committing to it: what every phase of the policy does alike."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fleet_manager.domain.ids import NodeId, node_resource
from fleet_manager.domain.messages import LegPlanned, Purpose
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.claims import kept_by
from fleet_manager.domain.traffic.hindrances import hindrances, stands_still
from fleet_manager.domain.traffic.plan import plan_leg
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.turn import Turn

#: A robot without a way waits so long for the next search, so that others get their turn.
SEARCH_AGAIN_MS: Final = 2_000


class Search(StrEnum):
    """What a route is looked for. One that is found in vain does not keep others from trying."""

    ERRAND = 'errand'
    BAY = 'bay'
    WAY_OUT = 'way_out'
    OTHER_LIFT = 'other_lift'
    OUT_OF_CAR = 'out_of_car'
    KEEP_OUT = 'keep_out'


def find_leg(
    turn: Turn, robot: Robot, purpose: Purpose, goal: NodeId, *, patient: bool = False
) -> LegPlanned | None:
    """Return a leg to `goal`, or None. A `patient` one may wait for what stands still."""
    return plan_leg(
        turn.state,
        turn.graph,
        robot,
        goal=goal,
        purpose=purpose,
        now=turn.now,
        hindered=hindrances(turn),
        patient=patient,
        times=expected(turn),
    )


def send(turn: Turn, robot: Robot, search: Search, leg: LegPlanned | None) -> None:
    """Commit to a leg, or note that there is none now."""
    turn.sensed.in_vain.pop((robot.id, search.value), None)
    if leg is None:
        turn.sensed.in_vain[robot.id, search.value] = turn.now
    else:
        turn.emit(leg)


def may_search(turn: Turn, robot: Robot, search: Search) -> bool:
    """Whether to look for a route: the robot moves, and was not refused one just now."""
    moves = turn.may_move(robot) and not stands_still(turn, robot)
    return moves and is_rested(turn, robot, search)


def is_rested(turn: Turn, robot: Robot, search: Search) -> bool:
    """Whether the last such search for the robot found a route, or was long enough ago."""
    last = turn.sensed.in_vain.get((robot.id, search.value))
    return last is None or turn.now - last >= SEARCH_AGAIN_MS


def kept_by_another(turn: Turn, robot: Robot, goal: NodeId) -> bool:
    """Whether another robot stands on `goal`, or so near, or comes there, and stays."""
    place = turn.graph.resources(node_resource(goal))
    return kept_by(turn.state.queues, place, but=robot.id) is not None
