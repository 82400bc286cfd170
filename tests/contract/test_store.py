"""What every `Store` must do: durable, all or nothing, one writer, one robot on a place."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fleet_manager.application.ports import Batch, Deposed, Store, StoreFailed
from fleet_manager.domain import messages as m
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.ids import DeliveryId, NodeId, ResourceId, RobotId
from fleet_manager.domain.units import Instant
from tests.adapters.db.story import (
    arrived,
    assigned,
    authorised,
    batch,
    entry,
    loaded,
    opened,
    requested,
    whole_delivery,
)
from tests.contract.conftest import Stores

NOW = Instant(1_700_000_000_000)


def placed(robot: str, *resources: str) -> m.RobotPlaced:
    return m.RobotPlaced(RobotId(robot), NodeId('n'), tuple(ResourceId(r) for r in resources))


def released(robot: str, *resources: str) -> m.HopsReleased:
    return m.HopsReleased(RobotId(robot), 1, 1, tuple(ResourceId(r) for r in resources))


def reached(robot: str, *resources: str) -> m.NodeReached:
    return m.NodeReached(RobotId(robot), 1, NodeId('n'), tuple(ResourceId(r) for r in resources))


def nothing_of_it_is_there(stores: Stores, *, lines: int) -> bool:
    return len(stores.start().take_over(holder='next', now=NOW).entries) == lines


def test_a_new_database_has_no_history(stores: Stores) -> None:
    recovered = stores.start().take_over(holder='a', now=NOW)
    assert (recovered.epoch, recovered.snapshot, recovered.entries) == (1, None, ())


def test_what_was_committed_comes_back_the_same_and_in_order(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    events = whole_delivery(1, 'r1')
    assert store.commit(batch(*events[:4], at=10), now=NOW) == 4
    assert store.commit(batch(*events[4:], at=20), now=NOW) == len(events)
    found = stores.start().take_over(holder='b', now=NOW).entries
    assert [stored.entry for stored in found] == [
        entry(event, 10 if number < 4 else 20) for number, event in enumerate(events)
    ]
    assert [decode_event(stored.entry.kind, stored.entry.body) for stored in found] == events
    assert [stored.seq for stored in found] == list(range(1, len(events) + 1))
    assert all(later.prev_hash == before.hash for before, later in pairwise(found))


def test_text_of_every_kind_comes_back_the_same(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='药房 "one"', now=NOW)
    event = requested(1, note='血\x00 \' " \\ \ud83d %s :x ${y}\n', key='k\x00ey\n\ud83d')
    store.commit(batch(event), now=NOW)
    (found,) = stores.start().take_over(holder='b', now=NOW).entries
    assert decode_event(found.entry.kind, found.entry.body) == event


def test_the_epoch_grows_with_every_take_over(stores: Stores) -> None:
    epochs = [stores.start().take_over(holder='a', now=NOW).epoch for _ in range(3)]
    assert epochs == [1, 2, 3]


def test_the_epoch_is_above_what_the_robots_have_seen(stores: Stores) -> None:
    assert stores.start().take_over(holder='a', now=NOW, at_least=41).epoch == 42


def test_entries_carry_the_epoch_they_were_written_under(stores: Stores) -> None:
    for number in (1, 2):
        store = stores.start()
        store.take_over(holder='a', now=NOW)
        store.commit(batch(requested(number)), now=NOW)
    found = stores.start().take_over(holder='b', now=NOW).entries
    assert [stored.epoch for stored in found] == [1, 2]


def test_an_old_leader_is_deposed_and_has_written_nothing(stores: Stores) -> None:
    old = stores.start()
    old.take_over(holder='old', now=NOW)
    old.commit(batch(requested(1)), now=NOW)
    stores.rival_leads()
    with pytest.raises(Deposed):
        old.commit(batch(requested(2)), now=NOW)
    with pytest.raises(StoreFailed):
        old.commit(batch(requested(3)), now=NOW)
    assert nothing_of_it_is_there(stores, lines=1)


def test_an_empty_batch_is_a_heartbeat_that_notices_a_rival(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    assert store.commit(Batch(()), now=NOW) == 0
    assert store.commit(batch(requested(1)), now=NOW) == 1
    assert store.commit(Batch(()), now=NOW) == 1
    stores.rival_leads()
    with pytest.raises(Deposed):
        store.commit(Batch(()), now=NOW)


def test_recovery_starts_at_the_newest_snapshot(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    for number in range(1, 5):
        store.commit(batch(requested(number), snapshot=f'state {number}'), now=NOW)
    store.commit(batch(requested(5)), now=NOW)
    recovered = stores.start().take_over(holder='b', now=NOW)
    assert (recovered.snapshot, recovered.snapshot_seq) == ('state 4', 4)
    assert [stored.seq for stored in recovered.entries] == [5]


def test_a_snapshot_may_be_taken_again_without_anything_new(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(Batch((), snapshot='empty'), now=NOW)
    store.commit(Batch((), snapshot='still empty'), now=NOW)
    recovered = stores.start().take_over(holder='b', now=NOW)
    assert (recovered.snapshot, recovered.snapshot_seq) == ('still empty', 0)


def test_a_snapshot_nobody_can_read_is_left_aside_for_the_whole_journal(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(batch(requested(1), requested(2), snapshot='of another version'), now=NOW)
    store.commit(batch(requested(3)), now=NOW)
    store = stores.start()
    recovered = store.take_over(holder='b', now=NOW, readable=lambda text: text == 'mine')
    assert (recovered.snapshot, recovered.snapshot_seq, len(recovered.entries)) == (None, 0, 3)
    assert store.commit(batch(requested(4), snapshot='mine'), now=NOW) == 4
    recovered = stores.start().take_over(holder='c', now=NOW, readable=lambda text: text == 'mine')
    assert (recovered.snapshot, recovered.snapshot_seq) == ('mine', 4)


def test_the_chain_goes_on_after_a_restart_from_a_snapshot(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(batch(requested(1), requested(2), snapshot='two'), now=NOW)
    store = stores.start()
    store.take_over(holder='b', now=NOW)
    assert store.commit(batch(requested(3)), now=NOW) == 3
    assert len(stores.start().take_over(holder='c', now=NOW).entries) == 1


def test_two_robots_on_one_resource_can_never_be_committed(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(batch(placed('r1', 'node:a'), placed('r2', 'node:b')), now=NOW)
    store.commit(batch(released('r1', 'lane:ab'), reached('r1', 'lane:ab')), now=NOW)
    store.commit(batch(released('r2', 'lane:ab')), now=NOW)
    with pytest.raises(StoreFailed):
        store.commit(batch(requested(1), released('r1', 'node:c', 'lane:ab')), now=NOW)
    assert nothing_of_it_is_there(stores, lines=5)


def together(*numbers: int) -> list[m.Event]:
    """Return parcels on their way in one compartment; the first was asked for already."""
    names = [f'd{number}' for number in numbers]
    coming: list[m.Event] = [requested(number) for number in numbers[1:]]
    for name in names:
        coming += [assigned(name, 'r1'), arrived(name, 'r1', m.Purpose.PICK_UP)]
    coming.append(authorised(names[0], 'r1', *names[1:]))
    return [*coming, *(opened(n, 'r1') for n in names), *(loaded(n, 'r1') for n in names)]


def test_what_is_put_in_by_one_opening_shares_a_compartment(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(batch(requested(1), *together(1, 2)), now=NOW)
    assert stores.rows('SELECT id, state, compartment FROM delivery ORDER BY id') == [
        ('d1', 'under_way', 'c1'),
        ('d2', 'under_way', 'c1'),
    ]


@pytest.mark.parametrize(
    'wrong',
    [
        pytest.param([reached('r1', 'node:b')], id='frees what another robot holds'),
        pytest.param([reached('r1', 'node:z')], id='frees what nobody holds'),
        pytest.param([requested(1)], id='a delivery twice'),
        pytest.param([requested(9, number=1)], id='a number twice'),
        pytest.param([requested(9, key='key-1')], id='a key twice'),
        pytest.param([loaded('d1', 'r1')], id='loaded without an opening'),
        pytest.param([assigned('d7', 'r1')], id='a delivery that does not exist'),
        pytest.param([assigned('d1', 'r1'), arrived('d1', 'r2', m.Purpose.PICK_UP)],
                     id='another robot arrives'),
        pytest.param([assigned('d1', 'r1'), arrived('d1', 'r1', m.Purpose.PICK_UP),
                      opened('d1', 'r1', 'c2')], id='another compartment opens'),
        pytest.param([assigned('d1', 'r1'), arrived('d1', 'r1', m.Purpose.PICK_UP),
                      opened('d1', 'r1'), loaded('d1', 'r1'),
                      requested(2), assigned('d2', 'r1'), arrived('d2', 'r1', m.Purpose.PICK_UP),
                      opened('d2', 'r1')], id='two parcels in one compartment'),
        pytest.param([*together(1, 2), requested(3), assigned('d3', 'r1'),
                      arrived('d3', 'r1', m.Purpose.PICK_UP), authorised('d3', 'r1'),
                      opened('d3', 'r1')], id='a third one beside two that share it'),
    ],
)  # fmt: skip
def test_what_cannot_be_true_is_refused_whole(stores: Stores, wrong: list[m.Event]) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(batch(placed('r1', 'node:a'), placed('r2', 'node:b'), requested(1)), now=NOW)
    with pytest.raises(StoreFailed):
        store.commit(batch(requested(100), *wrong), now=NOW)
    assert nothing_of_it_is_there(stores, lines=3)


def test_a_key_is_free_again_when_its_delivery_is_archived(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(batch(*whole_delivery(1, 'r1'), m.DeliveryArchived(DeliveryId('d1'))), now=NOW)
    store.commit(batch(requested(2, key='key-1')), now=NOW)
    assert stores.rows('SELECT delivery FROM idempotency') == [('d2',)]


def test_an_event_that_cannot_be_read_back_is_refused(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    good = entry(requested(1))
    bad = type(good)(good.at, good.actor, good.kind, good.delivery, good.robot, '{"key":NaN}')
    with pytest.raises(StoreFailed, match='not JSON'):
        store.commit(Batch((bad,)), now=NOW)
    assert nothing_of_it_is_there(stores, lines=0)


def test_after_a_failure_nothing_more_is_written(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    with pytest.raises(StoreFailed):
        store.commit(batch(reached('r1', 'node:z')), now=NOW)
    with pytest.raises(StoreFailed, match='nothing is written after a failure'):
        store.commit(batch(requested(1)), now=NOW)


def test_the_newest_command_of_a_device_is_kept(stores: Stores) -> None:
    store = stores.start()
    store.take_over(holder='a', now=NOW)
    store.commit(Batch((), commands=(('robot:r1', 1, '{}'), ('lift:l1', 1, '{}'))), now=NOW)
    store.commit(Batch((), commands=(('robot:r1', 2, '{"x":1}'),)), now=Instant(NOW + 5))
    assert stores.rows('SELECT device, number, body, epoch, written_ms FROM command '
                       'ORDER BY device') == [
        ('lift:l1', 1, '{}', 1, NOW),
        ('robot:r1', 2, '{"x":1}', 1, NOW + 5),
    ]  # fmt: skip


def test_nothing_is_written_before_taking_over_or_after_closing(stores: Stores) -> None:
    store: Store = stores.start()
    with pytest.raises(StoreFailed, match='take over first'):
        store.commit(Batch(()), now=NOW)
    store.take_over(holder='a', now=NOW)
    store.close()
    store.close()
    with pytest.raises(StoreFailed):
        store.commit(Batch(()), now=NOW)
