"""What an Open-RMF building becomes: names, types, doors, stations, and a note on the rest."""

from __future__ import annotations

import pytest

from fleet_manager.adapters.files.importing.report import Weight
from fleet_manager.domain.maps.model import NodeKind
from fleet_manager.domain.maps.problems import BrokenMap
from tests.adapters.files.importing.sketch import (
    Sketch,
    errors,
    hospital,
    imported,
    ring,
    said,
    text_of,
)


def with_vertex(name: str, **given: object) -> Sketch:
    """Draw the ring with one more vertex at the end of a lane."""
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[4], sketch.vertex(10.0, 16.0, name, **given))
    return sketch


def kind_of(sketch: Sketch, node: str) -> NodeKind:
    nodes = hospital(imported(sketch.text)).nodes.values()
    return next(own.kind for own in nodes if own.id == f'L1.{node}')


def test_parameters_of_a_vertex_say_what_it_is() -> None:
    assert kind_of(with_vertex('x', is_charger=True), 'x') is NodeKind.CHARGER
    assert kind_of(with_vertex('x', is_parking_spot=True), 'x') is NodeKind.PARKING
    assert kind_of(with_vertex('x', is_cleaning_zone=True), 'x') is NodeKind.CLEANING
    assert kind_of(with_vertex('x', pickup_dispenser='d'), 'x') is NodeKind.STATION
    assert kind_of(with_vertex('x'), 'x') is NodeKind.STATION
    assert kind_of(with_vertex('nurse desk', is_parking_spot=True), 'nurse-desk').value == (
        'station'
    )


def test_a_vertex_that_is_only_called_a_charger_is_a_parking_bay() -> None:
    sketch = with_vertex('r9_charger')
    assert kind_of(sketch, 'r9_charger') is NodeKind.PARKING
    assert said(imported(sketch.text), 'is called a charger and is none')


def test_dispensers_send_and_ingestors_take() -> None:
    giver = hospital(imported(with_vertex('x', pickup_dispenser='d').text)).stations
    assert (giver['x'].sends, giver['x'].takes) == (('supply',), ())  # type: ignore[index]
    taker = hospital(imported(with_vertex('x', dropoff_ingestor='d').text)).stations
    assert (taker['x'].sends, taker['x'].takes) == ((), ('supply',))  # type: ignore[index]


def test_names_tell_the_kind_of_a_station_and_its_goods() -> None:
    stations = hospital(imported(with_vertex('Kitchen 2').text)).stations
    assert stations['Kitchen-2'].kind == 'kitchen'  # type: ignore[index]
    assert stations['pharmacy'].sends == ('drug', 'supply')  # type: ignore[index]
    assert stations['ward'].takes == ('drug', 'meal', 'linen', 'supply')  # type: ignore[index]


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'dock_name': 'd1'}, "dock_name 'd1'; not carried over"),
        ({'mutex': 'm'}, "mutex 'm'; not carried over"),
        ({'is_holding_point': True}, 'is_holding_point; not carried over'),
        ({'human_goal_set_name': 'h'}, "human_goal_set_name 'h'; not carried over"),
        ({'merge_radius': 0.5}, 'merge_radius 0.5; not carried over'),
        ({'something_new': 3}, 'something_new 3; not carried over: this program does not know'),
    ],
)
def test_every_other_parameter_of_a_vertex_is_listed(given: dict[str, object], words: str) -> None:
    result = imported(with_vertex('lab', **given).text)
    assert said(result, f'"lab": {words}')


@pytest.mark.parametrize(
    ('given', 'words'),
    [
        ({'orientation': 'forward'}, "orientation 'forward'; not carried over"),
        ({'mutex': 'm'}, "mutex 'm'; not carried over"),
        ({'demo_mock_floor_name': 'L9'}, "demo_mock_floor_name 'L9'; not carried over"),
        ({'speed_limit': 20.0}, 'speed_limit 20; taken as 5 m/s'),
        ({'something_new': 3}, 'something_new 3; not carried over: this program does not know'),
    ],
)
def test_what_a_lane_says_is_kept_or_listed(given: dict[str, object], words: str) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[1], nodes[4], **given)
    assert said(imported(sketch.text), words)


