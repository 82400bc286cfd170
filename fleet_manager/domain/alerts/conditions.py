"""What somebody has to know of, as a list of conditions that hold now.

`watch` compares them with the alerts that stand and says what began and what ended. A condition
that is the consequence of another one is not raised beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.deliveries.ripe import ripe
from fleet_manager.domain.dispatch.keep_out import is_closed_off, is_shut_in
from fleet_manager.domain.dispatch.move_on import waited_to_go_back, where_next
from fleet_manager.domain.lifts.sessions import report_of
from fleet_manager.domain.messages import AlertCleared, AlertRaised
from fleet_manager.domain.robots.battery import ALERT_BELOW
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import is_stuck
from fleet_manager.domain.turn import SILENT_AFTER_MS, Turn
from fleet_manager.domain.units import MINUTE

#: A lift that was asked for so often in a row, and took no robot, is talked of for so long after.
IN_VAIN: Final = 3
IN_VAIN_MS: Final = 300_000
#: Nonsense is talked of for so long after it was heard.
MALFORMED_FOR_MS: Final = 60_000
#: Nobody is told of silence before devices had time to say their first word.
SETTLE_MS: Final = 15_000


#: A robot that does not work is waited for so long before somebody fetches what is inside.
STRANDED_MS: Final = 180_000
#: What people have to do after a robot has done its part: the alert, and after how long it comes.
FORGOTTEN: Final[Mapping[DeliveryState, tuple[str, int]]] = MappingProxyType(
    {
        DeliveryState.TAKEN: ('not_signed', 15 * MINUTE),
        DeliveryState.PORTER_ASKED: ('porter_waits', 15 * MINUTE),
        DeliveryState.CARRIED: ('porter_overdue', 60 * MINUTE),
        DeliveryState.RESCUE_ASKED: ('rescue_asked', 0),
    }
)
#: A door that was open lets the room in: only what stays out of its range so long is talked of.
OUT_FOR_MS: Final = 1 * MINUTE
_LOST: Final = ('robot_silent', 'robot_excluded', 'robot_stuck')
#: The reminder that calls the next contact.
_CALLED: Final = 2
_WATCHED: Final = frozenset({DeliveryState.AWAITING_RECEIPT, DeliveryState.AWAITING_LOAD})
_OPEN: Final = frozenset({DeliveryState.LOADING, DeliveryState.OPENED})
_FETCHED: Final = frozenset({DeliveryState.UNDER_WAY, DeliveryState.AWAITING_RECEIPT})


class Condition(NamedTuple):
    """Something that holds now: a code, what it is about, and the figures of the text."""

    code: str
    subject: str
    params: dict[str, str]

    @property
    def alert(self) -> str:
        """The name of its alert: one a condition."""
        return f'{self.code}:{self.subject}'


def watch(turn: Turn) -> None:
    """Raise an alert for each condition that began, clear those whose condition ended."""
    now = {condition.alert: condition for condition in _conditions(turn)}
    for alert in sorted(set(turn.state.alerts) - set(now)):
        turn.emit(AlertCleared(alert))
    for alert in sorted(set(now) - set(turn.state.alerts)):
        c = now[alert]
        turn.emit(AlertRaised(alert, code=c.code, subject=c.subject, params=c.params))


def _conditions(turn: Turn) -> Iterator[Condition]:
    def by_name() -> list[Delivery]:
        return [turn.state.open[name] for name in sorted(turn.state.open)]

    for robot in turn.robots():
        if not _is_well(turn, robot):
            yield from _robot(turn, robot)
    yield from _lifts(turn)
    for delivery in ripe(turn.state, 'alerts', turn.now, among=by_name, at=_is_calm_until):
        yield from _delivery(turn, delivery)
    if turn.closed is not None and any(is_closed_off(turn, d) for d in turn.state.open.values()):
        yield Condition('deliveries_closed_off', 'fleet', {})
    for (account, compartment), until in sorted(turn.sensed.locked.items()):
        if turn.now < until and compartment:
            yield Condition('compartment_locked', compartment, {'until': str(until)})
        elif turn.now < until:
            yield Condition('account_locked', account, {})
    for webhook, trouble in sorted(turn.sensed.webhooks.items()):
        yield Condition(f'webhook_{trouble}', webhook, {})
    for device, (problem, at) in sorted(turn.sensed.malformed.items()):
        if turn.now - at < MALFORMED_FOR_MS:
            yield Condition('malformed_report', device, {'problem': problem[:120]})


def _is_well(turn: Turn, robot: Robot) -> bool:
    """Whether there is nothing to say of a robot: true of most, and found out soon."""
    sense = turn.heard(robot.id)
    if sense is None or robot.excluded is not None or turn.closed is not None:
        return False
    battery = sense.report.battery
    return (battery is None or battery >= ALERT_BELOW) and robot.released == robot.done


def _robot(turn: Turn, robot: Robot) -> Iterator[Condition]:
    if _is_stranded(turn, robot):
        yield Condition('parcel_stranded', robot.id, {'node': robot.node})
    sense = turn.sensed.robots.get(robot.id)
    heard = sense.heard if sense is not None else turn.sensed.started + SETTLE_MS
    if turn.now - heard > SILENT_AFTER_MS:
        yield Condition('robot_silent', robot.id, {'node': robot.node})
        return
    if robot.excluded is not None:
        yield Condition('robot_excluded', robot.id, {'reason': robot.excluded})
        return
    battery = sense.report.battery if sense is not None and not sense.report.charging else None
    if battery is not None and battery < ALERT_BELOW:
        yield Condition('battery_low', robot.id, {})
    if is_shut_in(turn, robot):
        yield Condition('robot_shut_in', robot.id, {'node': robot.node})
    if is_stuck(turn, robot):
        yield Condition('robot_stuck', robot.id, {'node': robot.node})


def _lifts(turn: Turn) -> Iterator[Condition]:
    for lift in turn.hospital.lifts:
        session = turn.state.sessions.get(lift)
        silent = report_of(turn, lift) is None
        if silent and turn.now - turn.sensed.started > SETTLE_MS:
            yield Condition('lift_silent', lift, {})
        elif session is not None and turn.now > session.deadline:
            params = {'robot': session.robot, 'stage': session.stage.value}
            yield Condition('lift_overdue', lift, params)
        recall, rest = turn.state.recalls.get(lift), turn.state.rests.get(lift)
        if recall is not None:
            yield Condition('lift_recalled', lift, {'mode': recall.mode.value})
        elif rest is not None and rest.tries >= IN_VAIN and turn.now - rest.until < IN_VAIN_MS:
            yield Condition('lift_in_vain', lift, {'outcome': rest.why})
    for door, outcome in sorted(turn.sensed.failed_doors.items()):
        yield Condition('door_overdue', door, {'outcome': outcome})


def _is_calm_until(delivery: Delivery) -> int:
    """Return until when nobody has to do anything for a delivery; 0: perhaps now."""
    too_warm = delivery.cold is not None and delivery.cold.out_since
    if delivery.state in _WATCHED or delivery.opening is not None or too_warm:
        return 0
    limit = FORGOTTEN.get(delivery.state)
    if limit is None:
        return delivery.promised_at + 1
    return min(delivery.promised_at, delivery.times[delivery.state] + limit[1]) + 1


def _delivery(turn: Turn, delivery: Delivery) -> Iterator[Condition]:
    subject = delivery.id
    goods = GOODS[delivery.goods]
    arrived = delivery.times.get(DeliveryState.AWAITING_RECEIPT)
    waited = turn.now - delivery.times[delivery.state]
    in_vain = turn.now - delivery.waits_since > goods.collect_reminder
    if delivery.state is DeliveryState.AWAITING_RECEIPT and in_vain:
        yield _not_collected(turn, delivery)
    if delivery.state is DeliveryState.AWAITING_LOAD and waited > goods.load_limit // 2:
        yield Condition('not_loaded', subject, {'station': delivery.origin})
    if delivery.state in _OPEN and waited > goods.open_limit:
        yield Condition('left_open', subject, {'robot': delivery.robot or ''})
    if delivery.state in FORGOTTEN and waited > FORGOTTEN[delivery.state][1]:
        yield Condition(FORGOTTEN[delivery.state][0], subject, {'station': delivery.goal})
    if arrived is None and turn.now > delivery.promised_at:
        yield Condition('delivery_late', subject, {'station': delivery.recipient})
    cold = delivery.cold
    if cold is not None and cold.out_since and turn.now - cold.out_since > OUT_FOR_MS:
        robot = delivery.robot or ''
        yield Condition('cold_chain', subject, {'robot': robot, 'celsius': f'{cold.last:.1f}'})
    if delivery.opening is not None and delivery.opening.expired:
        yield Condition('opening_expired', subject, {'robot': delivery.robot or ''})


def _not_collected(turn: Turn, delivery: Delivery) -> Condition:
    """Return who has to do something about what nobody takes: first the station, then others."""
    station = turn.hospital.stations[delivery.goal]
    params = {'station': station.id, 'phone': station.phone}
    waited = waited_to_go_back(turn, delivery)
    if waited > GOODS[delivery.goods].collect_limit and where_next(turn, delivery) is None:
        return Condition('nobody_takes_it', delivery.id, params)
    if delivery.reminded < _CALLED:
        return Condition('not_collected', delivery.id, params)
    params['phone'] = station.second_phone or turn.hospital.phone
    return Condition('call_contact', delivery.id, params)


def _is_stranded(turn: Turn, robot: Robot) -> bool:
    """Whether a robot with something inside has not worked for long, and nobody fetches it yet."""
    stand = (turn.state.alerts.get(f'{code}:{robot.id}') for code in _LOST)
    if not any(alert and turn.now - alert.raised_at > STRANDED_MS for alert in stand):
        return False
    return any(d.state in _FETCHED for d in turn.state.served_by(robot))
