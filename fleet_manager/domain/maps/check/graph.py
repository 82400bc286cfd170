"""Whether robots get everywhere and away again, and pass each other on the way."""

from __future__ import annotations

from typing import Final

import shapely

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.check.survey import (
    SLACK,
    Report,
    Survey,
    lane_path,
    node_path,
    point_of,
    spot,
    station_path,
)
from fleet_manager.domain.maps.check.ways import Ways, ways_of
from fleet_manager.domain.maps.conflicts import NODE_AIR, find_conflicts
from fleet_manager.domain.maps.groups import chains
from fleet_manager.domain.maps.model import BAYS, Lane, Node, NodeKind, Point
from fleet_manager.domain.maps.problems import FieldPath

LIFT_CELLS: Final = frozenset({NodeKind.LIFT_WAIT, NodeKind.LIFT_EXIT})
#: Metres. On a longer lane one robot keeps the others waiting for more than a quarter of a minute.
LONG_LANE: Final = 12.0
#: Metres between places where robots can pass each other: at 0.8 m/s 50 s of waiting.
NO_PASSING: Final = 40.0

_Place = Node | Lane


def neighbours_keep_apart(survey: Survey, report: Report) -> None:
    """Two robots can stand at the two ends of a lane."""
    for lane in survey.hospital.lanes.values():
        a, b = survey.hospital.nodes[lane.a], survey.hospital.nodes[lane.b]
        apart = geometry.distance(point_of(a), point_of(b))
        radius = max((one.turning_radius for one in survey.types_on(lane)), default=0.0)
        needed = 2 * radius + NODE_AIR
        if apart < needed - SLACK:
            problem = f'is {apart:.2f} m from {b.id}'
            mend = f'keep {needed:g} m so that two robots can stand there'
            at = (lane.floor, _middle(point_of(a), point_of(b)))
            others = (node_path(b),)
            report.note('nodes_too_close', node_path(a), problem, mend, at=at, others=others)


def places_keep_apart(survey: Survey, report: Report) -> None:
    """What robots could touch on is for one at a time; where that can lock up it is an error."""
    hospital = survey.hospital
    if not hospital.nodes:
        return
    try:
        found = find_conflicts(hospital)
    except MapError as error:
        problem, _, mend = error.problem.partition('; ')
        report.note('nodes_too_close', (), problem, mend)
        return
    places: list[_Place] = [*hospital.nodes.values(), *hospital.lanes.values()]
    for (first, second), gap, reach in zip(
        found.pairs.tolist(), found.gap.tolist(), found.reach.tolist(), strict=True
    ):
        if gap < reach:
            _two_close_places(survey, report, places[first], places[second], gap, reach)


def _two_close_places(
    survey: Survey, report: Report, one: _Place, other: _Place, gap: float, reach: float
) -> None:
    code = _code_of(survey, one, other, gap, reach)
    if not code:
        return
    if code == 'bay_in_the_way' and not _is_bay(one):
        one, other = other, one
    if isinstance(one, Node) and isinstance(other, Lane) and code == 'wide_conflict':
        one, other = other, one
    line = shapely.shortest_line(_shape(survey, one), _shape(survey, other))
    at = spot(one.floor, line)
    problem = f'is {gap:.2f} m from {other.id}'
    if code == 'lanes_cross':
        problem = f'crosses {other.id} at ({at[1].x:.1f}, {at[1].y:.1f})'
    others = (_path(other),)
    mend = _MENDS[code].format(reach=reach)
    report.note(code, _path(one), problem, mend, at=at, others=others)


_MENDS: Final = {
    'lanes_cross': 'put a node where they meet',
    'bay_in_the_way': 'keep {reach:.1f} m: a robot that rests there would block it for ever',
    'lift_cell_conflict': 'keep {reach:.1f} m: a robot waits there until the lift comes',
    'door_conflict': 'keep {reach:.1f} m at the door, or lead one of them elsewhere',
    'wide_conflict': 'one robot waits for the other there; keep {reach:.1f} m, or join them',
}


def _code_of(survey: Survey, one: _Place, other: _Place, gap: float, reach: float) -> str:
    if gap == 0 and isinstance(one, Lane) and isinstance(other, Lane):
        return 'lanes_cross'
    if _is_bay(one) and not _is_idle(survey, other):
        return 'bay_in_the_way'
    if _is_bay(other) and not _is_idle(survey, one):
        return 'bay_in_the_way'
    stops = _stops(survey, one), _stops(survey, other)
    if stops[0] or stops[1]:
        own = stops[0] & stops[1] and (isinstance(one, Node) or isinstance(other, Node))
        return '' if own else 'lift_cell_conflict'
    if any(_is_at_its_door(survey, *pair, reach) for pair in ((one, other), (other, one))):
        return 'door_conflict'
    return 'wide_conflict'


def _is_bay(place: _Place) -> bool:
    return isinstance(place, Node) and place.kind in BAYS


def _is_idle(survey: Survey, place: _Place) -> bool:
    """Whether a place is the end of a way that leads to nothing, where nobody has to go."""
    nodes = [place] if isinstance(place, Node) else [survey.hospital.nodes[place.a]]
    if isinstance(place, Lane):
        nodes.append(survey.hospital.nodes[place.b])
    return any(
        node.kind is NodeKind.WAY and len(survey.hospital.lanes_at[node.id]) < 2 for node in nodes
    )


