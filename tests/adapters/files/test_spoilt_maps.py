"""Whatever stands in the files of a hospital, the check answers in words, and soon.

`FLEET_MUTATIONS=10000` tries that many spoilt copies instead of the usual few.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_manager.adapters.files.hospital import check_folder, load_hospital
from fleet_manager.adapters.files.integration import WrongCodes, load_codes
from fleet_manager.domain.maps.check import CHECKS
from fleet_manager.domain.maps.problems import Problem, Severity

SMALL = Path(__file__).parents[3] / 'maps' / 'small_hospital'
#: The codes of other systems stand beside the map: the check does not read them.
CODES = 'integration.yaml'
FILES = sorted(path.name for path in SMALL.glob('*.yaml') if path.name != CODES)
MUTATIONS = int(os.environ.get('FLEET_MUTATIONS', '300'))
#: Seconds of computing after which a map hangs the check. How fast it is, `make bench` says.
HANGS = 60.0

#: What people and programs write by mistake, and what those write who mean harm.
ODD = [
    *['.nan', '.inf', '-.inf', '1e308', '1e-308', '-0', '0', '9' * 400, '0x10', '1_000', '007'],
    *['&a', '*a', '&a [*a]', '!!python/object:os.system', '!!float', '<<: *a', '? [a]', '---'],
    *['null', '~', '{}', '[]', '[[]]', 'true', '2026-01-01', '1:30', '""', "''", '[0, 0]'],
    *['\t', '\x00', '\ufeff', '\u202e', '\ud7ff', '中', '#', ':', '- ', '{', '}', '[', ']', '|'],
    *[
        'L1.s01',
        's01',
        'way',
        'parking',
        'charger',
        'A',
        'L2',
        'L9',
        'r1',
        '../L1.yaml',
        '%YAML 9',
    ],
]
NUMBER = re.compile(r'-?\d+\.?\d*')

Mutation = Callable[[str, random.Random], str]


def other_number(text: str, chance: random.Random) -> str:
    found = list(NUMBER.finditer(text))
    if not found:
        return text
    one = chance.choice(found)
    value = float(one[0])
    new = chance.choice(
        [
            f'{value * 1000:g}',
            f'{-value:g}',
            f'{value + chance.uniform(-3, 3):.2f}',
            f'{chance.uniform(-60, 60):.2f}',
            f'{chance.uniform(-20_000, 20_000):.0f}',
            chance.choice(found)[0],
            chance.choice(ODD),
        ]
    )
    return text[: one.start()] + new + text[one.end() :]


def other_word(text: str, chance: random.Random) -> str:
    words = list(re.finditer(r'[A-Za-z][\w-]*', text))
    if not words:
        return text
    one, other = chance.choice(words), chance.choice(words)
    new = chance.choice([other[0], chance.choice(ODD), one[0][:-1], one[0].upper()])
    return text[: one.start()] + new + text[one.end() :]


def other_lines(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True) or ['']
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    many = lines[one : one + chance.randrange(1, 8)]
    match chance.randrange(4):
        case 0:
            del lines[one : one + len(many)]
        case 1:
            lines[other:other] = many
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case _:
            lines[one] = chance.choice(['  ', '    ', '\t', '- ']) + lines[one]
    return ''.join(lines)


def other_characters(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    length = chance.choice([0, 1, 1, 2, 30])
    return (
        text[:at] + chance.choice([*ODD, '', chr(chance.randrange(0xD7FF))]) + text[at + length :]
    )


def cut(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


MUTATIONS_BY_NAME: list[Mutation] = [
    other_number,
    other_number,
    other_word,
    other_lines,
    other_characters,
    cut,
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SMALL, tmp_path / 'small'))


def answer(folder: Path) -> list[Problem]:
    """Return what the check says: it does not hang, and says it in words."""
    start = time.process_time()
    problems = check_folder(folder)
    took = time.process_time() - start
    assert took < HANGS, f'{took:.1f} s'
    for own in problems:
        assert own.problem.strip()
        assert own.mend.strip()
        assert str(folder) in own.place
        assert own.code not in CHECKS or CHECKS[own.code].severity is own.severity
    return problems


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_ten_thousand_spoilt_copies_get_an_answer_and_never_a_traceback(folder: Path) -> None:
    fine = {name: (SMALL / name).read_text(encoding='utf-8') for name in FILES}
    refused = 0
    for seed in range(MUTATIONS):
        chance = random.Random(seed)
        name = chance.choice(FILES)
        text = fine[name]
        for _ in range(chance.choice([1, 1, 1, 2, 5])):
            text = chance.choice(MUTATIONS_BY_NAME)(text, chance)
        (folder / name).write_text(text, encoding='utf-8', errors='surrogatepass')
        try:
            problems = answer(folder)
        except BaseException as error:
            error.add_note(f'seed {seed}, {name}')
            raise
        refused += any(own.severity is Severity.ERROR for own in problems)
        (folder / name).write_text(fine[name], encoding='utf-8')
    assert refused > MUTATIONS / 3


@pytest.mark.slow
@pytest.mark.parametrize('name', FILES)
def test_a_file_cut_off_anywhere_gets_an_answer(folder: Path, name: str) -> None:
    whole = (SMALL / name).read_bytes()
    for part in range(50):
        (folder / name).write_bytes(whole[: len(whole) * part // 50])
        refused = any(own.severity is Severity.ERROR for own in answer(folder))
        # A fleet of fewer robots is a fleet; the last lines of a file may say nothing it needs.
        assert refused or name == 'fleet.yaml' or part > 45


@pytest.mark.slow
def test_a_spoilt_file_of_codes_is_read_or_refused_by_its_name(folder: Path) -> None:
    hospital = load_hospital(SMALL)
    fine = (SMALL / CODES).read_text(encoding='utf-8')
    file = folder / CODES
    said: list[str] = []
    for seed in range(MUTATIONS):
        chance = random.Random(seed)
        spoilt = chance.choice(MUTATIONS_BY_NAME)(fine, chance)
        file.write_text(spoilt, encoding='utf-8', errors='surrogatepass')
        try:
            load_codes(file, hospital)
        except WrongCodes as wrong:
            said.append(str(wrong))
        except BaseException as error:
            error.add_note(f'seed {seed}')
            raise
    assert len(said) > MUTATIONS / 3
    assert all(words.startswith(f'{file}: ') and len(words) < 2_000 for words in said)


def append(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(
        (folder / name).read_text(encoding='utf-8') + text, encoding='utf-8'
    )


def bomb() -> str:
    """Nine lists of nine of the list before: 9^9 values if aliases were followed."""
    lines = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for one, other in zip('abcdefgh', 'bcdefghi', strict=True):
        lines.append(f'{other}: &{other} [{", ".join([f"*{one}"] * 9)}]')
    return '\n'.join(lines)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('a: &a [*a]\n', 'has an anchor or alias'),
        ('a: &a {b: *a}\n', 'has an anchor or alias'),
        (bomb(), 'has an anchor or alias'),
        ('a: ' + '[' * 100_000, 'is nested deeper than 20'),
        ('a: ' + '{b: ' * 100_000, 'is nested deeper than 20'),
        ('a: [' + '0, ' * 600_000 + ']', 'has more than'),
        ('a: ' + '9' * 1_000_000, ''),
        ('a: !!python/object/apply:os.system [true]\n', 'has the tag'),
    ],
)
def test_a_bomb_is_refused_at_once_and_in_little_memory(
    folder: Path, text: str, said: str
) -> None:
    (folder / 'L1.yaml').write_text(text)
    tracemalloc.start()
    try:
        problems = answer(folder)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100 * 1024 * 1024
    assert any(said in own.problem for own in problems)
    assert any('L1.yaml' in own.place for own in problems)


def test_a_file_of_a_gigabyte_is_not_even_read(folder: Path) -> None:
    with (folder / 'L1.yaml').open('wb') as file:
        file.truncate(1024**3)
    (problem,) = answer(folder)
    assert 'is larger than' in problem.problem


@pytest.mark.parametrize('number', ['.nan', '.inf', '-.inf', '1e999'])
def test_a_coordinate_that_is_no_number_is_refused_where_it_stands(
    folder: Path, number: str
) -> None:
    file = folder / 'L1.yaml'
    text = file.read_text(encoding='utf-8')
    file.write_text(text.replace('s02: {at: [6.6,', f's02: {{at: [{number},', 1), 'utf-8')
    problem = answer(folder)[0]
    line = 1 + text[: text.index('s02: {at')].count('\n')
    assert f'L1.yaml:{line} nodes.s02.at' in problem.place


def draw_in(folder: Path, scale: float) -> None:
    """Write all places of the hospital in another unit."""

    def scaled(found: re.Match[str]) -> str:
        numbers = re.sub(NUMBER, lambda own: f'{float(own[0]) * scale:.6g}', found[2])
        return found[1] + numbers

    for name in FILES:
        file = folder / name
        text = file.read_text(encoding='utf-8')
        places = re.compile(r'\b((?:at|box|outline|polygon):\s*)(\[[-\d., \[\]\n]*\])')
        file.write_text(places.sub(scaled, text), encoding='utf-8')


@pytest.mark.parametrize('scale', [1_000, 100, 50, 20], ids=['mm', 'cm', 'px', 'px20'])
def test_a_map_that_is_not_in_metres_is_refused_by_its_figures(folder: Path, scale: float) -> None:
    draw_in(folder, scale)
    problems = answer(folder)
    assert problems[0].severity is Severity.ERROR
    assert {own.code for own in problems} & {'not_metres', 'wrong_value', 'odd_scale'}
    assert any('metre' in own.mend or 'pixels' in own.mend for own in problems)


def test_a_map_in_feet_is_doubted(folder: Path) -> None:
    draw_in(folder, 3.28)
    assert 'odd_scale' in {own.code for own in answer(folder)}


def test_a_map_in_metres_is_not_doubted(folder: Path) -> None:
    draw_in(folder, 1.0)
    assert answer(folder) == []
