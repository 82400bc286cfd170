"""A broken map is drawn as far as it can be read, and says so; or there is a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_manager.adapters.files.drawing import draw_folder, draw_svg
from fleet_manager.adapters.files.drawing.readable import load_for_drawing
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.model import Point
from fleet_manager.domain.maps.problems import BrokenMap
from tests.adapters.files.drawing.conftest import change


def test_a_whole_map_is_read_whole(folder: Path) -> None:
    found = load_for_drawing(folder)
    assert (found.left_out, found.problems, found.note('en')) == (0, [], '')


def test_what_cannot_be_read_is_left_out_with_what_hangs_on_it(folder: Path) -> None:
    with change(folder / 'L1.yaml') as floor:
        floor['nodes']['s05']['kind'] = 'wya'
        floor['rooms']['linen']['name'] = 'Linen'
    found = load_for_drawing(folder)
    assert 'L1.s05' not in found.hospital.nodes
    assert 'L1.s04-s05' not in found.hospital.lanes
    assert 'L1.s04' in found.hospital.nodes
    assert len(found.hospital.floors['L1'].rooms) > 10  # type: ignore[index]
    assert found.left_out == 5, 'a node with its three lanes, and a room'
    assert 'Incomplete: 5 parts' in draw_svg(
        found.hospital, found.problems, lang='en', note=found.note('en')
    )


@pytest.mark.thorough
def test_the_problems_are_those_of_the_files_and_lie_where_the_files_have_them(
    folder: Path,
) -> None:
    with change(folder / 'L1.yaml') as floor:
        floor['nodes']['s05']['kind'] = 'wya'
        floor['stations']['cssd']['code'] = 'c s'
        floor['rooms']['linen']['kind'] = 'linnen'
        floor['lanes'][3]['speed'] = 'fast'
    found = load_for_drawing(folder)
    places = {problem.path[2]: problem.at for problem in found.problems}
    assert places == {
        'nodes': ('L1', Point(19.2, 8.4)),
        'stations': ('L1', Point(6.6, 17.6)),
        'rooms': ('L1', Point(10.8, 16.8)),
        'lanes': ('L1', Point(15.6, 8.4)),
    }


@pytest.mark.thorough
@pytest.mark.parametrize(
    ('file', 'field', 'value'),
    [
        ('hospital.yaml', 'name', None),
        ('hospital.yaml', 'id', '!'),
        ('hospital.yaml', 'dispatch_phone', 8000),
        ('hospital.yaml', 'lifts', 'two'),
        ('hospital.yaml', 'format', 7),
        ('hospital.yaml', 'extra', 1),
        ('L2.yaml', 'name', 'Level 2'),
        ('L2.yaml', 'level', 1.5),
        ('L2.yaml', 'outline', [[0, 0]]),
        ('L2.yaml', 'nodes', []),
        ('L2.yaml', 'lanes', {}),
        ('L2.yaml', 'rooms', None),
        ('L2.yaml', 'stations', 'none'),
        ('L2.yaml', 'zones', [1, 2]),
        ('L2.yaml', 'walls', [[[0, 0]], 'wall']),
        ('L2.yaml', 'lanes', [None, 4, {'between': ['s01']}, {'between': ['s01', 's99']}]),
        ('L2.yaml', 'id', 'L1'),
        ('L2.yaml', 'id', None),
        ('fleet.yaml', 'robots', []),
        ('fleet.yaml', 'robots', {'r1': {'name': 'R1', 'home': 'L1.nowhere', 'compartments': 4}}),
        ('fleet.yaml', 'types', {'a': 1}),
    ],
)
def test_one_bad_field_leaves_the_other_floors_to_be_drawn(
    folder: Path, file: str, field: str, value: object
) -> None:
    with change(folder / file) as data:
        data[field] = value
    found = load_for_drawing(folder)
    assert found.left_out > 0
    assert found.problems
    assert {'L1', 'L3'} <= set(found.hospital.floors)
    assert draw_svg(found.hospital, found.problems, lang='en').endswith('</svg>\n')


def test_a_folder_without_anything_to_draw_says_why(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BrokenMap, match='there is no file'):
        load_for_drawing(tmp_path / 'nowhere')
    (folder / 'L2.yaml').write_text('rooms: [')
    with pytest.raises(BrokenMap, match='is no YAML here'):
        load_for_drawing(folder)
    (folder / 'hospital.yaml').write_text('floors: []\n')
    with pytest.raises(BrokenMap, match='is missing'):
        load_for_drawing(folder)


@pytest.mark.thorough
def test_the_ending_of_the_file_says_what_is_drawn(folder: Path, tmp_path: Path) -> None:
    for name, start in (
        ('a.svg', b'<svg '),
        ('a.html', b'<!doctype html>'),
        ('a.PNG', b'\x89PNG\r\n'),
    ):
        draw_folder(folder, tmp_path / name, lang='en')
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(MapError, match=r'name a file \.svg, \.html, \.png'):
        draw_folder(folder, tmp_path / 'a.pdf', lang='en')
