"""Building files that are wrong: every problem by line and field, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.files.importing.rmf import import_rmf
from fleet_manager.domain.maps.build import read_hospital
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.problems import BrokenMap

GOOD = """\
name: small
levels:
  L1:
    elevation: 0
    vertices:
      - [0, 0, 0, ""]
      - [100, 0, 0, home, {is_charger: [4, true], spawn_robot_name: [1, r1]}]
      - [0, 100, 0, ward]
      - [100, 100, 0, lab]
      - [50, 50, 0, ""]
    lanes:
      - [0, 1, {bidirectional: [4, true], graph_idx: [2, 0]}]
      - [0, 2, {bidirectional: [4, true]}]
      - [0, 3, {bidirectional: [4, true], speed_limit: [3, 0.5]}]
    walls:
      - [1, 3, {}]
    doors:
      - [1, 2, {name: [1, d], type: [1, hinged], plugin: [1, normal]}]
    measurements:
      - [0, 1, {distance: [3, 10]}]
    floors:
      - {vertices: [0, 1, 3, 2], parameters: {}}
    fiducials:
      - [0, 0, a]
lifts:
  A:
    x: 50
    y: 50
    yaw: 0
    width: 2
    depth: 2
    doors:
      d: {x: 0, y: 1, width: 1}
    level_doors: {L1: [d]}
