"""Canonical JSON: what goes in comes out, one value has one text, nothing else passes."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.domain import messages as m
from fleet_manager.domain.codec import EVENT_TYPES, decode, decode_event, encode, encode_event
from fleet_manager.domain.errors import JournalError
from fleet_manager.domain.ids import AccountId, CompartmentId, DeliveryId, RobotId, RunId
from fleet_manager.domain.state import FleetState

Name = NewType('Name', str)


class Colour(StrEnum):
    RED = 'red'
    BLUE = 'blue'


class Level(IntEnum):
    LOW = 1


@dataclass(frozen=True, slots=True)
class Inner:
    count: int
    share: float = 0.5


@dataclass(slots=True)
class Everything:
    """One field of every form; mutable, as the state of the kernel is."""

    text: str
    flag: bool
    colour: Colour
    level: Level
    inner: Inner
    maybe: Inner | None
    names: tuple[Name, ...]
    pair: tuple[str, int]
    table: dict[Name, list[Inner]]
    marks: set[str]
    fixed: frozenset[int]
    child: Everything | None = None
    more: dict[str, int] = field(default_factory=dict)
    derived: int = field(init=False, default=7)


def everything(**changes: Any) -> Everything:
    values: dict[str, Any] = {
        'text': 'Blut, 血, "quoted" \x00',
        'flag': True,
        'colour': Colour.BLUE,
        'level': Level.LOW,
        'inner': Inner(1),
        'maybe': None,
        'names': (Name('a'), Name('b')),
        'pair': ('x', 2),
        'table': {Name('n'): [Inner(2, 0.25), Inner(3)]},
        'marks': {'q', 'p'},
        'fixed': frozenset({3, 1, 2}),
    }
    return Everything(**{**values, **changes})


@pytest.mark.slow
@pytest.mark.parametrize('kind', sorted(EVENT_TYPES))
def test_every_event_comes_back_as_it_was(kind: str) -> None:
    @given(st.from_type(EVENT_TYPES[kind]))
    def comes_back(event: Any) -> None:
        written, body = encode_event(event)
        assert written == kind
        assert decode_event(kind, body) == event
        assert encode(decode(type(event), body)) == body
        assert body.isascii()

    comes_back()


def test_every_event_type_is_known_by_its_class_name() -> None:
    assert EVENT_TYPES['ParcelLoaded'] is m.ParcelLoaded
    assert len(EVENT_TYPES) == len(set(EVENT_TYPES.values())) > 30


def test_every_form_a_field_may_have_comes_back() -> None:
    value = everything(child=everything(maybe=Inner(9)), more={'b': 1, 'a': 2})
    assert decode(Everything, encode(value)) == value


def test_the_state_of_the_kernel_has_a_form() -> None:
    assert decode(FleetState, encode(FleetState())) == FleetState()


def test_keys_are_sorted_and_there_is_no_space() -> None:
    assert encode(Inner(1)) == '{"count":1,"share":0.5}'


def test_the_same_value_gives_the_same_bytes() -> None:
    one = everything(more={'a': 1, 'b': 2}, marks={'x', 'y', 'z'}, inner=Inner(1, 1.0))
    two = everything(more={'b': 2, 'a': 1}, marks={'z', 'y', 'x'}, inner=Inner(1, 1))
    assert one == two
    assert encode(one) == encode(two)
    assert encode(Inner(1, -0.0)) == encode(Inner(1, 0.0)) == '{"count":1,"share":0.0}'


def test_derived_fields_are_not_written() -> None:
    assert 'derived' not in json.loads(encode(everything()))


def test_a_missing_field_takes_its_default_so_that_old_journals_stay_readable() -> None:
    assert decode(Inner, '{"count":3}') == Inner(3, 0.5)


def test_a_whole_number_is_read_as_a_float() -> None:
    read = decode(Inner, '{"count":3,"share":2}')
    assert (read.share, type(read.share)) == (2.0, float)


@pytest.mark.parametrize(
    ('body', 'problem'),
    [
        ('{"share":1.0}', 'Inner.count: missing'),
        ('{"count":1,"extra":2}', 'Inner.extra: unknown field'),
        ('{"count":true}', 'Inner.count: whole number expected, got bool'),
        ('{"count":1.0}', 'Inner.count: whole number expected, got float'),
        ('{"count":"1"}', 'Inner.count: whole number expected, got str'),
        ('{"count":null}', 'Inner.count: whole number expected, got null'),
        ('{"count":1,"share":true}', 'Inner.share: number expected, got bool'),
        ('{"count":1,"share":NaN}', 'Inner: not JSON: NaN'),
        ('{"count":1,"share":-Infinity}', 'Inner: not JSON: -Infinity'),
        ('{"count":1,"share":1e999}', 'Inner.share: finite number expected, got inf'),
        ('{"count":1,"share":1' + '0' * 400 + '}', 'Inner.share: number too large'),
        ('[1]', 'Inner: object expected, got list'),
        ('{"count":1', 'Inner: not JSON'),
        ('[' * 100_000, 'Inner: not JSON'),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_the_field(body: str, problem: str) -> None:
    with pytest.raises(JournalError) as caught:
        decode(Inner, body)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ('change', 'problem'),
    [
        ({'colour': 'green'}, ".colour: 'green' is no Colour"),
        ({'level': True}, ".level: 'True' is no Level"),
        ({'flag': 1}, '.flag: true or false expected, got int'),
        ({'names': ['a', 2]}, '.names[1]: text expected, got int'),
        ({'names': 'ab'}, '.names: list expected, got str'),
        ({'pair': ['x']}, '.pair: 2 items expected, got 1'),
        ({'pair': ['x', 'y']}, '.pair[1]: whole number expected, got str'),
        ({'table': {'n': [{'count': 'x'}]}}, ".table['n'][0].count: whole number expected"),
        ({'table': []}, '.table: object expected, got list'),
        ({'derived': 7}, '.derived: unknown field'),
    ],
)
def test_the_path_leads_into_nested_fields(change: dict[str, Any], problem: str) -> None:
    body = json.dumps({**json.loads(encode(everything())), **change})
    with pytest.raises(JournalError) as caught:
        decode(Everything, body)
    assert f'Everything{problem}' in str(caught.value)


@pytest.mark.parametrize(
    ('value', 'problem'),
    [
        (Inner(1, math.nan), 'Inner.share: finite number expected, got nan'),
        (Inner(True), 'Inner.count: whole number expected, got bool'),
        (everything(inner=None), 'Everything.inner: Inner expected, got null'),
        (everything(colour='red '), 'Everything.colour: Colour expected, got str'),
        (everything(names=['a']), 'Everything.names: tuple expected, got list'),
        (everything(pair=['a', 1]), 'Everything.pair: tuple expected, got list'),
        (everything(table={1: []}), "Everything.table['1']: text expected, got int"),
        ('text', 'str is no dataclass'),
    ],
)
def test_what_could_not_be_read_back_is_not_written(value: Any, problem: str) -> None:
    with pytest.raises(JournalError) as caught:
        encode(value)
    assert str(caught.value) == problem


def test_an_unknown_event_is_refused_both_ways() -> None:
    with pytest.raises(JournalError, match="unknown event 'Nothing'"):
        decode_event('Nothing', '{}')
    with pytest.raises(JournalError, match='Inner is no event'):
        encode_event(Inner(1))  # type: ignore[arg-type]


def test_a_dataclass_that_refuses_its_values_is_a_bad_journal_not_a_crash() -> None:
    @dataclass(frozen=True)
    class Positive:
        count: int

        def __post_init__(self) -> None:
            if self.count < 1:
                raise ValueError('count must be positive')

    with pytest.raises(JournalError, match='Positive: count must be positive'):
        decode(Positive, '{"count":0}')


@pytest.mark.parametrize('kind', [complex, dict[int, str], int | str])
def test_a_type_without_a_form_is_a_bug_and_says_where(kind: Any) -> None:
    made: Any = type('Odd', (), {'__annotations__': {'what': kind}})
    with pytest.raises(TypeError, match='Odd.what: the journal'):
        encode(dataclass(made)(1))


def test_events_are_encoded_well_over_ten_thousand_times_a_second() -> None:
    event = m.ParcelLoaded(
        DeliveryId('d1'), RobotId('r1'), CompartmentId('c1'), m.Actor(AccountId('a'), m.Role.WARD)
    )
    best = min(_seconds(event) for _ in range(5))
    assert 1_000 / best > 10_000  # some 200,000 on a quiet machine: this only catches a collapse


def _seconds(event: Any) -> float:
    start = time.perf_counter()
    for _ in range(1_000):
        encode(event)
    return time.perf_counter() - start


def test_a_runner_up_is_a_pair_of_robot_and_cost() -> None:
    event = m.RunAssigned(
        RunId('n1'), RobotId('r1'), DeliveryId('d1'), CompartmentId('c1'), 5, ((RobotId('r2'), 9),)
    )
    assert '"runners_up":[["r2",9]]' in encode(event)
