"""A small scripted fleet behind the pages' seam: a Mailbox and a ViewSource, and nothing real.

It walks each delivery through its states, drives robots along the map's lanes and lets nobody
wait long. It keeps none of the kernel's rules beyond what the pages have to show; the stories
run against the real demo as well.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from fleet_manager.application.audit import Line, Wanted
from fleet_manager.application.keys import DAY, ApiKey, checked
from fleet_manager.application.outside_orders import order_of_key
from fleet_manager.application.ports import Account, Badge, Overloaded, Reply, Seat, View
from fleet_manager.application.space_time import Course, Traffic
from fleet_manager.application.track import Mark
from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.details import urgency_of, wrong_field
from fleet_manager.domain.deliveries.goods import GOODS, LATER, PROMISES
from fleet_manager.domain.ids import AccountId, LaneId, NodeId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.retime import Times
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import Instant

TICK = 0.1
#: What one step of a plan takes, in ms.
HOP_MS = 2_000
ENDED = ('delivered', 'returned', 'cancelled', 'expired')
CANCELLABLE = ('accepted', 'assigned', 'awaiting_load', 'porter_asked')


def now() -> Instant:
    return Instant(int(time.time() * 1_000))


@dataclass
class StandInSeat:
    account: str
    at: Instant
    device: str
    fresh: Instant
    station: StationId | None = None
    ended: str = ''


class StandInAccounts:
    """Accounts in a dict. `slow` seconds a check takes, to fill the hashing queue."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.secrets: dict[str, str] = {}
        self.sessions: dict[str, StandInSeat] = {}
        self.failures: dict[str, int] = {}
        self.codes: dict[str, str] = {}
        self.slow = 0.0

    def all(self) -> list[Account]:
        return [self.accounts[name] for name in sorted(self.accounts)]

    def get(self, account: AccountId) -> Account | None:
        return self.accounts.get(account)

    def create(self, account: Account, *, secret: str) -> None:
        self.accounts[account.id] = account
        self.secrets[account.id] = secret

    def change(self, account: Account) -> None:
        self.accounts[account.id] = account
        self._end(account.id, 'changed')

    def unlink(self, account: AccountId) -> None:
        if not self.accounts[account].issuer:
            raise LookupError(account)
        self.accounts[account] = replace(self.accounts[account], issuer='')
        self._end(account, 'changed')

    def set_secret(self, account: AccountId, *, secret: str) -> None:
        self.secrets[account] = secret
        self._end(account, 'secret')

    def set_disabled(self, account: AccountId, *, disabled: bool) -> None:
        if account not in self.accounts:
            raise LookupError(account)
        self.accounts[account] = replace(self.accounts[account], disabled=disabled)
        self._end(account, 'disabled')

    def _end(self, account: str, why: str) -> None:
        for seat in self.sessions.values():
            if seat.account == account and not seat.ended:
                seat.ended = why

    def verify(self, account: AccountId, *, secret: str, now: Instant) -> str:
        time.sleep(self.slow)
        if self.failures.get(account, 0) >= 5:
            return 'locked'
        if account not in self.accounts or self.secrets[account] != secret:
            self.failures[account] = self.failures.get(account, 0) + 1
            return 'wrong'
        self.failures.pop(account, None)
        return 'disabled' if self.accounts[account].disabled else 'ok'

    def locked_until(self, account: AccountId, *, now: Instant) -> Instant:
        return Instant(now + 60_000 if self.failures.get(account, 0) >= 5 else 0)

    def count_wrong_at(self, place: str, *, now: Instant) -> Instant:
        self.failures[place] = self.failures.get(place, 0) + 1
        return self.locked_until(AccountId(place), now=now)

    def forgive(self, place: str) -> None:
        self.failures.pop(place, None)

    def by_badge(self, code: str, *, device: str, now: Instant) -> tuple[str, Account | None]:
        account = self.accounts.get(self.codes.get(code, ''))
        if account is None:
            return 'wrong', None
        return ('disabled', None) if account.disabled else ('ok', account)

    def badges(self, account: AccountId) -> list[Badge]:
        mine = [code for code, owner in sorted(self.codes.items()) if owner == account]
        return [Badge(code[-4:], Instant(0)) for code in mine]

    def add_badge(self, account: AccountId, *, code: str, now: Instant) -> None:
        if len(code) < 8 or code in self.codes:
            raise ValueError(code)
        self.codes[code] = account

    def remove_badge(self, account: AccountId, badge: str) -> None:
        self.codes = {c: a for c, a in self.codes.items() if (a, c[-4:]) != (account, badge)}

    def open_session(
        self,
        account: AccountId,
        *,
        now: Instant,
        station: StationId | None = None,
        device: str = '',
    ) -> str:
        token = f'token-{len(self.sessions)}-{account}-{time.monotonic_ns()}'
        self.sessions[token] = StandInSeat(account, now, device, now, station)
        return token

    def seat(self, token: str, *, now: Instant) -> Seat | None:
        seat = self.sessions.get(token)
        if seat is None or seat.ended or self.accounts[seat.account].disabled:
            return None
        account = self.accounts[seat.account]
        if seat.station is not None:
            account = replace(account, station=seat.station)
        return Seat(token.split('-')[1], account, seat.at, seat.at, seat.fresh, seat.device)

    def seats(self, account: AccountId, *, now: Instant) -> list[Seat]:
        found = [self.seat(t, now=now) for t, s in self.sessions.items() if s.account == account]
        return [seat for seat in found if seat is not None]

    def why_ended(self, token: str, *, now: Instant) -> str:
        return self.sessions[token].ended if token in self.sessions else ''

    def confirm(self, token: str, *, now: Instant) -> None:
        self.sessions[token].fresh = now

    def sit_at(self, token: str, station: StationId) -> None:
        self.sessions[token].station = station

    def close_session(self, token: str) -> None:
        self.sessions.pop(token, None)

    def end_seat(self, account: AccountId, seat: str) -> None:
        for token, one in self.sessions.items():
            if one.account == account and token.split('-')[1] == seat:
                one.ended = 'ended'


