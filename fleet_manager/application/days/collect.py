"""What came of a day, from its journal: feed a `Collector` every event, then ask for the result.

It follows each delivery and each robot by events alone, so that it is a second opinion on what the
manager says of itself: who had the parcel when, and whether each delivery ended once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from fleet_manager.application.days import figures
from fleet_manager.application.days.follow import (
    Car,
    Cause,
    Doing,
    FollowedRobot,
    Held,
    Parcel,
)
from fleet_manager.application.days.result import DayResult, Trail
from fleet_manager.application.days.scenario import Scenario
from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import DeliveryId, LaneId, LiftId, NodeId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.units import FOREVER, HOUR, Instant

#: Findings told in words; the counts go on.
MAX_FINDINGS: Final = 50
#: Alerts about a robot that say it does not work.
_BROKEN: Final = frozenset({'robot_silent'})
#: Alerts about a robot that say it is told to drive and does not get on.
_STUCK: Final = frozenset({'robot_stuck', 'robot_shut_in'})
_ERRANDS: Final = frozenset({m.Purpose.PICK_UP, m.Purpose.HAND_OVER})
#: Why a robot is taken off a delivery when it failed: what it was given so far was in vain.
_FAILED_ROBOT: Final = 'robot_unavailable'


class Collector:
    """Follows one day. `note` takes each event of the journal, in order."""

    def __init__(self, scenario: Scenario, hospital: Hospital) -> None:
        self._scenario = scenario
        self._hospital = hospital
        self._started: Instant | None = None
        self._last = Instant(0)
        self._events = 0
        self._alerts = 0
        self._replans = 0
        self._paused = False
        self._runs: set[str] = set()
        self._parcels: dict[DeliveryId, Parcel] = {}
        self._waiting: dict[DeliveryId, Parcel] = {}
        self._robots = _Robots()
        self._cars: dict[LiftId, Car] = {LiftId(lift): Car() for lift in hospital.lifts}
        self._cells: dict[tuple[str, str], set[DeliveryId]] = {}
        self._openings: dict[tuple[str, str], set[DeliveryId]] = {}
        self._about: dict[str, tuple[RobotId, str]] = {}
        self._gaps = 0
        self._lost: set[DeliveryId] = set()
        self._findings: list[str] = []

    # --- what comes in  ---

    def note(self, at: Instant, event: m.Event) -> None:
        """Take in one event of the journal, in the order they were written."""
        if self._started is None:
            self._started = at
        self._events += 1
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, at, event)
        self._last = at

    def sample(self, robot: RobotId, *, battery: float | None, charging: bool) -> None:
        """Take in how full a robot is (0..1) and whether it charges; call it at even intervals."""
        followed = self._robots.get(robot)
        if followed is None:
            return
        followed.samples += 1
        followed.charging_samples += charging and not followed.jobs
        if battery is not None:
            lowest = followed.lowest_battery
            followed.lowest_battery = battery if lowest is None else min(lowest, battery)

    def parcels(self, until: Instant) -> tuple[Parcel, ...]:
        """Return every delivery that is followed, its time charged up to now."""
        self._bill_all(until)
        return tuple(self._parcels.values())

    def forget(self, before: Instant) -> None:
        """Let go of what was ready before and has ended, and of all trails.

        For one who follows a journal for ever: what `result` says is not whole afterwards.
        """
        over = [p.id for p in self._parcels.values() if p.ended and p.ready_at < before]
        for delivery in over:
            del self._parcels[delivery]
        for robot in self._robots.values():
            robot.marks.clear()
        for car in self._cars.values():
            car.waits.clear()
            car.held.clear()
        self._runs.clear()

    def on_time_so_far(self, now: Instant) -> float | None:
        """Return the share on time until now, None before anything was due or arrived."""
        return figures.share_on_time(list(self._parcels.values()), now)

    def result(
        self,
        *,
        seed: int,
        version: str,
        ended_at: Instant,
        started_at: Instant | None = None,
        violations: Collection[str] = (),
        overlaps: int = 0,
        deadlocks: int = 0,
        refused_requests: int = 0,
        faults: Mapping[str, int] = MappingProxyType({}),
        sometimes: Mapping[str, int] = MappingProxyType({}),
        unmet: Collection[str] = (),
        wall_seconds: float = 0.0,
        ticks: int = 0,
        journal_sha256: str = '',
        known: Collection[DeliveryId] | None = None,
        partial: bool = False,
    ) -> DayResult:
        """Return the figures of the day until `ended_at`; may be asked for while it goes on.

        What only others know is passed through. `known` are the deliveries of the manager's state:
        one that is open by the journal and not among them is lost. How each figure is defined is
        told in `figures`.
        """
        start = started_at if started_at is not None else (self._started or ended_at)
        for robot in self._robots.values():
            self._bill(robot, ended_at)
        for parcel in self._waiting.values():
            self._bill_waiting(parcel, ended_at)
        parcels = list(self._parcels.values())
        forgotten = {
            p.id for p in parcels if known is not None and not p.ended and p.id not in known
        }
        span = figures.Span(start, max(ended_at, start), self._scenario.utc_offset)
        by_urgency, by_goods = figures.by_class(parcels, span)
        late = figures.late_ones(parcels, span)
        ends = figures.count_ends(parcels)
        runs = len(self._runs)
        loaded = sum(robot.parcels for robot in self._robots.values())
        hours = max(span.length / HOUR, 1e-9)
        order = {robot: place for place, robot in enumerate(self._hospital.robots)}
        robots = sorted(self._robots.values(), key=lambda one: order.get(one.id, len(order)))
        return DayResult(
            scenario=self._scenario.name,
            hospital=str(self._hospital.id),
            map_version=self._hospital.version,
            seed=seed,
            version=version,
            dispatch=self._scenario.dispatch,
            started_at=start,
            ended_at=ended_at,
            accepted=len(parcels),
            delivered=ends[DeliveryState.DELIVERED.value],
            returned=ends[DeliveryState.RETURNED.value] + ends[DeliveryState.STORED.value],
            cancelled=ends[DeliveryState.CANCELLED.value],
            expired=ends[DeliveryState.EXPIRED.value],
            failed=ends['failed'],
            open=ends['open'],
            by_porter=sum(parcel.by_porter for parcel in parcels),
            refused_requests=refused_requests,
            on_time=figures.share_on_time(parcels, ended_at),
            by_urgency=by_urgency,
            by_goods=by_goods,
            by_hour=figures.by_hour(parcels, span),
            violations=(*violations, *self._findings),
            overlaps=overlaps,
            deadlocks=deadlocks,
            custody_gaps=self._gaps,
            lost=len(self._lost | forgotten),
            lifts=tuple(figures.of_lift(lift, car, span) for lift, car in self._cars.items()),
            robots=tuple(figures.of_robot(robot, self._hospital, span) for robot in robots),
            alerts_per_hour=round(self._alerts / hours, 2),
            replans_per_delivery=round(self._replans / max(1, len(parcels)), 3),
            parcels_per_run=round(loaded / runs, 2) if runs else 0.0,
            late=late,
            causes=figures.count_causes(late),
            eta_p80_held=figures.share_of_etas_held(parcels),
            faults=dict(faults),
            sometimes=dict(sometimes),
            unmet=tuple(unmet),
            wall_seconds=wall_seconds,
            ticks=ticks,
            events=self._events,
            journal_sha256=journal_sha256,
            waiting_ms=figures.sum_waiting(self._robots.values()),
            lines=tuple(figures.line_of(parcel) for parcel in parcels),
            trails=tuple(
                Trail(robot.id, (*robot.marks, (int(ended_at), str(robot.node))))
                for robot in robots
            ),
            partial=partial,
        )

    # --- time spent, by what it was spent on  ---

    def _bill(self, robot: FollowedRobot, until: Instant) -> None:
        """Charge the time since the last change at the robot to what it was doing.

        Call it before anything changes that `FollowedRobot.doing` looks at.
        """
        span = until - robot.since
        if span <= 0:
            robot.since = min(robot.since, until)
            return
        doing = Doing.FAULT if self._paused else robot.doing()
        if doing in (Doing.LIFT, Doing.BLOCKED) or robot.waits_its_turn(doing):
            robot.waited[robot.node] = robot.waited.get(robot.node, 0) + span
            if doing is Doing.LIFT:
                robot.lift_wait += span
                robot.waits_for = LiftId(robot.hops[0].lift)
        if robot.is_busy():
            robot.busy_ms += span
        part = span // max(1, len(robot.jobs))
        for parcel in robot.jobs.values():
            parcel.robot_ms += part
            if parcel.arrived_at is None:
                parcel.spend(robot.cause(doing, parcel), robot.since, until)
        robot.since = until

    def _bill_waiting(self, parcel: Parcel, until: Instant) -> None:
        """Charge the time since the last change to a delivery that no robot serves."""
        cause = Cause.FAULT if self._paused else Cause.ROBOT
        if parcel.by_porter:
            cause = Cause.PORTER
        parcel.spend(cause, parcel.since, until)
        parcel.since = until

    def _bill_all(self, until: Instant) -> None:
        for robot in self._robots.values():
            self._bill(robot, until)
        for parcel in self._waiting.values():
            self._bill_waiting(parcel, until)

    # --- the manager and the fleet  ---

    def _manager_started(self, at: Instant, event: m.ManagerStarted) -> None:
        """Everything stood still from the last event of the manager before until now."""
        del event
        if self._events == 1:
            return
        self._bill_all(self._last)
        paused, self._paused = self._paused, True
        self._bill_all(at)
        self._paused = paused

    def _fleet_held(self, at: Instant, event: m.FleetPaused | m.FleetResumed) -> None:
        self._bill_all(at)
        self._paused = isinstance(event, m.FleetPaused)

    def _placed(self, at: Instant, event: m.RobotPlaced) -> None:
        robot = FollowedRobot(event.robot, event.node, at, goal=event.node)
        self._robots[event.robot] = robot
        robot.mark(at)

    def _troubled(self, at: Instant, event: m.RobotPaused | m.RobotExcluded) -> None:
        robot = self._robots[event.robot]
        self._bill(robot, at)
        robot.troubles.add('paused' if isinstance(event, m.RobotPaused) else 'excluded')

    def _well(self, at: Instant, event: m.RobotResumed | m.RobotReadmitted) -> None:
        robot = self._robots[event.robot]
        self._bill(robot, at)
        robot.troubles.discard('paused' if isinstance(event, m.RobotResumed) else 'excluded')

    def _alert(self, at: Instant, event: m.AlertRaised) -> None:
        self._alerts += 1
        robot = self._robots.get(RobotId(event.subject))
        if robot is None or event.code not in _BROKEN | _STUCK:
            return
        self._bill(robot, at)
        self._about[event.alert] = (robot.id, event.code)
        (robot.troubles if event.code in _BROKEN else robot.stuck).add(event.code)

    def _alert_over(self, at: Instant, event: m.AlertCleared) -> None:
        found = self._about.pop(event.alert, None)
        if found is None:
            return
        robot = self._robots[found[0]]
        self._bill(robot, at)
        robot.troubles.discard(found[1])
        robot.stuck.discard(found[1])

    # --- driving  ---

    def _planned(self, at: Instant, event: m.LegPlanned) -> None:
        robot = self._robots[event.robot]
        self._bill(robot, at)
        kept = [hop for hop in robot.hops if hop.sequence <= event.after]
        changed = len(kept) < len(robot.hops)
        if changed and (event.purpose is robot.purpose or robot.purpose in _ERRANDS):
            self._replans += bool(robot.jobs)
        robot.hops = [*kept, *event.hops]
        robot.purpose, robot.goal = event.purpose, event.goal
        if robot.lift_wait and (not robot.hops or robot.hops[0].lift != robot.waits_for):
            self._waited(robot, robot.waits_for, at)

    def _replanned(self, at: Instant, event: m.LegsReplanned) -> None:
        for leg in event.legs:
            self._planned(at, leg)

    def _released(self, at: Instant, event: m.HopsReleased) -> None:
        robot = self._robots[event.robot]
        if robot.released == robot.done:
            self._bill(robot, at)
            robot.mark(at)
        robot.released = event.upto
        hop = next((hop for hop in robot.hops if hop.sequence == event.upto), None)
        if hop is not None and hop.kind is m.HopKind.BOARD:
            self._waited(robot, LiftId(hop.lift), at)

    def _waited(self, robot: FollowedRobot, lift: LiftId | None, at: Instant) -> None:
        """The robot enters the lift it stood in front of, or goes elsewhere."""
        if lift is not None:
            self._car(lift).waits.append((at, robot.lift_wait))
        robot.lift_wait, robot.waits_for = 0, None

    def _reached(self, at: Instant, event: m.NodeReached) -> None:
        robot = self._robots[event.robot]
        hops = robot.hops
        drives_on = (
            robot.released > event.sequence
            and len(hops) > 1
            and hops[0].kind is hops[1].kind is m.HopKind.DRIVE
        )
        if not drives_on:
            self._bill(robot, at)
        hop = hops.pop(0) if hops else None
        robot.done, robot.node = event.sequence, event.node
        robot.mark(at)
        lane = self._hospital.lanes.get(LaneId(hop.lane)) if hop is not None else None
        if lane is None:
            return
        if robot.inside:
            robot.metres_loaded += lane.length
        else:
            robot.metres_empty += lane.length

    # --- lifts  ---

    def _session(self, at: Instant, event: m.LiftSessionStarted) -> None:
        self._car(event.lift).serving = at

    def _session_ended(self, at: Instant, event: m.LiftSessionEnded) -> None:
        car = self._car(event.lift)
        car.outcomes[event.outcome] = car.outcomes.get(event.outcome, 0) + 1
        if car.serving is not None:
            car.held.append(Held(car.serving, at))
        car.serving = None

    def _car(self, lift: LiftId) -> Car:
        return self._cars.setdefault(lift, Car())

    # --- deliveries  ---

    def _requested(self, at: Instant, event: m.DeliveryRequested) -> None:
        if event.delivery in self._parcels:
            self._lose(at, self._parcels[event.delivery], 'was accepted twice')
            return
        parcel = Parcel(
            id=event.delivery,
            goods=event.goods,
            urgency=event.urgency,
            sender=event.sender,
            recipient=event.recipient,
            sender_node=self._node_of(event.sender),
            recipient_node=self._node_of(event.recipient),
            requested_at=at,
            ready_at=Instant(max(at, event.earliest)),
            promised_at=event.promised_at,
            since=at,
            asked_by=event.actor.station,
        )
        self._parcels[parcel.id] = self._waiting[parcel.id] = parcel

    def _node_of(self, station: StationId) -> NodeId:
        """Return where a station is; the map may have changed since."""
        known = self._hospital.stations.get(station)
        return known.node if known is not None else NodeId('')

    def _assigned(self, at: Instant, event: m.RunAssigned) -> None:
        parcel, robot = self._known(at, event), self._robots[event.robot]
        if parcel is None:
            return
        if self._waiting.pop(parcel.id, None) is not None:
            self._bill_waiting(parcel, at)
        self._bill(robot, at)
        parcel.state = DeliveryState.ASSIGNED.value
        parcel.assigned_at, parcel.robot, parcel.run = at, robot.id, event.run
        parcel.spent_before = dict(parcel.spent)
        parcel.eta = event.eta if event.eta[1] else None
        robot.jobs[parcel.id] = parcel

    def _withdrawn(self, at: Instant, event: m.RunWithdrawn) -> None:
        parcel, robot = self._known(at, event), self._robots[event.robot]
        if parcel is None:
            return
        self._leave(robot, parcel, at)
        if event.reason == _FAILED_ROBOT:
            parcel.was_in_vain()
        parcel.state = DeliveryState.ACCEPTED.value
        parcel.robot = parcel.assigned_at = parcel.eta = None
        parcel.since = at
        self._waiting[parcel.id] = parcel

    def _arrived(self, at: Instant, event: m.RobotArrived) -> None:
        parcel, robot = self._known(at, event), self._robots[event.robot]
        if parcel is None:
            return
        self._bill(robot, at)
        if not robot.here:
            robot.visits += 1
        robot.here.add(parcel.id)
        if event.purpose is m.Purpose.PICK_UP:
            parcel.state = DeliveryState.AWAITING_LOAD.value
            return
        parcel.state = DeliveryState.AWAITING_RECEIPT.value
        if parcel.arrived_at is None and not parcel.returning:
            parcel.arrived_at = at

    def _sent_away(self, at: Instant, event: m.RobotSentAway | m.ParcelTurnedBack) -> None:
        parcel = self._known(at, event)
        if event.robot is None:
            return
        robot = self._robots[event.robot]
        self._bill(robot, at)
        robot.here.discard(event.delivery)
        if parcel is not None:
            parcel.state = DeliveryState.UNDER_WAY.value

    def _turned_back(self, at: Instant, event: m.ParcelTurnedBack) -> None:
        self._sent_away(at, event)
        parcel = self._parcels.get(event.delivery)
        if parcel is not None:
            parcel.returning = True

    def _authorised(self, at: Instant, event: m.OpeningAuthorised) -> None:
        """Remember what a compartment is opened for: that may be in it together."""
        del at
        self._openings[event.robot, event.compartment] = {event.delivery, *event.also}

    def _opened(self, at: Instant, event: m.CompartmentOpened) -> None:
        robot = self._robots[event.robot]
        self._bill(robot, at)
        robot.opened = event.delivery

    def _unused(self, at: Instant, event: m.OpeningUnused) -> None:
        robot = self._robots[event.robot]
        self._bill(robot, at)
        robot.opened = None

    def _loaded(self, at: Instant, event: m.ParcelLoaded) -> None:
        parcel, robot = self._known(at, event), self._robots[event.robot]
        if parcel is None:
            return
        self._bill(robot, at)
        robot.opened = None
        robot.here.discard(parcel.id)
        cell = (event.robot, event.compartment)
        if parcel.holder not in ('sender', 'porter'):
            self._gap(at, parcel, f'was loaded by {robot.id} and was with {parcel.holder}')
        for other in sorted(self._cells.setdefault(cell, set())):
            if not {parcel.id, other} <= self._openings.get(cell, set()):
                self._gap(at, parcel, f'was put to {other} in {robot.id} {cell[1]}')
        self._cells[cell].add(parcel.id)
        parcel.holder, parcel.cell = robot.id, cell
        parcel.state, parcel.loaded_at = DeliveryState.UNDER_WAY.value, at
        parcel.loaded_visit = robot.visits
        robot.inside.add(parcel.id)
        robot.parcels += 1
        if parcel.run is not None and parcel.run not in self._runs:
            self._runs.add(parcel.run)
            robot.runs += 1

    def _taken(self, at: Instant, event: m.ParcelTaken) -> None:
        parcel = self._known(at, event)
        if parcel is not None:
            self._take_out(at, event, parcel)
            parcel.holder, parcel.state = 'recipient', DeliveryState.TAKEN.value

    def _returned(self, at: Instant, event: m.ParcelReturned) -> None:
        parcel = self._known(at, event)
        if parcel is not None:
            self._take_out(at, event, parcel)
            parcel.holder = 'sender'
            self._end(at, parcel, DeliveryState.RETURNED.value)

    def _given_back(self, at: Instant, event: m.ParcelGivenBack) -> None:
        parcel = self._known(at, event)
        if parcel is not None:
            self._from_porter(at, parcel, 'given back')
            parcel.holder = 'sender'
            self._end(at, parcel, DeliveryState.RETURNED.value)

    def _stored(self, at: Instant, event: m.ParcelStored) -> None:
        parcel = self._known(at, event)
        if parcel is None:
            return
        if event.robot is None:
            self._from_porter(at, parcel, 'stored')
        else:
            self._take_out(at, event, parcel)
        parcel.holder = 'keeper'
        self._end(at, parcel, DeliveryState.STORED.value)

    def _rescued(self, at: Instant, event: m.ParcelRescued) -> None:
        parcel = self._known(at, event)
        if parcel is not None:
            self._take_out(at, event, parcel)
            parcel.holder, parcel.state = 'porter', DeliveryState.CARRIED.value
            parcel.by_porter = True

    def _closed(self, at: Instant, event: m.DeliveryClosed) -> None:
        parcel = self._known(at, event)
        if parcel is not None:
            received = parcel.holder == 'recipient'
            end = DeliveryState.DELIVERED if received else DeliveryState.FAILED
            self._end(at, parcel, end.value)

    def _from_porter(self, at: Instant, parcel: Parcel, what: str) -> None:
        if parcel.holder != 'porter':
            self._gap(at, parcel, f'was {what} and was with {parcel.holder}')

    def _take_out(
        self,
        at: Instant,
        event: m.ParcelTaken | m.ParcelReturned | m.ParcelStored | m.ParcelRescued,
        parcel: Parcel,
    ) -> None:
        if event.robot is None or event.compartment is None:
            return
        robot, cell = self._robots[event.robot], (event.robot, event.compartment)
        if parcel.holder != robot.id or parcel.id not in self._cells.get(cell, ()):
            self._gap(at, parcel, f'was taken from {robot.id} and was with {parcel.holder}')
        self._cells.get(parcel.cell or cell, set()).discard(parcel.id)
        self._leave(robot, parcel, at)
        robot.opened = None

    def _porter_asked(self, at: Instant, event: m.PorterAsked) -> None:
        parcel = self._known(at, event)
        if parcel is not None:
            self._bill_waiting(parcel, at)
            parcel.by_porter, parcel.state = True, DeliveryState.PORTER_ASKED.value

    def _porter_took(self, at: Instant, event: m.PorterTook) -> None:
        parcel = self._known(at, event)
        if parcel is None:
            return
        if parcel.holder not in ('sender', 'porter'):
            self._gap(at, parcel, f'was taken by a porter and was with {parcel.holder}')
        parcel.holder, parcel.state, parcel.loaded_at = 'porter', DeliveryState.CARRIED.value, at

    def _received(self, at: Instant, event: m.DeliveryReceived) -> None:
        parcel = self._known(at, event)
        if parcel is None:
            return
        if parcel.holder not in ('recipient', 'porter'):
            self._gap(at, parcel, f'was signed for and was with {parcel.holder}')
        if parcel.holder == 'porter':
            self._bill_waiting(parcel, at)
            parcel.arrived_at = at
        parcel.holder, parcel.received_at = 'recipient', at
        self._end(at, parcel, DeliveryState.DELIVERED.value)

    def _cancelled(self, at: Instant, event: m.DeliveryCancelled) -> None:
        self._given_up(at, event, DeliveryState.CANCELLED)

    def _expired(self, at: Instant, event: m.DeliveryExpired) -> None:
        self._given_up(at, event, DeliveryState.EXPIRED)

    def _given_up(
        self, at: Instant, event: m.DeliveryCancelled | m.DeliveryExpired, end: DeliveryState
    ) -> None:
        parcel = self._known(at, event)
        if parcel is None:
            return
        if parcel.holder != 'sender':
            self._gap(at, parcel, f'ended as {end.value} and was with {parcel.holder}')
        self._end(at, parcel, end.value)

    def _rated(self, at: Instant, event: m.DeliveryRated) -> None:
        del at
        parcel = self._parcels.get(event.delivery)
        if parcel is not None:
            parcel.rating = event.stars

    def _archived(self, at: Instant, event: m.DeliveryArchived) -> None:
        parcel = self._parcels.get(event.delivery)
        if parcel is None or not parcel.ended:
            self._known(at, event)
            self._lost.add(event.delivery)

    def _end(self, at: Instant, parcel: Parcel, state: str) -> None:
        if self._waiting.pop(parcel.id, None) is not None:
            self._bill_waiting(parcel, at)
        parcel.state, parcel.ended, parcel.ended_at = state, True, at

    def _leave(self, robot: FollowedRobot, parcel: Parcel, at: Instant) -> None:
        """The robot has nothing to do with the delivery any more."""
        self._bill(robot, at)
        robot.jobs.pop(parcel.id, None)
        robot.here.discard(parcel.id)
        robot.inside.discard(parcel.id)
        if robot.opened == parcel.id:
            robot.opened = None

    # --- what cannot be  ---

    def _known(self, at: Instant, event: Any) -> Parcel | None:
        """Return the delivery of an event, None when it cannot have one any more."""
        parcel = self._parcels.get(event.delivery)
        if parcel is None:
            self._lost.add(event.delivery)
            self._find(at, event.delivery, f'was never accepted ({type(event).__name__})')
        elif parcel.ended:
            self._lose(at, parcel, f'had ended and went on ({type(event).__name__})')
            return None
        return parcel

    def _lose(self, at: Instant, parcel: Parcel, what: str) -> None:
        self._lost.add(parcel.id)
        self._find(at, parcel.id, what)

    def _gap(self, at: Instant, parcel: Parcel, what: str) -> None:
        self._gaps += 1
        self._find(at, parcel.id, what)

    def _find(self, at: Instant, delivery: str, what: str) -> None:
        if len(self._findings) < MAX_FINDINGS:
            second = (at + self._scenario.utc_offset) // 1_000 % 86_400
            clock = f'{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}'
            self._findings.append(f'{clock} custody: {delivery} {what}')


class _Robots(dict[RobotId, FollowedRobot]):
    """Robots by id; one placed before the journal was followed is somewhere, doing nothing."""

    def __missing__(self, robot: RobotId) -> FollowedRobot:
        nowhere = NodeId('')
        self[robot] = FollowedRobot(robot, nowhere, Instant(FOREVER), goal=nowhere)
        return self[robot]


_HANDLERS: Final[Mapping[type, Callable[[Collector, Instant, Any], None]]] = MappingProxyType(
    {
        m.ManagerStarted: Collector._manager_started,
        m.FleetPaused: Collector._fleet_held,
        m.FleetResumed: Collector._fleet_held,
        m.RobotPlaced: Collector._placed,
        m.RobotPaused: Collector._troubled,
        m.RobotExcluded: Collector._troubled,
        m.RobotResumed: Collector._well,
        m.RobotReadmitted: Collector._well,
        m.AlertRaised: Collector._alert,
        m.AlertCleared: Collector._alert_over,
        m.LegPlanned: Collector._planned,
        m.LegsReplanned: Collector._replanned,
        m.HopsReleased: Collector._released,
        m.NodeReached: Collector._reached,
        m.LiftSessionStarted: Collector._session,
        m.LiftSessionEnded: Collector._session_ended,
        m.DeliveryRequested: Collector._requested,
        m.RunAssigned: Collector._assigned,
        m.RunWithdrawn: Collector._withdrawn,
        m.RobotArrived: Collector._arrived,
        m.RobotSentAway: Collector._sent_away,
        m.ParcelTurnedBack: Collector._turned_back,
        m.OpeningAuthorised: Collector._authorised,
        m.CompartmentOpened: Collector._opened,
        m.OpeningUnused: Collector._unused,
        m.ParcelLoaded: Collector._loaded,
        m.ParcelTaken: Collector._taken,
        m.ParcelReturned: Collector._returned,
        m.ParcelGivenBack: Collector._given_back,
        m.ParcelStored: Collector._stored,
        m.ParcelRescued: Collector._rescued,
        m.DeliveryClosed: Collector._closed,
        m.PorterAsked: Collector._porter_asked,
        m.PorterTook: Collector._porter_took,
        m.DeliveryReceived: Collector._received,
        m.DeliveryCancelled: Collector._cancelled,
        m.DeliveryExpired: Collector._expired,
        m.DeliveryArchived: Collector._archived,
        m.DeliveryRated: Collector._rated,
    }
)

#: The kinds of events a `Collector` looks at; others may be left out.
FOLLOWED: Final = frozenset(kind.__name__ for kind in _HANDLERS)
