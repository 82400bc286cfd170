"""A building of the day world alone: two floors, a lift, a door, and nobody who manages them."""

from __future__ import annotations

from random import Random

from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.network import CALM
from fleet_manager.adapters.sim.day.world import DayWorld
from fleet_manager.application.days.scenario import (
    Corridors,
    Fleet,
    LiftPeople,
    Scenario,
    Staff,
)
from fleet_manager.application.ports import DoorOrder, LiftOrder, OrderNode, RobotOrder
from fleet_manager.domain.ids import (
    CompartmentId,
    DoorId,
    FloorId,
    LiftId,
    NodeId,
    RobotId,
    SessionId,
)
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Report
from fleet_manager.domain.units import Instant
from tests.hospitals import two_floors

START = Instant(1_767_571_200_000)
#: Nobody in the corridors, everybody takes half a minute, batteries full.
QUIET = Scenario(
    'quiet',
    'two_floors',
    utc_offset=0,
    fleet=Fleet(battery=(1.0, 1.0)),
    corridors=Corridors(clutter=(1.0,) * 24, metres_per_stop=0.0),
    staff=Staff(load=(30_000, 30_000, 30_000), each_more=(8_000, 8_000, 8_000)),
    lift_people={},
)
#: Lifts that people use all the time.
BUSY = LiftPeople((240.0,) * 24, held=0.3, step_in=1.0)


class Site:
    """The building, its clock, and everything it said."""

    def __init__(
        self, scenario: Scenario = QUIET, hospital: Hospital | None = None, careful: bool = True
    ) -> None:
        self.hospital = two_floors(robots=2, door=True) if hospital is None else hospital
        self.heap = Heap(START)
        self.said: list[Report] = []
        self.world = DayWorld(
            self.hospital,
            scenario,
            self.heap,
            Random,
            rhythm=CALM,
            say=lambda device, report: self.said.append(report),
            careful=careful,
        )
        self.robot = self.world.robots[RobotId('r1')]
        self.lift = self.world.lifts[LiftId('A')]
        self.door = self.world.doors[DoorId('D')] if self.world.doors else None
        self.sent = 0

    def run(self, ms: int, *, repeats: RobotOrder | None = None) -> None:
        """Go on for `ms`; the manager may repeat an order meanwhile, every 5 s."""
        end = self.heap.now + ms
        while repeats is not None and self.heap.now + 5_000 < end:
            self.heap.run_until(Instant(self.heap.now + 5_000))
            self.tell(repeats)
        self.heap.run_until(Instant(end))

    def order(
        self,
        *path: str,
        released: int | None = None,
        update: int = 1,
        epoch: int = 1,
        first: int = 0,
        paused: bool = False,
        charge: bool = False,
        grant: int = 0,
        speed: float = 0.8,
        session: str = '',
    ) -> RobotOrder:
        """Return an order of r1 over nodes by id; `released` of them may be driven to."""
        nodes = []
        upto = len(path) if released is None else released
        for number, name in enumerate(path):
            node = self.hospital.nodes[NodeId(name)]
            boards = name.startswith('car.')
            leaves = number > 0 and path[number - 1].startswith('car.')
            nodes.append(
                OrderNode(
                    node.id,
                    first + number,
                    released=number < upto,
                    floor=node.floor or FloorId(path[number - 1].split('.')[0]),
                    x=node.x,
                    y=node.y,
                    max_speed=0.0 if number == 0 else speed,
                    lift='A' if boards or leaves else '',
                    boards=boards,
                    session=session if boards or leaves else '',
                    door=self._door_between(path, number),
                )
            )
        return RobotOrder(
            RobotId('r1'),
            epoch=epoch,
            order_id='r1.1',
            update=update,
            map_version=self.hospital.version,
            nodes=tuple(nodes),
            paused=paused,
            charge=charge,
            grant=grant,
            grant_compartment=CompartmentId('c1') if grant else None,
            grant_expires=Instant(self.heap.now + 30_000) if grant else None,
        )

    def tell(self, order: RobotOrder) -> None:
        """Let r1 hear an order now."""
        self.sent += 1
        self.world.hear('robot:r1', order, sent=self.sent)

    def ask(self, session: str, floor: str = 'F1', *, end: bool = False) -> None:
        """Let the lift hear a request now."""
        self.sent += 1
        order = LiftOrder(LiftId('A'), SessionId(session), end, FloorId(floor), door_open=True)
        self.world.hear('lift:A', order, sent=self.sent)

    def ask_door(self, is_open: bool) -> None:
        """Let the door hear what it should be."""
        self.sent += 1
        self.world.hear('door:D', DoorOrder(DoorId('D'), open=is_open), sent=self.sent)

    def _door_between(self, path: tuple[str, ...], number: int) -> str:
        ends = set(path[max(0, number - 1) : number + 1])
        for lane in self.hospital.lanes.values():
            if {lane.a, lane.b} == ends:
                return lane.door
        return ''
