"""What Open-RMF allows and we cannot: each repair, with a map that fails without it."""

from __future__ import annotations

import pytest

from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import NodeKind, Point
from tests.adapters.files.importing.sketch import (
    Sketch,
    codes,
    errors,
    hospital,
    imported,
    lift,
    ring,
    said,
    text_of,
    unmended,
)

Patch = pytest.MonkeyPatch


def test_a_map_that_needs_no_repair_stays_as_it_is() -> None:
    sketch = Sketch()
    ring(sketch)
    result = imported(sketch.text)
    assert codes(result) == set()
    assert len(hospital(result).nodes) == 9
    assert len(hospital(result).lanes) == 9


def test_lanes_that_cross_meet_at_a_node(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[0], nodes[3])
    sketch.lane(nodes[2], nodes[5])
    assert 'lanes_cross' in errors(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'a node was put where they cross')


def test_a_lane_that_passes_a_vertex_closely_ends_there(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    middle = sketch.vertex(10.0, 5.0)
    sketch.lane(nodes[1], middle)
    sketch.lane(nodes[1], nodes[4])
    assert 'wide_conflict' in codes(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'passes L1.vertices')


def test_neighbours_nearer_than_two_robots_become_one(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    near = sketch.vertex(10.5, 0.3)
    sketch.lane(nodes[1], near, sketch.vertex(10.5, 5.0))
    assert 'nodes_too_close' in errors(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'made one node')


def test_one_place_drawn_twice_becomes_one_node(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    twin = sketch.vertex(10.05, 0.0)
    sketch.lane(twin, sketch.vertex(10.0, 5.0, 'lab'))
    assert 'station_unreachable' in errors(unmended(sketch.text, monkeypatch))
    assert errors(imported(sketch.text)) == set()
    assert nodes


def test_long_lanes_are_divided(monkeypatch: Patch) -> None:
    sketch = Sketch()
    ring(sketch, width=60.0)
    assert 'long_lane' in codes(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert 'long_lane' not in codes(result)
    assert said(result, 'is 30.0 m long; divided by 2 nodes')


def test_a_node_in_a_door_is_moved_out_of_it(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    inside = sketch.vertex(10.0, 2.5)
    sketch.wall((6.0, 3.0), (9.3, 3.0))
    sketch.wall((10.7, 3.0), (14.0, 3.0))
    sketch.door((9.3, 3.0), (10.7, 3.0))
    sketch.lane(nodes[1], inside, sketch.vertex(10.0, 6.0, 'lab'))
    assert 'node_in_door' in errors(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'too near to a door; moved')
    lane = next(own for own in hospital(result).lanes.values() if own.door)
    assert lane.door == 'L1.door'


def test_a_node_where_a_hinged_door_swings_is_moved_farther(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    inside = sketch.vertex(10.0, 2.0)
    sketch.wall((6.0, 3.0), (9.5, 3.0))
    sketch.wall((10.5, 3.0), (14.0, 3.0))
    sketch.door((9.5, 3.0), (10.5, 3.0), kind='hinged')
    sketch.lane(nodes[1], inside, sketch.vertex(10.0, 6.0, 'lab'))
    assert 'node_in_swing' in errors(unmended(sketch.text, monkeypatch))
    assert errors(imported(sketch.text)) == set()


def test_a_lane_through_two_doors_is_divided_between_them(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.door((9.3, 3.0), (10.7, 3.0), 'one')
    sketch.door((9.3, 6.0), (10.7, 6.0), 'other')
    sketch.lane(nodes[1], nodes[4])
    assert 'door_not_named' in errors(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'passes two doors')


def test_a_station_that_others_pass_through_gets_a_bay_beside_it(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.level['vertices'][nodes[1]][3] = 'lab'
    assert 'bay_not_a_leaf' in errors(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert codes(result) == set()
    station = next(own for own in hospital(result).stations.values() if own.name.en == 'lab')
    node = hospital(result).nodes[station.node]
    assert 1.0 <= geometry.distance(Point(node.x, node.y), Point(10.0, 0.0)) <= 1.5


def test_a_bay_stays_clear_of_walls() -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.level['vertices'][nodes[1]][3] = 'lab'
    sketch.wall((6.0, 1.4), (14.0, 1.4))
    result = imported(sketch.text)
    assert codes(result) == set()
    node = next(own for own in hospital(result).nodes.values() if own.id == 'L1.lab')
    assert node.y < 0.0


def test_where_no_bay_fits_the_node_keeps_one_lane_if_others_can_drive_around() -> None:
    sketch = Sketch()
    sketch.floor(-2.0, -2.0, 22.0, 14.0)
    charger = sketch.vertex(20.0, 0.0, 'home', is_charger=True)
    a, b, c = (sketch.vertex(*at) for at in ((16.0, 0.0), (16.0, 8.0), (8.0, 8.0)))
    corner = sketch.vertex(8.0, 0.0, 'lab')
    sketch.lane(charger, a, b, c, corner, a)
    sketch.lane(c, sketch.vertex(4.0, 8.0, 'ward'))
    for y in (-0.6, 0.6):
        sketch.wall((1.0, y), (7.2, y))
        sketch.wall((8.8, y), (15.0, y))
    sketch.wall((7.2, 0.6), (7.2, 7.0))
    sketch.wall((8.8, 0.6), (8.8, 7.0))
    sketch.wall((7.2, -0.6), (8.8, -0.6))
    sketch.wall((7.2, -0.6), (7.2, 0.6))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert said(result, 'others drive around it')


def test_where_no_bay_fits_at_all_the_note_says_so() -> None:
    sketch = Sketch()
    ring(sketch)
    ahead = [sketch.vertex(x, 30.0, name) for x, name in ((0.0, ''), (1.5, 'lab'), (3.0, 'icu'))]
    sketch.lane(*ahead)
    sketch.wall((-0.6, 29.4), (3.6, 29.4), (3.6, 30.6), (-0.6, 30.6), (-0.6, 29.4))
    result = imported(sketch.text)
    assert said(result, '"lab": is a station that others pass through; no room for a bay')


def test_a_dead_end_becomes_a_parking_bay(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    sketch.lane(nodes[4], sketch.vertex(10.0, 16.0))
    assert 'dead_end' in codes(unmended(sketch.text, monkeypatch))
    assert codes(imported(sketch.text)) == set()


def test_every_robot_gets_a_home_of_its_own(monkeypatch: Patch) -> None:
    sketch = Sketch()
    nodes = ring(sketch)
    for index in (1, 4):
        sketch.level['vertices'][nodes[index]][4] = {
            'spawn_robot_name': [1, f'robot{index}'],
            'spawn_robot_type': [1, 'X/Tiny'],
        }
    assert 'too_few_bays' in errors(unmended(sketch.text, monkeypatch))
    result = imported(sketch.text)
    assert errors(result) == set()
    homes = [robot.home for robot in hospital(result).robots.values()]
    assert len(set(homes)) == 3


def test_as_many_robots_as_are_asked_for_are_made_with_a_bay_each() -> None:
    sketch = Sketch()
    ring(sketch)
    result = imported(sketch.text, robots=5)
    assert errors(result) == set()
    assert len(hospital(result).robots) == 5
    assert said(result, 'it places 1 robots; 4 more are made, as asked')
    assert len(hospital(imported(sketch.text, robots=0)).robots) == 0


def test_without_any_robot_there_is_one_for_each_charger() -> None:
    sketch = Sketch()
    sketch.floor(-5.0, -5.0, 15.0, 5.0)
    a, b = sketch.vertex(0.0, 0.0), sketch.vertex(8.0, 0.0)
    sketch.lane(sketch.vertex(0.0, 3.0, 'ward'), a, b, sketch.vertex(8.0, 3.0, 'lab'))
    result = imported(sketch.text)
    assert errors(result) == set()
    assert len(hospital(result).robots) == 1
    assert said(result, 'no charger is drawn')


# --- lifts  ---


def two_floors(**more: object) -> str:
    """Draw two floors and a lift that opens to the north side of the lower lane of each."""
    levels = []
    for number, name in enumerate(('L1', 'L2')):
        sketch = Sketch(name, elevation=4.0 * number)
        nodes = ring(sketch)
        for at in ((0.0, 0.0), (20.0, 0.0)):
            sketch.fiducial(*at, f'{at}')
        cab = sketch.vertex(10.0, 5.0, lift_cabin='A')
        front = sketch.vertex(10.0, 2.5)
        sketch.lane(cab, front, nodes[1])
        sketch.wall((8.9, 6.1), (8.9, 3.9), (9.3, 3.9))
        sketch.wall((11.1, 6.1), (11.1, 3.9), (10.7, 3.9))
        levels.append(sketch)
    return text_of(*levels, lifts={'A': lift(10.0, 5.0, **more)})


@pytest.mark.thorough
def test_before_a_lift_there_is_room_for_one_that_waits_and_one_that_leaves(
    monkeypatch: Patch,
) -> None:
    assert 'lobby_without_wait' in errors(unmended(two_floors(), monkeypatch))
    result = imported(two_floors())
    assert errors(result) == set()
    found = hospital(result)
    stops = found.lifts[next(iter(found.lifts))].stops
    assert [stop.floor for stop in stops] == ['L1', 'L2']
    for stop in stops:
        wait, leave = found.nodes[stop.wait], found.nodes[stop.exit]
        assert (wait.kind, leave.kind) == (NodeKind.LIFT_WAIT, NodeKind.LIFT_EXIT)
        assert geometry.distance(Point(wait.x, wait.y), Point(leave.x, leave.y)) >= 1.0


@pytest.mark.thorough
def test_a_lift_without_room_for_a_lobby_is_left_out_and_named() -> None:
    cramped = Sketch('L1')
    other = Sketch('L2', elevation=4.0)
    for sketch in (cramped, other):
        nodes = ring(sketch)
        cab = sketch.vertex(10.0, 5.0, lift_cabin='A')
        sketch.lane(cab, nodes[1])
        sketch.wall((9.5, 4.0), (9.5, 0.6))
        sketch.wall((10.5, 4.0), (10.5, 0.6))
    result = imported(text_of(cramped, other, lifts={'A': lift(10.0, 5.0)}))
    assert hospital(result).lifts == {}
    assert said(result, 'has no room for two robots before its door on L1')


def test_a_lift_nobody_can_call_is_drawn_as_walls() -> None:
    result = imported(two_floors(plugins=False))
    assert hospital(result).lifts == {}
    assert said(result, 'has plugins: false')
    assert 'lane_through_wall' not in errors(result)


@pytest.mark.thorough
def test_a_lift_that_opens_at_the_back_upstairs_says_so() -> None:
    doors = {
        'd': {'door_type': 2, 'x': 0.0, 'y': -1.1, 'width': 1.4},
        'e': {'door_type': 2, 'x': 0.0, 'y': 1.1, 'width': 1.4},
    }
    levels = []
    for number, side in enumerate((-1.0, 1.0)):
        sketch = Sketch(f'L{number + 1}', elevation=4.0 * number)
        nodes = ring(sketch)
        cab = sketch.vertex(10.0, 6.0, lift_cabin='A')
        sketch.lane(cab, sketch.vertex(10.0, 6.0 + side * 3.0), nodes[1 if side < 0 else 4])
        levels.append(sketch)
    given = {'doors': doors, 'level_doors': {'L1': ['d'], 'L2': ['e']}}
    result = imported(text_of(*levels, lifts={'A': lift(10.0, 6.0, **given)}))
    assert [stop.door for stop in hospital(result).lifts['A'].stops] == ['front', 'rear']  # type: ignore[index]
    assert errors(result) == set()


@pytest.mark.thorough
def test_a_lift_stops_only_where_a_lane_leads_into_it() -> None:
    text = two_floors().replace('"lift_cabin"', '"merge_radius"')
    assert len(hospital(imported(text)).lifts) == 1, 'the rectangle decides, not the name'
    sketch = Sketch()
    ring(sketch)
    other = Sketch('L2', elevation=4.0)
    ring(other)
    result = imported(text_of(sketch, other, lifts={'A': lift(10.0, 5.0)}))
    assert hospital(result).lifts == {}
    assert said(result, 'has no vertex on a lane inside it on L1')
