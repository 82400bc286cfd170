"""Whether robots get to the stations with what these send and take."""

from __future__ import annotations

from typing import Final

import shapely

from fleet_manager.domain.ids import LaneId, NodeId
from fleet_manager.domain.maps.check.survey import (
    SLACK,
    Report,
    Survey,
    node_path,
    station_path,
)
from fleet_manager.domain.maps.check.ways import ways_of
from fleet_manager.domain.maps.model import NodeKind, Station

#: Goods that must not meet dirt, and those that are it.
CLEAN_GOODS: Final = frozenset({'sterile', 'meal', 'drug', 'controlled'})
DIRTY_GOODS: Final = frozenset({'soiled', 'waste'})


def stations_have_nodes(survey: Survey, report: Report) -> None:
    """Each station has a station node of its own, and each such node a station."""
    owners: dict[NodeId, str] = {}
    for station in survey.hospital.stations.values():
        node, path = survey.hospital.nodes[station.node], station_path(survey.hospital, station)
        if node.kind is not NodeKind.STATION:
            problem = f'{node.id} is of kind {node.kind.value}'
            report.note('station_kind', (*path, 'node'), problem, 'make it of kind station')
        if node.id in owners:
            problem = f'{node.id} belongs to {owners[node.id]} too'
            report.note('station_shared', (*path, 'node'), problem, 'give each its own node')
        owners[node.id] = station.id
    for node in survey.hospital.nodes.values():
        if node.kind is NodeKind.STATION and node.id not in owners:
            mend = 'name it in a station, or make it a parking bay'
            report.note('station_missing', node_path(node), 'belongs to no station', mend)


def what_is_sent_is_taken(survey: Survey, report: Report) -> None:
    """Goods that nobody takes cannot be requested."""
    stations = survey.hospital.stations.values()
    for station in stations:
        for goods in station.sends:
            if not any(goods in other.takes for other in stations):
                path = (*station_path(survey.hospital, station), 'sends')
                problem, mend = f'nobody takes {goods!r}', 'let a station take it'
                report.note('goods_without_taker', path, problem, mend)


def each_type_gets_to_each_station(survey: Survey, report: Report) -> None:
    """A robot that cannot get to a station leaves its work to the others."""
    if not any(lane.robots for lane in survey.hospital.lanes.values()):
        return
    for one in survey.types:
        ways = ways_of(survey.hospital, lanes=survey.lanes_for(one.id))
        piece = set(max(ways.pieces(), key=lambda own: _stations_in(survey, own), default=()))
        for station in survey.hospital.stations.values():
            if station.node not in piece:
                problem = f'{one.id} robots do not get there'
                mend = 'let them on its lanes with `robots`, if they are to serve it'
                path = station_path(survey.hospital, station)
                report.note('station_not_for_type', path, problem, mend)


def _stations_in(survey: Survey, piece: list[NodeId]) -> int:
    return sum(node in survey.stations for node in piece)


def clean_goods_meet_no_dirt(survey: Survey, report: Report) -> None:
    """Those who send or take clean goods get to each other outside the dirty zones."""
    dirty: set[LaneId] = set()
    for storey, _, area in survey.zones('dirty'):
        for index in shapely.intersects(area, storey.lines).nonzero()[0].tolist():
            if area.intersection(storey.lines[index]).length > SLACK:
                dirty.add(storey.lanes[index].id)
    if not dirty:
        return
    everywhere = set(next(iter(ways_of(survey.hospital).pieces()), ()))
    ways = ways_of(survey.hospital, lanes=survey.hospital.lanes.keys() - dirty)
    clean = [
        station
        for station in survey.hospital.stations.values()
        if CLEAN_GOODS & {*station.sends, *station.takes} and station.node in everywhere
    ]
    piece = _largest_with(ways.pieces(), clean)
    for station in clean:
        if station.node not in piece:
            goods = ' and '.join(sorted(CLEAN_GOODS & {*station.sends, *station.takes}))
            problem = f'{goods} can only travel through a dirty zone'
            mend = 'add a way around the zone, or make the zone smaller'
            path = station_path(survey.hospital, station)
            report.note('clean_through_dirty', path, problem, mend)


def goods_have_lifts(survey: Survey, report: Report) -> None:
    """Where lifts are rated, one that may carry the goods joins sender and taker."""
    if all(lift.rating == 'any' for lift in survey.hospital.lifts.values()):
        return
    everywhere = set(next(iter(ways_of(survey.hospital).pieces()), ()))
    for goods_kind, refused in ((CLEAN_GOODS, 'dirty'), (DIRTY_GOODS, 'clean')):
        lifts = {own.id for own in survey.hospital.lifts.values() if own.rating != refused}
        pieces = ways_of(survey.hospital, lifts=lifts).pieces()
        for goods in sorted(goods_kind):
            ends = [
                station
                for station in survey.hospital.stations.values()
                if goods in {*station.sends, *station.takes} and station.node in everywhere
            ]
            piece = _largest_with(pieces, ends)
            for station in ends:
                if station.node not in piece:
                    problem = f'no lift that is not {refused} carries {goods} from or to it'
                    mend = f'rate a lift of its floor `any` or `{_other(refused)}`'
                    path = station_path(survey.hospital, station)
                    report.note('no_lift_for_goods', path, problem, mend)


def _other(rating: str) -> str:
    return 'dirty' if rating == 'clean' else 'clean'


def _largest_with(pieces: list[list[NodeId]], stations: list[Station]) -> set[NodeId]:
    nodes = {station.node for station in stations}
    return set(max(pieces, key=lambda piece: len(nodes & {*piece}), default=()))


def hours_are_spans(survey: Survey, report: Report) -> None:
    """Hours that begin when they end are never, or always: who knows."""
    places = [
        ((*station_path(survey.hospital, station), 'hours'), station.hours)
        for station in survey.hospital.stations.values()
    ]
    places += [
        (('floors', storey.floor.id, 'zones', zone.id, 'hours'), zone.hours)
        for storey, zone, _ in survey.zones()
    ]
    for path, hours in places:
        for span in hours:
            begin, _, end = span.partition('-')
            if begin == end:
                problem, mend = f'{span} is no time at all', 'leave `hours` out for always'
                report.note('empty_hours', path, problem, mend)


RULES: Final = (
    stations_have_nodes,
    what_is_sent_is_taken,
    each_type_gets_to_each_station,
    clean_goods_meet_no_dirt,
    goods_have_lifts,
    hours_are_spans,
)
