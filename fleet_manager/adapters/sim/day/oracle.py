"""The truth about a simulated day, asked at every change: what must never be seen.

It looks at where bodies, doors and parcels really are, not at what the manager believes, and
compares the two: a robot may be only on what the manager says it holds. Between two changes bodies
go straight, so how close they come is computed, not sampled.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from fleet_manager.adapters.sim.chains import Chains
from fleet_manager.adapters.sim.day.doors import DayDoor
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.lifts import DayLift
from fleet_manager.adapters.sim.day.manager import DayManager
from fleet_manager.adapters.sim.day.motion import Knot, closest
from fleet_manager.adapters.sim.day.robots import DayRobot
from fleet_manager.adapters.sim.day.world import DayWorld
from fleet_manager.adapters.sim.hands import (
    AT_KEEPER,
    AT_PORTER,
    AT_RECIPIENT,
    AT_SENDER,
    inside,
    right_place,
)
from fleet_manager.adapters.sim.oracle import BODIES_APART
from fleet_manager.domain.deliveries.goods import GOODS, GoodsClass
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.ids import DeliveryId, DoorId, ResourceId, RobotId, node_resource
from fleet_manager.domain.messages import (
    DeliveryCancelled,
    DeliveryClosed,
    DeliveryExpired,
    DeliveryReceived,
    DeliveryRequested,
    DoorPosition,
    Event,
    LegPlanned,
    LegsReplanned,
    NodeReached,
    ParcelGivenBack,
    ParcelLoaded,
    ParcelRescued,
    ParcelReturned,
    ParcelStored,
    ParcelTaken,
    RobotCleaned,
)
from fleet_manager.domain.state import Robot
from fleet_manager.domain.units import MINUTE, SECOND, Instant

#: A robot with work that did not move for so long, behind nobody who works, will not any more.
DEADLOCK_MS: Final = 15 * MINUTE
#: How often it is looked for.
LOOK_MS: Final = MINUTE
#: And found so often in a row: who was in the way may have left just now.
LOOKS: Final = 10
#: Sentences kept; whatever comes after them is counted only.
MOST_TOLD: Final = 1_000


class DayOracle:
    """Collects violations as sentences. None is the only good number.

    `overlaps` counts those of bodies and places, `deadlocks` those of robots that wait for ever.
    """

    def __init__(self, heap: Heap, world: DayWorld, manager: DayManager, utc_offset: int) -> None:
        self.violations: list[str] = []
        self.overlaps = 0
        self.deadlocks = 0
        self.ends: Counter[DeliveryId] = Counter()
        self.requested: set[DeliveryId] = set()
        self._heap, self._world, self._manager = heap, world, manager
        self._utc_offset = utc_offset
        self._on: dict[RobotId, tuple[ResourceId, ...]] = {}
        self._holders: dict[ResourceId, RobotId] = {}
        self._said: set[str] = set()
        self._chains = Chains()
        self._keys: dict[tuple[str, str], DeliveryId] = {}
        self._open: dict[RobotId, int] = {}
        self._granted: dict[RobotId, int] = {}
        self._carried: dict[RobotId, dict[DeliveryId, GoodsClass]] = {}
        self._soiled: set[RobotId] = set()
        self._calm_since = heap.now
        self._left: dict[RobotId, int] = {}
        world.robot_watchers.append(self.see_robot)
        world.lift_watchers.append(self.see_lift)
        world.door_watchers.append(self.see_door)
        world.shut_watchers.append(self.see_door_to_shut)
        manager.core.listeners.append(self.note)
        for robot in world.robots.values():
            self._stand_on(robot)
        heap.after(LOOK_MS, self._look_for_deadlock)

    # --- what it sees  ---

    def see_robot(self, robot: DayRobot) -> None:
        """Check a robot that began, stopped or ended an edge, or opened or closed."""
        if robot.resources() != self._on.get(robot.id):
            self._stand_on(robot)
            self._holds_where_it_is(robot)
        if robot.is_open() and robot.moves():
            self._check(False, f'{robot.id} moves while open')
        self._opens_once(robot)
        self._touches_nobody(robot)
        lift = self._world.car_of(robot.id)
        if lift is not None:
            self._rides_by_the_rules(robot, self._world.lifts[lift])
        self._passes_open_doors(robot)

    def see_lift(self, lift: DayLift) -> None:
        """Check the robots in the car of a lift that changed."""
        for robot in self._world.in_car(lift.id):
            self._rides_by_the_rules(robot, lift)

    def see_door(self, door: DayDoor) -> None:
        """Check the robots on their way through a door that changed."""
        for robot in self._world.robots.values():
            if robot.edge is not None and robot.edge.node.door == door.id:
                self._passes_open_doors(robot)

    def see_door_to_shut(self, door: DayDoor) -> None:
        """Check that nobody is on the way through a door that is to shut, be it held by him.

        One that nobody asked to stay open for long may shut before a robot that stands and waits.
        """
        for robot in self._world.robots.values():
            if robot.edge is None or robot.edge.node.door != door.id:
                continue
            if not door.lapsed:
                self._check(False, f'{door.id} is told to shut while {robot.id} passes it')
            elif robot.moves():
                self._check(False, f'{door.id} is not held open while {robot.id} passes it')

    def note(self, at: Instant, event: Event) -> None:
        """Check an event of the journal against the truth."""
        self._chains.note(at, event)
        if isinstance(event, NodeReached | LegPlanned):
            robot = self._world.robots.get(event.robot)
            if robot is not None:
                self._holds_where_it_is(robot)
        elif isinstance(event, LegsReplanned):
            for leg in event.legs:
                self._holds_where_it_is(self._world.robots[leg.robot])
        elif isinstance(event, DeliveryRequested):
            self.requested.add(event.delivery)
            first = self._keys.setdefault((event.actor.account, event.key), event.delivery)
            self._check(first == event.delivery, f'{first} and {event.delivery} are one request')
        elif isinstance(
            event, DeliveryReceived | DeliveryCancelled | DeliveryExpired | DeliveryClosed
        ):
            self._ended(event.delivery)
        elif isinstance(event, RobotCleaned):
            self._soiled.discard(event.robot)
        else:
            self._note_parcel(event)

    def _note_parcel(self, event: Event) -> None:
        """Check that a parcel is where the journal says it is."""
        if isinstance(event, ParcelLoaded):
            self._custody(event.delivery, inside(event.robot, event.compartment))
            self._keeps_apart(event)
            self._shares_with_its_like(event)
        elif isinstance(event, ParcelTaken):
            self._taken_out(event.delivery, event.robot)
            self._custody(event.delivery, AT_RECIPIENT)
        elif isinstance(event, ParcelReturned):
            self._taken_out(event.delivery, event.robot)
            self._custody(event.delivery, AT_SENDER)
            self._ended(event.delivery)
        elif isinstance(event, ParcelGivenBack):
            self._custody(event.delivery, AT_SENDER)
            self._ended(event.delivery)
        elif isinstance(event, ParcelStored):
            if event.robot is not None:
                self._taken_out(event.delivery, event.robot)
            self._custody(event.delivery, AT_KEEPER)
            self._ended(event.delivery)
        elif isinstance(event, ParcelRescued):
            self._taken_out(event.delivery, event.robot)
            self._custody(event.delivery, AT_PORTER)

    def at_the_end(self) -> list[str]:
        """Return what is wrong with deliveries after everything calmed down."""
        wrong = [f'{d} never ended' for d in sorted(self.requested) if self.ends[d] != 1]
        for delivery in self._manager.state().deliveries.values():
            place = self._world.hands.places.get(delivery.id, AT_SENDER)
            if delivery.state in ENDS and place not in right_place(delivery.state, place):
                wrong.append(f'{delivery.id} is {delivery.state.value}, its parcel is at {place}')
        return [*wrong, *self._chains.gaps()]

    # --- bodies  ---

    def _stand_on(self, robot: DayRobot) -> None:
        """Take note of what the robot is on; nobody else may be."""
        for resource in self._on.get(robot.id, ()):
            if self._holders.get(resource) == robot.id:
                del self._holders[resource]
        self._on[robot.id] = robot.resources()
        for resource in self._on[robot.id]:
            other = self._holders.setdefault(resource, robot.id)
            if other != robot.id:
                self._check(False, f'{other} and {robot.id} on {resource}', overlap=True)

    def _touches_nobody(self, robot: DayRobot) -> None:
        """Check how close it comes to the others as they all move now."""
        floor = robot.floor
        low_x, high_x, low_y, high_y = robot.box()
        low_x, high_x = low_x - BODIES_APART, high_x + BODIES_APART
        low_y, high_y = low_y - BODIES_APART, high_y + BODIES_APART
        for other in self._world.robots.values():
            if other.floor != floor or other is robot:
                continue
            left, right, bottom, top = other.box()
            if left > high_x or right < low_x or bottom > high_y or top < low_y:
                continue
            apart, _ = closest(self._from_now(robot.way()), self._from_now(other.way()))
            if apart < BODIES_APART:
                first, second = sorted((robot.id, other.id))
                text = f'{first} and {second} are {apart:.2f} m apart'
                self._check(False, text, overlap=True)

    def _from_now(self, way: list[Knot]) -> list[Knot]:
        now = self._heap.now
        if way[0][0] >= now:
            return way
        ahead = [knot for knot in way if knot[0] > now]
        behind = next(knot for knot in reversed(way) if knot[0] <= now)
        if not ahead:
            return [(now, behind[1], behind[2])]
        share = (now - behind[0]) / (ahead[0][0] - behind[0])
        x = behind[1] + share * (ahead[0][1] - behind[1])
        y = behind[2] + share * (ahead[0][2] - behind[2])
        return [(now, x, y), *ahead]

    def _holds_where_it_is(self, robot: DayRobot) -> None:
        state = self._manager.state()
        if robot.id not in state.robots:
            return
        for resource in robot.resources():
            queue = state.queues.get(resource)
            if not queue or queue[0].robot != robot.id:
                text = f'{robot.id} is on {resource} and does not hold it'
                self._check(False, text, overlap=True)

    # --- lifts and doors  ---

    def _rides_by_the_rules(self, robot: DayRobot, lift: DayLift) -> None:
        """Doors stand open while it passes; no other session while it is in the car."""
        holder = lift.session.split('#')[0]
        self._check(not lift.inside, f'{robot.id} is in {lift.id} with people')
        self._check(holder in ('', robot.id), f'{robot.id} is in the car of {holder}')
        self._check(bool(holder) or lift.forgot, f'{robot.id} in {lift.id} without session')
        if robot.edge is not None and not lift.forgot:
            open_here = lift.stands_open(robot.floor)
            self._check(open_here, f'{robot.id} passes the shut door of {lift.id}')
            kept = not lift.session or lift.is_kept_open(robot.floor)
            self._check(kept, f'{lift.id} is told to go while {robot.id} passes its door')

    def _passes_open_doors(self, robot: DayRobot) -> None:
        if robot.edge is None or not robot.edge.node.door:
            return
        door = self._world.doors.get(DoorId(robot.edge.node.door))
        if door is not None:
            is_open = door.position is DoorPosition.OPEN
            self._check(is_open, f'{robot.id} passes the shut door {door.id}')
            told = door.is_to_shut() and not door.lapsed
            self._check(not told, f'{robot.id} passes {door.id}, which is told to shut')

    # --- parcels  ---

    def _ended(self, delivery: DeliveryId) -> None:
        self.ends[delivery] += 1
        self._check(self.ends[delivery] == 1, f'{delivery} ended twice')

    def _custody(self, delivery: DeliveryId, right: str) -> None:
        place = self._world.hands.places.get(delivery, AT_SENDER)
        self._check(place == right, f'{delivery} is said to be at {right}, it is at {place}')

    def _keeps_apart(self, event: ParcelLoaded) -> None:
        """Clean after dirty only when it was cleaned; nothing beside what it must not be with."""
        goods = GOODS[self._manager.state().deliveries[event.delivery].goods]
        carried, robot = self._carried.setdefault(event.robot, {}), event.robot
        for other, theirs in carried.items():
            apart = goods.id in theirs.apart or theirs.id in goods.apart
            text = f'{event.delivery} ({goods.id}) and {other} ({theirs.id}) are together'
            self._check(not apart, f'{text} in {robot}')
            alone = not goods.direct and not theirs.direct
            self._check(alone, f'{text} in {robot}, and one of them rides alone')
        spec = self._world.hospital.robots[robot]
        rating = self._world.hospital.types[spec.type].rating
        fits = rating in ('any', 'dirty' if goods.dirty else 'clean')
        self._check(fits, f'{robot} ({rating}) carries {event.delivery} ({goods.id})')
        clean = goods.dirty or robot not in self._soiled
        self._check(clean, f'{robot} was not cleaned before {event.delivery} ({goods.id})')
        carried[event.delivery] = goods
        if goods.dirty:
            self._soiled.add(robot)

    def _shares_with_its_like(self, event: ParcelLoaded) -> None:
        """In one compartment is only what has one way and class, as much as fits."""
        deliveries, place = (
            self._manager.state().deliveries,
            inside(event.robot, event.compartment),
        )
        there = [d for d, where in self._world.hands.places.items() if where == place]
        kinds = {(d.sender, d.goal, d.goods) for d in map(deliveries.__getitem__, there)}
        self._check(len(kinds) <= 1, f'{", ".join(sorted(there))} are together in {place}')
        boxes = self._world.hospital.compartments(event.robot)
        litres = next(box.litres for box in boxes if box.id == event.compartment)
        needed = sum(GOODS[deliveries[name].goods].litres for name in there)
        self._check(needed <= litres, f'{needed} l are in {place} of {litres} l')

    def _taken_out(self, delivery: DeliveryId, robot: RobotId) -> None:
        self._carried.get(robot, {}).pop(delivery, None)

    def _opens_once(self, robot: DayRobot) -> None:
        """A grant opens one compartment, once."""
        grant, before = robot.open_under(), self._open.get(robot.id, 0)
        self._open[robot.id] = grant
        if grant and grant != before:
            last = self._granted.get(robot.id, 0)
            self._check(grant > last, f'{robot.id} opens again for grant {grant}')
            self._granted[robot.id] = max(last, grant)

    # --- progress  ---

    def _look_for_deadlock(self) -> None:
        """Robots with work to drive to that stand for long, with nobody's work in their way.

        Who waits for a robot that drives or is with people waits for good reason. Nothing is said
        for a while after anything was out of order, closed or held.
        """
        now, state = self._heap.now, self._manager.state()
        self._heap.after(LOOK_MS, self._look_for_deadlock)
        faulty = bool(self._world.faulty) or not self._manager.is_up() or state.paused
        faulty = faulty or bool(state.closures) or bool(state.recalls)
        if faulty or any(r.excluded or r.paused for r in state.robots.values()):
            self._calm_since = now
        if now - self._calm_since < DEADLOCK_MS:
            self._left.clear()
            return
        standing = {robot.id: robot for robot in state.robots.values() if self._is_left(robot)}
        waits = {name: self._in_the_way_of(robot) for name, robot in standing.items()}
        left = {}
        for name in sorted(standing):
            chain = _chain(waits, name)
            if waits[chain[-1]] in (None, *chain):
                left[name] = self._left.get(name, 0) + 1
            if left.get(name) == LOOKS:
                self.deadlocks += 1
                others = ' behind ' + ', '.join(chain[1:]) if chain[1:] else ''
                self._check(False, f'{name} at {standing[name].node} does not get on{others}')
        self._left = left

    def _is_left(self, robot: Robot) -> bool:
        """Whether a robot has somewhere to go for a delivery and did not move for long."""
        body = self._world.robots[robot.id]
        if robot.delivery is None or body.is_open():
            return False
        delivery = self._manager.state().deliveries[robot.delivery]
        under_way = delivery.state in (DeliveryState.ASSIGNED, DeliveryState.UNDER_WAY)
        since = max(body.moved_at, delivery.times[delivery.state], delivery.earliest)
        return under_way and self._heap.now - since >= DEADLOCK_MS

    def _in_the_way_of(self, robot: Robot) -> RobotId | None:
        """Return who goes before the robot, or stands where it has to go."""
        state = self._manager.state()
        sense = self._manager.core.kernel.sensed.robots.get(robot.id)
        if sense is not None and sense.blocked_by is not None:
            return RobotId(sense.blocked_by[0])
        delivery = state.deliveries[robot.delivery] if robot.delivery is not None else None
        if delivery is None:
            return None
        picks_up = delivery.state is DeliveryState.ASSIGNED
        station = delivery.sender if picks_up else delivery.goal
        place = node_resource(self._world.hospital.stations[station].node)
        others = [claim.robot for claim in state.queues.get(place, ()) if claim.robot != robot.id]
        return others[-1] if others else None

    # --- inside  ---

    def _check(self, good: bool, text: str, *, overlap: bool = False) -> None:
        if good or text in self._said:
            return
        self._said.add(text)
        self.overlaps += overlap
        if len(self.violations) < MOST_TOLD:
            self.violations.append(f'{self._clock(self._heap.now)} {text}')

    def _clock(self, at: int) -> str:
        second = (at + self._utc_offset) // SECOND % 86_400
        return f'{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}'


def _chain(waits: dict[RobotId, RobotId | None], start: RobotId) -> list[RobotId]:
    """Return who stands behind whom from `start` on, each once, as far as they all stand."""
    found = [start]
    while (ahead := waits.get(found[-1])) is not None and ahead in waits and ahead not in found:
        found.append(ahead)
    return found
