"""The compiled graph: every resource found, numbered and out of reach of a careless hand."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import DoorId, LaneId, NodeId
from fleet_manager.domain.maps import compile as compiling
from fleet_manager.domain.maps import conflicts
from fleet_manager.domain.maps.compile import (
    ARRAYS,
    KINDS,
    CompiledMap,
    compile_hospital,
    from_arrays,
)
from fleet_manager.domain.maps.groups import chains, cut_off, pieces
from fleet_manager.domain.maps.model import (
    Name,
    NodeKind,
    Point,
    RobotType,
    Zone,
)
from fleet_manager.domain.maps.serialise import with_version
from tests.domain.traffic.tight import crossing, hairpin, lobby, one_way_ring, twin
from tests.hospitals import Drawing, corridor, loop, two_floors

SMALL, LARGE = (
    RobotType(name, Name(name, name), 0.6, 0.5, radius)
    for name, radius in (('small', 0.4), ('large', 0.6))
)


def drawing(*spots: tuple[float, float]) -> Drawing:
    """Draw nodes n0, n1 … on one floor, not joined."""
    drawn = Drawing()
    drawn.floor('F1', 1)
    for number, (x, y) in enumerate(spots):
        drawn.node('F1', f'n{number}', x, y)
    return drawn


def node(number: int) -> NodeId:
    return NodeId(f'F1.n{number}')


# --- the graph  ---


def test_nodes_lanes_and_edges_are_those_of_the_hospital() -> None:
    hospital = two_floors(lifts=2, door=True)
    compiled = compile_hospital(hospital)
    assert compiled.node_ids == tuple(hospital.nodes)
    for number, one in enumerate(hospital.nodes.values()):
        assert compiled.node_xy[number].tolist() == [one.x, one.y]
        assert KINDS[compiled.node_kind[number]] is one.kind
        floor = compiled.node_floor[number]
        assert (list(hospital.floors)[floor] if floor >= 0 else '') == one.floor
    edges = {
        (compiled.node_ids[n], compiled.node_ids[compiled.edge_target[e]]): e
        for n in range(len(compiled.node_ids))
        for e in range(compiled.edge_start[n], compiled.edge_start[n + 1])
    }
    assert len(edges) == 2 * len(hospital.lanes)
    for number, lane in enumerate(hospital.lanes.values()):
        for ends in ((lane.a, lane.b), (lane.b, lane.a)):
            edge = edges[ends]
            assert compiled.edge_lane[edge] == number
            assert compiled.edge_length[edge] == lane.length
            assert compiled.edge_speed[edge] == lane.speed


def test_a_one_way_lane_is_one_edge_from_its_first_end_to_its_second() -> None:
    hospital = one_way_ring(size=6)
    compiled = compile_hospital(hospital)
    number = {name: count for count, name in enumerate(compiled.node_ids)}
    first, second = number[NodeId('F1.w0')], number[NodeId('F1.w1')]
    ahead = compiled.edge_target[compiled.edge_start[first] : compiled.edge_start[first + 1]]
    back = compiled.edge_target[compiled.edge_start[second] : compiled.edge_start[second + 1]]
    assert second in ahead.tolist()
    assert first not in back.tolist()
    assert compiled.lane_one_way.sum() == 6
    assert len(compiled.edge_lane) == 2 * len(hospital.lanes) - 6


def test_nothing_in_it_can_be_changed() -> None:
    compiled = compile_hospital(two_floors())
    for array in compiled.arrays().values():
        assert array.dtype in (np.int32, np.float64)
        with pytest.raises(ValueError, match='read-only'):
            array[...] = 0
    with pytest.raises(AttributeError):
        compiled.version = 'x'  # type: ignore[misc]


def test_it_is_computed_once_a_version() -> None:
    hospital = two_floors()
    assert compile_hospital(hospital) is compile_hospital(two_floors())
    moved = dict(hospital.nodes)
    moved[NodeId('F1.w1')] = replace(moved[NodeId('F1.w1')], x=-1.0)
    other = with_version(replace(hospital, nodes=moved))
    assert compile_hospital(other).node_xy[0].tolist() == [-1.0, 0.0]
    assert compile_hospital(hospital).node_xy[0].tolist() == [0.0, 0.0]


# --- lane groups  ---


def test_a_chain_of_lanes_without_a_place_to_pass_is_one_group() -> None:
    """n0 - n1 - n2 - n3 - n4, with a bay at n2: two robots can pass there."""
    drawn = drawing(*((4.0 * n, 0.0) for n in range(5)))
    for n in range(4):
        drawn.lane(node(n), node(n + 1))
    drawn.leaf(node(2), 'bay', up=2.0, kind=NodeKind.PARKING)
    compiled = compile_hospital(drawn.hospital())
    assert compiled.lane_group.tolist() == [0, 0, 1, 1, 2]


def test_every_lane_of_a_corridor_full_of_bays_is_a_group_of_its_own() -> None:
    compiled = compile_hospital(corridor(length=5))
    assert len(set(compiled.lane_group.tolist())) == len(compiled.lane_ids)


def test_a_ring_without_any_place_to_pass_is_one_group() -> None:
    assert chains([(0, 1), (1, 2), (2, 0)], [False] * 3) == [0, 0, 0]
    assert chains([], []) == []


# --- conflicts  ---


def test_places_that_share_a_node_never_conflict_and_a_roomy_map_has_none() -> None:
    for hospital in (two_floors(lifts=2, door=True), loop(), corridor()):
        assert not len(compile_hospital(hospital).conflict)


@pytest.mark.parametrize(('apart', 'found'), [(0.89, True), (0.9, False)])
def test_two_nodes_conflict_below_two_radii_and_some_air(apart: float, found: bool) -> None:
    compiled = compile_hospital(drawing((0, 0), (apart, 0)).hospital())
    assert compiled.conflict.tolist() == ([[0, 1]] if found else [])
    if found:
        assert compiled.conflict_gap.tolist() == pytest.approx([apart])
        assert compiled.conflict_reach.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize(('apart', 'found'), [(0.79, True), (0.8, False)])
def test_a_node_beside_a_lane_conflicts_below_two_radii(apart: float, found: bool) -> None:
    drawn = drawing((0, 0), (8, 0), (4, apart))
    drawn.lane(node(0), node(1))
    assert compile_hospital(drawn.hospital()).conflict.tolist() == ([[2, 3]] if found else [])


@pytest.mark.parametrize(('apart', 'found'), [(0.79, True), (0.8, False)])
def test_two_lanes_side_by_side_conflict_below_two_radii(apart: float, found: bool) -> None:
    drawn = drawing((0, 0), (8, 0), (2, apart), (6, apart))
    drawn.lane(node(0), node(1))
    drawn.lane(node(2), node(3))
    pairs = compile_hospital(drawn.hospital()).conflict.tolist()
    assert ([4, 5] in pairs) is found


def test_lanes_that_cross_without_a_node_conflict() -> None:
    compiled = compile_hospital(crossing())
    lanes = [str(compiled.resource(p)) for pair in compiled.conflict.tolist() for p in pair]
    assert {'lane:F1.w0-F1.w2', 'lane:F1.w1-F1.w3'} <= set(lanes)
    assert compiled.conflict_gap.min() == 0.0


def test_the_bend_of_a_lane_counts_as_well_as_its_ends() -> None:
    drawn = drawing((0, 0), (8, 0), (4, 5))
    drawn.lane(node(0), node(1))
    lane = LaneId(f'{node(0)}-{node(1)}')
    drawn.lanes[lane] = replace(drawn.lanes[lane], via=(Point(4, 4.5),))
    assert compile_hospital(drawn.hospital()).conflict.tolist() == [[2, 3]]


def test_places_on_two_floors_do_not_conflict() -> None:
    drawn = drawing((0, 0))
    drawn.floor('F2', 2)
    drawn.node('F2', 'n1', 0, 0)
    assert not len(compile_hospital(drawn.hospital()).conflict)


def test_large_robots_need_more_room_but_only_where_they_may_be() -> None:
    """Two lanes 1 m apart: enough for two small robots, not for a large one."""
    drawn = drawing((0, 0), (8, 0), (0, 1.0), (8, 1.0))
    drawn.lane(node(0), node(1))
    drawn.lane(node(2), node(3))
    types = {one.id: one for one in (SMALL, LARGE)}
    everywhere = with_version(replace(drawn.hospital(), types=types))
    assert [4, 5] in compile_hospital(everywhere).conflict.tolist()
    for name, lane in drawn.lanes.items():
        drawn.lanes[name] = replace(lane, robots=('small',))
    apart = with_version(replace(drawn.hospital(), types=types))
    assert not len(compile_hospital(apart).conflict)


def test_lanes_through_one_door_conflict_however_far_they_are_apart() -> None:
    drawn = drawing((0, 0), (8, 0), (0, 2), (8, 2))
    drawn.door('D', 'F1', 4.0, 1.0)
    drawn.lane(node(0), node(1), door='D')
    drawn.lane(node(2), node(3), door='D')
    compiled = compile_hospital(drawn.hospital())
    assert compiled.conflict.tolist() == [[4, 5]]
    assert compiled.conflict_reach.tolist() == [0.0]
    assert compiled.conflict_gap.tolist() == [2.0]


@pytest.mark.thorough
@given(
    spots=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=9, unique=True
    ),
    data=st.data(),
)
@settings(max_examples=100)
def test_conflicts_are_all_places_closer_than_two_robots_and_not_joined(
    spots: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Compared with every pair measured point by point along both lines, 2 cm apart."""
    drawn = drawing(*((x * 0.31, y * 0.31) for x, y in spots))
    ends = list(itertools.combinations(range(len(spots)), 2))
    chosen = data.draw(st.lists(st.sampled_from(ends), max_size=6, unique=True))
    for a, b in chosen:
        drawn.lane(node(a), node(b))
    compiled = compile_hospital(drawn.hospital())
    found = {tuple(pair) for pair in compiled.conflict.tolist()}
    count = len(spots)
    places = [(n, n) for n in range(count)] + chosen
    at = compiled.node_xy
    dots = [np.linspace(at[a], at[b], 2 + int(math.dist(at[a], at[b]) / 0.02)) for a, b in places]
    for one, other in itertools.combinations(range(len(places)), 2):
        joined = bool(set(places[one]) & set(places[other])) or (one, other) in chosen
        gap = np.hypot(*(dots[one][:, None] - dots[other][None]).transpose(2, 0, 1)).min()
        reach = 0.9 if other < count else 0.8
        if joined:
            assert (one, other) not in found
        elif gap < reach - 0.02:
            assert (one, other) in found
        elif gap > reach + 0.02:
            assert (one, other) not in found