class StandInAudit:
    """The audit list, in a list."""

    def __init__(self) -> None:
        self.kept: list[Line] = []

    def note(self, line: Line) -> None:
        self.kept.append(replace(line, seq=len(self.kept) + 1))

    def lines(self, wanted: Wanted, *, limit: int) -> list[Line]:
        found = [
            line
            for line in reversed(self.kept)
            if (not wanted.who or line.who == wanted.who)
            and (not wanted.deed or line.deed == wanted.deed)
            and (not wanted.refused or line.outcome != 'ok')
            and line.at >= wanted.since
            and (not wanted.until or line.at < wanted.until)
            and (not wanted.before or line.seq < wanted.before)
        ]
        return found[:limit]


class StandInKeys:
    """Keys of programs, in a dict by their text."""

    def __init__(self) -> None:
        self.made: dict[str, ApiKey] = {}

    def make_key(
        self,
        *,
        label: str,
        scopes: Sequence[str],
        station: StationId | None,
        days: int,
        now: Instant,
    ) -> tuple[ApiKey, str]:
        checked(label, scopes, days)
        name = f'{len(self.made):08x}'
        key = ApiKey(name, label, tuple(scopes), station, now, Instant(now + days * DAY))
        self.made[f'fleet_{name}_secret'] = key
        return key, f'fleet_{name}_secret'

    def key_of(self, text: str, *, now: Instant) -> ApiKey | None:
        key = self.made.get(text)
        return key if key is not None and key.is_good(now) else None

    def all_keys(self) -> list[ApiKey]:
        return list(self.made.values())

    def revoke_key(self, key: str, *, now: Instant) -> None:
        text = next((text for text, one in self.made.items() if one.id == key), None)
        if text is None:
            raise LookupError(key)
        self.made[text] = replace(self.made[text], revoked=now)


