"""Writes journals by hand: what happened to a few parcels, second by second."""

from __future__ import annotations

from fleet_manager.application.days.collect import Collector
from fleet_manager.application.days.result import DayResult, Late
from fleet_manager.application.days.scenario import Scenario
from fleet_manager.domain.ids import (
    AccountId,
    CompartmentId,
    DeliveryId,
    FloorId,
    LiftId,
    NodeId,
    RobotId,
    RunId,
    SessionId,
    StationId,
)
from fleet_manager.domain.messages import (
    Actor,
    CompartmentOpened,
    DeliveryReceived,
    DeliveryRequested,
    Event,
    Hop,
    HopKind,
    HopsReleased,
    LegPlanned,
    LiftSessionEnded,
    LiftSessionStarted,
    NodeReached,
    OpeningAuthorised,
    ParcelLoaded,
    ParcelTaken,
    Purpose,
    RobotArrived,
    RobotPlaced,
    Role,
    RunAssigned,
)
from fleet_manager.domain.units import MINUTE, SECOND, Instant
from tests.hospitals import two_floors

#: 2026-01-05T08:00 in China.
EIGHT = 1_767_571_200_000
NURSE = Actor(AccountId('nurse'), Role.WARD)
#: From the pharmacy to the ward, over lift A: what is driven before it and after it.
TO_LIFT = ('F1.w1', 'F1.w2', 'F1.w3', 'F1.w4', 'F1.A-wait')
FROM_LIFT = ('F2.w5', 'F2.w4', 'F2.w3', 'F2.w2', 'F2.w1', 'F2.ward')


def at(seconds: float) -> Instant:
    """Return so many seconds after eight in the morning."""
    return Instant(EIGHT + round(seconds * SECOND))


