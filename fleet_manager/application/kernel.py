"""The kernel: the single writer. Synchronous, deterministic, and knows no outside world.

    outcome = kernel.handle(message, now)    # a command or a report
    outcome = kernel.tick(now)               # decide what is to be decided now
    kernel.directives()                      # what each device should be doing
    kernel.changed_directives()              # and what is new of it

Same messages at the same times give the same events, byte for byte. Whoever drives the kernel
writes the events to the journal before telling anybody, and ends the process when that fails: what
is in memory and not in the journal never happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from fleet_manager.application import swap_map
from fleet_manager.application.apply_retention import apply_retention
from fleet_manager.application.cancel_delivery import cancel_delivery
from fleet_manager.application.close_delivery import (
    close_delivery,
    note_follow_up,
)
from fleet_manager.application.close_places import (
    close_place,
    open_place,
    open_what_is_gone,
    open_what_is_over,
)
from fleet_manager.application.directives import Standing
from fleet_manager.application.fit_map import fit_map
from fleet_manager.application.handle_parcel import (
    open_compartment,
    rate_delivery,
    refuse_delivery,
    sign_delivery,
    take_by_hand,
)
from fleet_manager.application.keep_promises import keep_promises
from fleet_manager.application.observe import hear_again, observe
from fleet_manager.application.ports import Directive, Entry, Reply
from fleet_manager.application.put_off_delivery import put_off_delivery
from fleet_manager.application.request_delivery import request_delivery
from fleet_manager.application.rescue_parcels import (
    ask_rescue,
    call_off_rescue,
    call_robot,
    rescue_parcel,
)
from fleet_manager.application.steer_fleet import (
    acknowledge_alert,
    hold_fleet,
    hold_robot,
    readmit_robot,
    release_lift,
    sign_cleaning,
)
from fleet_manager.application.swap_map import Coming
from fleet_manager.domain import messages as m
from fleet_manager.domain.alerts.conditions import watch
from fleet_manager.domain.codec import decode, decode_event, encode, encode_event
from fleet_manager.domain.dispatch.keep_out import keep_out
from fleet_manager.domain.dispatch.policy import PLAIN, Policy
from fleet_manager.domain.dispatch.round import dispatch_round
from fleet_manager.domain.errors import InvariantBroken, JournalError, MapError, Refusal
from fleet_manager.domain.evolve import apply
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.lifts.sessions import advance_lifts
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.rights import reach
from fleet_manager.domain.state import FleetState, Sensed
from fleet_manager.domain.traffic.closures import Closed
from fleet_manager.domain.traffic.release import release_hops
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import Instant

_COMMANDS: Final[Mapping[type, Callable[[Turn, Any], str | Refusal | None]]] = {
    m.RequestDelivery: request_delivery,
    m.CancelDelivery: cancel_delivery,
    m.OpenCompartment: open_compartment,
    m.OpenLeftBehind: open_compartment,
    m.SignDelivery: sign_delivery,
    m.RefuseDelivery: refuse_delivery,
    m.PutOffDelivery: put_off_delivery,
    m.TakeByHand: take_by_hand,
    m.AskRescue: ask_rescue,
    m.CallOffRescue: call_off_rescue,
    m.RescueParcel: rescue_parcel,
    m.CallRobot: call_robot,
    m.CloseDelivery: close_delivery,
    m.NoteFollowUp: note_follow_up,
    m.SignCleaning: sign_cleaning,
    m.RateDelivery: rate_delivery,
    m.PauseRobot: hold_robot,
    m.ResumeRobot: hold_robot,
    m.PauseFleet: hold_fleet,
    m.ResumeFleet: hold_fleet,
    m.ReadmitRobot: readmit_robot,
    m.ReleaseLift: release_lift,
    m.AcknowledgeAlert: acknowledge_alert,
    m.ClosePlace: close_place,
    m.OpenPlace: open_place,
    m.SwapMap: swap_map.ask,
    m.CancelMapSwap: swap_map.cancel,
    m.ApplyRetention: apply_retention,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message: the events, and the answer where somebody waits for one."""

    events: tuple[tuple[Instant, m.Event], ...]
    reply: Reply | None = None


