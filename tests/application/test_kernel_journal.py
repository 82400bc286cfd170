"""The journal is the truth: replayed it is the state, and the same messages are the same bytes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_manager.application.kernel import Kernel
from fleet_manager.domain.codec import encode
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.errors import InvariantBroken, JournalError, MapError, Refusal
from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.messages import ManagerStarted, PauseFleet
from fleet_manager.domain.units import Instant
from tests.application.stage import OPERATOR, START, Stage, ward
from tests.hospitals import two_floors
from tests.scenarios.day import Day

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def day() -> Day:
    """A rough morning in a small house, with some work still under way at its end."""
    day = Day(two_floors(robots=4, lifts=2, door=True), 11, robots=4, deliveries=15)
    day.sim.run(25 * 60_000)
    return day


@pytest.mark.thorough
def test_replaying_the_journal_gives_the_state_byte_for_byte(day: Day) -> None:
    manager = day.sim.manager
    again = Kernel.restore(manager.hospital, snapshot=None, entries=manager.journal)
    assert encode(again.state) == encode(manager.kernel.state)
    assert again.now == manager.journal[-1].at


def test_a_snapshot_and_what_came_after_is_the_same_as_the_whole_journal(day: Day) -> None:
    manager = day.sim.manager
    for cut in range(0, len(manager.journal), 50):
        first = Kernel.restore(manager.hospital, snapshot=None, entries=manager.journal[:cut])
        second = Kernel.restore(
            manager.hospital, snapshot=first.snapshot(), entries=manager.journal[cut:]
        )
        assert second.snapshot() == manager.kernel.snapshot()


def test_a_restored_kernel_decides_as_the_old_one_would_have(day: Day) -> None:
    manager = day.sim.manager
    whole = Kernel.restore(manager.hospital, snapshot=None, entries=manager.journal)
    short = Kernel.restore(manager.hospital, snapshot=whole.snapshot(), entries=[])
    now = Instant(whole.now + 1_000)
    for kernel in (whole, short):
        kernel.start(epoch=99, now=now)
        kernel.tick(Instant(now + 500))
    assert whole.snapshot() == short.snapshot()
    assert whole.directives() == short.directives()


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_bytes_whatever_the_hashes_of_texts_are() -> None:
    hashes = set()
    for seed in ('1', '2'):
        done = subprocess.run(
            [sys.executable, '-m', 'tests.scenarios.day', '5'],
            cwd=ROOT,
            env={'PYTHONHASHSEED': seed, 'PATH': '/usr/bin:/bin'},
            capture_output=True,
            text=True,
            check=True,
        )
        hashes.add(done.stdout)
    assert len(hashes) == 1
    assert int(hashes.pop().split()[1]) > 200, 'a day with something in it'


def test_every_line_says_who_did_it_to_which_delivery_by_which_robot() -> None:
    stage = Stage()
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.DELIVERED)
    lines = {entry.kind: entry for entry in stage.journal}
    loaded = lines['ParcelLoaded']
    assert (loaded.actor, loaded.delivery) == (ward('pharmacy').account, delivery)
    assert loaded.robot == stage.last_robot(delivery)
    assert lines['LegPlanned'].actor == 'system'
    assert lines['ManagerStarted'].robot is None


def test_a_broken_journal_is_not_read() -> None:
    stage = Stage()
    stage.tick()
    entries = [
        *stage.journal,
        stage.journal[-1].__class__(START, 's', 'Nonsense', None, None, '{}'),
    ]
    with pytest.raises(JournalError):
        Kernel.restore(stage.hospital, snapshot=None, entries=entries)
    with pytest.raises(JournalError):
        Kernel.restore(stage.hospital, snapshot='{', entries=[])


def test_epochs_only_grow() -> None:
    stage = Stage()
    for epoch in (1, 0):
        with pytest.raises(InvariantBroken, match='epoch'):
            stage.kernel.start(epoch=epoch, now=stage.now)


def test_time_never_goes_back() -> None:
    stage = Stage()
    stage.tick()
    now = stage.kernel.now
    stage.kernel.tick(Instant(now - 50_000))
    outcome = stage.kernel.handle(PauseFleet(OPERATOR), Instant(now - 50_000))
    assert [at for at, _ in outcome.events] == [now]


def test_without_news_a_tick_does_nothing() -> None:
    stage = Stage()
    stage.wait(60_000)
    assert stage.tick() == []


def test_readers_say_nothing() -> None:
    stage = Stage()
    with pytest.raises(InvariantBroken):
        stage.kernel.turn().emit(ManagerStarted(2, 'x'))


def test_a_refusal_after_a_deed_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(turn, command):  # type: ignore[no-untyped-def]
        turn.emit(ManagerStarted(2, 'x'))
        return Refusal('not_allowed')

    monkeypatch.setitem(
        sys.modules['fleet_manager.application.kernel']._COMMANDS, PauseFleet, both
    )
    with pytest.raises(InvariantBroken, match='refused after'):
        Stage().send(PauseFleet(OPERATOR))


@pytest.mark.parametrize('gone', ['nodes', 'lanes', 'lifts', 'stations'])
def test_a_journal_does_not_go_on_with_a_map_that_lacks_a_place_in_use(gone: str) -> None:
    stage = Stage(two_floors(robots=1))
    stage.saying['A'] = {}
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.UNDER_WAY)
    stage.until(lambda: LiftId('A') in stage.kernel.state.sessions)
    lost = {'nodes': 'F2.w3', 'lanes': 'F2.w2-F2.w3', 'lifts': 'A', 'stations': 'ward'}[gone]
    whole = getattr(stage.hospital, gone)
    assert lost in whole
    kept = {name: thing for name, thing in whole.items() if name != lost}
    lanes = {n: x for n, x in stage.hospital.lanes.items() if lost not in (n, x.a, x.b)}
    smaller = replace(stage.hospital, **{'lanes': lanes, gone: kept, 'version': 'new'})
    state = Kernel.restore(stage.hospital, snapshot=None, entries=stage.journal).state
    kernel = Kernel(smaller, state)
    with pytest.raises(MapError, match=f'{lost}: is not on this map'):
        kernel.start(epoch=2, now=stage.now)


def test_a_journal_goes_on_with_a_map_that_lacks_a_place_nobody_uses() -> None:
    stage = Stage(two_floors(robots=1))
    stage.reach(stage.request('pharmacy', 'stores'), DeliveryState.DELIVERED)
    kept = {n: s for n, s in stage.hospital.stations.items() if n not in ('pharmacy', 'lab')}
    smaller = replace(stage.hospital, stations=kept, version='new')
    kernel = Kernel.restore(smaller, snapshot=stage.kernel.snapshot(), entries=[])
    kernel.start(epoch=2, now=stage.now)
    assert kernel.state.map_version == 'new'
