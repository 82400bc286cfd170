"""Whether zones lie where they can, and robots keep their rules."""

from __future__ import annotations

from typing import Final

import shapely

from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.check.bays import RESTING
from fleet_manager.domain.maps.check.survey import (
    SLACK,
    Report,
    Storey,
    Survey,
    lane_path,
    node_path,
    spot,
)
from fleet_manager.domain.maps.model import Zone
from fleet_manager.domain.maps.problems import FieldPath

#: Square metres below which two areas only touch.
_TOUCH: Final = 0.5


def zones_are_inside_their_floors(survey: Survey, report: Report) -> None:
    """A zone of a floor is on it."""
    for storey, zone, area in survey.zones():
        beyond = geometry.surfaces(area.difference(storey.outline))
        if beyond.area > _TOUCH:
            problem = f'has {beyond.area:.1f} m² outside the floor'
            mend = 'move its corners inside the outline'
            at = spot(storey.floor.id, beyond)
            report.note('zone_outside_floor', _path(storey, zone), problem, mend, at=at)


def nothing_drives_where_nothing_may(survey: Survey, report: Report) -> None:
    """No node and no lane lies in a no-go zone."""
    for storey, zone, area in survey.zones('no_go'):
        others = (_path(storey, zone),)
        mend = 'lead the lane around it, or make the zone smaller'
        for index in shapely.intersects(area, storey.points).nonzero()[0].tolist():
            problem = f'stands in no-go zone {zone.id}'
            path = node_path(storey.nodes[index])
            report.note('no_go_crossed', path, problem, mend, others=others)
        for index in shapely.intersects(area, storey.lines).nonzero()[0].tolist():
            inside = area.intersection(storey.lines[index])
            if inside.length > SLACK:
                problem = f'drives {inside.length:.1f} m through no-go zone {zone.id}'
                path, at = lane_path(storey.lanes[index]), spot(storey.floor.id, inside)
                report.note('no_go_crossed', path, problem, mend, at=at, others=others)


def escape_routes_stay_free(survey: Survey, report: Report) -> None:
    """Neither robots that flee a fire nor those that park stand where people escape."""
    for storey, egress, way_out in survey.zones('egress'):
        others = (_path(storey, egress),)
        for other, refuge, area in survey.zones('refuge'):
            both = geometry.surfaces(area.intersection(way_out)) if other is storey else None
            if both is not None and both.area > _TOUCH:
                problem = f'covers {both.area:.1f} m² of escape route {egress.id}'
                mend = 'put the refuge beside the route: people come first'
                at = spot(storey.floor.id, both)
                path = _path(storey, refuge)
                report.note('refuge_on_egress', path, problem, mend, at=at, others=others)
        for index in shapely.intersects(way_out, storey.points).nonzero()[0].tolist():
            node = storey.nodes[index]
            if node.kind in RESTING:
                problem = f'stands in escape route {egress.id}'
                mend = 'move the bay off the route'
                report.note('bay_on_egress', node_path(node), problem, mend, others=others)


def zones_hold_what_rests_in_them(survey: Survey, report: Report) -> None:
    """A zone full of robots that rest would let nobody through for ever."""
    for storey, zone, area in survey.zones():
        if not zone.robots:
            continue
        inside = [
            storey.nodes[index]
            for index in shapely.intersects(area, storey.points).nonzero()[0].tolist()
        ]
        resting = sum(node.kind in RESTING for node in inside)
        passing = int(any(node.kind not in RESTING for node in inside))
        if zone.robots < resting + passing:
            problem = f'may hold {zone.robots}, and {resting} can rest in it'
            mend = f'write `robots: {resting + passing}`, or take bays out of the zone'
            path = (*_path(storey, zone), 'robots')
            report.note('zone_limit', path, problem, mend)


def _path(storey: Storey, zone: Zone) -> FieldPath:
    return ('floors', storey.floor.id, 'zones', zone.id)


RULES: Final = (
    zones_are_inside_their_floors,
    nothing_drives_where_nothing_may,
    escape_routes_stay_free,
    zones_hold_what_rests_in_them,
)