def _stops(survey: Survey, place: _Place) -> set[tuple[str, str]]:
    """Return the stops whose cell or whose spur this is, by lift and floor."""
    ends = (place.id,) if isinstance(place, Node) else (place.a, place.b)
    named: set[tuple[str, str]] = {
        (lift.id, stop.floor) for end in ends for lift, stop in survey.cells.get(NodeId(end), ())
    }
    kinds = {survey.hospital.nodes[NodeId(end)].kind for end in ends}
    return named or ({('', '')} if kinds & LIFT_CELLS else set())


def _is_at_its_door(survey: Survey, place: _Place, other: _Place, reach: float) -> bool:
    """Whether the two come close to each other where the first passes its door."""
    if not isinstance(place, Lane) or not place.door or isinstance(other, Node):
        return False
    door = survey.door(place)
    doorway = shapely.Point(door.at.x, door.at.y).buffer(max(door.width / 2, reach))
    passing = _shape(survey, place).intersection(doorway)
    return bool(passing.distance(_shape(survey, other)) < reach - SLACK)


def ways_lead_somewhere(survey: Survey, report: Report) -> None:
    """A way node with one lane is of no use."""
    for node in survey.hospital.nodes.values():
        if node.kind is NodeKind.WAY and len(survey.hospital.lanes_at[node.id]) == 1:
            mend = 'make it a parking bay, or join it to another node'
            report.note('dead_end', node_path(node), 'leads nowhere', mend)


def every_place_is_joined_to_every_other(survey: Survey, report: Report) -> None:
    """One gets from everywhere to everywhere; if not, it says which piece one cannot reach."""
    hospital = survey.hospital
    if not hospital.nodes:
        report.note('empty', (), 'has no nodes', 'draw the places a robot may stand at')
        return
    ways = ways_of(hospital)
    main, *others = ways.pieces()
    reached = ways.reached(main)
    for piece in others:
        if piece[0] in reached:
            _is_a_trap(survey, report, piece)
        else:
            _is_cut_off(survey, report, piece, ways)


def _is_a_trap(survey: Survey, report: Report, piece: list[NodeId]) -> None:
    first = survey.hospital.nodes[piece[0]]
    problem = f'robots get there{_with_more(piece)}, and not away again'
    mend = 'let a lane lead back, or take out `one_way`'
    report.note('one_way_dead_end', node_path(first), problem, mend)


def _is_cut_off(survey: Survey, report: Report, piece: list[NodeId], ways: Ways) -> None:
    inside = set(piece)
    stations = [one for one in survey.hospital.stations.values() if one.node in inside]
    for station in stations:
        mend = 'join its node to the others by a lane'
        path = station_path(survey.hospital, station)
        report.note('station_unreachable', path, 'cannot be reached', mend)
    if not stations:
        first = survey.hospital.nodes[piece[0]]
        problem = f'is cut off{_with_more(piece)} from the rest of the hospital'
        report.note('cut_off', node_path(first), problem, 'join it by a lane or a lift')


def _with_more(piece: list[NodeId]) -> str:
    return f' (and {len(piece) - 1} more nodes)' if len(piece) > 1 else ''


def lanes_are_short(survey: Survey, report: Report) -> None:
    """A lane holds one robot."""
    for lane in survey.hospital.lanes.values():
        if lane.length > LONG_LANE:
            problem = f'is {lane.length:.1f} m long and holds one robot'
            mend = 'put a node in between'
            report.note('long_lane', lane_path(lane), problem, mend)


def robots_can_pass_each_other(survey: Survey, report: Report) -> None:
    """On a stretch without a branch the robots of one direction wait for those of the other."""
    hospital = survey.hospital
    lanes = [lane for lane in hospital.lanes.values() if not lane.one_way]
    number = {node: index for index, node in enumerate(hospital.nodes)}
    ends = [(number[lane.a], number[lane.b]) for lane in lanes]
    passing = [len(hospital.lanes_at[node]) != 2 for node in hospital.nodes]
    stretches: dict[int, list[Lane]] = {}
    for lane, number_of in zip(lanes, chains(ends, passing), strict=True):
        stretches.setdefault(number_of, []).append(lane)
    for own in stretches.values():
        length = sum(lane.length for lane in own)
        if length > NO_PASSING:
            wait = sum(lane.length / lane.speed for lane in own)
            problem = (
                f'begins {length:.0f} m without a passing place; who comes from the other end '
                f'waits up to {wait:.0f} s, {wait / 2:.0f} s on average'
            )
            mend = f'add a parking bay or a link, so that there is one every {NO_PASSING:g} m'
            others: tuple[FieldPath, ...] = tuple(lane_path(lane) for lane in own[1:])
            report.note('no_passing_place', lane_path(own[0]), problem, mend, others=others)


def _middle(a: Point, b: Point) -> Point:
    return Point((a.x + b.x) / 2, (a.y + b.y) / 2)


def _path(place: _Place) -> FieldPath:
    return node_path(place) if isinstance(place, Node) else lane_path(place)


def _shape(survey: Survey, place: _Place) -> shapely.Point | shapely.LineString:
    if isinstance(place, Node):
        return shapely.Point(place.x, place.y)
    return geometry.linestring(survey.line(place))


RULES: Final = (
    neighbours_keep_apart,
    places_keep_apart,
    ways_lead_somewhere,
    every_place_is_joined_to_every_other,
    lanes_are_short,
    robots_can_pass_each_other,
)