class StandInPanels:
    """Screens on robots, in dicts."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.tokens: dict[str, RobotId] = {}

    def offer(self, robot: RobotId) -> str:
        self.codes[robot] = f'{sum(robot.encode()):08}'
        return self.codes[robot]

    def pair(self, robot: RobotId, *, code: str) -> str:
        if self.codes.get(robot) != code:
            return ''
        self.forget(robot)
        self.tokens[f'token-of-{robot}'] = robot
        return f'token-of-{robot}'

    def robot(self, token: str) -> RobotId | None:
        return self.tokens.get(token)

    def forget(self, robot: RobotId) -> bool:
        known = self.codes.pop(robot, None)
        self.tokens = {t: r for t, r in self.tokens.items() if r != robot}
        return known is not None


def with_log_ins(hospital: Hospital) -> StandInAccounts:
    """Return one PIN for each station (see `pin_of`) and the operator."""
    accounts = StandInAccounts()
    for station in hospital.stations:
        account = Account(AccountId(f'ward-{station}'), station, 'ward', station)
        accounts.create(account, secret=pin_of(station))
    operator = Account(AccountId('dispatch'), 'Dispatch', 'operator', None)
    accounts.create(operator, secret='a long secret')
    for role in ('desk', 'porter', 'engineer', 'auditor', 'admin'):
        accounts.create(
            Account(AccountId(f'{role}-1'), role.title(), role, None, personal=True),
            secret='a long secret',
        )
    n2w, n3e = StationId('n2w'), StationId('n3e')
    for name, role in (('li.na', 'ward'), ('pharm-1', 'pharmacy')):
        account = Account(
            AccountId(name), name.title(), role, n2w, stations=(n2w, n3e), personal=True
        )
        accounts.create(account, secret='274951')
    return accounts


def pin_of(station: str) -> str:
    return f'{sum(station.encode()) * 7919 % 1_000_000:06}'


@dataclass
class StandInRobot:
    """A robot on the map's nodes; `route` is what is still to be driven."""

    id: RobotId
    name: str
    home: NodeId
    node: NodeId
    floor: str
    x: float
    y: float
    yaw: float = 0.0
    battery: float = 0.9
    route: list[tuple[NodeId, str]] = field(default_factory=list)
    goal: NodeId | None = None
    delivery: str | None = None
    compartment: str = 'c1'
    occupied: bool = False
    paused: bool = False
    excluded: str | None = None
    soiled: bool = False
    waits_for: dict[str, Any] | None = None
    past: tuple[Mark, ...] = ()


