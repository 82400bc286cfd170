"""The fold: what each event changes in the state. The only code that changes a `FleetState`.

No rule is decided here. An event that cannot have happened raises InvariantBroken: the process
stops and starts again from the journal rather than going on wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import (
    AT_STOP,
    ENDS,
    LOADED,
    START,
    DeliveryState,
    next_state,
)
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.personal import ERASED, Sort
from fleet_manager.domain.state import (
    Accepted,
    Alert,
    Closure,
    ColdChain,
    Delivery,
    FleetState,
    LiftRest,
    LiftSession,
    MapSwap,
    MapSwapEnd,
    Opening,
    Recall,
    Robot,
)
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.units import HOUR, Instant

#: Events after which deliveries, and what robots do for them, are as they were.
_OF_TRAFFIC: Final = frozenset(
    (
        m.LegPlanned,
        m.LegsReplanned,
        m.HopsReleased,
        m.NodeReached,
        m.LiftSessionStarted,
        m.LiftSessionAdvanced,
        m.LiftSessionEnded,
        m.AlertRaised,
        m.AlertAcknowledged,
        m.AlertCleared,
    )
)


def apply(state: FleetState, event: m.Event, at: Instant) -> None:
    """Change `state` by one event that happened at `at`."""
    if type(event) in _OF_TRAFFIC:
        _APPLY[type(event)](state, event, at)
        return
    state.forget()
    _APPLY[type(event)](state, event, at)
    state.forget()


def key_of(account: str, key: str) -> str:
    """Return the name under which an idempotency key of an account is kept."""
    return f'{account}\n{key}'


# --- deliveries  ---


def _requested(state: FleetState, e: m.DeliveryRequested, at: Instant) -> None:
    if e.delivery in state.deliveries:
        raise InvariantBroken(f'{e.delivery} requested twice')
    state.deliveries_made = e.number
    state.keys[key_of(e.actor.account, e.key)] = Accepted(e.body_hash, e.delivery)
    state.deliveries[e.delivery] = state.open[e.delivery] = Delivery(
        id=e.delivery,
        number=e.number,
        key=e.key,
        goods=e.goods,
        sender=e.sender,
        recipient=e.recipient,
        urgency=e.urgency,
        promised_at=e.promised_at,
        requested_by=e.actor,
        note=e.note,
        raised=e.raised,
        earliest=e.earliest,
        asked_by=e.asked_by,
        details=dict(e.details),
        state=START,
        times={START.value: at},
    )


def _step(state: FleetState, e: Any, at: Instant) -> Delivery:
    delivery = state.deliveries[e.delivery]
    delivery.state = next_state(delivery.state, e)
    delivery.times[delivery.state.value] = at
    delivery.put_off_ms = max(0, delivery.put_off_until - at)
    if delivery.state in ENDS:
        state.open.pop(delivery.id, None)
        state.ended[delivery.id] = at
    return delivery


def _archived(state: FleetState, e: m.DeliveryArchived, at: Instant) -> None:
    del at
    delivery = state.deliveries.pop(e.delivery)
    state.open.pop(e.delivery, None)
    state.ended.pop(e.delivery, None)
    state.keys.pop(key_of(delivery.requested_by.account, delivery.key), None)


def _assigned(state: FleetState, e: m.RunAssigned, at: Instant) -> None:
    delivery = _step(state, e, at)
    robot = state.robots[e.robot]
    if e.run != robot.run:
        if robot.run is not None:
            raise InvariantBroken(f'{e.robot} is on run {robot.run}, not {e.run}')
        state.runs_made += 1
    robot.run = e.run
    _order(
        state,
        robot,
        e.stops or (*robot.stops, *stops_of(delivery)),
        {*robot.stops, *stops_of(delivery)},
    )
    delivery.run, delivery.robot, delivery.compartment = e.run, e.robot, e.compartment
    delivery.cost_ms, delivery.runners_up, delivery.eta = e.cost_ms, e.runners_up, e.eta


def stops_of(delivery: Delivery) -> tuple[m.Stop, m.Stop]:
    """Return the two stops of a delivery that is not loaded."""
    return (
        m.Stop(m.Purpose.PICK_UP, delivery.origin, delivery.id),
        m.Stop(m.Purpose.HAND_OVER, delivery.goal, delivery.id),
    )


def _reordered(state: FleetState, e: m.RunReordered, at: Instant) -> None:
    del at
    robot = state.robots[e.robot]
    if robot.run != e.run:
        raise InvariantBroken(f'{e.robot} is on run {robot.run}, not {e.run}')
    _order(state, robot, e.stops, set(robot.stops))


def _order(
    state: FleetState, robot: Robot, stops: tuple[m.Stop, ...], wanted: set[m.Stop]
) -> None:
    """Give a run its stops: each of them once, picked up before handed over, as it stands now."""
    if len(stops) != len(wanted) or set(stops) != wanted:
        raise InvariantBroken(f'{robot.id}: the stops of {robot.run} are not those it has')
    begun = [stop for stop in robot.stops if state.deliveries[stop.delivery].state in AT_STOP]
    here = [stop for stop in begun if stop.station == begun[0].station]
    here = [s for s in here if s.purpose is purpose_at(state.deliveries[s.delivery])]
    if list(stops[: len(here)]) != here:
        raise InvariantBroken(f'{robot.id}: {robot.run} leaves a stop that was begun')
    handed = set[str]()
    for stop in stops:
        if stop.purpose is m.Purpose.HAND_OVER:
            handed.add(stop.delivery)
        elif stop.delivery in handed:
            raise InvariantBroken(f'{robot.id}: {stop.delivery} handed over before it is loaded')
    robot.stops = list(stops)


def purpose_at(delivery: Delivery) -> m.Purpose:
    """Return what the stop of a delivery is for at which its robot stands."""
    loading = delivery.state in (DeliveryState.AWAITING_LOAD, DeliveryState.LOADING)
    return m.Purpose.PICK_UP if loading else m.Purpose.HAND_OVER


def _withdrawn(state: FleetState, e: m.RunWithdrawn, at: Instant) -> None:
    asked = state.deliveries[e.delivery].requested_at
    delivery = _step(state, e, at)
    delivery.times[START] = asked  # it has waited since then
    for gone in ('assigned', 'awaiting_load', 'loading'):
        delivery.times.pop(gone, None)
    delivery.run = delivery.robot = delivery.compartment = delivery.opening = None
    _drop(state.robots[e.robot], e.delivery)


def _drop(robot: Robot, delivery: DeliveryId, purpose: m.Purpose | None = None) -> None:
    """Take the stops of a delivery, or the one for `purpose`, out of the robot's run."""
    robot.stops = [
        stop
        for stop in robot.stops
        if stop.delivery != delivery or (purpose is not None and stop.purpose is not purpose)
    ]
    if not robot.stops:
        robot.run = None


