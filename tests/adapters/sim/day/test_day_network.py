"""The network of a simulated day: losing, repeating, delaying, cut and flooded."""

from __future__ import annotations

from random import Random

from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.network import CALM, ROUGH, Link, rhythm
from fleet_manager.application.days.scenario import Network
from fleet_manager.domain.turn import SILENT_AFTER_MS
from fleet_manager.domain.units import Instant


class Wire:
    """One direction, and what came out of it."""

    def __init__(self, network: Network) -> None:
        self.heap = Heap(Instant(0))
        self.got: list[tuple[int, int]] = []
        self.lost: list[int] = []
        self.link: Link[int] = Link(
            self.heap,
            Random(1),
            network,
            lambda device, item: self.got.append((self.heap.now, item)),
            self.lost.append,
        )

    def send(self, count: int) -> list[int]:
        """Send one a millisecond; return what arrived, in its order."""
        self.got.clear()
        for number in range(count):
            self.link.send('robot:r1', number)
            self.heap.run_until(Instant(self.heap.now + 1))
        self.heap.run_until(Instant(self.heap.now + 60_000))
        return [item for _, item in self.got]


def test_a_clear_network_brings_everything_at_once_in_order() -> None:
    wire = Wire(Network())
    assert wire.send(100) == list(range(100))
    assert [at for at, _ in wire.got] == list(range(100))


def test_a_bad_network_loses_repeats_delays_and_reorders() -> None:
    wire = Wire(Network(loss=0.2, duplicates=0.2, delay_ms=500))
    got = wire.send(500)
    assert set(got) < set(range(500))
    assert len(got) > len(set(got))
    assert got != sorted(got)
    assert set(got) | set(wire.lost) == set(range(500))
    assert max(at for at, _ in wire.got) > 500


def test_who_is_cut_off_hears_nothing_and_is_back_afterwards() -> None:
    wire = Wire(Network())
    wire.link.cut.add('robot:r1')
    assert wire.send(10) == []
    wire.link.cut.clear()
    wire.link.all_cut = True
    assert wire.send(10) == []
    wire.link.all_cut = False
    assert wire.send(10) == list(range(10))


def test_a_flood_makes_everything_late_and_loses_some() -> None:
    wire = Wire(Network())
    wire.link.flood_ms, wire.link.flood_loss = 3_000, 0.3
    got = wire.send(200)
    assert 100 < len(got) < 180
    assert max(at for at, _ in wire.got) > 1_000


def test_devices_speak_often_enough_not_to_be_silent_even_when_some_is_lost() -> None:
    assert rhythm(Network()) is CALM
    assert rhythm(Network(loss=0.01)) is ROUGH
    assert max(CALM.robots, CALM.building) < SILENT_AFTER_MS
    assert 3 * max(ROUGH.robots, ROUGH.building) < SILENT_AFTER_MS
