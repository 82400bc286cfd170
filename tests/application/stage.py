"""A kernel among devices that say exactly what a test wants them to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from fleet_manager.adapters.sim.staff import opening, signature
from fleet_manager.application.kernel import Kernel, entry
from fleet_manager.application.ports import Entry, LiftOrder, Reply, RobotOrder
from fleet_manager.domain.deliveries.lifecycle import ENDS, DeliveryState
from fleet_manager.domain.dispatch.policy import Dispatch, Policy
from fleet_manager.domain.ids import (
    AccountId,
    CompartmentId,
    DeliveryId,
    DoorId,
    LiftId,
    NodeId,
    RobotId,
    StationId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Actor,
    CompartmentReport,
    DoorPosition,
    DoorReport,
    Event,
    LiftDoor,
    LiftMode,
    LiftReport,
    LiftSessionStarted,
    Message,
    RequestDelivery,
    RobotReport,
    Role,
    RunAssigned,
)
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.units import Instant
from tests.hospitals import two_floors

E = TypeVar('E')

OPERATOR = Actor(AccountId('operator'), Role.OPERATOR)
START = Instant(1_767_592_800_000)


def ward(station: str) -> Actor:
    return Actor(AccountId(f'ward-{station}'), Role.WARD, StationId(station))


#: One parcel a trip, so that a test knows who drives where. Runs have tests of their own.
ONE_PARCEL = Policy(Dispatch.SINGLE)


class Stage:
    """The kernel, the journal, and one device of each kind in the hands of the test.

    `auto` devices speak every second and follow their orders at once: robots jump to the end of
    what was released, lifts and doors stand open where they should.
    `silent` ones say nothing, lifts in `saying` say that.
    """

    def __init__(
        self, hospital: Hospital | None = None, *, auto: bool = True, policy: Policy = ONE_PARCEL
    ) -> None:
        self.hospital = hospital or two_floors()
        self.policy = policy
        self.kernel = Kernel(self.hospital, policy=policy)
        self.now = START
        self.events: list[Event] = []
        self.journal: list[Entry] = []
        self.auto = auto
        self.silent: set[str] = set()
        self.saying: dict[str, dict[str, Any]] = {}
        self.reports: dict[RobotId, RobotReport] = {}
        self._keep(self.kernel.start(epoch=1, now=self.now).events)
        for spec in self.hospital.robots.values():
            home = self.hospital.nodes[spec.home]
            boxes = tuple(
                CompartmentReport(CompartmentId(c), locked=True, closed=True, occupied=False)
                for c in spec.compartments
            )
            self.reports[spec.id] = RobotReport(
                robot=spec.id,
                incarnation=f'{spec.id}-1',
                sequence=0,
                epoch=1,
                map_version=self.hospital.version,
                order_id='',
                order_update=0,
                last_node=home.id,
                last_sequence=0,
                floor=home.floor,
                x=home.x,
                y=home.y,
                yaw=0.0,
                speed=0.0,
                battery=0.9,
                charging=False,
                mode='idle',
                last_grant=0,
                compartments=boxes,
            )

    # --- time  ---

    def tick(self, ms: int = 1_000) -> list[Event]:
        """Let time pass; automatic devices speak first. Return what happened."""
        before = len(self.events)
        self.now = Instant(self.now + ms)
        if self.auto:
            self._speak()
        self._keep(self.kernel.tick(self.now).events)
        return self.events[before:]

    def wait(self, ms: int) -> None:
        """Let much time pass, a second at a time."""
        for _ in range(ms // 1_000):
            self.tick()

    def until(self, done: Callable[[], bool], *, limit: int = 600) -> None:
        for _ in range(limit):
            if done():
                return
            self.tick()
        raise AssertionError('it did not happen')

    # --- people  ---

    def send(self, message: Message) -> Reply:
        outcome = self.kernel.handle(message, self.now)
        self._keep(outcome.events)
        assert outcome.reply is not None
        return outcome.reply

    def refused(self, message: Message) -> str | None:
        """Send and return the code of the refusal, which must have changed nothing."""
        before = self.kernel.snapshot()
        code = self.send(message).refusal_code
        assert code is None or self.kernel.snapshot() == before
        return code

    def request(
        self,
        sender: str = 'pharmacy',
        recipient: str = 'stores',
        *,
        goods: str = 'drug',
        key: str | None = None,
        actor: Actor | None = None,
        note: str = '',
    ) -> DeliveryId:
        reply = self.send(
            self.asking(sender, recipient, goods=goods, key=key, actor=actor, note=note)
        )
        assert reply.delivery is not None, reply
        return DeliveryId(reply.delivery)

    def asking(
        self,
        sender: str = 'pharmacy',
        recipient: str = 'stores',
        *,
        goods: str = 'drug',
        key: str | None = None,
        actor: Actor | None = None,
        note: str = '',
    ) -> RequestDelivery:
        return RequestDelivery(
            actor or ward(sender),
            key=key or f'k{len(self.events)}',
            goods=goods,
            sender=StationId(sender),
            recipient=StationId(recipient),
            note=note,
        )

    def delivery(self, name: str) -> Delivery:
        return self.kernel.state.deliveries[DeliveryId(name)]

    def robot(self, name: str) -> Robot:
        return self.kernel.state.robots[RobotId(name)]

    def carrier(self, delivery: str) -> RobotId:
        robot = self.delivery(delivery).robot
        assert robot is not None
        return robot

    def last_robot(self, delivery: str) -> RobotId:
        """Return who carries or carried a delivery."""
        return [e.robot for e in self.all(RunAssigned) if e.delivery == delivery][-1]

    def reach(self, delivery: str, state: DeliveryState) -> None:
        """Bring a delivery to `state` along the shortest way; nobody looks after the others."""
        goal = state
        for _ in range(600):
            if self.delivery(delivery).state is goal:
                return
            if not self.help(delivery):
                self.tick()
        raise AssertionError(f'{delivery} never was {goal}')

    def finish(self, *, limit: int = 1_200) -> None:
        """Let people come to every robot at once, until all deliveries ended."""
        for _ in range(limit):
            open_ones = [d for d in self.kernel.state.deliveries.values() if d.state not in ENDS]
            if not open_ones:
                return
            for delivery in open_ones:
                self.help(delivery.id)
            self.tick()
        raise AssertionError(f'still open: {[(d.id, d.state) for d in open_ones]}')

    def help(self, name: str) -> bool:
        """Do what people have to do next for a delivery; False when it is the robot's turn."""
        delivery = self.delivery(name)
        if delivery.opening is not None and not delivery.opening.expired:
            self.use_opening(name)
        elif delivery.state is DeliveryState.AWAITING_LOAD:
            self.send(opening(ward(delivery.origin), delivery.id, delivery.goods))
        elif delivery.state is DeliveryState.AWAITING_RECEIPT:
            self.send(opening(ward(delivery.goal), delivery.id, delivery.goods))
        elif delivery.state is DeliveryState.TAKEN:
            actor = ward(delivery.goal)
            self.send(signature(actor, delivery.id, delivery.goods, delivery.count))
        else:
            return False
        return True

    # --- devices  ---

    def hear(self, message: Message) -> list[Event]:
        """Let the kernel hear a report; return what came of it."""
        before = len(self.events)
        self._keep(self.kernel.handle(message, self.now).events)
        return self.events[before:]

    def say(self, name: str, **changes: Any) -> list[Event]:
        """A robot says its state, with `changes` that stay for its next words."""
        robot = RobotId(name)
        report = replace(self.reports[robot], **changes)
        if 'sequence' not in changes:
            report = replace(report, sequence=report.sequence + 1)
        self.reports[robot] = report
        return self.hear(report)

    def stand(self, name: str, node: str) -> dict[str, Any]:
        """Return the changes of a report from `node`."""
        place = self.hospital.nodes[NodeId(node)]
        floor = place.floor or self.reports[RobotId(name)].floor
        return {'last_node': place.id, 'floor': floor, 'x': place.x, 'y': place.y}

    def drive(self, name: str) -> list[Event]:
        """A robot jumps to the end of what was released to it, and says so."""
        robot, epoch = self.robot(name), self.kernel.state.epoch
        ends = [h for h in robot.hops if h.sequence <= robot.released]
        if not ends:
            return self.say(name, epoch=epoch)
        place = self.stand(name, ends[-1].target)
        return self.say(name, **place, epoch=epoch, last_sequence=ends[-1].sequence)

    def box(self, name: str, compartment: str = 'c1', **changes: Any) -> list[Event]:
        """A compartment of a robot changes, and the robot says so."""
        return self.say(name, compartments=self.boxes(name, compartment, **changes))

    def boxes(
        self, name: str, compartment: str = 'c1', **changes: Any
    ) -> tuple[CompartmentReport, ...]:
        return tuple(
            replace(c, **changes) if c.compartment == compartment else c
            for c in self.reports[RobotId(name)].compartments
        )

    def use_opening(self, delivery: str) -> None:
        """The robot opens, the person moves the parcel and closes."""
        robot, opening = self.carrier(delivery), self.delivery(delivery).opening
        box = self.delivery(delivery).compartment
        assert opening is not None
        assert box is not None
        inside = next(c for c in self.reports[robot].compartments if c.compartment == box)
        opened = self.boxes(robot, box, closed=False, locked=False)
        self.say(robot, last_grant=opening.grant, compartments=opened)
        self.box(robot, box, closed=True, locked=True, occupied=not inside.occupied)

    def lift(self, name: str = 'A', **changes: Any) -> list[Event]:
        """A lift says its state: by default free, closed, on the first floor."""
        stop = self.hospital.lifts[LiftId(name)].stops[0].floor
        report = LiftReport(
            LiftId(name),
            stop,
            stop,
            LiftDoor.CLOSED,
            moving=False,
            mode=LiftMode.HUMAN,
            session='',
        )
        return self.hear(replace(report, **changes))

    def serve(self, name: str = 'A') -> list[Event]:
        """A lift says that it does as it was told."""
        order = self.kernel.directives().get(f'lift:{name}')
        if not isinstance(order, LiftOrder) or order.end_session:
            return self.lift(name)
        return self.lift(
            name,
            current_floor=order.destination,
            destination_floor=order.destination,
            door=LiftDoor.OPEN,
            mode=LiftMode.AGV,
            session=order.session,
        )

    def order(self, name: str) -> RobotOrder:
        order = self.kernel.directives()[f'robot:{name}']
        assert isinstance(order, RobotOrder)
        return order

    # --- what happened  ---

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def times(self, kind: type[Event]) -> list[Instant]:
        """Return when events of a kind happened."""
        return [line.at for line in self.journal if line.kind == kind.__name__]

    def last(self, kind: type[E]) -> E:
        return self.all(kind)[-1]

    def riding(self) -> LiftSessionStarted:
        return self.last(LiftSessionStarted)

    def restart(self) -> None:
        """The manager starts again from its journal."""
        self.kernel = Kernel.restore(self.hospital, snapshot=None, entries=self.journal)
        epoch = self.kernel.state.epoch + 1
        self._keep(self.kernel.start(epoch=epoch, now=self.now).events)

    def _speak(self) -> None:
        for lift in self.hospital.lifts:
            if lift in self.saying:
                self.lift(lift, **self.saying[lift])
            elif lift not in self.silent:
                self.serve(lift)
        for door in self.hospital.doors:
            if door not in self.silent:
                self.hear(DoorReport(DoorId(door), DoorPosition.OPEN))
        for robot in self.hospital.robots:
            if robot not in self.silent:
                self.drive(robot) if robot in self.kernel.state.robots else self.say(robot)

    def _keep(self, events: tuple[tuple[Instant, Event], ...]) -> None:
        self.events += [event for _, event in events]
        self.journal += [entry(at, event) for at, event in events]
