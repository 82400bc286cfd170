"""A hospital folder is read whole, or every problem is named with its file and line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_manager.adapters.files import hospital as adapter
from fleet_manager.adapters.files.hospital import check_folder, load_hospital
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.dispatch.predicates.may_carry import is_built_for
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import BAYS, Hospital, NodeKind, Point
from fleet_manager.domain.maps.problems import Severity
from fleet_manager.domain.maps.serialise import hospital_from_json, hospital_to_json
from fleet_manager.domain.maps.words import (
    ACCESSES,
    CLOSED_ROOMS,
    DOOR_KINDS,
    GOODS_CLASSES,
    LIFT_DOORS,
    OPEN_ROOMS,
    RATINGS,
    STATION_KINDS,
    ZONE_KINDS,
)

MAPS = Path(__file__).parents[3] / 'maps'
SMALL = MAPS / 'small_hospital'
FOLDERS = sorted(path.parent for path in MAPS.glob('*/hospital.yaml'))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the small hospital that a test may spoil."""
    return Path(shutil.copytree(SMALL, tmp_path / 'small'))


@pytest.fixture(scope='module')
def small() -> Hospital:
    return load_hospital(SMALL)


def line_of(file: Path, text: str) -> int:
    return next(i for i, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.thorough
@pytest.mark.parametrize('path', FOLDERS, ids=lambda path: path.name)
def test_nothing_is_wrong_with_the_maps_that_come_with_the_project(path: Path) -> None:
    assert check_folder(path) == []


@pytest.mark.thorough
@pytest.mark.parametrize('path', FOLDERS, ids=lambda path: path.name)
def test_all_that_is_sent_fits_into_a_robot_that_may_carry_it(path: Path) -> None:
    hospital = load_hospital(path)
    fleet = [(hospital.types[one.type], hospital.compartments(one.id)) for one in
             hospital.robots.values()]  # fmt: skip
    for goods in sorted({goods for one in hospital.stations.values() for goods in one.sends}):
        assert any(is_built_for(build, boxes, GOODS[goods]) for build, boxes in fleet), goods


def test_the_same_files_give_the_same_version() -> None:
    assert load_hospital(SMALL).version == load_hospital(SMALL).version


def test_the_small_hospital_survives_the_way_through_json(small: Hospital) -> None:
    assert hospital_from_json(json.loads(json.dumps(hospital_to_json(small)))) == small


def test_a_wrong_field_is_named_with_file_line_and_advice(folder: Path) -> None:
    file = folder / 'L2.yaml'
    replace(
        file, 'park-2: {at: [16.2, 13.7], kind: parking}', 'park-2: {at: [16.2, 13.7], kind: prk}'
    )
    with pytest.raises(MapError) as caught:
        load_hospital(folder)
    place = f'{file}:{line_of(file, "park-2: {at")} nodes.park-2.kind'
    assert str(caught.value).startswith(f"{place}: 'prk' is unknown; ")


def test_a_wrong_lane_is_named_by_its_ends_and_line(folder: Path) -> None:
    file = folder / 'L1.yaml'
    replace(file, '{between: [s06, s07], speed: 0.5}', '{between: [s07, s06], sped: 0.5}')
    (problem,) = check_folder(folder)
    assert problem.place == f'{file}:{line_of(file, "sped")} lanes.s06-s07.sped'
    assert problem.mend == "did you mean 'speed'?"


def test_a_map_that_can_lock_up_is_named_by_file_and_line_too(folder: Path) -> None:
    file = folder / 'L3.yaml'
    replace(file, 'charge-1: {at: [26.4, 10.3]', 'charge-1: {at: [26.4, 8.8]')
    found = {(problem.code, problem.place) for problem in check_folder(folder)}
    line = line_of(file, 'charge-1: {at')
    assert ('nodes_too_close', f'{file}:{line_of(file, "s06: {at")} nodes.s06') in found
    assert all(str(folder) in place for _, place in found)
    assert line


def test_problems_of_all_files_are_reported_together(folder: Path) -> None:
    replace(folder / 'hospital.yaml', "dispatch_phone: '8000'", 'dispatch_phone: 8000')
    replace(folder / 'L1.yaml', 'level: 1', 'level: one')
    replace(folder / 'fleet.yaml', 'L1.charge-2', 'L1.charge-9')
    places = [Path(problem.place.split(':')[0]).name for problem in check_folder(folder)]
    assert places == ['hospital.yaml', 'L1.yaml', 'fleet.yaml']


def test_a_missing_field_is_placed_where_it_should_be(folder: Path) -> None:
    file = folder / 'hospital.yaml'
    replace(file, '    door_time: 3.0\n', '')
    (problem,) = check_folder(folder)
    line = line_of(file, '  A:')
    assert str(problem) == f'{file}:{line} lifts.A.door_time: is missing; add `door_time: …`'


def too_large(folder: Path) -> None:
    (folder / 'L1.yaml').write_bytes(b'#' * (adapter.MAX_BYTES + 1))


def not_text(folder: Path) -> None:
    (folder / 'L1.yaml').write_bytes(b'id: \xff\xfe')


def a_folder_as_floor(folder: Path) -> None:
    (folder / 'L1.yaml').unlink()
    (folder / 'L1.yaml').mkdir()


def too_many_floors(folder: Path) -> None:
    names = ', '.join(['L1.yaml'] * (adapter.MAX_FILES + 1))
    replace(folder / 'hospital.yaml', '[L1.yaml, L2.yaml, L3.yaml]', f'[{names}]')


def name_floor(name: str) -> Callable[[Path], None]:
    return lambda folder: replace(folder / 'hospital.yaml', '[L1.yaml,', f'[{name},')


UNREADABLE: list[tuple[Callable[[Path], object], str, str]] = [
    (lambda folder: (folder / 'hospital.yaml').unlink(), 'hospital.yaml', 'there is no file'),
    (
        lambda folder: (folder / 'hospital.yaml').write_text('- a'),
        'hospital.yaml',
        'is no hospital',
    ),
    (lambda folder: (folder / 'hospital.yaml').write_text(''), 'hospital.yaml', 'is no hospital'),
    (lambda folder: (folder / 'L2.yaml').unlink(), 'hospital.yaml', 'there is no file'),
    (lambda folder: (folder / 'L2.yaml').write_text('a: [\n'), 'L2.yaml:2', 'is no YAML here'),
    (lambda folder: (folder / 'L2.yaml').write_text('a: 1\na: 2'), 'L2.yaml:2', "has 'a' twice"),
    (too_large, 'hospital.yaml', 'is larger than 2 MiB'),
    (not_text, 'hospital.yaml', 'is not UTF-8'),
    (a_folder_as_floor, 'hospital.yaml', 'there is no file'),
    (too_many_floors, 'hospital.yaml', 'the limit is 64'),
    (name_floor('../L1.yaml'), 'hospital.yaml', 'is no file name'),
    (name_floor('/etc/hosts.yaml'), 'hospital.yaml', 'is no file name'),
    (name_floor('.hidden.yaml'), 'hospital.yaml', 'is no file name'),
    (name_floor('L1.json'), 'hospital.yaml', 'is no file name'),
    (name_floor('{}'), 'hospital.yaml', 'is no file name'),
]


@pytest.mark.parametrize(('spoil', 'file', 'said'), UNREADABLE)
def test_a_file_that_cannot_be_read_is_named(
    folder: Path, spoil: Callable[[Path], object], file: str, said: str
) -> None:
    spoil(folder)
    problems = check_folder(folder)
    assert any(f'{folder}/{file}' in str(own) and said in str(own) for own in problems), problems
    with pytest.raises(MapError):
        load_hospital(folder)


def test_a_file_nobody_may_read_is_a_problem_and_no_crash(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, 'Permission denied', str(self))

    monkeypatch.setattr(Path, 'read_bytes', refuse)
    (problem,) = check_folder(folder)
    assert 'cannot be read: Permission denied; check its permissions' in str(problem)


def test_more_robots_than_bays_are_refused_by_the_check() -> None:
    (problem,) = check_folder(SMALL, robots=21)
    assert (problem.code, problem.severity) == ('too_few_bays', Severity.ERROR)
    assert f'{SMALL}/fleet.yaml' in problem.place


def test_the_small_hospital_has_what_a_demo_needs(small: Hospital) -> None:
    kinds = [node.kind for node in small.nodes.values()]
    assert len(small.robots) == 12
    assert kinds.count(NodeKind.CHARGER) >= 4
    assert kinds.count(NodeKind.PARKING) + kinds.count(NodeKind.CHARGER) >= 12
    assert all(len(lift.stops) == len(small.floors) == 3 for lift in small.lifts.values())
    assert {door.floor for door in small.doors.values()} == {'L2', 'L3'}
    assert [station.kind for station in small.stations.values()].count('ward') == 4
    sent = {goods for station in small.stations.values() for goods in station.sends}
    assert sent == {
        'drug', 'controlled', 'blood', 'specimen', 'sterile', 'meal', 'supply', 'waste',
    }  # fmt: skip


def test_any_two_bays_are_joined_through_no_third(small: Hospital) -> None:
    bays = {node.id for node in small.nodes.values() if node.kind in BAYS}
    for start in bays:
        seen, ahead = {start}, [start]
        while ahead:
            node = ahead.pop()
            if node in bays and node != start:
                continue
            lanes = [small.lanes[lane] for lane in small.lanes_at[node]]
            targets = [lane.b if lane.a == node else lane.a for lane in lanes]
            for lift in small.lifts.values():
                targets += [lift.car for stop in lift.stops if stop.wait == node]
                targets += [stop.exit for stop in lift.stops if lift.car == node]
            ahead += [target for target in targets if target not in seen]
            seen.update(targets)
        assert bays <= seen


def test_robots_of_the_small_hospital_drive_through_no_wall(small: Hospital) -> None:
    for lane in small.lanes.values():
        rooms = [room for room in small.floors[lane.floor].rooms if room.kind in OPEN_ROOMS]
        a, b = small.nodes[lane.a], small.nodes[lane.b]
        for step in range(101):
            # A little beside the line, because a point on the border of two rooms may be in none.
            x = a.x + (b.x - a.x) * step / 100 + 1e-6
            y = a.y + (b.y - a.y) * step / 100 + 1e-6
            where = f'{lane.id} at {x:.2f}, {y:.2f}'
            assert any(geometry.inside(Point(x, y), room.polygon) for room in rooms), where


def test_rooms_of_the_small_hospital_fill_each_floor_and_do_not_overlap(small: Hospital) -> None:
    for floor in small.floors.values():
        rooms = sum(geometry.area(room.polygon) for room in floor.rooms)
        assert rooms == pytest.approx(geometry.area(floor.outline))


def test_the_schema_lists_the_same_words_as_the_program() -> None:
    schema = json.loads((MAPS / 'hospital.schema.json').read_text())['$defs']
    assert schema['room']['properties']['kind']['enum'] == [*OPEN_ROOMS, *CLOSED_ROOMS]
    assert schema['station']['properties']['kind']['enum'] == list(STATION_KINDS)
    assert schema['goods']['items']['enum'] == list(GOODS_CLASSES)
    assert schema['zone']['properties']['kind']['enum'] == list(ZONE_KINDS)
    assert schema['door']['properties']['kind']['enum'] == list(DOOR_KINDS)
    assert schema['stop']['properties']['door']['enum'] == list(LIFT_DOORS)
    assert schema['lift']['properties']['rating']['enum'] == list(RATINGS)
    assert schema['robot_type']['properties']['rating']['enum'] == list(RATINGS)
    assert schema['lift']['properties']['access']['enum'] == list(ACCESSES)
    kinds = [kind.value for kind in NodeKind if kind is not NodeKind.CAR]
    assert schema['node']['properties']['kind']['enum'] == kinds
