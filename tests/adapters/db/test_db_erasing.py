"""Erased is erased, to the last byte of the file, and the record stays whole."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import SqlStore, open_store
from fleet_manager.application.ports import StoreUnavailable
from fleet_manager.domain import messages as m
from fleet_manager.domain.codec import EVENT_TYPES, decode_event, encode
from fleet_manager.domain.deliveries.custody import gaps
from fleet_manager.domain.deliveries.details import fields_of
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.evolve import apply
from fleet_manager.domain.ids import AccountId, ClosureId, DeliveryId, StationId
from fleet_manager.domain.personal import ERASED, FIELDS, Sort
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.adapters.db.story import batch, entry, requested

NOW = Instant(1_700_000_000_000)
#: Fields of text that say nothing about a person: ids of things, codes of reasons, versions.
NOT_PERSONAL = {
    'goods', 'urgency', 'outcome', 'alert', 'code', 'subject', 'params', 'place', 'robot_type',
    'why', 'version', 'before', 'map_version', 'details', 'device', 'problem',
    'PorterAsked.reason', 'RobotExcluded.reason', 'RunReordered.reason', 'RunWithdrawn.reason',
}  # fmt: skip
#: Details of goods that say nothing about a person.
DETAILS = {'kind', 'waste_type', 'weight_kg', 'bag', 'meal'}


def person(name: str, role: m.Role = m.Role.PORTER) -> m.Actor:
    return m.Actor(AccountId(name), role)


def told(number: int, who: str, text: str, *, goods: str = 'drug') -> list[m.Event]:
    """Return a delivery a porter carries, with everything personal there can be."""
    name = DeliveryId(f'd{number}')
    asked = requested(
        number,
        goods=goods,
        actor=person(who, m.Role.WARD),
        note=text,
        asked_by=text,
        key=f'{text}-{number}',
        details={'codes': f'{text}.{number}'},
    )
    return [
        asked,
        m.PorterAsked(name, 'no_robot_is_built_for_it'),
        m.PorterTook(name, person(f'{who}-porter')),
        m.DeliveryReceived(name, person(who, m.Role.WARD), person(f'{who}-2'), missing=text),
        m.FollowUpNoted(name, person(who, m.Role.DESK), m.FollowUpStep.ANSWERED, text),
        m.DeliveryArchived(name),
    ]


def closed(number: int, who: str, text: str) -> list[m.Event]:
    """Return a place that was closed, and stays so where `number` is odd."""
    name = ClosureId(f'c{number}')
    shut = m.PlaceClosed(
        name, m.PlaceKind.LANE, 'a-b', '', text, person(who, m.Role.OPERATOR),
        Instant(0), (), (),
    )  # fmt: skip
    return [shut] if number % 2 else [shut, m.PlaceOpened(name, person(who), 'asked')]


def fold(entries: list[Any]) -> FleetState:
    state = FleetState()
    for one in entries:
        apply(state, decode_event(one.kind, one.body), one.at)
    return state


def erase(store: SqlStore, at: int, *events: m.RetentionApplied, state: str = 'state') -> None:
    store.commit(batch(*events, at=at, snapshot=state), now=NOW)


WHO = st.sampled_from(['anna.canary', 'bo-canary', 'chen_canary'])
STEPS = st.lists(st.tuples(st.booleans(), WHO), min_size=1, max_size=12)


@pytest.mark.thorough
@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(steps=STEPS, share=st.floats(0, 1), sorts=st.sets(st.sampled_from(Sort), min_size=1))
def test_what_is_erased_is_nowhere_and_everything_else_is_as_it_was(
    steps: list[tuple[bool, str]], share: float, sorts: set[Sort]
) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / 'fleet.db'
        store = open_store(f'sqlite:///{file}')
        store.take_over(holder='a', now=NOW)
        entries, until = [], round(share * len(steps))
        through = 0
        for number, (is_delivery, who) in enumerate(steps, 1):
            old = number <= until
            age = 'old' if old else 'new'
            events = (told if is_delivery else closed)(
                number, f'{age}.{who}', f'{age}text{number}'
            )
            entries += [entry(one, number) for one in events]
            seq = store.commit(batch(*events, at=number, snapshot=encode(fold(entries))), now=NOW)
            through = seq if old else through
        over = tuple(DeliveryId(f'd{n}') for n, (d, _) in enumerate(steps[:until], 1) if d)
        said = [
            m.RetentionApplied(sort, over, through, Instant(until + 1)) for sort in sorted(sorts)
        ]
        entries += [entry(one, 99) for one in said]
        erase(store, 99, *said, state=encode(fold(entries)))
        bytes_ = b''.join(path.read_bytes() for path in sorted(file.parent.iterdir()))
        if Sort.NAMES in sorts:
            assert b'old.' not in bytes_
        if set(Sort) <= sorts:
            assert b'oldtext' not in bytes_
        newer = any(number > until for number in range(1, len(steps) + 1))
        assert not newer or b'newtext' in bytes_

        reader = JournalReader(f'sqlite:///{file}')
        report = reader.verify()
        assert (report.count, report.first_bad) == (len(entries), None), report.problem
        for number, (is_delivery, _) in enumerate(steps, 1):
            record = reader.custody(f'd{number}') if is_delivery else None
            if record is not None:
                assert gaps(record) == []
                signed = {one.signed_by for one in record.holdings if one.signed_by}
                assert len(signed) == 2, 'two people are still two'
        read = [one.entry for one in reader.entries(0, 1_000)]
        assert fold(read) == fold(entries)
        for was, now in zip(entries, read, strict=True):
            assert (was.at, was.kind, was.delivery) == (now.at, now.kind, now.delivery)
            if was.at > until:
                assert was == now
        reader.close()
        store.close()


def test_a_text_of_a_line_reads_as_erased_and_its_people_by_pseudonym(database: str) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    store.commit(batch(*told(1, 'anna', 'for bed 4')), now=NOW)
    store.commit(batch(*told(2, 'anna', 'for bed 5')), now=NOW)
    erase(store, 9, *(m.RetentionApplied(sort, (DeliveryId('d1'),)) for sort in Sort))
    recovered = store.take_over(holder='b', now=NOW, readable=lambda snapshot: False)
    store.close()
    events = [decode_event(one.entry.kind, one.entry.body) for one in recovered.entries]
    asked, _, took, received, noted, *_ = events
    assert isinstance(asked, m.DeliveryRequested)
    assert isinstance(received, m.DeliveryReceived)
    assert isinstance(took, m.PorterTook)
    assert isinstance(noted, m.FollowUpNoted)
    assert (asked.note, asked.key, received.missing, noted.note) == (ERASED,) * 4
    assert asked.details == {}
    assert asked.actor.account == received.actor.account == noted.actor.account
    assert asked.actor.account.startswith('person-')
    assert took.actor.account != asked.actor.account
    assert recovered.entries[0].entry.actor == asked.actor.account
    assert (asked.actor.role, asked.sender) == (m.Role.WARD, StationId('pharmacy'))
    assert events[6:12] == told(2, 'anna', 'for bed 5')


@pytest.mark.parametrize(
    'change',
    [
        "UPDATE personal SET body = replace(body, 'for bed', 'to bed')",
        "UPDATE personal SET body = '\"eve\"' WHERE sort = 'names'",
        "UPDATE personal SET salt = '00' WHERE sort = 'texts'",
        "DELETE FROM personal WHERE sort = 'texts'",
        "DELETE FROM personal WHERE delivery = 'd1'",
        'UPDATE event SET form = 1 WHERE seq = 1',
        'UPDATE event SET body = replace(body, \'{"texts":"\', \'{"texts":"0\') WHERE seq = 4',
    ],
)
def test_a_name_or_text_that_was_changed_or_taken_out_otherwise_is_found(
    database: str, change: str
) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    store.commit(batch(*told(1, 'anna', 'for bed 4'), *closed(1, 'bo', 'wet floor')), now=NOW)
    erase(store, 9, m.RetentionApplied(Sort.CODES, (DeliveryId('d1'),), 7, Instant(1)))
    store.close()
    reader = JournalReader(database)
    assert reader.verify().first_bad is None
    outside.unguard(database)
    outside.run(database, change)
    report = reader.verify()
    assert report.first_bad is not None
    assert report.problem
    reader.close()


def test_a_manager_does_not_start_with_a_name_somebody_put_in(database: str) -> None:
    store = open_store(database)
    store.take_over(holder='a', now=NOW)
    store.commit(batch(*told(1, 'anna', 'for bed 4')), now=NOW)
    store.close()
    outside.run(database, "UPDATE personal SET body = '\"eve\"' WHERE sort = 'names'")
    store = open_store(database)
    with pytest.raises(StoreUnavailable, match='journal line 1: has a name or text'):
        store.take_over(holder='b', now=NOW)
    store.close()


def test_a_journal_of_an_older_program_goes_on_with_its_lines_as_they_were(
    tmp_path: Path,
) -> None:
    """The older lines stay readable and whole; newer ones follow with their texts beside."""
    url = f'sqlite:///{tmp_path / "old.db"}'
    outside.old_journal(url, [entry(one) for one in told(1, 'anna', 'for bed 4')])
    reader = JournalReader(url)
    assert reader.verify().count == 6
    reader.close()
    store = open_store(url)
    assert len(store.take_over(holder='a', now=NOW).entries) == 6
    store.commit(batch(*told(2, 'anna', 'for bed 5')), now=NOW)
    store.close()
    reader = JournalReader(url)
    assert reader.verify().count == 12
    notes = [json.loads(one.entry.body).get('note') for one in reader.entries(0, 12)]
    assert (notes[0], notes[6]) == ('for bed 4', 'for bed 5')
    assert [one.form for one in reader.entries(0, 12)] == [1] * 6 + [2] * 6
    reader.close()


@pytest.mark.parametrize('kind', sorted(EVENT_TYPES))
def test_each_text_of_an_event_is_known_to_be_personal_or_not(kind: str) -> None:
    for name, hint in get_type_hints(EVENT_TYPES[kind]).items():
        if hint is not str and str not in get_args(hint):
            continue  # an id has a type of its own
        known = name in NOT_PERSONAL or f'{kind}.{name}' in NOT_PERSONAL
        assert known or name in FIELDS.get(kind, {}), f'{kind}.{name}: say so in domain/personal'


def test_each_detail_of_goods_is_known_to_be_personal_or_not() -> None:
    fields = {name for goods in GOODS for name in fields_of(goods)}
    known = {path.partition('.')[2] for path in FIELDS['DeliveryRequested'] if '.' in path}
    assert {name for name in fields - known if not name.startswith('diet_')} <= DETAILS
