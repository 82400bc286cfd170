"""Two managers on one PostgreSQL: the lease says who leads, the lock only makes it quick."""

from __future__ import annotations

import signal
import time

import pytest

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import LEASE, SqlStore, open_store
from fleet_manager.application.ports import Account, Batch, Deposed, StoreFailed, StoreUnavailable
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.adapters.db.story import batch, requested
from tests.adapters.db.victim import EXIT_DEPOSED, Victim

pytestmark = pytest.mark.postgres
NOW = Instant(1_700_000_000_000)


def let_the_lease_end(url: str) -> None:
    outside.run(url, f'UPDATE leader SET beat = beat - {LEASE}')


@pytest.fixture
def pair(postgresql: str) -> tuple[SqlStore, SqlStore]:
    """Return a leader and a stand-by."""
    leader = open_store(postgresql)
    leader.take_over(holder='first', now=NOW)
    return leader, open_store(postgresql)


def close(pair: tuple[SqlStore, SqlStore]) -> None:
    for store in pair:
        store.close()


def test_a_living_leader_is_not_replaced(pair: tuple[SqlStore, SqlStore]) -> None:
    leader, standby = pair
    with pytest.raises(StoreUnavailable, match='first leads with epoch 1 and wrote 0 s ago'):
        standby.take_over(holder='second', now=NOW)
    assert leader.commit(batch(requested(1)), now=NOW) == 1
    close(pair)


def test_a_leader_that_ended_is_replaced_at_once(pair: tuple[SqlStore, SqlStore]) -> None:
    leader, standby = pair
    leader.close()
    assert standby.take_over(holder='second', now=NOW).epoch == 2
    close(pair)


def test_a_leader_that_says_nothing_is_replaced_and_then_deposed(
    pair: tuple[SqlStore, SqlStore], postgresql: str
) -> None:
    leader, standby = pair
    leader.commit(batch(requested(1)), now=NOW)
    let_the_lease_end(postgresql)
    recovered = standby.take_over(holder='second', now=NOW)
    assert (recovered.epoch, len(recovered.entries)) == (2, 1)
    with pytest.raises(Deposed):
        leader.commit(batch(requested(2)), now=NOW)
    assert standby.commit(batch(requested(2)), now=NOW) == 2
    close(pair)


def test_a_leader_without_the_lock_gets_it_when_its_old_holder_ends(
    pair: tuple[SqlStore, SqlStore], postgresql: str
) -> None:
    leader, standby = pair
    let_the_lease_end(postgresql)
    standby.take_over(holder='second', now=NOW)
    leader.close()
    standby.commit(Batch(()), now=NOW)
    third = open_store(postgresql)
    with pytest.raises(StoreUnavailable, match='second leads'):
        third.take_over(holder='third', now=NOW)
    third.close()
    close(pair)


def test_the_lease_is_judged_by_the_clock_of_the_database(
    pair: tuple[SqlStore, SqlStore],
) -> None:
    leader, standby = pair
    leader.commit(Batch(()), now=Instant(5))  # this machine's clock is wrong by fifty years
    with pytest.raises(StoreUnavailable, match='wrote 0 s ago'):
        standby.take_over(holder='second', now=Instant(2 * NOW))
    close(pair)


def test_a_frozen_leader_wakes_up_deposed(postgresql: str) -> None:
    victim = Victim(postgresql, 0, 'committed', 'stop')
    assert victim.hear(3)[-1] == 'ack 5'
    while outside.rows(postgresql, 'SELECT max(seq) FROM event') != [(9,)]:
        time.sleep(0.01)
    store = open_store(postgresql)
    with pytest.raises(StoreUnavailable, match='victim'):
        store.take_over(holder='second', now=NOW)
    let_the_lease_end(postgresql)
    store.take_over(holder='second', now=NOW)
    assert store.commit(batch(requested(999_999)), now=NOW) == 10
    victim.process.send_signal(signal.SIGCONT)
    assert victim.hear() == ['ack 9', 'deposed']
    assert victim.process.wait() == EXIT_DEPOSED
    victim.kill()
    assert store.commit(batch(requested(999_998)), now=NOW) == 11
    store.close()


@pytest.mark.slow
def test_a_leader_frozen_inside_a_commit_loses_it(postgresql: str) -> None:
    victim = Victim(postgresql, 0, 'commit', 'stop')
    assert victim.hear(3)[-1] == 'ack 5'
    store = open_store(postgresql)
    deadline = time.monotonic() + 60
    while True:
        try:
            store.take_over(holder='second', now=NOW)
            break
        except StoreUnavailable:
            assert time.monotonic() < deadline
            time.sleep(1)
    assert store.head()[0] == 5
    victim.process.send_signal(signal.SIGCONT)
    assert victim.process.wait(timeout=30) != 0
    victim.kill()
    assert victim.acknowledged == 5
    assert store.commit(batch(requested(7_000)), now=NOW) == 6
    store.close()


def test_a_connection_that_is_lost_ends_the_manager(postgresql: str) -> None:
    store = open_store(postgresql)
    store.take_over(holder='a', now=NOW)
    outside.run(
        postgresql,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'",
    )
    with pytest.raises(StoreFailed):
        store.commit(batch(requested(1)), now=NOW)
    store.close()
    again = open_store(postgresql)
    assert again.take_over(holder='b', now=NOW).entries == ()
    again.close()


def test_journal_and_accounts_may_share_a_database(postgresql: str) -> None:
    store, accounts = open_store(postgresql), SqlAccounts(postgresql)
    store.take_over(holder='a', now=NOW)
    accounts.create(Account(AccountId('a'), 'A', 'ward', None), secret='4711')
    store.commit(batch(requested(1)), now=NOW)
    assert accounts.seat(accounts.open_session(AccountId('a'), now=NOW), now=NOW) is not None
    accounts.close()
    store.close()


def test_a_reader_comes_back_after_the_server_dropped_it(postgresql: str) -> None:
    open_store(postgresql).close()
    reader = JournalReader(postgresql)
    assert reader.verify().count == 0
    outside.run(
        postgresql,
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
        'WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    assert reader.verify().count == 0
    reader.close()
