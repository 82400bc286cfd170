"""`fleet gazebo world` and `plan` as a person meets them: 0 done, 1 not possible, 2 usage."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from fleet_manager.entry.cli import app
from fleet_manager.entry.settings import SHIPPED_MAPS

SMALL = SHIPPED_MAPS / 'small_hospital'


def fleet(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ['gazebo', *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize('engine', ['sim', 'classic'])
def test_a_world_is_written_and_told_about(engine: str, tmp_path: Path) -> None:
    out = tmp_path / 'a.sdf'
    code, said, _ = fleet('world', SMALL, '--engine', engine, '--out', out)
    assert code == 0
    assert said.startswith(f'{out}: 3 levels, 2 lifts, 4 doors, 12 robots, ')
    assert ET.parse(out).getroot().tag == 'sdf'


def test_levels_and_robots_can_be_chosen(tmp_path: Path) -> None:
    out = tmp_path / 'a.sdf'
    words = ('world', SMALL, '--engine', 'sim', '--out', out, '--levels', 'L1,L3')
    code, said, _ = fleet(*words, '--robots', 'r1, r8')
    assert code == 0
    assert said.startswith(f'{out}: 2 levels, 2 lifts, 2 doors, 2 robots, ')


@pytest.mark.thorough
def test_a_world_is_drawn_level_by_level(tmp_path: Path) -> None:
    out, plans = tmp_path / 'a.sdf', tmp_path / 'plans'
    fleet('world', SMALL, '--engine', 'classic', '--out', out)
    code, said, _ = fleet('plan', out, '--out', plans)
    assert (code, said) == (0, f'{plans}: L1.svg, L2.svg, L3.svg\n')
    assert sorted(file.name for file in plans.iterdir()) == ['L1.svg', 'L2.svg', 'L3.svg']


@pytest.mark.parametrize(
    ('words', 'code', 'said'),
    [
        (('nowhere', '--engine', 'sim'), 2, 'nowhere: there is no such folder'),
        ((SMALL, '--engine', 'ode'), 2, '--engine ode: choose sim or classic'),
        ((SMALL, '--engine', 'sim', '--levels', 'L1,X'), 1, 'small-hospital has no level X'),
        ((SMALL, '--engine', 'sim', '--robots', 'r77'), 1, 'small-hospital has no robot r77'),
        (
            (SMALL, '--engine', 'sim', '--levels', 'L1', '--robots', 'r7'),
            1,
            'robot r7 starts on L2: choose this level too',
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    words: tuple[object, ...], code: int, said: str, tmp_path: Path
) -> None:
    out = tmp_path / 'a.sdf'
    done, _, problem = fleet('world', *words, '--out', out)
    assert done == code
    assert problem.startswith(f'fleet gazebo world: {said}')
    assert problem.count('\n') == 1
    assert not out.exists()


def test_a_map_without_a_floor_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / 'empty'
    folder.mkdir()
    text = (SMALL / 'hospital.yaml').read_text('utf-8')
    bare = text[: text.index('\nfloors:')] + '\nfloors: []\nfleet: fleet.yaml\nlifts: {}\n'
    (folder / 'hospital.yaml').write_text(bare, 'utf-8')
    (folder / 'fleet.yaml').write_text('robots: {}\n', 'utf-8')
    code, _, problem = fleet('world', folder, '--engine', 'sim', '--out', tmp_path / 'a.sdf')
    assert code == 1
    assert 'hospital.yaml:3: has no nodes' in problem
    assert problem.count('\n') == 1


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    out = tmp_path / 'no' / 'folder' / 'a.sdf'
    code, _, problem = fleet('world', SMALL, '--engine', 'sim', '--out', out)
    assert (code, problem) == (1, f'fleet gazebo world: --out {out}: No such file or directory\n')


@pytest.mark.parametrize(
    ('content', 'said'),
    [
        (None, 'No such file or directory'),
        (b'\xff\xfe\x00', 'is no text'),
        (b'<sdf version="1.7"><world name="w"/></sdf>', 'has no floors'),
    ],
)
def test_what_is_no_world_is_not_drawn(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / 'a.sdf'
    if content is not None:
        file.write_bytes(content)
    code, _, problem = fleet('plan', file, '--out', tmp_path / 'plans')
    assert code == 1
    assert problem.startswith(f'fleet gazebo plan: {file}: {said}')
    assert problem.count('\n') == 1
