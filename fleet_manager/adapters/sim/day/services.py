"""People of the whole house: porters, cleaners and the operators of the fleet."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from fleet_manager.adapters.sim.day.desk import OPERATOR, TRY_AGAIN, Desk, drawn
from fleet_manager.adapters.sim.day.trouble import BROUGHT
from fleet_manager.adapters.sim.hands import AT_PORTER, AT_SENDER, Place
from fleet_manager.adapters.sim.staff import helper, ward
from fleet_manager.application.days.scenario import Spread
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import AccountId, DeliveryId, LiftId, NodeId, RobotId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    AcknowledgeAlert,
    Actor,
    AskRescue,
    Command,
    Event,
    PorterAsked,
    Purpose,
    ReadmitRobot,
    ReleaseLift,
    RescueAsked,
    RescueParcel,
    Role,
    SignCleaning,
    SignDelivery,
    TakeByHand,
)
from fleet_manager.domain.state import Alert, Delivery, Robot
from fleet_manager.domain.units import MINUTE, SECOND, Instant

#: Porters on duty; a further parcel waits for the first who is back.
PORTERS: Final = 6
#: From the call until the porter stands at the sender.
FETCH_MS: Final[Spread] = (2 * MINUTE, 5 * MINUTE, 12 * MINUTE)
#: From the porter's arrival until the recipient has signed.
HAND_OVER_MS: Final[Spread] = (10 * SECOND, 30 * SECOND, 3 * MINUTE)
#: How people walk, in m/s, and what a lift costs them: waiting, and each floor.
WALK_MPS: Final = 1.2
LIFT_MS: Final = 60 * SECOND
FLOOR_MS: Final = 5 * SECOND
#: How often cleaners and operators look whether there is something to do.
LOOK_MS: Final = MINUTE
#: From the robot's arrival until it is clean inside, and from an alert until somebody has looked.
CLEAN_MS: Final[Spread] = (2 * MINUTE, 4 * MINUTE, 10 * MINUTE)
LOOKED_MS: Final[Spread] = (MINUTE, 3 * MINUTE, 10 * MINUTE)
#: What could not be put right is tried again after so long.
RETRY_MS: Final = 3 * MINUTE
#: A robot with less is stranded: somebody brings it a charged battery.
EMPTY: Final = 0.02


#: What a porter has something to do with.
_FETCHED: Final = (
    DeliveryState.PORTER_ASKED,
    DeliveryState.RESCUE_ASKED,
    DeliveryState.CARRIED,
)
#: What a porter does next with a parcel.
_Step = Callable[[DeliveryId, Actor], None]


class Porters:
    """They carry what is on the porters' list, one parcel at a time each."""

    def __init__(self, desk: Desk, hospital: Hospital, rng: Random) -> None:
        self._desk, self._hospital, self._rng = desk, hospital, rng
        self._waiting: deque[DeliveryId] = deque()
        self._free = [Actor(AccountId(f'porter-{n + 1}'), Role.PORTER) for n in range(PORTERS)]
        self._walks: dict[tuple[NodeId, NodeId], int] = {}
        desk.listeners.append(self._hear)

    def _hear(self, at: Instant, event: Event) -> None:
        del at
        if isinstance(event, PorterAsked | RescueAsked):
            self._waiting.append(event.delivery)
            self._send_out()

    def _send_out(self) -> None:
        while self._waiting and self._free:
            name, porter = self._waiting.popleft(), self._free.pop(0)
            self._after(FETCH_MS, name, porter, self._take)

    def _take(self, name: DeliveryId, porter: Actor) -> None:
        """Take the parcel and say so; put it back where the manager says no."""
        world, delivery = self._desk.world, self._desk.state().deliveries.get(name)
        state = delivery.state if delivery is not None else None
        if delivery is None or state not in _FETCHED:
            self._back(porter)
            return
        start, before = self._place(delivery), world.hands.places.get(name, AT_SENDER)
        taken = self._taken_with(name, before)
        for one in taken:
            world.by_hand(one, AT_PORTER)
        if state is not DeliveryState.CARRIED:
            rescue = state is DeliveryState.RESCUE_ASKED
            witness = helper(porter)
            reply = self._desk.send(
                RescueParcel(porter, name, witness) if rescue else TakeByHand(porter, name)
            )
            if reply is None or reply.refusal_code is not None:
                for one in taken:
                    world.hands.places[one] = before
                self._after(TRY_AGAIN, name, porter, self._take)
                return
        walk = self._walk(start, self._hospital.stations[delivery.goal].node)
        self._desk.heap.after(walk, lambda: self._arrive(name, porter))

    def _taken_with(self, name: DeliveryId, place: Place) -> list[DeliveryId]:
        """Return what is taken out together: all that is in one compartment."""
        if place in (AT_SENDER, AT_PORTER):
            return [name]
        return [one for one, there in self._desk.world.hands.places.items() if there == place]

    def _place(self, delivery: Delivery) -> NodeId:
        """Return where a parcel waits for a porter: at its sender, or in a robot."""
        if delivery.robot is not None:
            node = self._desk.state().robots[delivery.robot].node
            lifts = self._hospital.lifts.values()
            return next((lift.stops[0].exit for lift in lifts if lift.car == node), node)
        return self._hospital.stations[delivery.origin].node

    def _arrive(self, name: DeliveryId, porter: Actor) -> None:
        hands = self._desk.world.hands
        self._desk.world.by_hand(name, hands.end(name))
        self._after(HAND_OVER_MS, name, porter, self._signed)

    def _signed(self, name: DeliveryId, porter: Actor) -> None:
        """The recipient signs; the porter waits for it."""
        delivery = self._desk.state().deliveries.get(name)
        if delivery is not None and delivery.state is DeliveryState.CARRIED:
            actor = ward(delivery.goal)
            reply = self._desk.send(
                SignDelivery(actor, name, witness=helper(actor), count=delivery.count or 1)
            )
            if reply is None or reply.refusal_code is not None:
                self._after(TRY_AGAIN, name, porter, self._signed)
                return
        self._back(porter)

    def _back(self, porter: Actor) -> None:
        self._free.append(porter)
        self._send_out()

    def _walk(self, start: NodeId, goal: NodeId) -> int:
        ends = start, goal
        if ends not in self._walks:
            self._walks[ends] = walking_ms(self._hospital, start, goal)
        return self._walks[ends]

    def _after(self, spread: Spread, name: DeliveryId, porter: Actor, step: _Step) -> None:
        self._desk.heap.after(drawn(self._rng, spread), lambda: step(name, porter))


