"""Whether the numbers can be those of a hospital: metres rather than millimetres or pixels."""

from __future__ import annotations

from statistics import mean, median
from typing import Final

import shapely

from fleet_manager.domain.maps.check.survey import Report, Survey, lane_path
from fleet_manager.domain.maps.model import Point

#: Metres from the origin, and from one end of a building to the other.
_FARTHEST: Final = 2_000.0
_WIDEST: Final = 1_500.0
#: Metres of an average lane. A lane is never as long as a football ground.
_LONGEST_LANES: Final = 100.0
#: Metres of an average lane, and how many there must be for an average to say anything.
_LANE_SIZES: Final = (1.0, 25.0)
_ENOUGH: Final = 8
#: Metres across half of all corridors. Beds need 2.4, and 4 is a hall.
_CORRIDOR_SIZES: Final = (0.9, 6.5)
#: Metres of half of all doors.
_DOOR_SIZES: Final = (0.6, 4.0)
#: Metres a second: a fast walk, and what people beside a robot put up with.
_FAST: Final = 1.2
_FAST_AMONG_PEOPLE: Final = 0.8


def is_in_metres(survey: Survey, report: Report) -> bool:
    """Whether it makes sense to look for more: nothing else is true of a map in millimetres."""
    fine = True
    for storey in survey.storeys.values():
        places = [*storey.points, *storey.lines, storey.outline]
        bounds = shapely.total_bounds(places).tolist()
        west, south, east, north = bounds
        width, farthest = max(east - west, north - south), max(map(abs, bounds))
        average = mean(lane.length for lane in storey.lanes) if storey.lanes else 0.0
        said = ''
        if farthest > _FARTHEST:
            said = f'reaches {farthest:,.0f} m from the origin'
        elif width > _WIDEST:
            said = f'is {width:,.0f} m wide'
        elif average > _LONGEST_LANES:
            said = f'has lanes of {average:.0f} m on average'
        if said:
            mend = 'write metres: divide millimetres by 1000, pixels by pixels a metre'
            report.note('not_metres', ('floors', storey.floor.id), said, mend)
            fine = False
    return fine


def sizes_are_those_of_a_hospital(survey: Survey, report: Report) -> None:
    """Average lanes and halves of all corridors and doors, which no single odd one spoils."""
    mend = 'check the scale: feet, or a wrong number of pixels a metre?'
    lanes = [lane.length for lane in survey.hospital.lanes.values()]
    if len(lanes) >= _ENOUGH and not _within(mean(lanes), _LANE_SIZES):
        report.note('odd_scale', (), f'has lanes of {mean(lanes):.1f} m on average', mend)
    corridors = [
        _narrow_side(geometry)
        for storey in survey.storeys.values()
        for geometry in survey.corridors(storey.floor)
    ]
    if len(corridors) >= _ENOUGH and not _within(median(corridors), _CORRIDOR_SIZES):
        report.note('odd_scale', (), f'has corridors {median(corridors):.1f} m wide', mend)
    doors = [door.width for door in survey.hospital.doors.values()]
    if len(doors) >= _ENOUGH and not _within(median(doors), _DOOR_SIZES):
        report.note('odd_scale', (), f'has doors {median(doors):.1f} m wide', mend)


def lanes_are_slow_enough(survey: Survey, report: Report) -> None:
    """Robots overtake nobody; in public and quiet zones they walk."""
    among_people = survey.zones('public', 'quiet')
    for storey in survey.storeys.values():
        for lane, line in zip(storey.lanes, storey.lines, strict=True):
            limit, where = _FAST, ''
            for other, zone, area in among_people:
                in_it = other is storey and area.intersection(line).length > 0
                if lane.speed > _FAST_AMONG_PEOPLE and in_it:
                    limit, where = _FAST_AMONG_PEOPLE, f' in {zone.kind} zone {zone.id}'
            if lane.speed > limit:
                problem = f'has {lane.speed:g} m/s{where}'
                mend = f'write {limit:g} m/s or less'
                report.note('fast_lane', (*lane_path(lane), 'speed'), problem, mend)


def _within(value: float, sizes: tuple[float, float]) -> bool:
    return sizes[0] <= value <= sizes[1]


def _narrow_side(polygon: tuple[Point, ...]) -> float:
    box = shapely.minimum_rotated_rectangle(
        shapely.MultiPoint([(point.x, point.y) for point in polygon])
    )
    if box.geom_type != 'Polygon':
        return 0.0
    corners = [shapely.Point(corner) for corner in shapely.get_coordinates(box)[:3]]
    return float(min(corners[0].distance(corners[1]), corners[1].distance(corners[2])))


RULES: Final = (sizes_are_those_of_a_hospital, lanes_are_slow_enough)
