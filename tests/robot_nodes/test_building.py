"""Robot, lift and door controllers in the demo's hospital, without ROS: whole rides."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import pytest

from fleet_manager.domain.ids import FloorId, LiftId, NodeId, RobotId
from fleet_manager.domain.maps.model import Lane, Station
from fleet_manager.domain.units import Instant
from robot_nodes.core.door_controller import DoorController
from robot_nodes.core.gates import DoorView, LiftView
from robot_nodes.core.lift_controller import (
    DoorState,
    LiftController,
    Mode,
    Request,
    RequestKind,
    Sensors,
)
from robot_nodes.core.memory import Memory
from robot_nodes.core.order import Order, OrderNode, Pose
from robot_nodes.core.robot import Inputs, Robot, Spec
from robot_nodes.core.world import World
from tests.robot_nodes.build import small_hospital

R1 = RobotId('r1')


def path(start: NodeId, goal: NodeId) -> list[tuple[NodeId, Lane]]:
    """Return the lanes from one node to another on its floor, with the nodes they lead to."""
    h = small_hospital()
    came: dict[NodeId, tuple[NodeId, Lane] | None] = {start: None}
    line = deque([start])
    while line:
        here = line.popleft()
        for lane_id in h.lanes_at.get(here, ()):
            lane = h.lanes[lane_id]
            there = lane.b if lane.a == here else lane.a
            if there not in came:
                came[there] = (here, lane)
                line.append(there)
    found: list[tuple[NodeId, Lane]] = []
    here = goal
    while (step := came[here]) is not None:
        found.append((here, step[1]))
        here = step[0]
    return found[::-1]


@dataclass
class Trip:
    """The nodes of an order under construction."""

    nodes: list[OrderNode]

    def drive(self, goal: NodeId) -> None:
        h = small_hospital()
        here = self.nodes[-1].node
        for target, lane in path(here, goal):
            via = [(p.x, p.y) for p in lane.via]
            if lane.a != here:
                via.reverse()
            self._add(target, lane.floor, speed=lane.speed, via=tuple(via), door=lane.door)
            here = target
        assert h.nodes[goal]

    def ride(self, lift_id: LiftId, target: FloorId) -> None:
        lift = small_hospital().lifts[lift_id]
        floor = self.nodes[-1].floor
        self.drive(lift.stop(floor).wait)
        self._add(lift.car, floor, lift=lift_id, boards=True, session='s1')
        self._add(lift.stop(target).exit, target, lift=lift_id, session='s1')

    def _add(
        self, target: NodeId, floor: FloorId, *, speed: float = 0.4, **fields: object
    ) -> None:
        at = small_hospital().nodes[target]
        self.nodes.append(
            OrderNode(target, len(self.nodes), True, floor, at.x, at.y, speed, **fields)  # type: ignore[arg-type]
        )


class Building:
    """The world with one robot and every controller; what travels between them is instant."""

    def __init__(self) -> None:
        h = small_hospital()
        self.now = 1_000_000
        self.world = World(h, (R1,))
        self.lifts = {
            lift.id: LiftController(
                tuple((str(s.floor), h.floors[s.floor].elevation) for s in lift.stops)
            )
            for lift in h.lifts.values()
        }
        self.doors = {door: DoorController(now=Instant(0)) for door in h.doors}
        self.memory = Memory()
        self.start_robot()

    def start_robot(self) -> None:
        h = small_hospital()
        spec = Spec('r1', h.id, h.version, ('c1', 'c2'))
        self.robot = Robot(spec, self.memory, now=Instant(self.now))

    def step(
        self, order: Order, *, managed: bool = True, driven: bool = True, asked: bool = True
    ) -> None:
        """Let 50 ms pass; without a manager nobody asks, without its program the base stops.

        `asked`: the manager's word reaches lifts and doors, too.
        """
        self.now += 50
        now = Instant(self.now)
        if driven:
            self._drive(order if managed and self.now % 1_000 == 0 else None, now)
        if managed and asked:
            self._manage(order)
        self._control(now)
        self.world.step(0.05)

    def _drive(self, order: Order | None, now: Instant) -> None:
        inputs = Inputs(
            orders=(order,) if order is not None else (),
            pose=self.world.robots[R1].pose,
            pose_at=now,
            lifts={str(name): self._lift_view(name, now) for name in self.lifts},
            doors={str(d): DoorView(self.world.doors[d].is_open, now) for d in self.world.doors},
        )
        output = self.robot.step(now, inputs)
        self.state, self.memory = output.state, output.memory
        self.world.command_robot(R1, output.speeds)

    def _lift_view(self, name: LiftId, now: Instant) -> LiftView:
        car = self.world.cars[name]
        occupied, obstructed = self.world.is_occupied(name), self.world.obstructed()
        figures = (car.height, car.velocity, car.leaf.position)
        self.lifts[name].feel(Sensors(*figures, occupied, now, ('lift', name) in obstructed))
        said = self.lifts[name].status()
        assert said is not None
        is_open, agv = said.door is DoorState.OPEN, said.mode is Mode.AGV
        return LiftView(said.current_floor, is_open, agv, said.session, now)

    def _manage(self, order: Order) -> None:
        """Ask lifts and doors as a manager does: from where the robot is in its order."""
        now, done = Instant(self.now), self.state.last_sequence
        for node in order.nodes:
            if node.boards:
                target = order.nodes[node.sequence + 1]
                floor = node.floor if done < node.sequence else target.floor
                kind = RequestKind.AGV_MODE
                if done >= target.sequence:
                    kind = RequestKind.END_SESSION
                ask = Request('s1', kind, str(floor), door_open=True)
                self.lifts[LiftId(node.lift)].ask(ask, now=now)
        for door, controller in self.doors.items():
            near = [n.sequence for n in order.nodes if n.door == door]
            wanted = any(done < s <= done + 2 for s in near)
            controller.ask('fleet', to_open=wanted, now=now)

    def _control(self, now: Instant) -> None:
        obstructed = self.world.obstructed()
        for door, controller in self.doors.items():
            controller.feel(obstructed=('door', door) in obstructed)
            position = controller.step(now)
            if position is not None:
                self.world.command_door(door, position)
        for lift, lift_controller in self.lifts.items():
            command = lift_controller.step(now)
            if command is not None:
                self.world.command_lift(lift, height=command.height, door=command.door)


def order_of(trip: Trip) -> Order:
    h = small_hospital()
    return Order(1, 'r1', h.id, h.version, 'o1', 1, tuple(trip.nodes), 10.0)


def start_at_home() -> Trip:
    return start_at(small_hospital().robots[R1].home)


def start_at(node: NodeId) -> Trip:
    place = small_hospital().nodes[node]
    return Trip([OrderNode(place.id, 0, True, place.floor, place.x, place.y, 0.0)])


def stand_at_the_start(building: Building, trip: Trip) -> None:
    first = trip.nodes[0]
    building.world.robots[R1].pose = Pose(first.floor, first.x, first.y, 0.0)


UPSTAIRS = [s for s in small_hospital().stations.values() if not s.node.startswith('L1.')]


@pytest.mark.thorough
@pytest.mark.parametrize('lift', ['A', 'B'])
@pytest.mark.parametrize('station', UPSTAIRS, ids=lambda station: station.id)
def test_a_ride_to_a_station_upstairs_violates_nothing(lift: str, station: Station) -> None:
    floor, goal = small_hospital().nodes[station.node].floor, station.node
    trip = start_at_home()
    trip.ride(LiftId(lift), floor)
    trip.drive(goal)
    building = Building()
    told = order_of(trip)
    last = trip.nodes[-1].sequence
    building.step(told)
    restarts = {len(trip.nodes) // 3, len(trip.nodes) // 2}
    for _ in range(20 * 400):
        building.step(told)
        if building.state.last_sequence in restarts:
            restarts.discard(building.state.last_sequence)
            building.start_robot()
        if building.state.last_sequence == last and building.state.speed == 0.0:
            break
    assert building.state.last_sequence == last, building.state
    assert building.state.errors == ()
    assert building.world.violations == {'door': 0, 'lift': 0, 'collision': 0}
    for _ in range(20 * 15):
        building.step(told)
    assert building.lifts[LiftId(lift)].status().session == ''  # type: ignore[union-attr]
    assert all(leaf.is_shut for leaf in building.world.doors.values())


def through_a_door() -> Trip:
    trip = start_at(NodeId('L2.n03'))
    trip.drive(NodeId('L2.s04'))
    return trip


def up_a_lift() -> Trip:
    stop = small_hospital().lifts[LiftId('A')].stop(FloorId('L1'))
    trip = start_at(stop.exit)
    trip.ride(LiftId('A'), FloorId('L2'))
    return trip


@pytest.mark.slow
@pytest.mark.parametrize(
    ('trip', 'moments'),
    [(through_a_door(), range(8_000, 18_000, 250)), (up_a_lift(), range(1_000, 40_000, 3_000))],
    ids=['door', 'lift'],
)
def test_a_manager_that_dies_at_any_moment_has_nothing_shut_on_a_robot(
    trip: Trip, moments: range
) -> None:
    told = order_of(trip)
    passed = set()
    for died in moments:
        building = Building()
        stand_at_the_start(building, trip)
        for now in range(0, died + 150_000, 50):
            building.step(told, managed=not died <= now < died + 60_000)
            if now == died + 60_000:
                passed.add(building.state.last_sequence)
            if now > died + 60_000 and building.state.last_sequence == len(trip.nodes) - 1:
                break
        assert building.world.violations == {'door': 0, 'lift': 0, 'collision': 0}, died
        assert building.state.last_sequence == len(trip.nodes) - 1, died
    assert len(passed) > 1, 'the robot was never stopped, or always, by the silence'


@pytest.mark.slow
@pytest.mark.parametrize(
    ('trip', 'moments'),
    [(through_a_door(), range(8_000, 18_000, 1_500)), (up_a_lift(), range(9_000, 40_000, 1_500))],
    ids=['door', 'lift'],
)
@pytest.mark.parametrize('back', [27_000, 29_000, 29_900])
def test_a_manager_that_comes_back_reaches_robots_before_lifts_and_doors(
    trip: Trip, moments: range, back: int
) -> None:
    """Their leases run out while the robots already drive on: nothing is told to shut on one."""
    told = order_of(trip)
    for died in moments:
        building = Building()
        stand_at_the_start(building, trip)
        for now in range(0, died + 150_000, 50):
            managed = not died <= now < died + back
            building.step(told, managed=managed, asked=not died <= now < died + back + 3_500)
            if now > died + 60_000 and building.state.last_sequence == len(trip.nodes) - 1:
                break
        assert building.world.violations == {'door': 0, 'lift': 0, 'collision': 0}, died
        assert building.state.last_sequence == len(trip.nodes) - 1, died


@pytest.mark.thorough
@pytest.mark.parametrize('off', range(27_000, 29_000, 200))
def test_a_robot_restarted_in_front_of_a_door_waits_for_its_managers_word(off: int) -> None:
    """It does not know for how long nobody has asked for the door to be kept open."""
    trip, died = through_a_door(), 22_000
    told, building = order_of(trip), Building()
    stand_at_the_start(building, trip)
    for now in range(0, died + 180_000, 50):
        dead = died <= now < died + 90_000
        if now == died + off:
            building.start_robot()
        building.step(told, managed=not dead, driven=not died <= now < died + off)
    assert building.world.violations == {'door': 0, 'lift': 0, 'collision': 0}
    assert building.state.last_sequence == len(trip.nodes) - 1