class StandIn:
    """A Mailbox and a ViewSource. `hand` is how long people at a door take, in seconds."""

    def __init__(
        self, hospital: Hospital, *, robots: int = 6, speed: float = 8.0, hand: float = 0.8
    ) -> None:
        self.hospital = hospital
        self.speed = speed
        self.hand = hand
        self.full = False
        self.silent = False
        self.commands: list[m.Command] = []
        self.reports: list[m.Report] = []
        self._deliveries: dict[str, dict[str, Any]] = {}
        self._keys: dict[tuple[str, str], tuple[m.RequestDelivery, str]] = {}
        self.alerts: dict[str, dict[str, Any]] = {}
        #: What a lift says other than that it is free.
        self.lifts: dict[str, dict[str, Any]] = {}
        self.map_swap: dict[str, Any] | None = None
        self.closures: dict[str, dict[str, Any]] = {}
        self._paused = False
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 1000
        self._lock = threading.RLock()
        self._listeners: list[Callable[[View], None]] = []
        self.robots = {
            spec.id: self._at_home(spec.id, spec.name, spec.home)
            for spec in list(hospital.robots.values())[:robots]
        }
        self._graph = StepGraph.of(hospital)
        self._began = now()
        self._view = View(0, now(), self._entities(), self.traffic())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name='stand-in', daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    # --- ViewSource ---

    def current(self) -> View:
        return self._view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # --- Mailbox ---

    def submit(self, command: m.Command) -> Future[Reply]:
        if self.full:
            raise Overloaded
        future: Future[Reply] = Future()
        if self.silent:
            return future
        with self._lock:
            self.commands.append(command)
            future.set_result(self._handle(command))
        return future

    def report(self, report: m.Report) -> None:
        self.reports.append(report)

    def raise_alert(self, alert: str, code: str, subject: str) -> None:
        with self._lock:
            self.alerts[alert] = {
                'code': code,
                'subject': subject,
                'params': {},
                'raised_at': now(),
                'acknowledged': None,
            }

    def publish(self) -> None:
        """Publish a view now; the tests without a thread use this as the tick."""
        with self._lock:
            self._view = View(self._view.seq + 1, now(), self._entities(), self.traffic())
        for listener in list(self._listeners):
            listener(self._view)

    # --- commands ---

    def _handle(self, command: m.Command) -> Reply:
        match command:
            case m.RequestDelivery():
                return self._request(command)
            case m.PauseFleet() | m.ResumeFleet():
                self._paused = isinstance(command, m.PauseFleet)
            case m.PauseRobot() | m.ResumeRobot() | m.ReadmitRobot() | m.SignCleaning():
                return self._steer(command)
            case m.AcknowledgeAlert():
                if command.alert not in self.alerts:
                    return Reply('unknown_alert')
                self.alerts[command.alert]['acknowledged'] = command.actor.account
            case m.ReleaseLift():
                if command.lift not in self.hospital.lifts:
                    return Reply('unknown_lift')
                self.lifts.pop(command.lift, None)
            case m.SwapMap() | m.CancelMapSwap():
                return Reply()
            case m.ClosePlace() | m.OpenPlace():
                return self._on_closure(command)
            case _:
                return self._on_delivery(command)
        return Reply()

    def _on_closure(self, command: m.ClosePlace | m.OpenPlace) -> Reply:
        if isinstance(command, m.OpenPlace):
            self.closures.pop(command.closure, None)
        elif command.place == 'nowhere':
            return Reply('unknown_place', {'kind': command.kind.value, 'place': command.place})
        else:
            place = (command.kind.value, command.place, command.robot_type)
            self.closures['C-'.join(place)] = {
                'kind': command.kind.value,
                'place': command.place,
                'robot_type': command.robot_type,
                'reason': command.reason,
                'closed_by': command.actor.account,
                'since': now(),
                'until': command.until or None,
            }
        self.publish()
        return Reply()

    def _steer(
        self, command: m.PauseRobot | m.ResumeRobot | m.ReadmitRobot | m.SignCleaning
    ) -> Reply:
        robot = self.robots.get(command.robot)
        if robot is None:
            return Reply('unknown_robot')
        if isinstance(command, m.ReadmitRobot):
            robot.excluded = None
        elif isinstance(command, m.SignCleaning):
            robot.soiled = False
        else:
            robot.paused = isinstance(command, m.PauseRobot)
        return Reply()

    def _request(self, command: m.RequestDelivery) -> Reply:
        known = self._keys.get((command.actor.account, command.key))
        if known is not None:
            return (
                Reply(delivery=known[1], replayed=True)
                if known[0] == command
                else Reply('key_reused')
            )
        stations = self.hospital.stations
        if not {command.sender, command.recipient} <= set(stations):
            return Reply('unknown_station')
        if command.goods not in GOODS:
            return Reply('unknown_goods')
        ends = (command.sender, command.recipient)
        if command.actor.role is m.Role.WARD and command.actor.station not in ends:
            return Reply('not_allowed')
        if command.goods not in stations[command.sender].sends:
            return Reply('goods_not_sent_here', {'station': command.sender})
        if command.goods not in stations[command.recipient].takes:
            return Reply('goods_not_taken_here', {'station': command.recipient})
        if command.raised and not command.note:
            return Reply('reason_needed')
        wrong = wrong_field(command.goods, command.details)
        if wrong is not None:
            return Reply('bad_detail', {'field': wrong})
        self._number += 1
        delivery = f'd{self._number}'
        urgency = urgency_of(command.goods, command.details, raised=command.raised)
        self._deliveries[delivery] = {
            'number': self._number,
            'reference': order_of_key(command.key),
            'goods': command.goods,
            'sender': command.sender,
            'recipient': command.recipient,
            'urgency': urgency.value,
            'state': 'accepted',
            'times': {'accepted': now()},
            'robot': None,
            'compartment': None,
            'in_lift': False,
            'opening': False,
            'together': [],
            'promised_at': now() + PROMISES[urgency].within,
            'eta': None,
            'waiting': None,
            'late': False,
            'rating': None,
            'may_cancel': True,
            'returning': False,
            'turned_back': None,
            'origin': command.sender,
            'goal': command.recipient,
            'kept_at': None,
            'reminded': 0,
            'count': 0,
            'received': 0,
            'missing': None,
            'closed': None,
            'rescued': False,
            'held_by': None,
            'may_bring_back': False,
            'put_off_until': None,
            'put_offs': 0,
            'cold_chain': None,
            'may_put_off': 0,
            'may_close': False,
            'follow_up': None,
            'raised': command.raised,
            'note': command.note,
            'details': dict(command.details),
            'requested_by': command.actor.account,
            'asked_by': command.asked_by or None,
            'why': None,
        }
        self._keys[command.actor.account, command.key] = (command, delivery)
        self.publish()
        return Reply(delivery=delivery)

    def _on_delivery(self, command: Any) -> Reply:  # noqa: C901 - one case a command
        delivery = self._deliveries.get(command.delivery)
        if delivery is None:
            return Reply('unknown_delivery')
        state, mine = delivery['state'], command.actor.station
        match command:
            case m.CancelDelivery():
                if state == 'cancelled':
                    return Reply()
                if state not in CANCELLABLE:
                    return Reply('already_ended' if state in ENDED else 'too_late_to_cancel')
                self._release(command.delivery)
                self._set(command.delivery, 'cancelled')
            case m.OpenCompartment():
                if delivery['opening']:
                    return Reply('opening_pending')
                if not self._may_open(command.delivery, mine):
                    return Reply('robot_not_here')
            case m.SignDelivery():
                if state not in ('taken', 'carried'):
                    return Reply('not_opened')
                self._release(command.delivery)
                self._set(command.delivery, 'delivered')
            case m.RefuseDelivery():
                return self._refuse(command, state)
            case m.PutOffDelivery():
                if not delivery['may_put_off']:
                    return Reply('robot_not_here')
                changes = {'may_put_off': 0, 'put_off_until': now() + LATER.span}
                self._deliveries[command.delivery] = delivery | changes
            case m.TakeByHand():
                if state != 'porter_asked':
                    return Reply('not_for_porters')
                self._set(command.delivery, 'carried')
            case m.RateDelivery():
                return self._rate(command, delivery)
        self.publish()
        return Reply()

    def _may_open(self, name: str, mine: str | None) -> bool:
        delivery = self._deliveries[name]
        if (mine, delivery['state']) == (delivery['sender'], 'awaiting_load'):
            self._open(name, 'loading', 'under_way')
        elif (mine, delivery['state']) == (self._goal(delivery), 'awaiting_receipt'):
            self._open(name, 'opened', 'returned' if delivery['returning'] else 'taken')
        else:
            return False
        return True

    def _refuse(self, command: m.RefuseDelivery, state: str) -> Reply:
        if state != 'awaiting_receipt':
            return Reply('robot_not_here')
        if not command.reason:
            return Reply('reason_needed')
        self.turn_back(command.delivery, f'refused: {command.reason}')
        self.publish()
        return Reply()

    def _goal(self, delivery: dict[str, Any]) -> str:
        return str(delivery['sender' if delivery['returning'] else 'recipient'])

    def turn_back(self, name: str, reason: str) -> None:
        """Send a parcel back to its sender."""
        entity = self._deliveries[name]
        times = {state: at for state, at in entity['times'].items() if state != 'awaiting_receipt'}
        changes = {'returning': True, 'turned_back': reason, 'times': times}
        changes['goal'] = entity['sender']
        self._deliveries[name] = entity | changes
        self._set(name, 'under_way')
        self._send(self.robots[entity['robot']], entity['sender'])

    def _rate(self, command: m.RateDelivery, delivery: dict[str, Any]) -> Reply:
        if delivery['state'] != 'delivered':
            return Reply('not_received_yet')
        if delivery['rating'] is not None:
            return Reply('already_rated')
        self._deliveries[command.delivery] = delivery | {'rating': command.stars}
        self.publish()
        return Reply()

    def _open(self, delivery: str, state: str, then: str) -> None:
        self._deliveries[delivery] = self._deliveries[delivery] | {'opening': True}
        self._later(self.hand / 2, lambda: self._set(delivery, state))
        self._later(self.hand * 1.5, lambda: self._handled(delivery, then))

    def _handled(self, delivery: str, state: str) -> None:
        self._set(delivery, state)
        robot = self.robots[self._deliveries[delivery]['robot']]
        robot.occupied = state == 'under_way'
        if state == 'under_way':
            self._send(robot, self._deliveries[delivery]['recipient'])
        elif state == 'returned':
            self._release(delivery)

    def _release(self, delivery: str) -> None:
        robot = self.robots.get(self._deliveries[delivery]['robot'] or '')
        if robot is not None:
            robot.delivery, robot.occupied = None, False
            self._route(robot, robot.home)

    def _set(self, delivery: str, state: str) -> None:
        entity = self._deliveries[delivery]
        self._deliveries[delivery] = entity | {
            'state': state,
            'times': entity['times'] | {state: now()},
            'may_cancel': state in CANCELLABLE,
            'opening': False,
            'may_put_off': LATER.span if state == 'awaiting_receipt' else 0,
            'put_off_until': None,
        }

    # --- the script ---

    def _run(self) -> None:
        while not self._stopped.wait(TICK):
            with self._lock:
                while self._due and self._due[0][0] <= time.monotonic():
                    heapq.heappop(self._due)[2]()
                if not self._paused:
                    self._assign()
                    for robot in self.robots.values():
                        self._drive(robot)
            self.publish()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, len(self.commands) * 2, call))

    def _assign(self) -> None:
        for delivery, entity in self._deliveries.items():
            if entity['state'] != 'accepted' or now() - entity['times']['accepted'] < 600:
                continue
            free = [
                robot
                for robot in self.robots.values()
                if robot.delivery is None and not robot.paused and robot.excluded is None
            ]
            if not free:
                continue
            target = self.hospital.stations[entity['sender']].node
            costs = sorted((len(self._path(r.node, target)), r.id) for r in free)
            robot = self.robots[costs[0][1]]
            robot.delivery = delivery
            self._deliveries[delivery] = entity | {
                'robot': robot.id,
                'compartment': robot.compartment,
                'why': {
                    'robot': robot.id,
                    'cost_ms': costs[0][0] * 5_000,
                    'runners_up': [[name, cost * 5_000] for cost, name in costs[1:3]],
                },
            }
            self._set(delivery, 'assigned')
            self._send(robot, entity['sender'])

    def _send(self, robot: StandInRobot, station: StationId) -> None:
        self._route(robot, self.hospital.stations[station].node)

    def _route(self, robot: StandInRobot, node: NodeId) -> None:
        robot.goal, robot.route = node, self._path(robot.node, node)

    def _drive(self, robot: StandInRobot) -> None:
        if robot.paused or robot.excluded is not None:
            return
        left = self.speed * TICK
        while robot.route and left > 0:
            node = self.hospital.nodes[robot.route[0][0]]
            if node.floor and node.floor != robot.floor:
                robot.floor, robot.x, robot.y = node.floor, node.x, node.y
            away = math.hypot(node.x - robot.x, node.y - robot.y)
            if away > left:
                robot.yaw = math.atan2(node.y - robot.y, node.x - robot.x)
                robot.x += (node.x - robot.x) * left / away
                robot.y += (node.y - robot.y) * left / away
                return
            left -= away
            robot.x, robot.y, robot.node = node.x, node.y, node.id
            robot.past = (*robot.past[-200:], (now(), node.id))
            robot.route.pop(0)
        if not robot.route and robot.goal is not None:
            robot.goal = None
            self._arrived(robot)

    def _arrived(self, robot: StandInRobot) -> None:
        state = self._deliveries[robot.delivery]['state'] if robot.delivery else ''
        if robot.delivery and state == 'assigned':
            self._set(robot.delivery, 'awaiting_load')
        elif robot.delivery and state == 'under_way':
            self._set(robot.delivery, 'awaiting_receipt')

    def _path(self, start: NodeId, goal: NodeId) -> list[tuple[NodeId, str]]:
        """Return the nodes after `start` with the lane to each, by Dijkstra; lifts cost 10 m."""
        queue: list[tuple[float, NodeId]] = [(0.0, start)]
        came: dict[NodeId, tuple[NodeId, str]] = {}
        cost = {start: 0.0}
        while queue:
            so_far, node = heapq.heappop(queue)
            if node == goal:
                break
            for other, lane, length in self._next(node):
                if so_far + length < cost.get(other, math.inf):
                    cost[other] = so_far + length
                    came[other] = (node, lane)
                    heapq.heappush(queue, (cost[other], other))
        path: list[tuple[NodeId, str]] = []
        node = goal
        while node != start:
            before, lane = came[node]
            path.insert(0, (node, lane))
            node = before
        return path

    def _next(self, node: NodeId) -> Iterator[tuple[NodeId, str, float]]:
        for lane_id in self.hospital.lanes_at[node]:
            lane = self.hospital.lanes[LaneId(lane_id)]
            yield (lane.b if lane.a == node else lane.a), lane.id, lane.length
        for lift in self.hospital.lifts.values():
            if node == lift.car:
                for stop in lift.stops:
                    yield stop.exit, '', 5.0
            for stop in lift.stops:
                if node == stop.wait:
                    yield lift.car, '', 5.0

    # --- the picture ---

    def _entities(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        for delivery, entity in list(self._deliveries.items()):
            self._deliveries[delivery] = entity | {'eta': self._eta(entity)}
        return {
            'robot': {robot.id: self._robot(robot) for robot in self.robots.values()},
            'lift': {lift: self._lift(lift) for lift in self.hospital.lifts},
            'door': {
                door: {'position': 'closed', 'link': 'ok', 'wanted': False}
                for door in self.hospital.doors
            },
            'delivery': dict(self._deliveries),
            'alert': {alert: dict(entity) for alert, entity in self.alerts.items()},
            'closure': dict(self.closures),
            'fleet': {'fleet': self._fleet()},
        }

    def traffic(self) -> Traffic:
        """Return where robots were and will be, a node every `HOP_MS`."""
        times, courses = Times(now(), {}, {}), {}
        for robot in self.robots.values():
            at, hops = now() + (0 if robot.waits_for is None else 4 * HOP_MS), []
            origin = robot.node
            for number, (node, lane) in enumerate(robot.route, 1):
                at = Instant(at + HOP_MS)
                times.end[robot.id, number] = at
                hops.append(_hop(number, origin, node, lane, end=at))
                origin = node
            drives = bool(hops) and robot.waits_for is None and not robot.paused
            since = robot.past[-1][0] if robot.past else self._began
            courses[robot.id] = Course(robot.past, robot.node, drives, since, tuple(hops))
        return Traffic(now(), self._graph, times, courses, self._began)

    def _eta(self, entity: dict[str, Any]) -> dict[str, int] | None:
        minutes = {'accepted': 9, 'assigned': 8, 'awaiting_load': 6, 'under_way': 3}
        left = minutes.get(entity['state'])
        if left is None or entity['robot'] is None:
            return None
        return {'early': now() + left * 50_000, 'late': now() + left * 84_000}

    def _robot(self, robot: StandInRobot) -> dict[str, Any]:
        lanes = [lane for _, lane in robot.route if lane]
        entity = self._deliveries.get(robot.delivery or '')
        station = self.hospital.station_at(robot.goal) if robot.goal else None
        in_car = self.hospital.nodes[robot.node].floor == ''
        return {
            'name': robot.name,
            'floor': robot.floor,
            'x': round(robot.x, 3),
            'y': round(robot.y, 3),
            'yaw': round(robot.yaw, 3),
            'battery': robot.battery,
            'charging': robot.goal is None and robot.delivery is None,
            'link': 'ok',
            'heard': now(),
            'state': self._robot_state(robot, entity),
            'paused': robot.paused,
            'excluded': robot.excluded,
            'node': robot.node,
            'goal': robot.goal,
            'goal_station': station.id if station else None,
            'deliveries': [robot.delivery] if robot.delivery else [],
            'stops': self._stops(robot.delivery, entity),
            'soiled': robot.soiled,
            'compartments': [
                {
                    'id': 'c1',
                    'locked': True,
                    'closed': True,
                    'occupied': robot.occupied,
                    'delivery': robot.delivery,
                    'deliveries': [robot.delivery] if robot.delivery else [],
                }
            ],
            'allocated': lanes[:2],
            'claimed': lanes[2:],
            'waits_for': robot.waits_for,
            'lift': 'A' if in_car else None,
            'arrives': now() + len(robot.route) * 2_000 if robot.route else None,
        }

    def _stops(self, name: str | None, entity: dict[str, Any] | None) -> list[dict[str, Any]]:
        if entity is None:
            return []
        ends = [('pick_up', entity['sender']), ('hand_over', self._goal(entity))]
        loaded = entity['state'] in ('under_way', 'awaiting_receipt', 'opened')
        return [
            {'purpose': purpose, 'station': station, 'delivery': name}
            for purpose, station in ends[loaded:]
        ]

    def _robot_state(self, robot: StandInRobot, entity: dict[str, Any] | None) -> str:
        if robot.excluded is not None:
            return 'excluded'
        if robot.paused or self._paused:
            return 'paused'
        if robot.waits_for is not None:
            return 'waiting'
        if robot.soiled:
            return 'needs_cleaning'
        if robot.goal is None and entity is None:
            return 'charging'
        if entity is None:
            return 'parking'
        if robot.goal is None:
            loading = entity['state'] in ('awaiting_load', 'loading')
            return 'at_pick_up' if loading else 'at_hand_over'
        return 'to_pick_up' if entity['state'] == 'assigned' else 'to_hand_over'

    def _lift(self, lift: str) -> dict[str, Any]:
        return {
            'name': {'zh': f'{lift} 号电梯', 'en': f'Lift {lift}'},
            'floor': next(iter(self.hospital.floors)),
            'destination': next(iter(self.hospital.floors)),
            'door': 'closed',
            'mode': 'human',
            'moving': False,
            'height': 0.0,
            'link': 'ok',
            'session': None,
            'recalled': None,
            'queue': [],
        } | self.lifts.get(lift, {})

    def _fleet(self) -> dict[str, Any]:
        states = [entity['state'] for entity in self._deliveries.values()]
        free = [r for r in self.robots.values() if not r.paused and r.excluded is None]
        return {
            'paused': self._paused,
            'epoch': 1,
            'map_version': self.hospital.version,
            'map_swap': self.map_swap,
            'map_swap_end': None,
            'robots_on_old_map': [],
            'robots_total': len(self.robots),
            'robots_available': 0 if self._paused else len(free),
            'deliveries_open': sum(s not in ENDED for s in states),
            'deliveries_waiting': states.count('accepted'),
            'longest_wait_ms': 0,
            'delivered_today': states.count('delivered'),
            'on_time': 0.98,
            'alerts_open': len(self.alerts),
            'cut_off': {'stations': ['n3w'] if self.closures else [], 'robots': []},
            'lift_minutes': 3.5,
            'lift_outcomes': {'done': 12, 'full': 1},
        }

    def _at_home(self, robot: RobotId, name: str, home: NodeId) -> StandInRobot:
        node = self.hospital.nodes[home]
        return StandInRobot(robot, name, home, home, node.floor, node.x, node.y)


def _hop(number: int, origin: NodeId, target: NodeId, lane: str, *, end: Instant) -> m.Hop:
    return m.Hop(
        number,
        m.HopKind.DRIVE,
        origin=origin,
        target=target,
        lane=lane,
        lift='',
        door='',
        claims=(),
        places=(),
        frees=(),
        start=Instant(end - HOP_MS),
        end=end,
    )