_NOTHING: Final = Outcome(())


class Kernel:
    """All rules, in one place, one at a time."""

    def __init__(
        self,
        hospital: Hospital,
        state: FleetState | None = None,
        policy: Policy = PLAIN,
    ) -> None:
        self.state = FleetState() if state is None else state
        self.policy = policy
        self.sensed = Sensed()
        self.graph = StepGraph.of(hospital)
        self._coming: Coming | None = None
        self._closed: tuple[StepGraph, tuple[tuple[str, ...], ...], Closed] | None = None
        self._standing = Standing()
        self._now = Instant(0)
        self._present: Turn | None = None
        self._events: list[tuple[Instant, m.Event]] = []

    @classmethod
    def restore(
        cls,
        hospital: Hospital,
        *,
        snapshot: str | None,
        entries: Iterable[Entry],
        kept: Callable[[str], Hospital] | None = None,
        policy: Policy = PLAIN,
    ) -> Kernel:
        """Rebuild the kernel from a snapshot and the journal after it.

        It works on `hospital`, or on the map the journal says is in force where that is another
        one: `kept` returns it by its version. Raises JournalError, and MapError as `kept` does.
        """
        state = decode(FleetState, snapshot) if snapshot is not None else FleetState()
        now = Instant(0)
        for entry in entries:
            apply(state, decode_event(entry.kind, entry.body), entry.at)
            now = max(now, entry.at)
        if kept is not None and state.map_version not in ('', hospital.version):
            hospital = kept(state.map_version)
        kernel = cls(hospital, state, policy)
        kernel._now = now
        if kept is not None and state.swap is not None:
            with suppress(MapError):  # a change that cannot go on is refused at the next tick
                kernel._coming = Coming.of(kernel.graph, kept(state.swap.version))
        return kernel

    @property
    def hospital(self) -> Hospital:
        """The map in force."""
        return self.graph.hospital

    @property
    def now(self) -> Instant:
        """The latest time the kernel has heard of. It never goes back."""
        return self._now

    def start(self, *, epoch: int, now: Instant) -> Outcome:
        """Begin under a new epoch. Call once, before anything else.

        Raises MapError when the journal has places in use that are not on the map.
        """
        fit_map(self.state, self.graph.hospital)
        turn = self._turn(now)
        self.sensed.started = turn.now
        turn.emit(m.ManagerStarted(epoch, map_version=self.graph.hospital.version))
        open_what_is_gone(turn, self.graph.hospital)
        return self._outcome()

    def handle(self, message: m.Message, now: Instant) -> Outcome:
        """Take in one command or report. A refusal is part of the reply, never an exception."""
        handler = _COMMANDS.get(type(message))
        if handler is None:
            return self._hear(cast(m.Report, message), now)
        turn = self._turn(now)
        command = cast(m.Command, message)
        if reach(command.actor.role, type(command)) is None:
            return self._outcome(Reply('not_allowed'))
        known = self.state.deliveries_made
        result = handler(turn, message)
        self._note_map(message)
        if isinstance(result, Refusal):
            if self._events:
                raise InvariantBroken(f'{type(message).__name__} refused after it did something')
            return self._outcome(Reply(result.code, result.params))
        replayed = isinstance(message, m.RequestDelivery) and known == self.state.deliveries_made
        return self._outcome(Reply(delivery=result, replayed=replayed))

    def _hear(self, report: m.Report, now: Instant) -> Outcome:
        self._now, self._present = max(self._now, now), None
        if hear_again(self.sensed, report, self._now):
            return _NOTHING
        observe(self._turn(now), report)
        return self._outcome()

    def tick(self, now: Instant) -> Outcome:
        """Decide everything that is to be decided now. Without news it does nothing."""
        open_what_is_over(self._turn(now))
        turn = self._turn(now)
        keep_promises(turn)
        if self._coming is not None:
            swap_map.clear(turn, self._coming)
        dispatch_round(turn)
        advance_lifts(turn)
        keep_out(turn)
        release_hops(turn)
        watch(turn)
        swap_map.settle(turn, self._coming)
        self._note_map()
        return self._outcome()

    def directives(self) -> dict[str, Directive]:
        """Return what each device should be doing now: for reading only."""
        return self._standing.of(self.turn())

    def changed_directives(self) -> dict[str, Directive]:
        """Return what changed of `directives` since this was asked last; at first all of it.

        A device that has nothing to do any more is not among them.
        """
        return self._standing.changed(self.turn())

    def turn(self) -> Turn:
        """Return the present for readers (views): nothing may be emitted with it."""
        if self._present is None:
            self._present = self._turn_with(_nothing)
        return self._present

    def held_map(self) -> tuple[m.MapHold, ...]:
        """Return what the change of the map under way waits for, for readers."""
        return swap_map.holds(self.turn(), self._coming) if self._coming is not None else ()

    def snapshot(self) -> str:
        """Return the whole journaled state as canonical JSON."""
        return encode(self.state)

    @staticmethod
    def can_read(snapshot: str) -> bool:
        """Whether a snapshot is of this version of the program; else replay the whole journal."""
        try:
            decode(FleetState, snapshot)
        except JournalError:
            return False
        return True

    def _turn(self, now: Instant) -> Turn:
        self._now, self._present = max(self._now, now), None
        return self._turn_with(self._emit)

    def _turn_with(self, emit: Callable[[m.Event], None]) -> Turn:
        graph, leaving = self.graph, frozenset[StationId]()
        if self._coming is not None:
            leaving = self._coming.change.stations
            graph = self._coming.cleared if self._coming.is_clearing(self.state) else graph
        closed = self._close(graph) if self.state.closures else None
        graph = closed.graph if closed is not None else graph
        return Turn(self.state, self.sensed, graph, self._now, emit, leaving, closed, self.policy)

    def _close(self, graph: StepGraph) -> Closed:
        """Return the ways the closures leave, computed once while neither changes."""
        closures = tuple(self.state.closures.values())
        shut = tuple((c.kind, c.place, c.robot_type) for c in closures)
        if self._closed is None or self._closed[0] is not graph or self._closed[1] != shut:
            self._closed = (graph, shut, Closed.of(graph, closures))
        return self._closed[2]

    def _note_map(self, message: m.Message | None = None) -> None:
        """Follow the state: to the next map, or back to having none in sight."""
        swap, coming = self.state.swap, self._coming
        if swap is not None and coming is None and isinstance(message, m.SwapMap):
            self._coming = Coming.of(self.graph, message.hospital)
        elif swap is None and coming is not None:
            self._coming = None
            if self.state.map_version == coming.graph.hospital.version:
                self.graph = coming.graph
                self.sensed.forget_devices(self.hospital)

    def _emit(self, event: m.Event) -> None:
        self._standing.note(self.state, event)
        apply(self.state, event, self._now)
        self._standing.note(self.state, event)
        self._events.append((self._now, event))

    def _outcome(self, reply: Reply | None = None) -> Outcome:
        if not self._events and reply is None:
            return _NOTHING
        events, self._events = tuple(self._events), []
        return Outcome(events, reply)


def entry(at: Instant, event: m.Event) -> Entry:
    """Return the journal line of an event."""
    kind, body = encode_event(event)
    actor = getattr(event, 'actor', None)
    return Entry(
        at,
        actor=actor.account if actor is not None else 'system',
        kind=kind,
        delivery=getattr(event, 'delivery', None),
        robot=getattr(event, 'robot', None),
        body=body,
    )


def _nothing(event: m.Event) -> None:
    raise InvariantBroken(f'a reader said {type(event).__name__}')