def test_a_lane_keeps_its_direction_and_speed() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[1], nodes[4], two_way=False, speed_limit=0.5)
    lanes = hospital(imported(sketch.text)).lanes.values()
    lane = next(own for own in lanes if own.one_way)
    assert (lane.a, lane.b, lane.speed) == (f'L1.v{nodes[1]}', f'L1.v{nodes[4]}', 0.5)


def test_two_lanes_there_and_back_are_one() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[1], nodes[4], two_way=False)
    sketch.lane(nodes[4], nodes[1], two_way=False)
    result = imported(sketch.text)
    assert not any(lane.one_way for lane in hospital(result).lanes.values())
    assert said(result, 'runs back where another one came; made one lane')


def test_a_lane_of_one_end_or_of_no_length_is_left_out_and_named() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[1], nodes[1])
    sketch.lane(nodes[4], sketch.vertex(10.0, 12.0))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'begins where it ends; left out')


def test_several_graphs_are_types_of_robots() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    home = {'is_charger': True, 'spawn_robot_name': 'b1', 'spawn_robot_type': 'X/Big'}
    sketch.lane(nodes[4], sketch.vertex(10.0, 16.0, 'garage', **home), graph=1)
    sketch.lane(*nodes, nodes[0], graph=1)
    result = imported(sketch.text)
    found = hospital(result)
    assert list(found.types) == ['Big', 'Tiny']
    assert {robot.id: robot.type for robot in found.robots.values()} == {'r': 'Tiny', 'b1': 'Big'}
    lanes = {own.b.removeprefix('L1.'): own.robots for own in found.lanes.values()}
    assert lanes['garage'] == ('Big',)
    assert lanes['home'] == ('Tiny',)
    assert lanes[f'v{nodes[1]}'] == ()
    assert errors(result) == set()


def test_one_graph_alone_is_for_all_robots_on_it() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[1], nodes[4], graph=1)
    result = imported(sketch.text, graph=0)
    assert not any(lane.robots for lane in hospital(result).lanes.values())
    assert said(result, '1 lanes of other graphs than 0; left out, as asked')
    with pytest.raises(BrokenMap, match='has no navigation graph 7; choose one of 0, 1'):
        imported(sketch.text, graph=7)


def test_a_kind_of_robot_on_two_graphs_is_two_types() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    home = {'is_charger': True, 'spawn_robot_name': 'r2', 'spawn_robot_type': 'X/Tiny'}
    sketch.lane(nodes[4], sketch.vertex(10.0, 16.0, 'garage', **home), graph=1)
    sketch.lane(*nodes, nodes[0], graph=1)
    assert list(hospital(imported(sketch.text)).types) == ['Tiny-0', 'Tiny-1']


def test_doors_are_driven_or_not_and_of_their_kind() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.door((9.3, 5.0), (10.7, 5.0), 'driven')
    sketch.door((15.0, 5.0), (15.0, 6.2), 'other', plugin='none', kind='double_hinged')
    sketch.door((15.0, 8.0), (15.0, 8.2), 'slit')
    sketch.door((17.0, 5.0), (17.0, 6.2), 'unused')
    sketch.lane(nodes[1], nodes[4])
    result = imported(sketch.text)
    doors = {door.name.en: door for door in hospital(result).doors.values()}
    assert doors.keys() == {'driven', 'other', 'unused'}
    assert (doors['driven'].automatic, doors['driven'].kind) == (True, 'sliding')
    assert (doors['other'].automatic, doors['other'].kind) == (False, 'hinged')
    assert doors['driven'].width == 1.4
    assert said(result, '"slit": is 0.20 m wide; left out')
    assert said(result, '"unused": is crossed by no lane')
    assert said(result, '"other": is driven by nothing')


def test_two_things_of_one_name_are_told_apart() -> None:
    sketch = with_vertex('ward')
    sketch.door((2.0, 5.0), (2.0, 6.0))
    sketch.door((4.0, 5.0), (4.0, 6.0))
    home = {'is_charger': True, 'spawn_robot_name': 'r', 'spawn_robot_type': 'X/Tiny'}
    sketch.lane(2, sketch.vertex(-3.0, 3.0, 'home', **home))
    result = imported(sketch.text)
    found = hospital(result)
    assert sorted(own.name.en for own in found.stations.values()) == [
        'pharmacy',
        'ward',
        'ward (2)',
    ]
    assert {'L1.ward', 'L1.ward-2', 'L1.home', 'L1.home-2'} <= found.nodes.keys()
    assert [robot.name for robot in found.robots.values()] == ['r', 'r (2)']
    assert len(found.doors) == 2
    assert said(result, "is called 'ward' like another station; numbered")


