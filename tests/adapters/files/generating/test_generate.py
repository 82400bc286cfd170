"""Generated hospitals: of every size they pass the check, and the committed one is as it was."""

from __future__ import annotations

import heapq
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.files.generating.hospital import generate
from fleet_manager.adapters.files.generating.plan import WARD_BEDS, Plan
from fleet_manager.adapters.files.hospital import load_raw
from fleet_manager.adapters.files.save import save_hospital
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.build import read_hospital
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.entry.settings import SHIPPED_MAPS

REFERENCE = Plan(beds=2000, floors=14, towers=2, robots=20, seed=1)
COMMITTED = SHIPPED_MAPS / 'general_hospital'
LOGISTICS = ('KIT', 'STO', 'RCV', 'PHS', 'CSSD', 'LDC', 'WST-A', 'OPH', 'LAB', 'BB', 'PIV', 'SVC')
#: Metres, counting a ride as 20: across the building, which is 88 by 100 m, and once up.
FARTHEST = 160.0
RIDE = 20.0
SIZES = [
    Plan(beds=20, floors=4, towers=1, robots=1),
    Plan(beds=200, floors=10, towers=1, robots=8),
    REFERENCE,
    Plan(beds=4000, floors=30, towers=2, robots=60),
    Plan(beds=900, floors=6, towers=4, robots=90, seed=7, lifts=5),
    Plan(beds=400, floors=8, towers=1, robots=20, lifts=3),
]


@cache
def reference() -> Hospital:
    return read_hospital(generate(REFERENCE))


def beds_by_ward(hospital: Hospital) -> dict[str, int]:
    """Return the last bed of each ward, whose rooms count on from each other."""
    found: dict[str, int] = {}
    for floor in hospital.floors.values():
        for room in floor.rooms:
            numbers = re.fullmatch(r'Beds (\d+)–(\d+)', room.name.en)
            if numbers:
                ward, first = f'{floor.id} {room.id[:2]}', int(numbers[1])
                assert first == found.get(ward, 0) + 1
                assert room.kind == 'ward'
                found[ward] = int(numbers[2])
    return found


def distances(hospital: Hospital, start: str) -> dict[str, float]:
    """Return how far every node is from one, in metres, one-way lanes and lifts as they go."""
    ways: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for lane in hospital.lanes.values():
        ways[lane.a].append((lane.b, lane.length))
        if not lane.one_way:
            ways[lane.b].append((lane.a, lane.length))
    for lift in hospital.lifts.values():
        for stop in lift.stops:
            ways[stop.wait].append((lift.car, RIDE))
            ways[lift.car].append((stop.exit, 0.0))
    found: dict[str, float] = {}
    ahead = [(0.0, start)]
    while ahead:
        far, node = heapq.heappop(ahead)
        if node not in found:
            found[node] = far
            for other, length in ways[node]:
                heapq.heappush(ahead, (far + length, other))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize('plan', SIZES, ids=str)
def test_hospitals_of_all_sizes_pass_the_check_and_have_what_was_planned(plan: Plan) -> None:
    hospital = read_hospital(generate(plan))
    assert check_hospital(hospital, plan.robots) == []
    assert len(hospital.floors) == plan.floors + 1
    assert len(hospital.lifts) == (plan.lifts + 1) * plan.towers
    assert len(hospital.robots) == plan.robots
    wards = beds_by_ward(hospital)
    assert sum(wards.values()) == plan.beds
    assert max(wards.values()) <= WARD_BEDS
    assert len(wards) == sum(one.kind == 'ward' for one in hospital.stations.values())


@pytest.mark.thorough
@settings(max_examples=4)
@given(st.data())
def test_whatever_can_be_planned_passes_the_check(data: st.DataObject) -> None:
    floors, towers = data.draw(st.integers(4, 6)), data.draw(st.integers(1, 2))
    beds = data.draw(st.integers(20, (floors - 3) * towers * 2 * WARD_BEDS))
    robots, lifts = data.draw(st.integers(1, 40)), data.draw(st.integers(2, 5))
    seed = data.draw(st.integers(0, 2**32 - 1))
    plan = Plan(beds=beds, floors=floors, towers=towers, robots=robots, lifts=lifts, seed=seed)
    hospital = read_hospital(generate(plan))
    assert check_hospital(hospital, robots) == []
    assert sum(beds_by_ward(hospital).values()) == beds


@pytest.mark.thorough
def test_the_same_plan_gives_the_same_bytes_in_another_program() -> None:
    program = (
        'import json\n'
        'from fleet_manager.adapters.files.generating.hospital import generate\n'
        'from fleet_manager.adapters.files.generating.plan import Plan\n'
        'print(json.dumps(generate(Plan(beds=300, floors=5, towers=2, robots=5, seed=3))))'
    )
    other = subprocess.run(
        [sys.executable, '-c', program],
        env={**os.environ, 'PYTHONHASHSEED': '2'},
        capture_output=True,
        check=True,
        text=True,
    )
    here = json.dumps(generate(Plan(beds=300, floors=5, towers=2, robots=5, seed=3)))
    assert other.stdout == here + '\n'