def test_each_pair_is_one_resource_that_both_its_places_share() -> None:
    for hospital in (twin(), hairpin(), crossing(), lobby()):
        compiled = compile_hospital(hospital)
        shared = compiled.shared()
        owners: dict[str, list[str]] = {}
        for place, those in shared.items():
            for pair in those:
                owners.setdefault(pair, []).append(place)
        assert len(owners) == len(compiled.conflict) > 0
        assert all(len(both) == 2 for both in owners.values())


def test_a_map_with_everything_in_one_spot_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conflicts, 'MAX_CONFLICTS', 100)
    spots = [(n % 20 * 0.001, n // 20 * 0.001) for n in range(400)]
    with pytest.raises(MapError, match='more than 100 pairs of places too close'):
        compile_hospital(drawing(*spots).hospital())
    drawn = drawing(*((2.0 * n, 0.0) for n in range(40)))
    drawn.door('D', 'F1', 4.0, 1.0)
    for n in range(0, 40, 2):
        drawn.lane(node(n), node(n + 1), door='D')
    with pytest.raises(MapError, match='doors apart'):
        compile_hospital(drawn.hospital())


# --- doors, lobbies, bays  ---


def test_a_doorway_is_the_stretch_of_its_lane_in_which_a_robot_stands_in_it() -> None:
    hospital = two_floors(door=True)
    compiled = compile_hospital(hospital)
    (door, lane), (start, end) = compiled.door_zone[0], compiled.door_zone_span[0]
    assert list(hospital.doors)[door] == 'D'
    assert compiled.lane_ids[lane] == 'F1.w2-F1.w3'
    assert (start, end) == pytest.approx((2.0 - 0.4, 2.0 + 0.4)), 'half a robot and some air'
    hinged = {DoorId('D'): replace(hospital.doors[DoorId('D')], kind='hinged')}
    swinging = with_version(replace(hospital, doors=hinged))
    span = compile_hospital(swinging).door_zone_span[0]
    assert span == pytest.approx((0.4, 3.6)), 'its leaf sweeps 1.2 m to either side'


def test_lobbies_cars_and_bays_are_listed_by_their_nodes() -> None:
    hospital = two_floors(lifts=2)
    compiled = compile_hospital(hospital)
    names, lifts, floors = compiled.node_ids, list(hospital.lifts), list(hospital.floors)
    for lift, floor, wait, leave in compiled.lobby.tolist():
        stop = hospital.lifts[lifts[lift]].stop(floors[floor])
        assert (names[wait], names[leave]) == (stop.wait, stop.exit)
    assert len(compiled.lobby) == 4
    assert [names[car] for car in compiled.car] == ['car.A', 'car.B']
    assert [names[bay] for bay in compiled.bay] == [n for n in names if hospital.is_bay(n)]


# --- pieces, articulation points, reach  ---


def test_lifts_join_floors_to_one_piece_and_without_them_there_are_two() -> None:
    whole = compile_hospital(two_floors())
    assert set(whole.piece.tolist()) == {0}
    apart = compile_hospital(two_floors(lifts=0))
    floors = set(zip(apart.piece.tolist(), apart.node_floor.tolist(), strict=True))
    assert floors == {(0, 0), (1, 1)}


def test_a_one_way_lane_into_a_dead_end_makes_a_piece_of_its_own() -> None:
    drawn = drawing((0, 0), (4, 0), (8, 0))
    drawn.lane(node(0), node(1))
    drawn.lane(node(1), node(2))
    trap = LaneId(f'{node(1)}-{node(2)}')
    drawn.lanes[trap] = replace(drawn.lanes[trap], one_way=True)
    assert compile_hospital(drawn.hospital()).piece.tolist() == [0, 0, 1]


def test_what_only_one_place_holds_together_is_counted() -> None:
    """In a corridor each way holds its bays; the only lift holds the other floor."""
    hospital = two_floors(lifts=1)
    compiled = compile_hospital(hospital)
    lost = dict(zip(compiled.node_ids, compiled.cut_off.tolist(), strict=True))
    upstairs = sum(n.floor == 'F2' for n in hospital.nodes.values())
    assert lost[NodeId('car.A')] == upstairs
    assert lost[NodeId('F1.w1')] == 2, 'its charger and the pharmacy'
    assert lost[NodeId('F1.c1')] == 0, 'a leaf'
    assert compiled.articulation.tolist() == [count > 0 for count in lost.values()]
    two = compile_hospital(two_floors(lifts=2))
    assert two.cut_off[two.node_ids.index(NodeId('car.A'))] == 0


@pytest.mark.thorough
@given(
    count=st.integers(1, 9),
    edges=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=16),
)
@settings(max_examples=200)
def test_pieces_and_cuts_are_as_found_by_trying_everything(
    count: int, edges: list[tuple[int, int]]
) -> None:
    graph: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        if a < count and b < count:
            graph[a].append(b)

    def reached(start: int, ways: list[list[int]], gone: int = -1) -> set[int]:
        seen, ahead = {start}, [start]
        while ahead:
            for target in ways[ahead.pop()]:
                if target not in seen and target != gone:
                    seen.add(target)
                    ahead.append(target)
        return seen

    found = pieces(graph)
    for a, b in itertools.combinations(range(count), 2):
        mutual = b in reached(a, graph) and a in reached(b, graph)
        assert (found[a] == found[b]) is mutual
    assert found.count(0) == max(found.count(piece) for piece in found)
    both: list[list[int]] = [[] for _ in range(count)]
    for a, targets in enumerate(graph):
        for b in targets:
            both[a].append(b)
            both[b].append(a)
    for node_number, lost in enumerate(cut_off(graph)):
        rest = reached(node_number, both) - {node_number}
        parts = {frozenset(reached(other, both, gone=node_number)) for other in rest}
        assert lost == len(rest) - max(map(len, parts), default=0)


def test_each_type_of_robots_reaches_what_its_lanes_lead_to() -> None:
    hospital = one_way_ring()
    compiled = compile_hospital(hospital)
    reach = dict(zip(hospital.types, compiled.reach.tolist(), strict=True))
    alone = {NodeId('F1.hub'), NodeId('F1.mouse')}
    for number, name in enumerate(compiled.node_ids):
        assert reach['small'][number] == 1
        assert reach['large'][number] == (name not in alone)


# --- zones  ---


def test_zones_hold_nodes_and_the_lanes_that_run_through_them() -> None:
    hospital = corridor(length=3)
    floor = next(iter(hospital.floors.values()))

    def box(name: str, x1: float, y1: float, x2: float, y2: float) -> Zone:
        corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
        points = tuple(Point(x, y) for x, y in corners)
        return Zone(name, Name(name, name), 'clean', points)

    zones = (box('west', -1, -1, 5, 1), box('bays', -1, 1, 20, 3), box('edge', 0, -5, 8, 0))
    zoned = with_version(
        replace(hospital, floors={floor.id: replace(floor, zones=zones)}),
    )
    compiled = compile_hospital(zoned)
    names = [*compiled.node_ids, *compiled.lane_ids]

    def of(name: str) -> list[int]:
        return compiled.zones_of(names.index(name))  # type: ignore[arg-type]

    assert of('F1.w1') == [0, 2]
    assert of('F1.w3') == [2], 'on its edge'
    assert of('F1.b1') == [1]
    assert of('F1.w2-F1.w3') == [0, 2]
    assert of('F1.w1-F1.b1') == [0, 1], 'it only touches the third'


# --- arrays that come from a file  ---


def altered(compiled: CompiledMap, name: str, change: object) -> dict[str, np.ndarray]:
    arrays = {key: array.copy() for key, array in compiled.arrays().items()}
    arrays[name] = change(arrays[name])  # type: ignore[operator]
    return arrays


@pytest.mark.parametrize('name', ARRAYS)
def test_arrays_of_another_type_size_or_range_are_refused(name: str) -> None:
    hospital = with_version(replace(two_floors(lifts=1, door=True), types={'small': SMALL}))
    floor = next(iter(hospital.floors.values()))
    everywhere = Zone('z', Name('z', 'z'), 'clean', floor.outline)
    hospital = with_version(
        replace(
            hospital, floors={**hospital.floors, floor.id: replace(floor, zones=(everywhere,))}
        )
    )
    compiled = compile_hospital(hospital)
    again = from_arrays(hospital, compiled.arrays())
    assert all(np.array_equal(again.arrays()[n], compiled.arrays()[n]) for n in ARRAYS)
    changes = [lambda a: a.astype(np.int16), lambda a: a.reshape(1, *a.shape)]
    is_fixed = name not in ('conflict', 'conflict_gap', 'conflict_reach', 'bay', 'zone')
    if is_fixed:
        changes.append(lambda a: np.concatenate([a, a[:1]]))
    if compiled.arrays()[name].size:
        wrong = np.nan if compiled.arrays()[name].dtype == np.float64 else 10**6
        changes.append(lambda a: np.full_like(a, wrong))
    for change in changes:
        with pytest.raises(MapError, match=f'{name} does not fit'):
            from_arrays(hospital, altered(compiled, name, change))


def test_arrays_that_are_too_few_are_refused() -> None:
    arrays = compile_hospital(two_floors()).arrays()
    del arrays['bay']
    with pytest.raises(MapError, match='other arrays'):
        from_arrays(two_floors(), arrays)


def test_no_more_maps_are_remembered_than_are_in_use() -> None:
    for length in range(3, 12):
        compile_hospital(corridor(length=length))
    assert len(compiling._remembered) == compiling._REMEMBERED