class Told:
    """A journal under way in a hospital of two floors, with robots in r1's and r2's bays."""

    def __init__(self, *, robots: int = 2) -> None:
        self.hospital = two_floors(robots=robots)
        scenario = Scenario(name='told', hospital='drawn')
        self.collector = Collector(scenario, self.hospital)
        self.sequence: dict[str, int] = {}
        self.node: dict[str, str] = {}
        self.leg = 0
        for robot, spec in self.hospital.robots.items():
            self.say(0, RobotPlaced(robot, spec.home, ()))
            self.sequence[robot], self.node[robot] = 0, spec.home

    def say(self, seconds: float, *events: Event) -> None:
        """Write events."""
        for event in events:
            self.collector.note(at(seconds), event)

    def result(self, seconds: float = 3_600, **more: object) -> DayResult:
        """Return the figures from eight o'clock until then."""
        return self.collector.result(
            seed=1,
            version='1',
            started_at=at(0),
            ended_at=at(seconds),
            **more,  # type: ignore[arg-type]
        )

    def late(self, seconds: float = 3_600) -> Late:
        """Return the only late delivery."""
        (one,) = self.result(seconds).late
        return one

    def ask(
        self,
        seconds: float,
        name: str = 'D1',
        *,
        goods: str = 'drug',
        urgency: str = 'urgent',
        sender: str = 'pharmacy',
        recipient: str = 'ward',
        within: float = 30 * 60,
        earliest: float | None = None,
    ) -> None:
        """Accept a delivery that is promised within so many seconds."""
        self.say(
            seconds,
            DeliveryRequested(
                DeliveryId(name),
                number=1,
                key=name,
                body_hash='',
                actor=NURSE,
                goods=goods,
                sender=StationId(sender),
                recipient=StationId(recipient),
                urgency=urgency,
                promised_at=at(seconds + within),
                earliest=at(earliest) if earliest is not None else Instant(0),
            ),
        )

    def assign(
        self,
        seconds: float,
        name: str = 'D1',
        robot: str = 'r1',
        *,
        run: str = 'R1',
        cell: str = 'c1',
        p80: float | None = None,
    ) -> None:
        """Give the delivery to a robot."""
        eta = (at(p80 - 60), at(p80)) if p80 is not None else (Instant(0), Instant(0))
        self.say(
            seconds,
            RunAssigned(
                RunId(run), RobotId(robot), DeliveryId(name), CompartmentId(cell), 0, (), eta=eta
            ),
        )

    def plan(
        self, seconds: float, nodes: tuple[str, ...], purpose: Purpose, robot: str = 'r1'
    ) -> None:
        """Plan a leg over these nodes, the way on from where the robot stands."""
        self.leg += 1
        here, hops = self.node[robot], []
        for number, node in enumerate(nodes):
            sequence = self.sequence[robot] + number + 1
            hops.append(self._hop(sequence, here, node))
            here = node
        self.say(
            seconds,
            LegPlanned(
                RobotId(robot),
                self.leg,
                self.sequence[robot],
                purpose,
                NodeId(nodes[-1]),
                tuple(hops),
            ),
        )

    def _hop(self, sequence: int, origin: str, target: str) -> Hop:
        kind = HopKind.DRIVE
        if target.startswith('car.') or origin.startswith('car.'):
            kind = HopKind.BOARD if target.startswith('car.') else HopKind.ALIGHT
        lanes = self.hospital.lanes
        lane = next((k for k, v in lanes.items() if {v.a, v.b} == {origin, target}), '')
        lift = 'A' if kind is not HopKind.DRIVE else ''
        start = Instant(0)
        return Hop(
            sequence,
            kind,
            NodeId(origin),
            NodeId(target),
            lane,
            lift,
            '',
            (),
            (),
            (),
            start,
            start,
        )

    def go(self, begin: float, end: float, *nodes: str, robot: str = 'r1') -> None:
        """Drive over nodes of the plan: let go at `begin`, all of it, evenly until `end`."""
        first = self.sequence[robot]
        for number in range(len(nodes)):
            upto = first + number + 1
            self.say(begin, HopsReleased(RobotId(robot), upto, upto, ()))
        for number, node in enumerate(nodes):
            when = begin + (end - begin) * (number + 1) / len(nodes)
            self.sequence[robot] += 1
            self.node[robot] = node
            self.say(when, NodeReached(RobotId(robot), self.sequence[robot], NodeId(node), ()))

    def arrive(
        self, seconds: float, name: str = 'D1', robot: str = 'r1', *, loads: bool = False
    ) -> None:
        """The robot stands at the stop of the delivery."""
        purpose = Purpose.PICK_UP if loads else Purpose.HAND_OVER
        node = NodeId(self.node[robot])
        self.say(seconds, RobotArrived(RobotId(robot), DeliveryId(name), purpose, node))

    def open(self, seconds: float, name: str = 'D1', robot: str = 'r1', cell: str = 'c1') -> None:
        """Somebody opened the compartment."""
        event = CompartmentOpened(RobotId(robot), CompartmentId(cell), DeliveryId(name), 1)
        self.say(seconds, event)

    def authorise(self, seconds: float, name: str, *also: str) -> None:
        """A signature lets r1 open c1 for a parcel at its sender, and for others with it."""
        opening = OpeningAuthorised(
            RobotId('r1'),
            CompartmentId('c1'),
            DeliveryId(name),
            grant=1,
            purpose=Purpose.PICK_UP,
            actor=NURSE,
            expires=at(seconds + 30),
            also=tuple(map(DeliveryId, also)),
        )
        self.say(seconds, opening)

    def load(self, seconds: float, name: str = 'D1', robot: str = 'r1', cell: str = 'c1') -> None:
        """Custody goes to the robot."""
        event = ParcelLoaded(DeliveryId(name), RobotId(robot), CompartmentId(cell), NURSE)
        self.say(seconds, event)

    def take(self, seconds: float, name: str = 'D1', robot: str = 'r1', cell: str = 'c1') -> None:
        """Custody goes to the recipient."""
        event = ParcelTaken(DeliveryId(name), RobotId(robot), CompartmentId(cell), NURSE)
        self.say(seconds, event)

    def sign(self, seconds: float, name: str = 'D1') -> None:
        """The recipient signs."""
        self.say(seconds, DeliveryReceived(DeliveryId(name), NURSE))

    def start_ride(self, seconds: float, robot: str = 'r1') -> None:
        """Lift A is asked for."""
        self.say(
            seconds,
            LiftSessionStarted(
                LiftId('A'),
                SessionId('s1'),
                RobotId(robot),
                FloorId('F1'),
                FloorId('F2'),
                at(seconds + 120),
            ),
        )

    def end_ride(self, seconds: float, outcome: str = 'done') -> None:
        """Lift A is free again."""
        self.say(seconds, LiftSessionEnded(LiftId('A'), SessionId('s1'), outcome))

    def bring(self, begin: float = 0, *, name: str = 'D1', within: float = 30 * 60) -> None:
        """Tell of one delivery from the pharmacy to the ward by r1, as nothing special happens.

        After `begin`: assigned 10 s, at the pharmacy 30, opened 90, loaded 120, let go 125, at
        the lift 175, let in 215, out 260, at the ward 320, taken 400, signed 410.
        """
        self.ask(begin, name, within=within)
        self.assign(begin + 10, name, p80=begin + 400)
        self.plan(begin + 10, ('F1.w1', 'F1.pharmacy'), Purpose.PICK_UP)
        self.go(begin + 10, begin + 30, 'F1.w1', 'F1.pharmacy')
        self.arrive(begin + 30, name, loads=True)
        self.open(begin + 90, name)
        self.load(begin + 120, name)
        self.to_ward(begin + 120)
        self.arrive(begin + 320, name)
        self.open(begin + 380, name)
        self.take(begin + 400, name)
        self.sign(begin + 410, name)

    def to_ward(self, begin: float) -> None:
        """Drive from the pharmacy to the ward in 200 s: 5 stood, 40 at the lift, 45 in it."""
        self.plan(begin, (*TO_LIFT, 'car.A', 'F2.A-exit', *FROM_LIFT), Purpose.HAND_OVER)
        self.go(begin + 5, begin + 55, *TO_LIFT)
        self.start_ride(begin + 50)
        self.go(begin + 95, begin + 105, 'car.A')
        self.go(begin + 130, begin + 140, 'F2.A-exit')
        self.end_ride(begin + 145)
        self.go(begin + 140, begin + 200, *FROM_LIFT)


def minutes(seconds: float) -> float:
    """Return seconds as the minutes a result has."""
    return round(seconds * SECOND / MINUTE, 2)
