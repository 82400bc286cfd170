"""A picture shows everything that is on the map, and marks problems where they are."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fleet_manager.adapters.files.drawing import draw_svg
from fleet_manager.adapters.files.drawing.readable import load_for_drawing
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.model import Hospital, NodeKind, Point
from fleet_manager.domain.maps.problems import Problem, Severity
from tests.adapters.files.drawing.conftest import HOSTILE, MAPS, change

SVG = '{http://www.w3.org/2000/svg}'
FOLDERS = sorted(path.parent for path in MAPS.glob('*/hospital.yaml'))


def drawn(text: str) -> ET.Element:
    return ET.fromstring(text)


def floor_of(picture: ET.Element, floor: str) -> ET.Element:
    return next(g for g in picture.iter(f'{SVG}g') if g.get('data-floor') == floor)


def titles(picture: ET.Element) -> list[str]:
    return [title.text or '' for title in picture.iter(f'{SVG}title')]


def texts(picture: ET.Element) -> list[str]:
    return [''.join(text.itertext()) for text in picture.iter(f'{SVG}text')]


def sheet_place(picture: ET.Element, floor: str, point: Point) -> tuple[float, float]:
    """Return where a point of a floor is on the sheet."""
    x, y = shift(floor_of(picture, floor))
    return x + point.x * 10, y - point.y * 10


def shift(element: ET.Element) -> tuple[float, float]:
    found = re.match(r'translate\((\S+) (\S+)\)', element.get('transform', ''))
    assert found
    return float(found[1]), float(found[2])


def mark_places(picture: ET.Element) -> dict[str, tuple[float, float]]:
    return {
        mark.get('data-n', ''): shift(mark.find(f'{SVG}g'))
        for mark in picture.iter(f'{SVG}g')
        if (mark.get('class') or '').startswith('mark ')
    }


@pytest.mark.thorough
@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_every_node_lane_station_lift_and_door_of_a_map_is_on_its_floor(folder: Path) -> None:
    hospital = load_for_drawing(folder).hospital
    picture = drawn(draw_svg(hospital, [], lang='en', compiled=compile_hospital(hospital)))
    for floor in hospital.floors:
        said = titles(floor_of(picture, floor))
        first = {words for title in said for words in re.split(r' · | \(|\)', title)}
        for node in hospital.nodes.values():
            if node.floor == floor:
                assert node.id in first, node.id
        for lane in hospital.lanes.values():
            assert (f'Lane {lane.id}' in first) == (lane.floor == floor)
        for door in hospital.doors.values():
            assert (door.id in first) == (door.floor == floor)
        shown = texts(floor_of(picture, floor))
        for station in hospital.stations.values():
            assert (station.code in shown) == (hospital.nodes[station.node].floor == floor)
        for lift in hospital.lifts.values():
            if any(stop.floor == floor for stop in lift.stops):
                assert lift.id in shown


@pytest.mark.thorough
@pytest.mark.parametrize('lang', ['en', 'zh'])
def test_a_hospital_with_something_of_everything_is_drawn_with_a_key_of_it(
    rich: Path, lang: str
) -> None:
    hospital = load_for_drawing(rich).hospital
    assert {node.kind for node in hospital.nodes.values()} == set(NodeKind)
    text = draw_svg(hospital, [], lang=lang, compiled=compile_hospital(hospital))
    picture = drawn(text)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
    known = {one.get('id') for one in picture.iter() if one.get('id')}
    assert used <= known, 'a sign that is used is there'
    said = texts(picture)
    for words in {
        'en': ['Fire compartment', 'One-way lane', 'Some robots only', 'Badge', 'Dirty goods'],
        'zh': ['防火分区', '单向车道', '限部分机器人', '刷卡', '污梯'],
    }[lang]:
        assert words in said


def test_what_is_particular_about_a_lane_door_lift_or_zone_is_said(rich: Path) -> None:
    hospital = load_for_drawing(rich).hospital
    said = '\n'.join(titles(drawn(draw_svg(hospital, [], lang='en'))))
    for words in (
        'Lane L1.s01-s02 · 5.4 m · 0.8 m/s · 2.2 m wide · only Tug · door L1.d1',
        'One-way lane: L1.n01 → L1.n02',
        'Fire door (L1.d1) · hinged · opened by a person · Fire door · 1.8 m wide',
        'Lab door (L1.d2) · sliding · opens on request · Badge',
        'dirty goods · shared with the public · car 1.6 × 2.2 m · rear door here',
        'Lift B (B) · car 1.6 × 2.2 m · passes this floor · stops: L1, L3',
        'dirty zone · Dirty zone · robots: 2 at most',
        'quiet zone · Quiet hours · 22:00-06:00',
        'open 07:00-19:00',
        'L1.charge-1 · Charger · home of R1',
    ):
        assert words in said


def test_a_lift_shows_its_door_on_the_side_it_opens_to(rich: Path) -> None:
    hospital = load_for_drawing(rich).hospital
    picture = drawn(draw_svg(hospital, [], lang='en'))

    def side(floor: str) -> float:
        lifts = [g for g in floor_of(picture, floor).iter(f'{SVG}g') if g.get('class') == 'lift']
        lift = next(g for g in lifts if 'A' in texts(g))
        turned = lift.find(f'{SVG}g')
        assert turned is not None
        # It faces south, a quarter turn clockwise from the east.
        assert turned.get('transform') == 'rotate(90)'
        door = next(p for p in turned if p.get('class') == 'car-door')
        return float(re.match(r'M(\S+) ', door.get('d', ''))[1])  # type: ignore[index]

    assert side('L1') == 11 == side('L3')
    assert side('L2') == -11


def test_a_name_that_is_markup_is_shown_as_text(rich: Path) -> None:
    hospital = load_for_drawing(rich).hospital
    text = draw_svg(hospital, [], lang='en')
    assert not list(drawn(text).iter(f'{SVG}script'))
    assert any(HOSTILE in title for title in titles(drawn(text)))


def test_floors_stand_above_each_other_the_highest_on_top_and_aligned(small: Hospital) -> None:
    picture = drawn(draw_svg(small, [], lang='en'))
    places = {floor: sheet_place(picture, floor, Point(0, 24)) for floor in ('L1', 'L2', 'L3')}
    assert places['L3'][1] < places['L2'][1] < places['L1'][1]
    assert len({x for x, _ in places.values()}) == 1


def test_one_floor_may_be_drawn_alone_and_an_unknown_one_is_refused(small: Hospital) -> None:
    picture = drawn(draw_svg(small, [], lang='en', floors=['L2']))
    assert [g.get('data-floor') for g in picture.iter(f'{SVG}g') if g.get('data-floor')] == ['L2']
    with pytest.raises(MapError, match="'L9' is no floor of this hospital; choose from: L1, L2"):
        draw_svg(small, [], lang='en', floors=['L9'])


def problem(path: tuple[str, ...], severity: Severity = Severity.ERROR, **more: object) -> Problem:
    return Problem('code', severity, 'L1.yaml:7 field', 'is <wrong>', 'mend it', path, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ('path', 'floor', 'point'),
    [
        (('floors', 'L1', 'nodes', 's05', 'at'), 'L1', Point(19.2, 8.4)),
        (('floors', 'L2', 'lanes', 's01-s02'), 'L2', Point(3.9, 8.4)),
        (('floors', 'L1', 'stations', 'pharmacy', 'phone'), 'L1', Point(42.0, 6.4)),
        (('floors', 'L1', 'rooms', 'linen'), 'L1', Point(13.5, 20.4)),
        (('floors', 'L3', 'doors', 'east'), 'L3', None),
        (('floors', 'L3', 'level'), 'L3', Point(0, 24)),
        (('lifts', 'A', 'stops', 'L2', 'wait'), 'L2', Point(21.0, 12.3)),
        (('fleet', 'robots', 'r1', 'home'), 'L1', Point(33.0, 21.8)),
    ],
)
def test_a_problem_is_marked_at_what_its_field_names(
    small: Hospital, path: tuple[str, ...], floor: str, point: Point | None
) -> None:
    if point is None:
        door = next(one for one in small.doors.values() if one.floor == floor)
        path, point = (*path[:3], door.id.removeprefix(f'{floor}.')), door.at
    picture = drawn(draw_svg(small, [problem(path)], lang='en'))
    assert mark_places(picture) == {
        '1': pytest.approx(sheet_place(picture, floor, point), abs=0.2)
    }


def test_a_problem_of_a_whole_lift_is_marked_on_each_of_its_floors(small: Hospital) -> None:
    picture = drawn(draw_svg(small, [problem(('lifts', 'A', 'speed'))], lang='en'))
    signs = [g for g in picture.iter(f'{SVG}g') if g.get('class') == 'mark error']
    assert len(signs) == 3


def test_problems_are_listed_with_number_severity_code_place_and_text(small: Hospital) -> None:
    place = (FloorId('L1'), Point(5.0, 5.0))
    problems = [
        problem(('floors', 'L1', 'nodes', 's01'), at=place),
        problem(('format',)),
        problem(('floors', 'L2', 'nodes', 's01'), Severity.WARNING),
    ]
    picture = drawn(draw_svg(small, problems, lang='en'))
    assert mark_places(picture)['1'] == pytest.approx(
        sheet_place(picture, 'L1', place[1]), abs=0.2
    )
    assert set(mark_places(picture)) == {'1', '3'}, 'one about no place is in the list only'
    said = texts(picture)
    assert 'Problems (3)' in said
    assert said.count('error · code · L1.yaml:7 field') == 2
    assert 'warning · code · L1.yaml:7 field' in said
    assert 'is <wrong>; mend it' in said
    only_second = drawn(draw_svg(small, problems, lang='en', floors=['L2']))
    assert set(mark_places(only_second)) == {'3'}, 'numbers stay those of the whole list'


def test_marks_at_one_place_do_not_cover_each_other(small: Hospital) -> None:
    path = ('floors', 'L1', 'nodes', 's05')
    text = draw_svg(small, [problem(path), problem(path), problem(path)], lang='en')
    offsets = re.findall(r'class="still"[^>]*><g transform="translate\((\S+) 0\)">', text)
    assert sorted(map(float, offsets)) == [0, 22, 44]


def test_the_other_thing_a_problem_is_about_is_tied_to_it(small: Hospital) -> None:
    others = (('floors', 'L1', 'nodes', 's06'),)
    near = problem(('floors', 'L1', 'nodes', 's05'), others=others)
    text = draw_svg(small, [near], lang='en')
    assert text.count('class="mark-tie"') == 1


def test_close_places_have_a_tie_and_only_ways_past_a_ring(folder: Path) -> None:
    with change(folder / 'L1.yaml') as floor:
        floor['nodes']['extra'] = {'at': [16.2, 9.0], 'kind': 'parking'}
        floor['lanes'].append({'between': ['s05', 'extra']})
    hospital = load_for_drawing(folder).hospital
    compiled = compile_hospital(hospital)
    assert len(compiled.conflict)
    picture = drawn(draw_svg(hospital, [], lang='en', compiled=compiled))
    ties = [g for g in picture.iter(f'{SVG}g') if g.get('class') == 'conflict']
    assert len(ties) == len(compiled.conflict)
    assert any('L1.extra' in title and 'one robot at a time' in title for title in titles(picture))
    plain = draw_svg(hospital, [], lang='en')
    assert 'class="conflict"' not in plain
    assert 'class="group' not in plain


def test_lane_groups_that_meet_have_different_colours(small: Hospital) -> None:
    from fleet_manager.adapters.files.drawing.resources import group_colours

    compiled = compile_hospital(small)
    colours = group_colours(compiled)
    for node in range(len(compiled.node_ids)):
        at_node = (compiled.lane_ends == node).any(axis=1)
        groups = set(compiled.lane_group[at_node].tolist())
        assert len({colours[group] for group in groups}) == len(groups)


@pytest.mark.thorough
@pytest.mark.parametrize('folder', FOLDERS, ids=lambda folder: folder.name)
def test_a_picture_of_a_large_hospital_stays_small(folder: Path) -> None:
    hospital = load_for_drawing(folder).hospital
    text = draw_svg(hospital, [], lang='zh', compiled=compile_hospital(hospital))
    assert len(text.encode()) < 6_000_000
