"""Every check of a map: its code, how bad it is, what it is about, and the rule in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fleet_manager.domain.maps.problems import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of maps. A map that breaks an ERROR is refused; a WARNING is worth a look."""

    severity: Severity
    subject: str
    rule: str


def _about(subject: str, *rules: tuple[str, Severity, str]) -> dict[str, Check]:
    return {code: Check(severity, subject, rule) for code, severity, rule in rules}


#: In the order in which the subjects are checked.
CHECKS: Final[Mapping[str, Check]] = {
    **_about(
        'plausibility',
        ('not_metres', _ERROR, 'coordinates are metres: no hospital is wider than 1.5 km'),
        ('odd_scale', _WARNING, 'lanes, corridors and doors have sizes a hospital has'),
        ('fast_lane', _WARNING, 'no lane is faster than 1.2 m/s, or 0.8 m/s among people'),
    ),
    **_about(
        'shape',
        ('bad_polygon', _ERROR, 'outlines, rooms and zones are areas whose edges do not cross'),
        ('outside_floor', _ERROR, 'nodes, lanes and doors lie inside the outline'),
        ('room_outside_floor', _WARNING, 'rooms lie inside the outline'),
        ('rooms_overlap', _WARNING, 'no two rooms cover the same place'),
        ('outside_rooms', _WARNING, 'nodes lie in rooms where robots drive'),
        ('lane_through_wall', _ERROR, 'a lane passes a wall at a door only'),
        ('lane_too_narrow', _ERROR, 'a lane has 0.1 m free on both sides of the robot'),
        ('no_room_to_turn', _WARNING, 'a robot can turn round at each node'),
        ('floor_order', _ERROR, 'a higher level is higher above the ground'),
        ('floor_height', _WARNING, 'floors are 2 to 8 m high'),
        ('floors_misaligned', _WARNING, 'floors with a common lift lie above each other'),
    ),
    **_about(
        'graph',
        ('empty', _ERROR, 'there are nodes'),
        ('nodes_too_close', _ERROR, 'the two ends of a lane are far enough apart for two robots'),
        ('lanes_cross', _ERROR, 'lanes cross at nodes only'),
        ('wide_conflict', _WARNING, 'places that are not neighbours are two robots apart'),
        ('cut_off', _ERROR, 'one gets everywhere, by lanes and lifts'),
        ('one_way_dead_end', _ERROR, 'one gets away from everywhere'),
        ('dead_end', _WARNING, 'a way leads somewhere'),
        ('long_lane', _WARNING, 'a lane is at most 12 m long'),
        ('no_passing_place', _WARNING, 'robots can pass each other every 40 m'),
    ),
    **_about(
        'doors',
        ('door_off_lane', _ERROR, 'a door lies on the lane that names it'),
        ('door_not_named', _ERROR, 'a lane names the door it passes'),
        ('door_unused', _WARNING, 'an automatic door is on a lane'),
        ('door_too_narrow', _ERROR, 'a door is 0.1 m wider than the robots'),
        ('door_conflict', _ERROR, 'no other lane comes near a lane at its door'),
        ('node_in_door', _ERROR, 'no robot stands in a doorway'),
        ('node_in_swing', _ERROR, 'no robot stands where a hinged door swings'),
        ('manual_door', _WARNING, 'robots pass doors that open by themselves'),
    ),
    **_about(
        'lifts',
        ('lift_without_stops', _ERROR, 'a lift has two stops at least'),
        ('lift_stop_cut_off', _ERROR, 'lanes lead to both cells of each stop'),
        ('lobby_without_wait', _ERROR, 'each stop has a waiting cell beside the leaving cell'),
        ('lift_cell_kind', _ERROR, 'cells are `lift_wait` and `lift_exit` nodes'),
        ('lift_cell_shared', _ERROR, 'a cell belongs to one stop of one lift'),
        ('lift_cell_not_a_leaf', _ERROR, 'a cell is the end of one lane'),
        ('lift_cell_range', _ERROR, 'cells are 1.5 to 3 m from the middle of the car'),
        ('lift_cell_in_the_way', _ERROR, 'the waiting and the leaving robot pass each other'),
        ('lift_cell_conflict', _ERROR, 'nothing else comes near a cell and the ways of it'),
        ('lift_cells_share_node', _WARNING, 'the two cells hang on different corridor nodes'),
        ('node_in_lift_mouth', _ERROR, 'no robot stands at the door of the car'),
        ('lane_through_lift', _ERROR, 'lanes keep 1.5 m from cars on all floors they pass'),
        ('lift_faces_away', _ERROR, 'cells are on the side of the door that opens there'),
        ('car_too_small', _ERROR, 'the robots fit into the car'),
        ('lifts_overlap', _ERROR, 'no two cars share a shaft'),
        ('lift_outside_floor', _ERROR, 'a lift is inside the outline of the floors it serves'),
        ('no_lift_for_goods', _ERROR, 'clean and dirty goods have lifts they may ride in'),
    ),
    **_about(
        'bays',
        ('too_few_bays', _ERROR, 'there are as many parking bays and chargers as robots'),
        ('no_charger', _ERROR, 'there is a charger'),
        ('no_cleaning', _WARNING, 'where there is waste, there is a cleaning bay'),
        ('home_not_a_bay', _ERROR, 'the home of a robot is a parking bay or charger'),
        ('home_shared', _ERROR, 'each robot has a home of its own'),
        ('robot_shut_in', _ERROR, 'a robot may drive from its home to a station'),
        ('bay_not_a_leaf', _ERROR, 'a bay is the end of one lane'),
        ('bay_cuts', _ERROR, 'a robot that rests cuts off no other bay'),
        ('not_well_formed', _ERROR, 'any two bays are joined by a way through no third bay'),
        ('bay_in_the_way', _ERROR, 'a robot that rests is in the way of nobody who passes'),
    ),
    **_about(
        'stations',
        ('station_kind', _ERROR, 'a station has a `station` node'),
        ('station_shared', _ERROR, 'each station has a node of its own'),
        ('station_missing', _WARNING, 'a `station` node has a station'),
        ('station_unreachable', _ERROR, 'robots get to each station'),
        ('station_not_for_type', _WARNING, 'each type of robots gets to each station'),
        ('goods_without_taker', _WARNING, 'what is sent is taken somewhere'),
        ('clean_through_dirty', _ERROR, 'clean goods travel through no dirty zone'),
        ('empty_hours', _WARNING, 'hours begin and end at different times'),
    ),
    **_about(
        'zones',
        ('zone_outside_floor', _ERROR, 'zones lie inside the outline'),
        ('no_go_crossed', _ERROR, 'nothing drives in a no-go zone'),
        ('refuge_on_egress', _ERROR, 'robots take refuge off the escape routes'),
        ('bay_on_egress', _WARNING, 'robots park off the escape routes'),
        ('zone_limit', _ERROR, 'a zone may hold the robots that rest in it and one that passes'),
    ),
    **_about(
        'names',
        ('duplicate_name', _ERROR, 'no two stations, lifts, floors or robots have one name'),
        ('similar_codes', _WARNING, 'codes of stations differ by more than O and 0, I and 1'),
        ('duplicate_level', _ERROR, 'no two floors above each other have one level'),
        ('robot_name', _ERROR, 'ids of robots are names ROS allows'),
    ),
}