def test_another_seed_gives_another_hospital() -> None:
    one, other = (generate(Plan(beds=300, floors=5, robots=5, seed=seed)) for seed in (1, 2))
    assert one != other


@pytest.mark.thorough
def test_the_committed_hospital_is_what_its_plan_gives(tmp_path: Path) -> None:
    save_hospital(generate(REFERENCE), tmp_path)
    made = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert {file.name: file.read_text() for file in COMMITTED.glob('*.yaml')} == made
    assert load_raw(COMMITTED)[0] == generate(REFERENCE)


def test_its_files_stay_small_enough_to_review() -> None:
    assert all(file.stat().st_size < 64 * 1024 for file in COMMITTED.iterdir())


@pytest.mark.thorough
def test_the_reference_hospital_has_what_was_asked_for() -> None:
    hospital = reference()
    assert 1500 <= len(hospital.nodes) <= 2000
    assert list(hospital.floors)[:4] == ['B1', 'F1', 'F2', 'F3']
    wards = beds_by_ward(hospital)
    assert len(wards) == 44
    assert all(40 <= beds <= 50 for beds in wards.values())
    ratings = Counter((lift.rating, lift.access) for lift in hospital.lifts.values())
    assert ratings == {('clean', 'service'): 2, ('clean', 'public'): 2, ('dirty', 'service'): 2}
    kinds = {zone.kind for floor in hospital.floors.values() for zone in floor.zones}
    assert kinds == {
        'clean', 'dirty', 'isolation', 'public', 'quiet', 'no_go', 'fire_compartment', 'egress',
        'refuge',
    }  # fmt: skip
    assert Counter(robot.type for robot in hospital.robots.values()) == {
        'standard': 18,
        'waste': 2,
    }
    assert all(lane.width > 0 for lane in hospital.lanes.values())
    bridges = [
        floor.id
        for floor in hospital.floors.values()
        for room in floor.rooms
        if room.id == 'ab-bridge'
    ]
    assert bridges == ['F4', 'F8', 'F12']


@pytest.mark.thorough
def test_ward_corridors_have_bays_beside_them_where_robots_let_each_other_pass() -> None:
    hospital = reference()
    for floor in hospital.floors.values():
        if floor.level <= 3:
            continue
        for letter, up in (('a', 0.0), ('b', 60.0)):
            bays = [
                node.y - up
                for node in hospital.nodes.values()
                if node.floor == floor.id
                and node.kind is NodeKind.PARKING
                and node.id.startswith(f'{floor.id}.{letter}')
            ]
            assert any(y < 12 for y in bays)
            assert any(y > 15 for y in bays)


def test_every_ward_can_be_reached_from_every_logistics_station_without_a_long_way_round() -> None:
    hospital = reference()
    by_code = {station.code: station for station in hospital.stations.values()}
    wards = [station for station in by_code.values() if station.kind == 'ward']
    assert len(wards) == 44
    for code in LOGISTICS:
        far = distances(hospital, by_code[code].node)
        assert max(far[ward.node] for ward in wards) < FARTHEST


def test_all_goods_that_are_sent_are_taken_somewhere() -> None:
    stations = reference().stations.values()
    sent = {goods for station in stations for goods in station.sends}
    assert sent == {goods for station in stations for goods in station.takes}
    assert sent == {
        'drug', 'controlled', 'blood', 'specimen', 'sterile', 'meal', 'supply', 'linen', 'soiled',
        'waste',
    }  # fmt: skip


BAD_PLANS: list[tuple[dict[str, int], str, str]] = [
    ({'beds': 0}, 'beds', 'is 0; choose a whole number from 20 to 12000'),
    ({'floors': 500}, 'floors', 'is 500; choose a whole number from 4 to 40'),
    ({'towers': 0}, 'towers', 'is 0; choose a whole number from 1 to 4'),
    ({'robots': -1}, 'robots', 'is -1; choose a whole number from 1 to 500'),
    ({'lifts': 6}, 'lifts', 'is 6; choose a whole number from 2 to 5'),
    ({'seed': -1}, 'seed', 'is -1; choose a whole number from 0 to 4294967295'),
    (
        {'beds': 2000, 'floors': 8},
        'beds',
        (
            '2000 do not fit: 2 towers of 8 floors hold 1000; ask for 13 floors or more, '
            'for more towers, or for at most 1000 beds'
        ),
    ),
    (
        {'beds': 12_000, 'floors': 8, 'towers': 1},
        'beds',
        (
            '12000 do not fit: 1 tower of 8 floors holds 500; ask for more towers, '
            'or for at most 500 beds'
        ),
    ),
    (
        {'beds': 100, 'floors': 4, 'towers': 1, 'robots': 500},
        'robots',
        (
            '500 have 65 chargers and parking bays; ask for at most 65 robots, '
            'or for more floors or towers'
        ),
    ),
]


@pytest.mark.parametrize(('values', 'place', 'problem'), BAD_PLANS)
def test_a_plan_that_cannot_be_built_is_refused_with_what_to_change(
    values: dict[str, int], place: str, problem: str
) -> None:
    with pytest.raises(MapError) as caught:
        generate(Plan(**values))
    assert (caught.value.place, caught.value.problem) == (place, problem)
