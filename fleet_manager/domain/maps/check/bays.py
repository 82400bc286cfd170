"""Whether every robot always has a place to go where it is in nobody's way."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.ids import LaneId, NodeId
from fleet_manager.domain.maps.check.stations import DIRTY_GOODS
from fleet_manager.domain.maps.check.survey import Report, Survey, node_path
from fleet_manager.domain.maps.check.ways import Ways, ways_of
from fleet_manager.domain.maps.model import BAYS, NodeKind

#: Bays where a robot is in nobody's way for hours; at a station it would be.
RESTING: Final = frozenset({NodeKind.PARKING, NodeKind.CHARGER})


def bays_are_leaves(survey: Survey, report: Report) -> None:
    """Nobody has to pass through a bay."""
    for node in survey.hospital.nodes.values():
        count = len(survey.hospital.lanes_at[node.id])
        if node.kind in BAYS and count > 1:
            mend = 'a bay is the end of one lane, so that nobody has to pass through it'
            report.note('bay_not_a_leaf', node_path(node), f'has {count} lanes', mend)


def bays_are_joined_through_no_third(survey: Survey, report: Report) -> None:
    """The map is well-formed: the proof that a plan without deadlock always exists needs it.

    Without all bays, the rest falls into pieces; of the bays all must hang on one of them, and
    lead back to it. Checked for each type of robots that has lanes of its own.
    """
    seen: set[frozenset[LaneId]] = set()
    reported: set[NodeId] = set()
    for one in survey.types:
        allowed = survey.lanes_for(one.id)
        if allowed in seen:
            continue
        seen.add(allowed)
        ways = ways_of(survey.hospital, lanes=allowed)
        _is_well_formed(survey, report, ways, reported)


def _is_well_formed(survey: Survey, report: Report, ways: Ways, reported: set[NodeId]) -> None:
    nodes = survey.hospital.nodes
    home = set(next(iter(ways.pieces()), ()))
    bays = {node for node in nodes if nodes[node].kind in BAYS and node in home}
    pieces = ways.without(bays).pieces()
    main = max(pieces, key=lambda piece: _bays_on(ways, bays, piece), default=[])
    behind: dict[NodeId, list[NodeId]] = {}
    gates = [_gates(ways, main, bays, backwards=backwards) for backwards in (False, True)]
    for bay in nodes:
        gate = gates[0].get(bay) or gates[1].get(bay)
        if bay in bays and gate:
            behind.setdefault(gate, []).append(bay)
    for gate, hidden in behind.items():
        for bay in hidden:
            if bay not in reported:
                reported.add(bay)
                problem = f'robots get there or away only through {gate}, a bay'
                mend = 'join it to the corridor by a lane of its own'
                path, others = node_path(nodes[bay]), (node_path(nodes[gate]),)
                report.note('not_well_formed', path, problem, mend, others=others)
        if gate not in reported:
            reported.add(gate)
            more = f' and {len(hidden) - 1} more bays' if len(hidden) > 1 else ''
            problem = f'a robot that rests here cuts off {hidden[0]}{more}'
            mend = 'make it a way, and put the bay beside it on a lane of its own'
            report.note('bay_cuts', node_path(nodes[gate]), problem, mend)


def _bays_on(ways: Ways, bays: set[NodeId], piece: list[NodeId]) -> int:
    return len({bay for node in piece for bay in ways.ahead[node] if bay in bays})


def _gates(
    ways: Ways, main: list[NodeId], bays: set[NodeId], *, backwards: bool
) -> dict[NodeId, NodeId]:
    """Return a bay that one has to pass to each node which cannot do without."""
    known = ways.reached(main, backwards=backwards, ends=bays)
    found: dict[NodeId, NodeId] = {}
    for gate in [node for node in ways.ahead if node in known and node in bays]:
        beyond = ways.reached([gate], backwards=backwards, ends=known)
        found |= dict.fromkeys(sorted(beyond - known), gate)
        known |= beyond
    return found


def robots_have_bays(survey: Survey, report: Report) -> None:
    """There is a bay for each robot, and a charger."""
    nodes, robots = survey.hospital.nodes, survey.robots
    bays = sum(node.kind in RESTING for node in nodes.values())
    if bays < robots:
        problem = f'{robots} robots have {bays} parking bays and chargers'
        mend = f'add {robots - bays}, so that every robot can always get out of the way'
        report.note('too_few_bays', ('fleet', 'robots'), problem, mend)
    if robots and not any(node.kind is NodeKind.CHARGER for node in nodes.values()):
        report.note('no_charger', ('fleet', 'robots'), 'no robot can charge', 'add a charger')
    senders = [
        (one.id, goods)
        for one in survey.hospital.stations.values()
        for goods in one.sends
        if goods in DIRTY_GOODS
    ]
    if senders and not any(node.kind is NodeKind.CLEANING for node in nodes.values()):
        problem = f'{senders[0][0]} sends {senders[0][1]}, and no robot can be cleaned after it'
        mend = 'add a node of kind cleaning, on a lane of its own'
        report.note('no_cleaning', (), problem, mend)


def robots_have_homes(survey: Survey, report: Report) -> None:
    """Each robot has a home of its own from which its type gets to a station."""
    nodes = survey.hospital.nodes
    at_home: dict[NodeId, str] = {}
    pieces: dict[str, set[NodeId]] = {}
    for robot in survey.hospital.robots.values():
        path = ('fleet', 'robots', robot.id, 'home')
        if nodes[robot.home].kind not in RESTING:
            problem = f'{robot.home} is no parking bay or charger'
            report.note('home_not_a_bay', path, problem, 'choose a bay as its home')
        if robot.home in at_home:
            problem = f'{robot.home} is the home of {at_home[robot.home]} too'
            report.note('home_shared', path, problem, 'give each robot a bay of its own')
        at_home[robot.home] = robot.id
        if robot.type not in pieces:
            pieces[robot.type] = _used_by(survey, robot.type)
        if pieces[robot.type] and robot.home not in pieces[robot.type]:
            problem = f'{robot.type} robots may drive no lane from {robot.home} to a station'
            mend = 'let them on its lanes with `robots`, or choose another home'
            report.note('robot_shut_in', path, problem, mend)


def _used_by(survey: Survey, kind: str) -> set[NodeId]:
    """Return the nodes from which robots of a type get to a station and back."""
    ways = ways_of(survey.hospital, lanes=survey.lanes_for(kind))
    return {
        node
        for piece in ways.pieces()
        if any(survey.hospital.nodes[own].kind is NodeKind.STATION for own in piece)
        and len(piece) > 1
        for node in piece
    }


RULES: Final = (
    bays_are_leaves,
    bays_are_joined_through_no_third,
    robots_have_bays,
    robots_have_homes,
)