def _sent_away(state: FleetState, e: m.RobotSentAway, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.times.pop('awaiting_receipt', None)
    delivery.opening, delivery.sent_away = None, at


def _opening(state: FleetState, e: m.OpeningAuthorised, at: Instant) -> None:
    del at
    robot = state.robots[e.robot]
    if e.grant <= robot.grant:
        raise InvariantBroken(f'opening {e.grant} of {e.robot} is not new')
    robot.grant = e.grant
    for name in (e.delivery, *e.also):
        delivery = state.deliveries[name]
        delivery.opening = Opening(e.grant, e.purpose, e.actor, e.expires)
        if e.purpose is m.Purpose.PICK_UP:
            delivery.count = e.count if name == e.delivery else 0


def _opening_expired(state: FleetState, e: m.OpeningExpired, at: Instant) -> None:
    del at
    opening = state.deliveries[e.delivery].opening
    if opening is not None:
        opening.expired = True


def _opened(state: FleetState, e: m.CompartmentOpened, at: Instant) -> None:
    opening = _step(state, e, at).opening
    if opening is None or opening.grant != e.grant:
        raise InvariantBroken(f'{e.robot} opened without a signature')
    opening.opened = True


def _opening_used(state: FleetState, e: Any, at: Instant) -> None:
    _step(state, e, at).opening = None


def _loaded(state: FleetState, e: m.ParcelLoaded, at: Instant) -> None:
    robot, opening = state.robots[e.robot], state.deliveries[e.delivery].opening
    grant = opening.grant if opening is not None else 0
    for other in state.served_by(robot):
        is_there = other.state in LOADED and other.compartment == e.compartment
        if is_there and (not grant or other.loaded_by != grant):
            raise InvariantBroken(f'{e.delivery} and {other.id} in {e.compartment} of {e.robot}')
    _opening_used(state, e, at)
    delivery = state.deliveries[e.delivery]
    delivery.loaded_by, delivery.porter, delivery.meets_at = grant, None, None
    _drop(robot, e.delivery, m.Purpose.PICK_UP)


def _temperature(state: FleetState, e: m.TemperatureNoted, at: Instant) -> None:
    delivery = state.deliveries[e.delivery]
    cold = delivery.cold
    if cold is None:
        cold = delivery.cold = ColdChain(e.celsius, e.celsius, e.celsius, since=at, at=at, notes=0)
    cold.out_ms = cold.out_until(at)
    if e.out != bool(cold.out_since):
        cold.out_since = at if e.out else Instant(0)
    cold.lowest, cold.highest = min(cold.lowest, e.celsius), max(cold.highest, e.celsius)
    cold.last, cold.at, cold.notes = e.celsius, at, cold.notes + 1


def _left_the_robot(delivery: Delivery, at: Instant) -> None:
    """What nobody measures any more is not counted as out of its range any longer."""
    cold = delivery.cold
    if cold is not None:
        cold.out_ms, cold.out_since = cold.out_until(at), Instant(0)


def _arrived(state: FleetState, e: m.RobotArrived, at: Instant) -> None:
    delivery = _step(state, e, at)
    if e.purpose is m.Purpose.HAND_OVER and not delivery.returning:
        delivery.arrived_at = delivery.arrived_at or at


def _taken(state: FleetState, e: m.ParcelTaken | m.ParcelReturned, at: Instant) -> None:
    _opening_used(state, e, at)
    _drop(state.robots[e.robot], e.delivery)
    _left_the_robot(state.deliveries[e.delivery], at)


def _turned_back(state: FleetState, e: m.ParcelTurnedBack, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.times.pop('awaiting_receipt', None)
    delivery.opening, delivery.reminded = None, 0
    delivery.put_offs, delivery.put_off_until, delivery.put_off_ms = 0, Instant(0), 0
    delivery.returning, delivery.turned_back = True, e.reason
    delivery.kept_at = e.to
    if e.robot is None:
        return
    robot = state.robots[e.robot]
    back = m.Stop(m.Purpose.HAND_OVER, delivery.goal, delivery.id)
    robot.stops = [*(stop for stop in robot.stops if stop.delivery != e.delivery), back]


def _porter_took(state: FleetState, e: m.PorterTook, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.porter, delivery.meets_at = e.actor.account, None


def _reminded(state: FleetState, e: m.CollectionReminded, at: Instant) -> None:
    del at
    state.deliveries[e.delivery].reminded = e.step


def _put_off(state: FleetState, e: m.ReceiptPutOff, at: Instant) -> None:
    delivery = state.deliveries[e.delivery]
    delivery.state = next_state(delivery.state, e)
    delivery.reminded, delivery.put_offs = 0, delivery.put_offs + 1
    delivery.put_off_ms += e.until - at
    delivery.put_off_until, delivery.put_off_extends = e.until, e.extends


def _stored(state: FleetState, e: m.ParcelStored, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.opening = None
    if e.robot is not None:
        _drop(state.robots[e.robot], e.delivery)
        _left_the_robot(delivery, at)


# --- rescue, and what people close  ---


def _rescue_asked(state: FleetState, e: m.RescueAsked, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.times.pop('awaiting_receipt', None)
    delivery.opening = None


def _rescued(state: FleetState, e: m.ParcelRescued, at: Instant) -> None:
    delivery = _step(state, e, at)
    _drop(state.robots[e.robot], e.delivery)
    _left_the_robot(delivery, at)
    delivery.porter, delivery.rescued = e.actor.account, True
    delivery.run = delivery.robot = delivery.compartment = None


def _robot_called(state: FleetState, e: m.RobotCalled, at: Instant) -> None:
    asked = state.deliveries[e.delivery].requested_at
    delivery = _step(state, e, at)
    delivery.times[START] = asked
    for gone in ('assigned', 'awaiting_load', 'loading', 'under_way'):
        delivery.times.pop(gone, None)
    delivery.meets_at = e.station


def _ended_by_hand(state: FleetState, e: m.DeliveryClosed, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.opening, delivery.closed = None, e.reason
    if delivery.state is DeliveryState.DELIVERED:
        state.delivered += 1
    elif delivery.robot is not None:
        _drop(state.robots[delivery.robot], e.delivery)


def _follow_up(state: FleetState, e: m.FollowUpNoted, at: Instant) -> None:
    state.deliveries[e.delivery].follow_up[e.step.value] = at


def _soiled(state: FleetState, e: m.RobotSoiled | m.RobotCleaned, at: Instant) -> None:
    del at
    state.robots[e.robot].soiled = isinstance(e, m.RobotSoiled)


def _received(state: FleetState, e: m.DeliveryReceived, at: Instant) -> None:
    delivery = _step(state, e, at)
    delivery.received, delivery.missing = e.count, e.missing
    state.delivered += 1


def _rated(state: FleetState, e: m.DeliveryRated, at: Instant) -> None:
    delivery = state.deliveries[e.delivery]
    delivery.rating, delivery.rated_at = e.stars, at


def _moved_on(state: FleetState, e: Any, at: Instant) -> None:
    _step(state, e, at)


# --- robots and traffic  ---


def _started(state: FleetState, e: m.ManagerStarted, at: Instant) -> None:
    del at
    if e.epoch <= state.epoch:
        raise InvariantBroken(f'epoch {e.epoch} after {state.epoch}')
    state.epoch, state.map_version = e.epoch, e.map_version


def _placed(state: FleetState, e: m.RobotPlaced, at: Instant) -> None:
    del at
    state.planned.clear()
    claims.place_body(state.queues, e.robot, *e.claims)
    robots = state.robots | {e.robot: Robot(e.robot, node=e.node, goal=e.node)}
    state.robots = {name: robots[name] for name in sorted(robots)}


def _planned(state: FleetState, e: m.LegPlanned, at: Instant) -> None:
    del at
    _take_back(state, e)
    _put_in(state, e)


def _replanned(state: FleetState, e: m.LegsReplanned, at: Instant) -> None:
    del at
    for leg in e.legs:
        _take_back(state, leg)
    for leg in e.legs:
        _put_in(state, leg)


def _take_back(state: FleetState, leg: m.LegPlanned) -> None:
    state.planned.clear()
    robot = state.robots[leg.robot]
    if leg.after < robot.released:
        raise InvariantBroken(f'{leg.robot}: leg {leg.leg} takes back released hops')
    claims.remove_after(state.queues, leg.robot, frozen=leg.after)
    kept = [hop for hop in robot.hops if hop.sequence <= leg.after]
    errands = (m.Purpose.PICK_UP, m.Purpose.HAND_OVER)
    if len(kept) < len(robot.hops) and (leg.purpose is robot.purpose or robot.purpose in errands):
        robot.replans += 1
        if robot.delivery is not None:
            state.deliveries[robot.delivery].replans += 1
    robot.hops = kept


def _put_in(state: FleetState, leg: m.LegPlanned) -> None:
    state.planned.clear()
    robot = state.robots[leg.robot]
    robot.hops += leg.hops
    claims.insert(state.queues, leg.robot, leg.hops)
    robot.leg, robot.purpose, robot.goal = leg.leg, leg.purpose, leg.goal
    robot.update += 1


def _released(state: FleetState, e: m.HopsReleased, at: Instant) -> None:
    robot = state.robots[e.robot]
    hop = robot.next_hop()
    if hop is None or hop.sequence != e.upto or not claims.is_head(state.queues, e.robot, hop):
        raise InvariantBroken(f'{e.robot} was released to {e.upto} out of turn')
    if robot.released == robot.done:
        robot.moving_since = at
    robot.released, robot.update = e.upto, e.update


def _reached(state: FleetState, e: m.NodeReached, at: Instant) -> None:
    robot = state.robots[e.robot]
    hop = robot.hops[0] if robot.hops else None
    if hop is None or hop.sequence != e.sequence or e.sequence > robot.released:
        raise InvariantBroken(f'{e.robot} reached {e.node} out of turn')
    claims.free(state.queues, e.robot, done=hop)
    robot.hops = robot.hops[1:]
    robot.done, robot.node, robot.moving_since = e.sequence, e.node, at


def _held(state: FleetState, e: m.RobotPaused | m.RobotResumed, at: Instant) -> None:
    robot = state.robots[e.robot]
    robot.paused, robot.moving_since = isinstance(e, m.RobotPaused), at


def _fleet_held(state: FleetState, e: m.FleetPaused | m.FleetResumed, at: Instant) -> None:
    state.paused = isinstance(e, m.FleetPaused)
    for robot in state.robots.values():
        robot.moving_since = at


def _excluded(state: FleetState, e: m.RobotExcluded, at: Instant) -> None:
    del at
    state.robots[e.robot].excluded = e.reason


def _readmitted(state: FleetState, e: m.RobotReadmitted, at: Instant) -> None:
    robot = state.robots[e.robot]
    robot.excluded, robot.moving_since = None, at


# --- lifts and alerts  ---


def _session(state: FleetState, e: m.LiftSessionStarted, at: Instant) -> None:
    if e.lift in state.sessions:
        raise InvariantBroken(f'lift {e.lift} already serves {state.sessions[e.lift].robot}')
    state.sessions_made += 1
    state.sessions[e.lift] = LiftSession(
        id=e.session,
        robot=e.robot,
        boarding_floor=e.boarding_floor,
        target_floor=e.target_floor,
        stage=m.LiftStage.REQUESTED,
        since=at,
        deadline=e.deadline,
    )


def _advanced(state: FleetState, e: m.LiftSessionAdvanced, at: Instant) -> None:
    session = state.sessions[e.lift]
    if session.id != e.session:
        raise InvariantBroken(f'lift {e.lift} has session {session.id}, not {e.session}')
    state.lift_ms += at - session.since
    session.stage, session.since, session.deadline = e.stage, at, e.deadline
    session.boarded = session.boarded or e.stage is m.LiftStage.RIDING
    session.outcome = e.outcome
    session.target_floor = e.floor or session.target_floor
    if e.stage is m.LiftStage.OPEN:
        session.opened_at = at


def _session_ended(state: FleetState, e: m.LiftSessionEnded, at: Instant) -> None:
    session = state.sessions.pop(e.lift)
    state.lift_ms += at - session.since
    state.lift_outcomes[e.outcome] = state.lift_outcomes.get(e.outcome, 0) + 1
    if session.opened_at is not None:
        lately = [span for span in state.lift_use.get(e.lift, []) if span[1] > at - HOUR]
        state.lift_use[e.lift] = [*lately, (session.opened_at, at)]
    if e.again_at:
        rest = state.rests.get(e.lift)
        tries = rest.tries if rest is not None else 0
        state.rests[e.lift] = LiftRest(e.again_at, tries + 1, e.outcome)
    elif session.boarded:
        state.rests.pop(e.lift, None)


def _recalled(state: FleetState, e: m.LiftRecalled, at: Instant) -> None:
    state.recalls[e.lift] = Recall(e.mode, at)


def _lift_released(state: FleetState, e: m.LiftReleased, at: Instant) -> None:
    del at
    del state.recalls[e.lift]


def _raised(state: FleetState, e: m.AlertRaised, at: Instant) -> None:
    state.alerts[e.alert] = Alert(e.alert, e.code, e.subject, dict(e.params), at)


def _acknowledged(state: FleetState, e: m.AlertAcknowledged, at: Instant) -> None:
    del at
    state.alerts[e.alert].acknowledged_by = e.actor.account


def _cleared(state: FleetState, e: m.AlertCleared, at: Instant) -> None:
    del at
    del state.alerts[e.alert]


# --- closures  ---


def _closed(state: FleetState, e: m.PlaceClosed, at: Instant) -> None:
    before = state.closures.get(e.closure)
    since = at if before is None else before.since
    state.closures_made += before is None
    state.closures[e.closure] = Closure(
        e.closure, e.kind, e.place, e.robot_type, e.reason, e.actor, since, e.until
    )


def _place_opened(state: FleetState, e: m.PlaceOpened, at: Instant) -> None:
    del at
    del state.closures[e.closure]


# --- the map  ---


def _swap_asked(state: FleetState, e: m.MapSwapAsked, at: Instant) -> None:
    if state.swap is not None:
        raise InvariantBroken(f'map {e.version} asked for while {state.swap.version} is')
    state.swap = MapSwap(e.version, e.actor, e.reason, asked_at=at, deadline=e.deadline)


def _swapped(state: FleetState, e: m.MapSwapped, at: Instant) -> None:
    _swap_ended(state, e, at, 'swapped')
    state.map_version, state.map_before, state.swapped_at = e.version, e.before, at


def _swap_refused(state: FleetState, e: m.MapSwapRefused, at: Instant) -> None:
    _swap_ended(state, e, at, 'refused', e.held)


def _swap_cancelled(state: FleetState, e: m.MapSwapCancelled, at: Instant) -> None:
    _swap_ended(state, e, at, 'cancelled')


def _swap_ended(
    state: FleetState, e: Any, at: Instant, outcome: str, held: tuple[m.MapHold, ...] = ()
) -> None:
    if state.swap is None or state.swap.version != e.version:
        raise InvariantBroken(f'map {e.version} {outcome} and not asked for')
    state.swap, state.swap_end = None, MapSwapEnd(e.version, outcome, at, held)


# --- personal data  ---


def _retention(state: FleetState, e: m.RetentionApplied, at: Instant) -> None:
    """Forget who and why of what began before the line and still is; deliveries are long gone."""
    del at
    for name, closure in state.closures.items():
        if closure.since >= e.before:
            continue
        if e.sort is Sort.NAMES:
            nobody = replace(closure.actor, account=AccountId(ERASED))
            state.closures[name] = replace(closure, actor=nobody)
        elif e.sort is Sort.TEXTS:
            state.closures[name] = replace(closure, reason=ERASED)
    for alert in state.alerts.values():
        known = alert.acknowledged_by is not None and alert.raised_at < e.before
        if known and e.sort is Sort.NAMES:
            alert.acknowledged_by = ERASED


_APPLY: Final[MappingProxyType[type, Callable[[FleetState, Any, Instant], None]]] = (
    MappingProxyType(
        {
            m.ManagerStarted: _started,
            m.DeliveryRequested: _requested,
            m.DeliveryCancelled: _moved_on,
            m.DeliveryExpired: _moved_on,
            m.DeliveryArchived: _archived,
            m.RunAssigned: _assigned,
            m.RunWithdrawn: _withdrawn,
            m.RunReordered: _reordered,
            m.RobotArrived: _arrived,
            m.RobotSentAway: _sent_away,
            m.OpeningAuthorised: _opening,
            m.OpeningExpired: _opening_expired,
            m.CompartmentOpened: _opened,
            m.ParcelLoaded: _loaded,
            m.OpeningUnused: _opening_used,
            m.TemperatureNoted: _temperature,
            m.ParcelTaken: _taken,
            m.DeliveryReceived: _received,
            m.ParcelTurnedBack: _turned_back,
            m.ParcelReturned: _taken,
            m.CollectionReminded: _reminded,
            m.ReceiptPutOff: _put_off,
            m.ParcelStored: _stored,
            m.ParcelGivenBack: _moved_on,
            m.RescueAsked: _rescue_asked,
            m.RescueCalledOff: _moved_on,
            m.ParcelRescued: _rescued,
            m.RobotCalled: _robot_called,
            m.DeliveryClosed: _ended_by_hand,
            m.FollowUpNoted: _follow_up,
            m.PorterAsked: _moved_on,
            m.PorterTook: _porter_took,
            m.RobotSoiled: _soiled,
            m.RobotCleaned: _soiled,
            m.DeliveryRated: _rated,
            m.RobotPlaced: _placed,
            m.LegPlanned: _planned,
            m.LegsReplanned: _replanned,
            m.HopsReleased: _released,
            m.NodeReached: _reached,
            m.RobotPaused: _held,
            m.RobotResumed: _held,
            m.FleetPaused: _fleet_held,
            m.FleetResumed: _fleet_held,
            m.RobotExcluded: _excluded,
            m.RobotReadmitted: _readmitted,
            m.LiftSessionStarted: _session,
            m.LiftSessionAdvanced: _advanced,
            m.LiftSessionEnded: _session_ended,
            m.LiftRecalled: _recalled,
            m.LiftReleased: _lift_released,
            m.AlertRaised: _raised,
            m.AlertAcknowledged: _acknowledged,
            m.AlertCleared: _cleared,
            m.PlaceClosed: _closed,
            m.PlaceOpened: _place_opened,
            m.MapSwapAsked: _swap_asked,
            m.MapSwapped: _swapped,
            m.MapSwapRefused: _swap_refused,
            m.MapSwapCancelled: _swap_cancelled,
            m.RetentionApplied: _retention,
        }
    )
)