def test_ids_are_made_of_any_name() -> None:
    sketch = with_vertex('病房 — a very long name of a ward, in two languages')
    found = hospital(imported(sketch.text))
    station = next(own for own in found.stations.values() if own.name.en.startswith('病房'))
    assert station.id == 'a-very-long-name-of'
    robot = Sketch('2nd floor!')
    ring(robot)
    text = robot.text.replace('"r 2nd floor!"', '"7-up"')
    assert list(hospital(imported(text)).robots) == ['r_7_up']
    assert list(hospital(imported(text)).floors) == ['2nd-floor']


def test_named_pieces_of_floor_become_rooms() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.floor(0.0, 14.0, 10.0, 18.0, name='Day clinic')
    sketch.floor(8.0, 14.0, 14.0, 18.0, name='Garden')
    result = imported(sketch.text)
    rooms = {room.name.en for room in hospital(result).floors['L1'].rooms}  # type: ignore[index]
    assert rooms == {'Day clinic', 'Garden', 'Floor'}
    assert errors(result) == set()


def test_a_level_without_a_floor_is_drawn_around_its_lanes() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.level['floors'] = []
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'has no floor')


def test_lanes_outside_the_floor_widen_it() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[4], sketch.vertex(10.0, 25.0, 'lab'))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'the outline is widened')


def test_holes_are_walls_and_walls_are_joined() -> None:
    sketch = Sketch()
    ring(sketch)
    corners = [sketch.vertex(x, y) for x, y in ((4, 4), (6, 4), (6, 6), (4, 6))]
    sketch.level['holes'] = [{'vertices': corners, 'parameters': {}}]
    sketch.wall((8.0, 4.0), (9.0, 4.0), (9.0, 6.0))
    sketch.wall((8.0, 8.0), (8.0, 8.0))
    result = imported(sketch.text)
    walls = hospital(result).floors['L1'].walls  # type: ignore[index]
    assert sorted(map(len, walls)) == [3, 5]
    assert said(result, '1 holes in the floor; drawn as walls')
    assert said(result, '1 walls without length; left out')


def test_nothing_that_is_left_out_is_left_out_silently() -> None:
    sketch = Sketch()
    ring(sketch)
    sketch.vertex(5.0, 5.0, 'lonely', is_parking_spot=True)
    sketch.level['models'] = [{'name': 'bed'}, {'name': 'chair'}]
    sketch.level['human_lanes'] = [[0, 1, {}]]
    sketch.level['new_thing'] = [1, 2, 3]
    result = imported(text_of(sketch, crowd_sim={'enable': 1}, weather='fine'))
    for words in (
        '"lonely": is on no lane; left out',
        'L1.models: 2 entries; not carried over: furniture',
        'L1.human_lanes: 1 lanes of people',
        'crowd_sim: 1 entries',
        'L1.new_thing, weather: is a field this program does not know',
        'has no Chinese names',
        'has no telephone numbers',
        'the file does not say how large it is',
    ):
        assert said(result, words), words


def test_warnings_come_first_and_the_same_remark_on_many_places_is_one() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    for y in (16.0, 17.5, 19.0, 14.5, 13.2):
        sketch.lane(nodes[4], sketch.vertex(10.0 + y, y, is_holding_point=True))
    result = imported(sketch.text)
    weights = [note.severity for note in result.notes]
    assert weights == sorted(weights, key=lambda own: own is not Weight.WARNING)
    assert said(result, 'and 2 more: is_holding_point')
    note = next(own for own in result.notes if own.what == 'is_holding_point')
    assert len(note.places) == 5


def test_the_same_file_makes_the_same_map() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[0], nodes[3])
    sketch.lane(nodes[2], nodes[5])
    assert imported(sketch.text) == imported(sketch.text)
