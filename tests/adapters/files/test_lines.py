"""YAML as narrow as a hospital needs it, with the line of everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.files.lines import MAX_DEPTH, MAX_VALUES, Unreadable, read_yaml
from fleet_manager.domain.maps.problems import FieldPath


def plain(text: str, *, most: int = MAX_VALUES) -> object:
    return read_yaml(text, lambda path, line: None, most=most)


def test_values_are_what_json_can_hold() -> None:
    text = "{a: 1, b: -2.5e3, c: text, d: '7', e: true, f: null, g: [1, .5], h: }"
    assert plain(text) == {
        'a': 1,
        'b': -2500.0,
        'c': 'text',
        'd': '7',
        'e': True,
        'f': None,
        'g': [1, 0.5],
        'h': None,
    }


@pytest.mark.parametrize('word', ['yes', 'no', 'on', 'off', '1:30', '0x1F', '2026-01-01', '1_000'])
def test_what_yaml_surprises_people_with_is_text(word: str) -> None:
    assert plain(f'a: {word}') == {'a': word}


def test_a_number_with_leading_zeros_is_decimal() -> None:
    assert plain('010') == 10


def test_numbers_that_are_none_are_read_so_that_the_field_can_be_named() -> None:
    values = plain('[.inf, -.inf, .nan]')
    assert isinstance(values, list)
    assert values[:2] == [math.inf, -math.inf]
    assert math.isnan(values[2])


def test_an_empty_file_is_nothing() -> None:
    assert plain('# nothing\n') is None


def test_every_value_has_the_line_of_its_key() -> None:
    marks: dict[FieldPath, int] = {}
    read_yaml('a:\n  b:\n    - 1\n    - {c: 2}\nd: 3\n', marks.__setitem__)
    assert marks[('a',)] == 1
    assert marks[('a', 'b')] == 2
    assert marks[('a', 'b', '0')] == 3
    assert marks[('a', 'b', '1', 'c')] == 4
    assert marks[('d',)] == 5


DEEP = '[' * (MAX_DEPTH + 1) + ']' * (MAX_DEPTH + 1)
BOMB = 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n'
REFUSED = [
    ('a: 1\nb: 2\na: 3\n', 3, "has 'a' twice, first in line 1"),
    (BOMB, 1, 'has an anchor or alias'),
    ('a: 1\nb: *a\n', 2, 'has an anchor or alias'),
    ('a: !!python/object/apply:os.getcwd []\n', 1, 'has the tag'),
    ('a: !!str 1\n', 1, 'has the tag'),
    ('[a, b]: 1\n', 1, 'has a key that is no word'),
    ('a: 1\n---\nb: 2\n', 2, 'begins a second document'),
    ('a: [1, 2\nb: 3\n', 2, 'is no YAML here'),
    ('a: "open\n', 2, 'is no YAML here'),
    ('a: 1\nb: \x07\n', 2, 'has a control character'),
    (DEEP, 1, 'is nested deeper'),
]


@pytest.mark.parametrize(('text', 'line', 'problem'), REFUSED, ids=[own[2] for own in REFUSED])
def test_what_is_not_allowed_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(Unreadable) as caught:
        plain(text)
    assert problem in str(caught.value)
    assert caught.value.line == line


def test_a_file_of_endless_small_values_is_refused() -> None:
    assert plain('[' + '1,' * 99 + ']', most=100) == [1] * 99
    with pytest.raises(Unreadable, match='has more than 100 values'):
        plain('[' + '1,' * 100 + ']', most=100)


def test_a_number_of_endless_digits_is_text() -> None:
    assert plain('9' * 5_000) == '9' * 5_000


@given(
    text=st.text(alphabet=st.sampled_from(' \n\t-:,[]{}&*!|>\'"%@`#?a1.~\x00\x85é'), max_size=40)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        plain(text)
    except Unreadable as error:
        assert error.line >= 1  # noqa: PT017