"""
BROKEN = [
    ('name: small', '- 1', 2, 'is no YAML here'),
    ('elevation: 0', 'elevation: high', 4, 'is no number'),
    ('elevation: 0', 'elevation: 5000', 4, 'is 5000 m; write -100 to 1000'),
    ('[100, 0, 0, home', '[.nan, 0, 0, home', 7, 'is not a finite number'),
    ('[100, 0, 0, home', '[.inf, 0, 0, home', 7, 'is not a finite number'),
    ('[100, 0, 0, home', '[1e20, 0, 0, home', 7, 'is far too large'),
    ('[100, 0, 0, home', '["100", 0, 0, home', 7, 'is no number'),
    ('- [0, 100, 0, ward]', '- ward', 8, 'is no vertex'),
    ('is_charger: [4, true]', 'is_charger: [4, 1]', 7, 'is not of its type'),
    ('is_charger: [4, true]', 'is_charger: true', 7, 'is no parameter'),
    ('- [0, 3, {b', '- [0, 99, {b', 14, 'names vertex 99; this level has vertices 0 to 4'),
    ('- [0, 3, {b', '- [0, -1, {b', 14, 'names vertex -1'),
    ('- [0, 3, {b', '- [0, yes, {b', 14, 'is no vertex; write the number of a vertex'),
    ('- [0, 2, {bidirectional: [4, true]}]', '- 7', 13, 'is no edge'),
    ('      - [1, 3, {}]', '      a: b', 15, 'is no list'),
    ('vertices: [0, 1, 3, 2]', 'vertices: [0, 1, 3, 77]', 22, 'names vertex 77'),
    ('- [0, 0, a]', '- [0, a]', 24, 'is no fiducial'),
    ('width: 2\n', 'width: 200\n', 30, 'is 200 m; write 0.5 to 10'),
    ('    depth: 2\n', '', 26, 'is missing'),
    ('level_doors: {L1: [d]}', 'level_doors: {L7: [d]}', 34, "'L7' is no level"),
    ('level_doors: {L1: [d]}', 'level_doors: {L1: [e]}', 34, "'e' is no door of it"),
    ('name: small', 'reference_level_name: L9', 1, "'L9' is no level"),
    ('is_charger: [4, true]', 'is_charger: &a [4, true]', 7, 'has an anchor or alias'),
    ('name: small', 'name: !!str small', 1, 'has the tag'),
    ('name: small', 'name: small\nname: big', 2, "has 'name' twice"),
]


@pytest.mark.parametrize(
    ('old', 'new', 'line', 'problem'), BROKEN, ids=[f'{own[2]}-{own[3][:30]}' for own in BROKEN]
)
def test_what_is_wrong_is_named_by_line(old: str, new: str, line: int, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(BrokenMap) as caught:
        import_rmf(GOOD.replace(old, new, 1), name='small.building.yaml')
    assert problem in str(caught.value)
    first = caught.value.problems[0]
    assert first.place.startswith(f'small.building.yaml:{line}'), first.place


def test_all_problems_are_told_at_once() -> None:
    text = GOOD.replace('[100, 0, 0, home', '[x, y, 0, home').replace('[0, 3,', '[0, 88,')
    with pytest.raises(BrokenMap) as caught:
        import_rmf(text, name='f')
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize('text', ['', '7', '[]', 'levels: {}', 'levels: []', 'name: x', '\x00'])
def test_what_is_no_building_is_refused(text: str) -> None:
    with pytest.raises(BrokenMap):
        import_rmf(text, name='f')


def test_a_building_without_lanes_is_refused() -> None:
    text = GOOD.replace('    lanes:', '    other_lanes:')
    with pytest.raises(BrokenMap, match='no level has a lane'):
        import_rmf(text, name='f')


def test_a_file_of_more_than_20_mb_is_refused_before_it_is_read() -> None:
    with pytest.raises(BrokenMap, match='is larger than 20 MB'):
        import_rmf('#' * (20 * 1024 * 1024 + 1), name='f')


def test_too_many_lanes_are_refused() -> None:
    lane = '      - [0, 1, {}]\n'
    text = GOOD.replace('    walls:\n', lane * 3_000 + '    walls:\n')
    with pytest.raises(BrokenMap, match='has 3003 elements; the limit is 3000'):
        import_rmf(text, name='f')


def test_a_drawing_in_which_everything_crosses_is_refused() -> None:
    pairs = [(x, 1000 * (x % 2)) for x in range(0, 1200, 5)]
    vertices = ''.join(f'      - [{x * 7 % 1201}, {y}, 0, ""]\n' for x, y in pairs)
    lanes = ''.join(f'      - [{i + 5}, {i + 6}, {{}}]\n' for i in range(len(pairs) - 1))
    text = GOOD.replace('    lanes:\n', f'{vertices}    lanes:\n{lanes}')
    with pytest.raises(BrokenMap, match='cross more than'):
        import_rmf(text, name='f')


LINES = GOOD.splitlines(keepends=True)
WORDS = [
    '7',
    '-1',
    '.nan',
    '1e300',
    'true',
    'null',
    '[]',
    '{}',
    '""',
    'L1',
    '- x',
    ':',
    '0',
    '[4, 1]',
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return the good file with lines dropped, doubled or swapped, words replaced, or cut off."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        where = draw(st.integers(0, len(lines) - 1))
        deed = draw(st.sampled_from(['drop', 'double', 'swap', 'word', 'word', 'word', 'cut']))
        if deed == 'drop' and len(lines) > 1:
            del lines[where]
        elif deed == 'double':
            lines.insert(where, lines[where])
        elif deed == 'swap':
            other = draw(st.integers(0, len(lines) - 1))
            lines[where], lines[other] = lines[other], lines[where]
        elif deed == 'word':
            parts = (
                lines[where].replace(',', ' ,').replace(']', ' ]').replace('[', '[ ').split(' ')
            )
            parts[draw(st.integers(0, len(parts) - 1))] = draw(st.sampled_from(WORDS))
            lines[where] = ' '.join(parts).rstrip('\n') + '\n'
        else:
            lines[where] = lines[where][: draw(st.integers(0, len(lines[where])))]
    return ''.join(lines)


@pytest.mark.thorough
@settings(max_examples=300)
@given(text=mutated())
def test_any_mutated_building_is_imported_or_refused(text: str) -> None:
    try:
        result = import_rmf(text, name='f')
    except BrokenMap as error:
        assert error.problems  # noqa: PT017
        return
    found = read_hospital(result.raw)
    check_hospital(found, len(found.robots))


def test_a_truncated_building_is_refused_wherever_it_ends() -> None:
    for end in range(0, len(GOOD), 23):
        try:
            result = import_rmf(GOOD[:end], name='f')
        except BrokenMap:
            continue
        read_hospital(result.raw)


def test_the_good_building_is_good() -> None:
    assert yaml.safe_load(GOOD)['name'] == 'small'
    result = import_rmf(GOOD, name=str(Path('some') / 'small.building.yaml'))
    assert result.raw['id'] == 'small'
