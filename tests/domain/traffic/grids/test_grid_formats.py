"""Maps and scenarios come from anywhere: what is wrong is said with its place and the remedy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.traffic.grids.formats import GridError, Place, Task, read_map, read_scen
from tests.domain.traffic.planned import EXAMPLES

MAP = 'type octile\nheight 2\nwidth 3\nmap\n.G@\nTSW\n'
SCEN = 'version 1\n0\tm.map\t3\t2\t0\t0\t1\t1\t2.4\n0\tm.map\t3\t2\t1\t0\t0\t0\t1\n'


def test_a_map_says_what_is_open() -> None:
    grid = read_map(MAP, name='m.map')
    assert (grid.width, grid.height) == (3, 2)
    assert grid.rows == ((True, True, False), (False, True, False))
    assert not grid.is_open(Place(-1, 0))
    assert not grid.is_open(Place(0, 2))


def test_a_scenario_gives_the_first_agents_asked_for() -> None:
    grid = read_map(MAP, name='m.map')
    tasks = read_scen(SCEN, grid, name='m.scen', agents=2)
    assert tasks == (Task(Place(0, 0), Place(1, 1)), Task(Place(1, 0), Place(0, 0)))
    spaces = SCEN.replace('\t', ' ')
    assert read_scen(spaces, grid, name='m.scen', agents=1) == tasks[:1]


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        ('', 'm.map: no line "map" among the first four'),
        ('type octile\nheight 2\nwidth 3\nmop\n', 'line 4: "mop" is not known here'),
        ('height 2\nmap\n..\n', 'm.map: no width; write "width N" before "map"'),
        ('height two\nwidth 3\nmap\n', 'line 1: height is "two"; write a whole number'),
        ('height 0\nwidth 3\nmap\n', 'line 1: height is 0; it may be 1 to 2,048'),
        ('height 9999\nwidth 3\nmap\n', 'line 1: height is 9,999; it may be'),
        (MAP.replace('.G@', '.G'), 'line 5: 2 places where width says 3'),
        (MAP.replace('.G@', '.G?'), "line 5, place 3: '?' is not known"),
        (MAP.replace('TSW\n', ''), 'm.map: 1 rows where height says 2'),
        (MAP + '...\n', 'line 7: a row more than height says'),
        ('\x1b[2J' * 99, 'line 1: "?[2J?[2J'),
    ],
)
def test_a_wrong_map_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(GridError) as refused:
        read_map(text, name='m.map')
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ('text', 'agents', 'problem'),
    [
        (SCEN, 3, 'm.scen: 2 agents, 3 are asked for; choose fewer'),
        (SCEN, 0, '0 agents: choose 1 to'),
        ('', 1, 'line 1: write "version 1"'),
        ('version 1\n\n0 m 3 2 0 0\n', 1, 'line 3: 6 fields; write bucket, map'),
        ('version 1\n0 m 3 2 0 x 1 1 0\n', 1, 'line 2: start y is "x"; write a whole number'),
        ('version 1\n0 m 3 2 0 -1 1 1 0\n', 1, 'line 2: start y is "-1"; write a whole number'),
        ('version 1\n0 m 9 2 0 0 1 1 0\n', 1, 'line 2: width 9 where the map has 3'),
        ('version 1\n0 m 3 2 0 0 2 0 0\n', 1, 'line 2: goal 2, 0 is not open on the map'),
        ('version 1\n0 m 3 2 0 0 7 0 0\n', 1, 'line 2: goal 7, 0 is not open on the map'),
        (
            SCEN.replace('1\t0\t0\t0\t1\n', '0\t0\t1\t0\t1\n'),
            2,
            'line 3: start 0, 0 is that of li',
        ),
        (SCEN.replace('1\t0\t0\t0\t1\n', '1\t0\t1\t1\t1\n'), 2, 'line 3: goal 1, 1 is that of li'),
        ('version 1\n' + '\n' * 100_001, 1, 'more than 100,000 lines'),
    ],
)
def test_a_wrong_scenario_is_refused_with_its_place(text: str, agents: int, problem: str) -> None:
    with pytest.raises(GridError) as refused:
        read_scen(text, read_map(MAP, name='m.map'), name='m.scen', agents=agents)
    assert problem in str(refused.value)


@pytest.mark.thorough
@settings(max_examples=EXAMPLES)
@given(st.text(max_size=60), st.integers(0, len(MAP)), st.integers(0, len(SCEN)))
def test_whatever_stands_in_a_file_it_is_read_or_refused(text: str, at: int, there: int) -> None:
    grid = read_map(MAP, name='m')
    for read in (
        lambda: read_map(MAP[:at] + text, name='m'),
        lambda: read_map(MAP[:at] + text + MAP[at:], name='m'),
        lambda: read_scen(SCEN[:there] + text + SCEN[there:], grid, name='s', agents=2),
    ):
        assert _refusal(read).isprintable()


def _refusal(read: Callable[[], object]) -> str:
    """Return why something was refused, or nothing when it was read."""
    try:
        read()
    except GridError as error:
        return str(error)
    return ''
