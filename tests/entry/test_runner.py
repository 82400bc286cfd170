"""The kernel's thread, on a real SQLite store: nothing is said before it is on the disk."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.application.kernel import Kernel, Outcome
from fleet_manager.application.ports import (
    Batch,
    Overloaded,
    Reply,
    RobotOrder,
    StoreFailed,
    StoreUnavailable,
)
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import DeliveryRequested, ManagerStarted
from fleet_manager.domain.units import Instant
from tests.adapters.db import outside
from tests.entry.manager import SECONDS, Gate, Manager, at_home, wait_until, wish


def holds(batch: Batch, kind: str) -> bool:
    return any(entry.kind == kind for entry in batch.entries)


def requested(batch: Batch) -> bool:
    return holds(batch, DeliveryRequested.__name__)


# --- journal first -------------------------------------------------------------------------------


def test_a_reply_comes_only_after_the_commit(hospital: Hospital, tmp_path: Path) -> None:
    with Manager(hospital, tmp_path) as manager:
        gate = Gate()
        manager.store.before = lambda batch: gate.wait() if requested(batch) else None
        future = manager.mailbox.submit(wish())
        assert gate.reached.wait(SECONDS)
        assert not future.done()
        assert 'DeliveryRequested' not in manager.kinds()
        gate.open()
        assert future.result(SECONDS) == Reply(delivery='D000001')
        assert 'DeliveryRequested' in manager.kinds()


def test_an_order_goes_out_only_after_the_commit(hospital: Hospital, tmp_path: Path) -> None:
    with Manager(hospital, tmp_path) as manager:
        gate = Gate()
        manager.store.before = lambda batch: (
            gate.wait() if any(name == 'robot:r1' for name, _, _ in batch.commands) else None
        )
        manager.mailbox.report(at_home(hospital))
        assert gate.reached.wait(SECONDS)
        assert not any(isinstance(sent, RobotOrder) for sent in manager.devices.sent)
        gate.open()
        wait_until(lambda: any(isinstance(sent, RobotOrder) for sent in manager.devices.sent))


def test_a_store_that_fails_means_no_reply_no_order_and_exit_74(
    hospital: Hospital, tmp_path: Path
) -> None:
    def fail(batch: Batch) -> None:
        if requested(batch):
            raise StoreFailed('disk full')

    with Manager(hospital, tmp_path) as manager:
        sent = list(manager.devices.sent)
        manager.store.before = fail
        future = manager.mailbox.submit(wish())
        assert manager.ends.get(timeout=SECONDS) == 74
        wait_until(lambda: not manager.runner.alive)
        assert not future.done()
        assert manager.devices.sent == sent
        assert 'DeliveryRequested' not in manager.kinds()


def test_after_a_failure_new_requests_are_refused_at_once(
    hospital: Hospital, tmp_path: Path
) -> None:
    def fail(batch: Batch) -> None:
        raise StoreFailed('disk full')

    with Manager(hospital, tmp_path) as manager:
        manager.store.before = fail
        manager.mailbox.submit(wish())
        manager.ends.get(timeout=SECONDS)
        wait_until(lambda: not manager.runner.alive)
        with pytest.raises(Overloaded):
            manager.mailbox.submit(wish('key-00000002'))


def test_a_deposed_manager_says_nothing_more_and_ends_with_75(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        outside.run(manager.url, "UPDATE leader SET epoch = epoch + 1, holder = 'rival'")
        sent = list(manager.devices.sent)
        future = manager.mailbox.submit(wish())
        assert manager.ends.get(timeout=SECONDS) == 75
        assert not future.done()
        assert manager.devices.sent == sent


def test_devices_hear_that_it_still_leads_though_nothing_happens(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.entry.runner.BEAT_SECONDS', 0.2)
    with Manager(hospital, tmp_path) as manager:
        confirmed = manager.devices.confirmed
        wait_until(lambda: manager.devices.confirmed > confirmed + 1)


def test_a_deposed_manager_ends_even_when_nothing_happens(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.entry.runner.BEAT_SECONDS', 0.2)
    with Manager(hospital, tmp_path) as manager:
        outside.run(manager.url, "UPDATE leader SET epoch = epoch + 1, holder = 'rival'")
        assert manager.ends.get(timeout=SECONDS) == 75


def test_a_bug_in_the_kernel_ends_with_70_and_leaves_the_journal_whole(
    hospital: Hospital, tmp_path: Path
) -> None:
    class Buggy(Kernel):
        def handle(self, message: Any, now: Instant) -> Outcome:
            super().handle(message, now)
            raise ZeroDivisionError

    def buggy(kernel: Kernel) -> Kernel:
        return Buggy(hospital, kernel.state)

    with Manager(hospital, tmp_path, kernel=buggy) as manager:
        before = manager.kinds()
        future = manager.mailbox.submit(wish())
        assert manager.ends.get(timeout=SECONDS) == 70
        assert not future.done()
        assert manager.kinds() == before
    with Manager(hospital, tmp_path) as manager:
        assert manager.mailbox.submit(wish()).result(SECONDS).delivery == 'D000001'


# --- people do not wait --------------------------------------------------------------------------


class Slow(Kernel):
    """A kernel whose plan takes for ever, once there is something to plan."""

    gate: Gate

    def tick(self, now: Instant) -> Outcome:
        if self.state.deliveries:
            self.gate.wait()
        return super().tick(now)


def test_accepting_does_not_wait_for_a_slow_plan(hospital: Hospital, tmp_path: Path) -> None:
    gate = Gate()

    def slow(kernel: Kernel) -> Kernel:
        made = Slow(hospital, kernel.state)
        made.gate = gate
        return made

    with Manager(hospital, tmp_path, kernel=slow) as manager:
        future = manager.mailbox.submit(wish())
        assert future.result(SECONDS).delivery == 'D000001'
        assert gate.reached.wait(SECONDS)
        gate.open()


def test_what_a_person_did_is_shown_long_before_the_next_picture_is_due(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('fleet_manager.entry.runner.VIEW_SECONDS', 60.0)
    with Manager(hospital, tmp_path) as manager:
        wait_until(lambda: manager.views.current().seq == 1)
        manager.mailbox.submit(wish()).result(SECONDS)
        wait_until(lambda: 'D000001' in manager.views.current().entities['delivery'], seconds=30)


def test_a_picture_comes_though_nothing_happens(hospital: Hospital, tmp_path: Path) -> None:
    with Manager(hospital, tmp_path) as manager:
        wait_until(lambda: manager.views.current().seq >= 3)


def test_a_picture_brings_where_robots_were_and_will_be(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.report(at_home(hospital))
        wait_until(lambda: manager.views.current().traffic is not None)
        wait_until(lambda: 'r1' in manager.views.current().traffic.courses)
        traffic = manager.views.current().traffic
        assert traffic is not None
        home = hospital.robots[RobotId('r1')].home
        assert [node for _, node in traffic.courses[RobotId('r1')].past] == [home]
        assert traffic.recorded_from <= traffic.now


def test_a_refusal_is_an_answer_and_writes_nothing(hospital: Hospital, tmp_path: Path) -> None:
    with Manager(hospital, tmp_path) as manager:
        before = manager.kinds()
        command = wish()
        same = type(command)(command.actor, 'key-00000002', 'drug', command.sender, command.sender)
        reply = manager.mailbox.submit(same).result(SECONDS)
        assert reply.refusal_code == 'same_station'
        assert manager.kinds() == before


def test_the_same_key_is_one_delivery_also_after_a_restart(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        first = manager.mailbox.submit(wish()).result(SECONDS)
    with Manager(hospital, tmp_path) as manager:
        again = manager.mailbox.submit(wish()).result(SECONDS)
        assert (again.delivery, again.replayed) == (first.delivery, True)
        assert manager.kinds().count('DeliveryRequested') == 1


# --- the end -------------------------------------------------------------------------------------


@pytest.mark.thorough
def test_whatever_was_accepted_before_the_end_is_answered(
    hospital: Hospital, tmp_path: Path
) -> None:
    futures: list[Future[Reply]] = []
    with Manager(hospital, tmp_path) as manager:

        def ask(who: int) -> None:
            number = 0
            while True:
                number += 1
                try:
                    futures.append(manager.mailbox.submit(wish(f'{who}-{number}')))
                except Overloaded:
                    return

        threads = [threading.Thread(target=ask, args=(who,)) for who in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(futures) > 20)
        manager.runner.stop(timeout=SECONDS)
        for thread in threads:
            thread.join()
    assert all(future.done() and future.result().delivery for future in futures)


def test_a_journal_that_cannot_be_read_stops_the_start_and_gives_the_file_back(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.submit(wish()).result(SECONDS)
        url = manager.url
    outside.unguard(url)
    outside.run(url, "UPDATE event SET body = replace(body, 'drug', 'meal') WHERE seq = 2")
    broken = Manager(hospital, tmp_path)
    with pytest.raises(StoreUnavailable, match='2'):
        broken.runner.start(died=broken.ends.put)
    wait_until(lambda: not broken.runner.alive)
    assert broken.ends.empty()
    Manager(hospital, tmp_path).store.close()  # the lock is free again


# --- orders --------------------------------------------------------------------------------------


def numbers(manager: Manager, device: str) -> list[int]:
    return [
        number
        for batch in manager.store.committed
        for name, number, _ in batch.commands
        if name == device
    ]


def test_order_numbers_grow_also_across_restarts(hospital: Hospital, tmp_path: Path) -> None:
    seen: list[int] = []
    for start in range(3):
        with Manager(hospital, tmp_path) as manager:
            manager.mailbox.report(at_home(hospital))
            manager.mailbox.submit(wish(f'key-{start}')).result(SECONDS)
            wait_until(lambda m=manager: numbers(m, 'robot:r1'))
            assert manager.devices.asked == [start + 1]
        seen += numbers(manager, 'robot:r1')
    assert len(seen) >= 3
    assert seen == sorted(set(seen))


def test_a_restart_tells_every_device_again_what_it_should_be_doing(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.report(at_home(hospital))
        wait_until(lambda: numbers(manager, 'robot:r1'))
    with Manager(hospital, tmp_path) as manager:
        orders = [sent for sent in manager.devices.sent if isinstance(sent, RobotOrder)]
        assert [order.robot for order in orders] == ['r1']
        assert {order.epoch for order in orders} == {2}


@pytest.mark.thorough
def test_an_order_that_did_not_change_is_not_sent_again(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.report(at_home(hospital))
        wait_until(lambda: numbers(manager, 'robot:r1'))
        for sequence in range(2, 6):
            manager.mailbox.report(at_home(hospital, sequence=sequence))
            seq = manager.views.current().seq
            wait_until(lambda s=seq: manager.views.current().seq > s)
        assert len(numbers(manager, 'robot:r1')) == 1


def test_a_manager_of_a_restored_backup_rises_above_the_epoch_its_robots_have_obeyed(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.report(at_home(hospital, epoch=7))
        wait_until(lambda: manager.devices.asked == [1, 8])
        manager.mailbox.report(at_home(hospital, epoch=7))
        wait_until(lambda: any(getattr(s, 'epoch', 0) == 8 for s in manager.devices.sent))
        assert manager.mailbox.submit(wish()).result(SECONDS).delivery == 'D000001'
        assert manager.journal()[-1].epoch == 8


@pytest.mark.thorough
def test_a_robot_gone_mad_does_not_carry_the_epoch_away(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path) as manager:
        manager.mailbox.report(at_home(hospital, epoch=2**40))
        seq = manager.views.current().seq
        wait_until(lambda: manager.views.current().seq > seq + 2)
        assert manager.devices.asked == [1]


# --- snapshots -----------------------------------------------------------------------------------


def test_a_snapshot_is_kept_now_and_then_and_a_restart_goes_on_from_it(
    hospital: Hospital, tmp_path: Path
) -> None:
    with Manager(hospital, tmp_path, snapshot_every=5) as manager:
        for number in range(12):
            manager.mailbox.submit(wish(f'key-{number}')).result(SECONDS)
        assert any(batch.snapshot is not None for batch in manager.store.committed)
    with Manager(hospital, tmp_path, snapshot_every=5) as manager:
        wait_until(lambda: len(manager.views.current().entities.get('delivery', {})) == 12)
        epochs = [s.entry.kind for s in manager.journal()].count(ManagerStarted.__name__)
        assert epochs == 2
