"""The truth about the building, asked at every step: what must never be seen.

It looks at where bodies, doors and parcels really are, not at what the manager believes, and
compares the two: a robot may be only on what the manager says it holds.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

from fleet_manager.adapters.sim.chains import Chains
from fleet_manager.adapters.sim.hands import AT_RECIPIENT, AT_SENDER, inside, right_place
from fleet_manager.adapters.sim.robots import SimRobot
from fleet_manager.adapters.sim.world import SimWorld
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.ids import DeliveryId, DoorId, ResourceId, RobotId
from fleet_manager.domain.messages import (
    DeliveryCancelled,
    DeliveryClosed,
    DeliveryExpired,
    DeliveryReceived,
    DeliveryRequested,
    DoorPosition,
    Event,
    ParcelGivenBack,
    ParcelLoaded,
    ParcelReturned,
    ParcelStored,
    ParcelTaken,
)
from fleet_manager.domain.state import FleetState
from fleet_manager.domain.units import Instant

#: Metres between the middles of two robots that do not touch; maps keep 0.8 and more.
BODIES_APART: Final = 0.7

#: What ends a delivery.
ENDINGS: Final = (
    DeliveryReceived,
    ParcelReturned,
    ParcelGivenBack,
    ParcelStored,
    DeliveryClosed,
    DeliveryCancelled,
    DeliveryExpired,
)


class Oracle:
    """Collects violations as sentences. None is the only good number."""

    def __init__(self, world: SimWorld) -> None:
        self.violations: list[str] = []
        self.ends: Counter[DeliveryId] = Counter()
        self.requested: set[DeliveryId] = set()
        self._world = world
        self._kinds: dict[DeliveryId, tuple[str, str, str]] = {}
        self._places: dict[RobotId, tuple[object, ...]] = {}
        self._said: set[str] = set()
        self._chains = Chains()

    def note(self, at: Instant, event: Event) -> None:
        """Check an event of the journal against the truth."""
        self._chains.note(at, event)
        if isinstance(event, DeliveryRequested):
            self.requested.add(event.delivery)
            self._kinds[event.delivery] = (event.sender, event.recipient, event.goods)
        elif isinstance(event, ENDINGS):
            self.ends[event.delivery] += 1
            self._check(at, self.ends[event.delivery] == 1, f'{event.delivery} ended twice')
        elif isinstance(event, ParcelLoaded):
            here = inside(event.robot, event.compartment)
            self._custody(at, event.delivery, here)
            self._check(at, self._is_one_bundle(here), f'a parcel of another kind is in {here}')
        elif isinstance(event, ParcelTaken):
            self._custody(at, event.delivery, AT_RECIPIENT)

    def look(self, now: Instant, state: FleetState) -> None:
        """Check the building as it is now, and that `state` knows who is where."""
        self._nothing_is_shared(now)
        self._nobody_touches(now)
        for robot in self._world.robots.values():
            self._holds_where_it_is(now, state, robot)
            self._rides_by_the_rules(now, robot)
            self._stands_with_an_open_compartment(now, robot)

    def all_ended(self, state: FleetState) -> list[str]:
        """Return what is wrong with deliveries after everything calmed down."""
        wrong = [f'{d} never ended' for d in sorted(self.requested) if self.ends[d] != 1]
        for delivery in state.deliveries.values():
            place = self._world.hands.places.get(delivery.id, AT_SENDER)
            if delivery.state in ENDS and place not in right_place(delivery.state, place):
                wrong.append(f'{delivery.id} is {delivery.state.value}, its parcel is at {place}')
        return [*wrong, *self._chains.gaps()]

    def _nothing_is_shared(self, now: Instant) -> None:
        on: dict[ResourceId, RobotId] = {}
        for robot in self._world.robots.values():
            for resource in robot.resources():
                other = on.setdefault(resource, robot.id)
                self._check(now, other == robot.id, f'{other} and {robot.id} on {resource}')

    def _nobody_touches(self, now: Instant) -> None:
        robots = list(self._world.robots.values())
        for index, one in enumerate(robots):
            for other in robots[index + 1 :]:
                if one.floor == other.floor:
                    apart = math.hypot(one.x - other.x, one.y - other.y)
                    text = f'{one.id} and {other.id} are {apart:.2f} m apart'
                    self._check(now, apart >= BODIES_APART, text)

    def _holds_where_it_is(self, now: Instant, state: FleetState, robot: SimRobot) -> None:
        if robot.id not in state.robots:
            return
        for resource in robot.resources():
            queue = state.queues.get(resource)
            holds = bool(queue) and queue is not None and queue[0].robot == robot.id
            self._check(now, holds, f'{robot.id} is on {resource} and does not hold it')

    def _rides_by_the_rules(self, now: Instant, robot: SimRobot) -> None:
        """Doors stand open while it passes; no other session while it is in the car."""
        world, edge = self._world, robot.edge
        lift_id = world.car_of(robot)
        if lift_id is not None:
            lift = world.lifts[lift_id]
            holder = lift.session.split('#')[0]
            self._check(now, not lift.inside, f'{robot.id} is in {lift_id} with people')
            self._check(now, holder in ('', robot.id), f'{robot.id} is in the car of {holder}')
            forgot = lift.restarted > 0 or lift.fault is not None
            self._check(now, bool(holder) or forgot, f'{robot.id} in {lift_id} without session')
            if edge is not None and not forgot:
                open_here = lift.stands_open(robot.floor)
                self._check(now, open_here, f'{robot.id} passes the shut door of {lift_id}')
        if edge is not None and edge.node.door:
            door = world.doors[DoorId(edge.node.door)]
            is_open = door.position is DoorPosition.OPEN
            self._check(now, is_open, f'{robot.id} passes the shut door {door.id}')

    def _stands_with_an_open_compartment(self, now: Instant, robot: SimRobot) -> None:
        place = (robot.x, robot.y, robot.edge is not None)
        moved = self._places.get(robot.id, place) != place
        self._places[robot.id] = place
        self._check(now, not (moved and robot.is_open()), f'{robot.id} moves while open')

    def _is_one_bundle(self, place: str) -> bool:
        """Whether what is in a compartment has one way and one class."""
        there = [d for d, where in self._world.hands.places.items() if where == place]
        return len({self._kinds[delivery] for delivery in there}) <= 1

    def _custody(self, at: Instant, delivery: DeliveryId, right: str) -> None:
        place = self._world.hands.places.get(delivery, AT_SENDER)
        self._check(at, place == right, f'{delivery} is said to be at {right}, it is at {place}')

    def _check(self, now: Instant, good: bool, text: str) -> None:
        if not good and text not in self._said:
            self._said.add(text)
            self.violations.append(f'{now / 1_000:.1f} s: {text}')