class Cleaners:
    """They clean a soiled robot at its cleaning place and sign for it."""

    def __init__(self, desk: Desk, rng: Random) -> None:
        self._desk, self._rng = desk, rng
        self._called: set[RobotId] = set()
        desk.heap.after(LOOK_MS, self._look)

    def _look(self) -> None:
        for robot in self._desk.state().robots.values():
            if robot.id not in self._called and _waits_for_cleaning(robot):
                self._called.add(robot.id)
                self._after(CLEAN_MS, robot.id)
        self._desk.heap.after(LOOK_MS, self._look)

    def _after(self, spread: Spread, robot: RobotId) -> None:
        self._desk.heap.after(drawn(self._rng, spread), lambda: self._sign(robot))

    def _sign(self, name: RobotId) -> None:
        """Sign, unless the robot has left meanwhile; where it is refused somebody comes again."""
        self._called.discard(name)
        robot = self._desk.state().robots.get(name)
        if robot is None or not _waits_for_cleaning(robot):
            return
        if self._desk.send(SignCleaning(OPERATOR, name)) is None:
            self._called.add(name)
            self._after(TRY_AGAIN, name)


class Operators:
    """They look after every alert within minutes, and put right what only a person may.

    A robot that was excluded is readmitted and a recalled lift released as soon as the manager
    agrees; a stranded robot gets a charged battery.
    """

    def __init__(self, desk: Desk, rng: Random) -> None:
        self._desk, self._rng = desk, rng
        self._due: dict[str, Instant] = {}
        desk.heap.after(LOOK_MS, self._look)

    def _look(self) -> None:
        desk, now = self._desk, self._desk.heap.now
        alerts = desk.state().alerts
        self._due = {name: due for name, due in self._due.items() if name in alerts}
        for name in sorted(alerts):
            due = self._due.setdefault(name, Instant(now + drawn(self._rng, LOOKED_MS)))
            if now >= due and self._put_right(alerts[name]):
                self._due[name] = Instant(now + RETRY_MS)
        desk.heap.after(LOOK_MS, self._look)

    def _put_right(self, alert: Alert) -> bool:
        """Do what the alert asks for; return False when the manager did not hear it."""
        seen = alert.acknowledged_by is not None
        if not seen and self._desk.send(AcknowledgeAlert(OPERATOR, alert.id)) is None:
            return False
        if alert.code in ('robot_silent', 'battery_low'):
            self._bring_battery(RobotId(alert.subject))
        command = self._remedy(alert)
        return command is None or self._desk.send(command) is not None

    def _remedy(self, alert: Alert) -> Command | None:
        if alert.code == 'robot_excluded':
            return ReadmitRobot(OPERATOR, RobotId(alert.subject))
        if alert.code == 'lift_recalled':
            return ReleaseLift(OPERATOR, LiftId(alert.subject))
        silent = f'robot_silent:{alert.subject}' in self._desk.state().alerts
        if alert.code == 'parcel_stranded' and silent:
            return AskRescue(OPERATOR, RobotId(alert.subject), 'does not work')
        return None

    def _bring_battery(self, robot: RobotId) -> None:
        body = self._desk.world.robots.get(robot)
        if body is not None and body.level() < EMPTY:
            self._desk.world.set_battery(robot, BROUGHT)


def _waits_for_cleaning(robot: Robot) -> bool:
    arrived = robot.node == robot.goal and not robot.hops
    return robot.soiled and robot.purpose is Purpose.CLEAN and arrived


def walking_ms(hospital: Hospital, start: NodeId, goal: NodeId) -> int:
    """Return how long a person walks from node to node, by lift between floors.

    Dijkstra over lanes in both directions; raises ValueError when there is no way.
    """
    done: set[NodeId] = set()
    heap = [(0, start)]
    while heap:
        spent, node = heapq.heappop(heap)
        if node == goal:
            return spent
        if node in done:
            continue
        done.add(node)
        for other, span in _on_foot(hospital, node):
            if other not in done:
                heapq.heappush(heap, (spent + span, other))
    raise ValueError(f'nobody can walk from {start} to {goal}')


def _on_foot(hospital: Hospital, node: NodeId) -> Iterator[tuple[NodeId, int]]:
    for name in hospital.lanes_at[node]:
        lane = hospital.lanes[name]
        yield lane.b if lane.a == node else lane.a, int(lane.length / WALK_MPS * SECOND)
    for lift in hospital.lifts.values():
        here = next((stop for stop in lift.stops if node in (stop.wait, stop.exit)), None)
        if here is None:
            continue
        for stop in lift.stops:
            level = hospital.floors[stop.floor].level - hospital.floors[here.floor].level
            if level:
                yield stop.exit, LIFT_MS + abs(level) * FLOOR_MS
