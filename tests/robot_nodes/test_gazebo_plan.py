"""Drawings of a world from its file alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fleet_manager.adapters.files.hospital import load_hospital
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.plan import NoWorld, draw_world
from robot_nodes.gazebo.sdf import COLOURS, to_sdf

SVG = '{http://www.w3.org/2000/svg}'
MAPS = Path(__file__).parents[2] / 'maps'


@cache
def sdf() -> str:
    return to_sdf(build_scene(load_hospital(MAPS / 'small_hospital')), engine='sim')


@cache
def drawn() -> dict[str, str]:
    return draw_world(sdf())


def labels(level: str) -> set[str]:
    return {one.text or '' for one in ET.fromstring(drawn()[level]).iter(f'{SVG}text')}


def colour(kind: str) -> str:
    return '#' + ''.join(f'{round(255 * float(part)):02x}' for part in COLOURS[kind].split()[:3])


def boxes(level: str, kind: str) -> list[tuple[float, float, float, float]]:
    """Return the boxes of a colour on a drawing in metres of the map: x0, y0, x1, y1."""
    found = []
    for one in ET.fromstring(drawn()[level]).iter(f'{SVG}polygon'):
        if one.get('fill') == colour(kind):
            points = [tuple(map(float, p.split(','))) for p in (one.get('points') or '').split()]
            xs, ys = [x / 20 - 1.3 for x, _ in points], [25.3 - y / 20 for _, y in points]
            found.append((min(xs), min(ys), max(xs), max(ys)))
    return found


def test_each_level_has_a_drawing_with_its_robots_doors_and_lifts() -> None:
    assert list(drawn()) == ['L1', 'L2', 'L3']
    assert {'robot_r1', 'robot_r11', 'lift_A', 'lift_B'} <= labels('L1')
    assert {'robot_r7', 'door_L2_west_ward', 'lift_A', 'lift_B'} <= labels('L2')
    assert 'robot_r7' not in labels('L1')
    assert 'door_L2_west_ward' not in labels('L1')


def test_what_is_drawn_is_where_the_map_has_it() -> None:
    robots = boxes('L1', 'robot')
    # r1 looks along its lane, to the south.
    assert any(box == pytest.approx((32.75, 21.5, 33.25, 22.1), abs=0.01) for box in robots), (
        robots
    )
    walls = boxes('L1', 'wall')
    south_of_the_corridor = (0.0, 7.1, 5.4, 7.2)
    assert any(box == pytest.approx(south_of_the_corridor, abs=0.01) for box in walls)


def test_the_cabins_stand_at_the_lowest_landing_only() -> None:
    assert boxes('L1', 'cabin')
    assert not boxes('L2', 'cabin')
    assert boxes('L2', 'shaft')


def test_a_drawing_follows_the_file_and_not_the_map() -> None:
    moved = sdf().replace('<model name="robot_r1">', '<model name="robot_x1">')
    assert 'robot_x1' in draw_world(moved)['L1']


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('', 'is no XML'),
        ('<sdf version="1.7">', 'is no XML'),
        ('<urdf/>', 'is no SDF world'),
        ('<sdf version="1.7"/>', 'is no SDF world'),
        ('<sdf version="1.4"><world name="w"/></sdf>', 'is SDF 1.4, not 1.7'),
        ('<sdf version="1.7"><world name="w"/></sdf>', 'has no floors'),
        ('<!DOCTYPE x [<!ENTITY a "b">]><sdf version="1.7"/>', 'has a document type'),
    ],
)
def test_what_is_no_world_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(NoWorld, match=said):
        draw_world(text)


def test_a_pose_that_is_no_pose_is_refused() -> None:
    broken = sdf().replace('<pose>', '<pose>nan ', 1)
    with pytest.raises(NoWorld, match='where 6 numbers belong'):
        draw_world(broken.replace('<light', '<model').replace('</light', '</model'))
