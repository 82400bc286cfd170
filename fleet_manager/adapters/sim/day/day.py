"""A simulated day, put together: the heap, the building, the network, the manager, people, faults.

    day = Day(scenario, hospital, seed=7)
    day.run()
    day.result_so_far()

Same scenario, hospital and seed give the same journal, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random
from typing import Final

from fleet_manager.adapters.sim.day.demand import Requests
from fleet_manager.adapters.sim.day.faults import Faults
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.manager import DayManager
from fleet_manager.adapters.sim.day.network import Link, rhythm
from fleet_manager.adapters.sim.day.oracle import DayOracle
from fleet_manager.adapters.sim.day.sometimes import Sometimes
from fleet_manager.adapters.sim.day.staff import People
from fleet_manager.adapters.sim.day.trouble import in_the_building
from fleet_manager.adapters.sim.day.world import DayWorld, Trouble
from fleet_manager.application.days.collect import Collector
from fleet_manager.application.days.result import DayResult
from fleet_manager.application.days.scenario import FaultKind, Fleet, Scenario
from fleet_manager.application.ports import Directive, Entry, Reply, RobotOrder, Store
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.dispatch.policy import Dispatch, Policy
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Command,
    Event,
    OpeningAuthorised,
    ParcelTurnedBack,
    Report,
)
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import MINUTE, SECOND, Instant

#: 2026-01-05T00:00Z: the Monday every simulated day is, in its own zone.
MONDAY: Final = 1_767_571_200_000
#: How full robots are is noted so often, and whether all is over looked at.
LOOK_MS: Final = MINUTE
#: How often progress is told, in simulated time.
PROGRESS_MS: Final = 5 * MINUTE
#: A flooded network delivers late by up to this, and loses this share.
FLOOD_MS: Final = 3 * SECOND
FLOOD_LOSS: Final = 0.2


class Day:
    """One day. `listeners` hear each event of the journal, in order, after it was written.

    With a `store` every turn of the manager is committed to it as well; `sinks` get every line of
    the journal from the first one.
    """

    def __init__(
        self,
        scenario: Scenario,
        hospital: Hospital,
        *,
        seed: int,
        store: Store | None = None,
        careful: bool = True,
        sinks: Iterable[Callable[[Entry], None]] = (),
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.hospital = hospital = with_fleet(hospital, scenario.fleet)
        self.start = Instant(MONDAY - scenario.utc_offset + scenario.starts)
        self.heap = Heap(self.start)
        self._chance = self._child('manager')
        beat = rhythm(scenario.network)
        self._sent = 0
        self.up: Link[Report] = Link(
            self.heap, self._child('up'), scenario.network, self._report_arrived
        )
        self.down: Link[tuple[int, Directive]] = Link(
            self.heap, self._child('down'), scenario.network, self._order_arrived, self._lost
        )
        self.world = DayWorld(
            hospital,
            scenario,
            self.heap,
            self._child,
            rhythm=beat,
            say=self.up.send,
            careful=careful,
        )
        self.manager = DayManager(
            self.heap,
            hospital,
            policy=Policy(
                Dispatch(scenario.dispatch),
                scenario.stat_reserve,
                scenario.utc_offset,
                bundles=not scenario.fleet.one_parcel,
            ),
            rhythm=beat,
            publish=self._publish,
            ask_states=self.world.tell_all,
            store=store,
        )
        self.manager.core.sinks += sinks
        self.oracle = DayOracle(self.heap, self.world, self.manager, scenario.utc_offset)
        self.collector = Collector(scenario, hospital)
        self.listeners = self.manager.core.listeners
        self.listeners += [self._note, self.collector.note]
        self.world.troubles |= in_the_building(self.world)
        self.world.troubles |= self._troubles()
        self.requests = Requests(self, scenario, hospital, self._child('requests'))
        self.people = People(self, scenario, hospital, self._child('people'))
        self.faults = Faults(
            self, scenario, hospital, self._child('faults'), requests=self.requests
        )
        self.sometimes = Sometimes(self, self.requests, self.faults)
        self.heap.after(LOOK_MS, self._sample)
        self.manager.start()

    # --- what people and faults use  ---

    def send(self, command: Command) -> Reply | None:
        """Give the manager a command; None: it is down."""
        return self.manager.send(command)

    def state(self) -> FleetState:
        """Return what pages show."""
        return self.manager.state()

    # --- how it goes  ---

    def run(
        self, until: Instant | None = None, on_progress: Callable[[], None] | None = None
    ) -> None:
        """Go on until all has ended, or until a time; `on_progress` may raise to break it off."""
        demand_ends = self.requests.ends
        last = Instant(demand_ends + self.scenario.calm)
        end = last if until is None else min(last, until)
        told = self.heap.now
        while self.heap.now < end:
            self.heap.run_until(min(end, Instant(self.heap.now + LOOK_MS)))
            if on_progress is not None and self.heap.now - told >= PROGRESS_MS:
                told = self.heap.now
                on_progress()
            if self.heap.now >= demand_ends and self.is_calm():
                return

    def is_calm(self) -> bool:
        """Whether every delivery ended, every robot stands where it will stay, lifts are free."""
        state = self.state()
        return (
            all(d.state in ENDS for d in state.deliveries.values())
            and all(r.delivery is None and not r.hops for r in state.robots.values())
            and not state.sessions
            and not self.faults.lasting
        )

    def on_time_so_far(self) -> float | None:
        """Return the share on time until now, None before anything was due or arrived."""
        return self.collector.on_time_so_far(self.heap.now)

    def result_so_far(self) -> DayResult:
        """Return the figures of the day until now. At its end what never ended is a violation."""
        over = self.heap.now >= self.requests.ends and self.is_calm()
        wrong = self.oracle.at_the_end() if over else []
        return self.collector.result(
            seed=self.seed,
            version='',
            started_at=self.start,
            ended_at=self.heap.now,
            violations=(*self.oracle.violations, *wrong),
            overlaps=self.oracle.overlaps,
            deadlocks=self.oracle.deadlocks,
            refused_requests=sum(self.requests.refused.values()),
            faults=self.faults.counts,
            sometimes=self.sometimes.counts,
            ticks=self.manager.ticks,
            journal_sha256=self.manager.hash(),
            known=self.state().deliveries.keys(),
        )

    # --- inside  ---

    def _child(self, name: str) -> Random:
        """Return a generator of its own for one part: its chance does not shift another's."""
        return Random(f'{self.seed} {name}')  # noqa: S311 - a simulation, not a secret

    def _publish(self, device: str, directive: Directive) -> None:
        self._sent += 1
        self.down.send(device, (self._sent, directive))

    def _order_arrived(self, device: str, item: tuple[int, Directive]) -> None:
        sent, directive = item
        self.world.hear(device, directive, sent=sent)

    def _report_arrived(self, device: str, report: Report) -> None:
        self.manager.receive(device, report)

    def _lost(self, item: tuple[int, Directive]) -> None:
        directive = item[1]
        self.world.lost_grants += isinstance(directive, RobotOrder) and directive.grant > 0

    def _note(self, at: Instant, event: Event) -> None:
        del at
        if isinstance(event, OpeningAuthorised):
            self.world.hands.note(event)
        elif isinstance(event, ParcelTurnedBack):
            self.world.hands.turn_back(event)

    def _sample(self) -> None:
        for robot in self.world.robots.values():
            self.collector.sample(robot.id, battery=robot.level(), charging=robot.charging)
        self.heap.after(LOOK_MS, self._sample)

    # --- what goes wrong outside the building  ---

    def _troubles(self) -> dict[FaultKind, Trouble]:
        return {
            FaultKind.ROBOT_CUT: Trouble(self._cut, self._join),
            FaultKind.NETWORK_CUT: Trouble(
                lambda subject: self._cut_all(True), lambda subject: self._mend_network()
            ),
            FaultKind.NETWORK_FLOOD: Trouble(
                lambda subject: self._flood(), lambda subject: self._mend_network()
            ),
            FaultKind.MANAGER_CRASHES: Trouble(
                lambda subject: self._crash(), lambda subject: self.manager.restart()
            ),
            FaultKind.MANAGER_FREEZES: Trouble(
                lambda subject: self._freeze(), lambda subject: self.manager.wake()
            ),
        }

    def _cut(self, robot: str) -> bool:
        device = f'robot:{robot}'
        if device in self.up.cut:
            return False
        self.up.cut.add(device)
        self.down.cut.add(device)
        self.world.faulty.add(('cut', robot))
        return True

    def _join(self, robot: str) -> None:
        device = f'robot:{robot}'
        self.up.cut.discard(device)
        self.down.cut.discard(device)
        self.world.faulty.discard(('cut', robot))

    def _cut_all(self, cut: bool) -> bool:
        if self.up.all_cut:
            return False
        self.up.all_cut = self.down.all_cut = cut
        self.world.faulty.add(('network', ''))
        return True

    def _flood(self) -> bool:
        if self.up.flood_ms:
            return False
        for link in (self.up, self.down):
            link.flood_ms, link.flood_loss = FLOOD_MS, FLOOD_LOSS
        self.world.faulty.add(('network', ''))
        return True

    def _mend_network(self) -> None:
        for link in (self.up, self.down):
            link.all_cut, link.flood_ms, link.flood_loss = False, 0, 0.0
        self.world.faulty.discard(('network', ''))

    def _crash(self) -> bool:
        """Kill the manager, at half of the times with a report it had just taken in."""
        if not self.manager.is_up():
            return False
        chance = self._chance
        robot = chance.choice(list(self.world.robots.values()))
        self.manager.crash(lost=robot.report() if chance.random() < 0.5 else None)
        return True

    def _freeze(self) -> bool:
        if not self.manager.is_up():
            return False
        self.manager.freeze()
        return True


def with_fleet(hospital: Hospital, fleet: Fleet) -> Hospital:
    """Return the hospital with the robots that work: the first ones, perhaps with one box each."""
    robots = list(hospital.robots.values())[: fleet.robots or None]
    if fleet.one_parcel:
        robots = [replace(robot, compartments=robot.compartments[:1]) for robot in robots]
    return replace(hospital, robots={robot.id: robot for robot in robots})
