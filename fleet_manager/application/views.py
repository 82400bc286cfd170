"""The picture pages see: entities as plain JSON objects. docs/views.md says what is in them.

Only codes and figures; pages translate. Reads the present and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fleet_manager.application import lift_line
from fleet_manager.application.cancel_delivery import may_bring_back, may_cancel
from fleet_manager.application.close_delivery import may_close
from fleet_manager.application.close_places import cut_off_now
from fleet_manager.application.cold_chain import cold_chain
from fleet_manager.application.outside_orders import order_of_key
from fleet_manager.application.put_off_delivery import may_put_off, put_off_until
from fleet_manager.domain.deliveries import follow_up
from fleet_manager.domain.deliveries.lifecycle import AT_STOP, ENDS, LOADED, DeliveryState
from fleet_manager.domain.dispatch.bundles import bundles_of, here
from fleet_manager.domain.dispatch.clean import needs_cleaning
from fleet_manager.domain.dispatch.eta import eta
from fleet_manager.domain.dispatch.insert import why_no_robot
from fleet_manager.domain.dispatch.keep_out import is_closed_off
from fleet_manager.domain.dispatch.urgency import errand
from fleet_manager.domain.ids import (
    AccountId,
    DeliveryId,
    DoorId,
    LiftId,
    NodeId,
    RobotId,
    node_resource,
)
from fleet_manager.domain.maps.model import Lift, RobotSpec
from fleet_manager.domain.messages import HopKind, LiftStage, MapHold, Purpose
from fleet_manager.domain.robots.plausibility import plausible_celsius
from fleet_manager.domain.state import Closure, Delivery, Robot, RobotSense
from fleet_manager.domain.traffic import explain
from fleet_manager.domain.traffic.claims import kept_by
from fleet_manager.domain.traffic.explain import Cause
from fleet_manager.domain.traffic.hindrances import is_stuck
from fleet_manager.domain.traffic.release import wanted_doors
from fleet_manager.domain.traffic.retime import Times, retime
from fleet_manager.domain.turn import SILENT_AFTER_MS, Turn
from fleet_manager.domain.units import HOUR

#: What a robot on its way waits for. Other causes are states, which pages say anyway.
WAITS: Final = frozenset(
    {
        Cause.ROBOT,
        Cause.ZONE,
        Cause.LIFT,
        Cause.DOOR,
        Cause.CLOSURE,
        Cause.STATION,
        Cause.NO_WAY,
        Cause.OPEN,
        Cause.STUCK,
    }
)

Entities = dict[str, dict[str, dict[str, Any]]]


def picture(turn: Turn, held: Sequence[MapHold] = (), times: Times | None = None) -> Entities:
    """Return every entity of every kind, as docs/views.md has them.

    `held` is what a change of the map under way waits for, `times` when each hop is expected now.
    """
    times = retime(turn.state, turn.now) if times is None else times
    deliveries = {name: turn.state.deliveries[name] for name in sorted(turn.state.deliveries)}
    wanted = wanted_doors(turn)
    return {
        'robot': {spec.id: _robot(turn, times, spec) for spec in turn.hospital.robots.values()},
        'lift': {lift.id: _lift(turn, times, lift) for lift in turn.hospital.lifts.values()},
        'door': {
            door: _door(turn, door, door in wanted) for door in turn.hospital.automatic_doors
        },
        'delivery': {d.id: _delivery(turn, d) for d in deliveries.values()},
        'alert': {name: _alert(turn, name) for name in sorted(turn.state.alerts)},
        'closure': {c.id: _closure(c) for c in turn.state.closures.values()},
        'fleet': {'fleet': _fleet(turn, held)},
    }


# --- robots --------------------------------------------------------------------------------------


def _robot(turn: Turn, times: Times, spec: RobotSpec) -> dict[str, Any]:
    robot = turn.state.robots.get(spec.id)
    sense = turn.sensed.robots.get(spec.id)
    pose = sense.pose if sense is not None else None
    report = sense.report if sense is not None else None
    plan = robot.hops if robot is not None else []
    released = robot.released if robot is not None else 0
    return {
        'name': spec.name,
        'floor': pose.floor if pose else None,
        'x': round(pose.x, 3) if pose else None,
        'y': round(pose.y, 3) if pose else None,
        'yaw': round(pose.yaw, 3) if pose else None,
        'battery': round(report.battery, 3) if report and report.battery is not None else None,
        'charging': bool(report and report.charging),
        'link': _link(turn, sense),
        'heard': sense.heard if sense is not None else None,
        'state': _robot_state(turn, robot, sense),
        'paused': bool(robot and robot.paused),
        'excluded': robot.excluded if robot else None,
        'node': robot.node if robot else None,
        'goal': robot.goal if robot and plan else None,
        'goal_station': _station_of(turn, robot),
        'deliveries': list(robot.deliveries) if robot else [],
        'stops': _stops(robot),
        'soiled': bool(robot and robot.soiled),
        'compartments': _compartments(turn, robot, sense),
        'allocated': [h.lane for h in plan if h.lane and h.sequence <= released],
        'claimed': [h.lane for h in plan if h.lane and h.sequence > released],
        'waits_for': _waits_for(turn, robot),
        'lift': _lift_of(turn, robot),
        'arrives': times.end[spec.id, plan[-1].sequence] if plan else None,
        'replans': robot.replans if robot is not None else 0,
    }


def _link(turn: Turn, sense: RobotSense | None) -> str:
    if sense is None:
        return 'never'
    return 'ok' if turn.now - sense.heard <= SILENT_AFTER_MS else 'silent'


def _robot_state(turn: Turn, robot: Robot | None, sense: RobotSense | None) -> str:
    if robot is None or sense is None:
        return 'never_seen' if sense is None else 'excluded'
    if _link(turn, sense) == 'silent':
        return 'silent'
    if robot.excluded is not None:
        return 'excluded'
    if robot.paused or turn.state.paused:
        return 'paused'
    if turn.hospital.nodes[robot.node].floor == '':
        return 'in_lift'
    if robot.hops:
        return _moving_state(turn, robot, sense)
    if robot.stops:
        return _standing_state(turn.state.deliveries[robot.stops[0].delivery])
    if needs_cleaning(turn, robot):
        return 'needs_cleaning'
    return 'charging' if sense.report.charging else 'idle'


def _moving_state(turn: Turn, robot: Robot, sense: RobotSense) -> str:
    hop = robot.next_hop()
    if hop is not None and robot.released == robot.done:
        if sense.blocked_by is not None:
            return 'waiting'
        if hop.kind is HopKind.BOARD:
            return 'waiting_lift'
        if hop.door:
            return 'waiting_door'
    return {
        Purpose.PICK_UP: 'to_pick_up',
        Purpose.HAND_OVER: 'to_hand_over',
        Purpose.PARK: 'parking',
        Purpose.CHARGE: 'parking',
        Purpose.CLEAN: 'to_clean',
    }[robot.purpose]


def _standing_state(delivery: Delivery) -> str:
    if delivery.state in (DeliveryState.AWAITING_LOAD, DeliveryState.LOADING):
        return 'at_pick_up'
    if delivery.state in (DeliveryState.AWAITING_RECEIPT, DeliveryState.OPENED):
        return 'at_hand_over'
    return 'waiting'


def _station_of(turn: Turn, robot: Robot | None) -> str | None:
    station = turn.hospital.station_at(robot.goal) if robot and robot.hops else None
    return station.id if station else None


def _compartments(
    turn: Turn, robot: Robot | None, sense: RobotSense | None
) -> list[dict[str, Any]]:
    bundles = bundles_of(turn.state, robot) if robot else []
    # a compartment serves several one after the other: the next of them counts
    inside = {bundle[0].compartment: [d.id for d in bundle] for bundle in reversed(bundles)}
    return [
        {
            'id': c.compartment,
            'locked': c.locked,
            'closed': c.closed,
            'occupied': c.occupied,
            'temperature': plausible_celsius(c.temperature),
            'delivery': next(iter(inside.get(c.compartment, ())), None),
            'deliveries': inside.get(c.compartment, []),
        }
        for c in (sense.report.compartments if sense else ())
    ]


def _stops(robot: Robot | None) -> list[dict[str, str]]:
    """Return what the run still has to do, in order."""
    return [
        {'purpose': s.purpose.value, 'station': s.station, 'delivery': s.delivery}
        for s in (robot.stops if robot else ())
    ]


def _waits_for(turn: Turn, robot: Robot | None) -> dict[str, Any] | None:
    """Return for whom or what the robot stands, as a code and its figures, and since when."""
    if robot is None or turn.hospital.nodes[robot.node].floor == '':
        return None
    if not _has_to_go(turn, robot):
        return None  # asking why costs more than this
    wait = explain.why(turn, robot)
    if wait.cause not in WAITS:
        return None
    params = dict(wait.params)
    if wait.other is not None:
        params['robot'] = wait.other
    if wait.where is not None:
        params['place'] = wait.where.resource
    since = turn.now if wait.since is None else wait.since
    return {'code': wait.cause.value, 'params': params, 'since': since}


def _has_to_go(turn: Turn, robot: Robot) -> bool:
    """Whether the robot stands although it has somewhere to go."""
    if robot.released > robot.done:
        return is_stuck(turn, robot)
    return bool(robot.hops) or errand(turn, robot) is not None


def _lift_of(turn: Turn, robot: Robot | None) -> str | None:
    ride = turn.state.session_of(robot.id) if robot else None
    return ride[0] if ride else None


# --- lifts, doors, alerts ------------------------------------------------------------------------


def _lift(turn: Turn, times: Times, lift: Lift) -> dict[str, Any]:
    report, heard = turn.sensed.lifts.get(lift.id, (None, 0))
    session = turn.state.sessions.get(lift.id)
    serving: dict[str, Any] | None = None
    if session is not None and session.stage is not LiftStage.EXITED:
        serving = {'robot': session.robot, 'stage': session.stage.value, 'since': session.since}
    return {
        'name': {'zh': lift.name.zh, 'en': lift.name.en},
        'floor': report.current_floor if report else None,
        'destination': report.destination_floor if report else None,
        'door': report.door.value if report else None,
        'mode': report.mode.value if report else 'unknown',
        'moving': bool(report and report.moving),
        'height': report.height if report else None,
        'link': _age(turn, heard if report else None),
        'session': serving,
        'recalled': _recalled(turn, lift.id),
        'queue': lift_line.line(turn, times, lift),
    }


def _recalled(turn: Turn, lift: LiftId) -> dict[str, Any] | None:
    recall = turn.state.recalls.get(lift)
    return None if recall is None else {'mode': recall.mode.value, 'since': recall.since}


def _door(turn: Turn, door: DoorId, wanted: bool) -> dict[str, Any]:
    report, heard = turn.sensed.doors.get(door, (None, 0))
    return {
        'position': report.position.value if report else 'unknown',
        'link': _age(turn, heard if report else None),
        'wanted': wanted,
    }


def _age(turn: Turn, heard: int | None) -> str:
    if heard is None:
        return 'never'
    return 'ok' if turn.now - heard <= SILENT_AFTER_MS else 'silent'


def _alert(turn: Turn, name: str) -> dict[str, Any]:
    alert = turn.state.alerts[name]
    params = dict(alert.params)
    called = turn.sensed.called.get(AccountId(alert.subject))
    if alert.code == 'account_locked' and called:
        params['name'] = called
    return {
        'code': alert.code,
        'subject': alert.subject,
        'params': params,
        'raised_at': alert.raised_at,
        'acknowledged': alert.acknowledged_by,
    }


def _closure(closure: Closure) -> dict[str, Any]:
    return {
        'kind': closure.kind.value,
        'place': closure.place,
        'robot_type': closure.robot_type,
        'reason': closure.reason,
        'closed_by': closure.actor.account,
        'since': closure.since,
        'until': closure.until or None,
    }


def _cut_off(turn: Turn) -> dict[str, list[str]]:
    """Return what the closures cut off from the rest of the stations."""
    if turn.closed is None:
        return {'stations': [], 'robots': []}
    found = cut_off_now(turn)
    return {'stations': sorted(found.stations), 'robots': sorted(found.robots)}


# --- deliveries ----------------------------------------------------------------------------------


def _delivery(turn: Turn, delivery: Delivery) -> dict[str, Any]:
    robot = turn.state.robots[delivery.robot] if delivery.robot else None
    opening = delivery.opening
    ended = delivery.state in ENDS
    due = delivery.times[delivery.state] if ended else turn.now
    due = delivery.arrived_at if delivery.arrived_at is not None else due
    return {
        'number': delivery.number,
        'reference': order_of_key(delivery.key),
        'goods': delivery.goods,
        'sender': delivery.sender,
        'recipient': delivery.recipient,
        'urgency': delivery.urgency,
        'state': delivery.state.value,
        'times': dict(delivery.times),
        'robot': delivery.robot,
        'compartment': delivery.compartment,
        'in_lift': bool(robot and turn.hospital.nodes[robot.node].floor == '' and not ended),
        'opening': opening is not None and not opening.expired,
        'together': _together(turn, delivery),
        'promised_at': delivery.promised_at,
        'returning': delivery.returning,
        'origin': delivery.origin,
        'goal': delivery.goal,
        'kept_at': delivery.kept_at,
        'reminded': delivery.reminded,
        'count': delivery.count,
        'received': delivery.received,
        'missing': delivery.missing or None,
        'closed': delivery.closed or None,
        'rescued': delivery.rescued,
        'held_by': delivery.porter,
        'may_bring_back': may_bring_back(delivery),
        'put_off_until': put_off_until(turn, delivery),
        'put_offs': delivery.put_offs,
        'may_put_off': may_put_off(turn, delivery),
        'may_close': may_close(turn, delivery),
        'follow_up': _follow_up(delivery),
        'cold_chain': cold_chain(turn, delivery),
        'turned_back': delivery.turned_back or None,
        'raised': delivery.raised,
        'eta': None if ended else _eta(turn, delivery, robot),
        'waiting': None if ended else _why_waiting(turn, delivery, robot),
        'late': due > delivery.promised_at and delivery.state is not DeliveryState.CANCELLED,
        'rating': delivery.rating,
        'may_cancel': may_cancel(delivery),
        'note': delivery.note,
        'details': dict(delivery.details),
        'requested_by': delivery.requested_by.account,
        'asked_by': delivery.asked_by or None,
        'why': _why(delivery),
        'replans': delivery.replans,
    }


def _follow_up(delivery: Delivery) -> dict[str, Any] | None:
    """Return why a delivery is followed up, since when, what is due when, and what was done."""
    why = follow_up.reason_for(delivery)
    if why is None:
        return None
    since = follow_up.since(delivery)
    return {
        'why': why,
        'since': since,
        'due': {step.value: since + within for step, within in follow_up.DUE.items()},
        'done': dict(delivery.follow_up),
        'open': follow_up.is_open(delivery),
    }


def _together(turn: Turn, delivery: Delivery) -> list[DeliveryId]:
    """Return what is put in, or taken out, by the same opening, while its robot is there."""
    if delivery.state not in AT_STOP:
        return []
    return [one.id for one in here(turn.state, delivery) if one is not delivery]


def _eta(turn: Turn, delivery: Delivery, robot: Robot | None) -> Mapping[str, int] | None:
    """Return the arrival at the recipient as a range, where a robot is on its way."""
    times = eta(turn, robot, delivery.id) if robot is not None else None
    if times is None:
        return None
    later = put_off_until(turn, delivery) or 0
    return {'early': max(times[0], later), 'late': max(times[1], later)}


def _why_waiting(turn: Turn, delivery: Delivery, robot: Robot | None) -> dict[str, Any] | None:
    """Return why nothing happens, as a code and its figures."""
    if turn.state.paused:
        return {'code': 'fleet_paused', 'params': {}}
    if robot is None:
        return {'code': why_no_robot(turn, delivery), 'params': {}}
    if turn.heard(robot.id) is None:
        return {'code': 'robot_silent', 'params': {'robot': robot.id}}
    if robot.paused or robot.excluded is not None:
        return {'code': 'robot_paused', 'params': {'robot': robot.id}}
    if is_closed_off(turn, delivery):
        return {'code': 'closed', 'params': {}}
    goal = delivery.goal if delivery.state in LOADED else delivery.origin
    wanted = turn.hospital.stations[goal].node
    if robot.goal != wanted:
        holder = _holder_for_ever(turn, wanted, robot.id)
        if holder is not None:
            return {'code': 'station_occupied', 'params': {'robot': holder}}
    hop = robot.next_hop()
    if hop is not None and hop.kind is HopKind.BOARD and robot.released == robot.done:
        return {'code': 'lift', 'params': {'lift': LiftId(hop.lift)}}
    return None


def _holder_for_ever(turn: Turn, node: NodeId, robot: RobotId) -> RobotId | None:
    place = turn.graph.resources(node_resource(node))
    return kept_by(turn.state.queues, place, but=robot)


def _why(delivery: Delivery) -> dict[str, Any] | None:
    if delivery.robot is None:
        return None
    return {
        'robot': delivery.robot,
        'cost_ms': delivery.cost_ms,
        'runners_up': [list(r) for r in delivery.runners_up],
    }


def _fleet(turn: Turn, held: Sequence[MapHold]) -> dict[str, Any]:
    deliveries = turn.state.deliveries.values()
    waiting = [d for d in deliveries if d.state is DeliveryState.ACCEPTED]
    arrivals = [
        (d.arrived_at, d.promised_at)
        for d in deliveries
        if d.arrived_at is not None and d.arrived_at > turn.now - HOUR
    ]
    return {
        'paused': turn.state.paused,
        'epoch': turn.state.epoch,
        'map_version': turn.hospital.version,
        'map_swap': _swap(turn, held),
        'map_swap_end': _swap_end(turn),
        'robots_on_old_map': [r.id for r in turn.robots() if _carries_old_map(turn, r)],
        'robots_total': len(turn.hospital.robots),
        'robots_available': sum(turn.may_move(r) for r in turn.robots()),
        'deliveries_open': sum(d.state not in ENDS for d in deliveries),
        'deliveries_waiting': len(waiting),
        'longest_wait_ms': max((turn.now - d.requested_at for d in waiting), default=0),
        'delivered_today': sum(d.state is DeliveryState.DELIVERED for d in deliveries),
        'on_time': sum(at <= due for at, due in arrivals) / len(arrivals) if arrivals else None,
        'alerts_open': len(turn.state.alerts),
        'cut_off': _cut_off(turn),
        'lift_minutes': round(turn.state.lift_ms / 60_000, 1),
        'lift_outcomes': dict(turn.state.lift_outcomes),
    }


def _swap(turn: Turn, held: Sequence[MapHold]) -> dict[str, Any] | None:
    swap = turn.state.swap
    if swap is None:
        return None
    return {
        'version': swap.version,
        'asked_by': swap.actor.account,
        'reason': swap.reason,
        'asked_at': swap.asked_at,
        'deadline': swap.deadline,
        'waits_for': _held(held),
    }


def _swap_end(turn: Turn) -> dict[str, Any] | None:
    end = turn.state.swap_end
    if end is None:
        return None
    return {
        'version': end.version,
        'outcome': end.outcome,
        'at': end.at,
        'waits_for': _held(end.held),
    }


def _held(held: Sequence[MapHold]) -> list[dict[str, Any]]:
    return [{'code': hold.code, 'params': dict(hold.params)} for hold in held]


def _carries_old_map(turn: Turn, robot: Robot) -> bool:
    sense = turn.heard(robot.id)
    return sense is not None and sense.report.map_version != turn.hospital.version
