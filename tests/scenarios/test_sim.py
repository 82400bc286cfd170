"""The simulated hospital itself: lifts after Open-RMF's rules, a bad network, a sharp oracle."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from fleet_manager.adapters.sim.delays import NO_DELAYS, Delays
from fleet_manager.adapters.sim.doors import SimDoor
from fleet_manager.adapters.sim.hands import AT_RECIPIENT, AT_SENDER, Hands, inside
from fleet_manager.adapters.sim.lifts import SimLift
from fleet_manager.adapters.sim.link import Link, Weather
from fleet_manager.adapters.sim.simulation import OPERATOR, START, Simulation
from fleet_manager.adapters.sim.staff import ward
from fleet_manager.application.ports import DoorOrder, LiftOrder
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import (
    CompartmentId,
    DeliveryId,
    DoorId,
    FloorId,
    LiftId,
    NodeId,
    RobotId,
    SessionId,
    StationId,
)
from fleet_manager.domain.messages import (
    DeliveryCancelled,
    DeliveryReceived,
    DoorPosition,
    LiftDoor,
    LiftMode,
    OpeningAuthorised,
    ParcelLoaded,
    ParcelTaken,
    Purpose,
    RequestDelivery,
)
from fleet_manager.domain.units import HOUR, Instant
from tests.hospitals import corridor, two_floors

# --- a lift  ---


class Cabin:
    """A lift and a clock."""

    def __init__(self, *, busy: float = 0.0) -> None:
        hospital = two_floors()
        self.lift = SimLift(hospital, hospital.lifts[LiftId('A')], Random(1), busy=busy)
        self.now = START

    def ask(self, session: str, floor: str = 'F1', *, end: bool = False) -> None:
        order = LiftOrder(LiftId('A'), SessionId(session), end, FloorId(floor), door_open=True)
        self.lift.hear(order, self.now)

    def run(self, ms: int = 30_000) -> None:
        for _ in range(ms // 500):
            self.now = Instant(self.now + 500)
            self.lift.step(self.now)


def test_a_free_lift_takes_a_session_comes_and_stays_open() -> None:
    cabin = Cabin()
    cabin.ask('r1#1', 'F2')
    cabin.run()
    assert cabin.lift.stands_open(FloorId('F2'))
    assert (cabin.lift.session, cabin.lift.mode) == ('r1#1', LiftMode.AGV)
    cabin.run(10 * 60_000)
    assert cabin.lift.stands_open(FloorId('F2'))


def test_while_it_holds_a_session_it_ignores_any_other() -> None:
    cabin = Cabin()
    cabin.ask('r1#1', 'F2')
    cabin.run()
    cabin.ask('r2#2', 'F1')
    cabin.ask('r2#2', 'F1', end=True)
    cabin.run()
    assert cabin.lift.session == 'r1#1'
    assert cabin.lift.stands_open(FloorId('F2'))


def test_the_end_of_its_session_makes_it_peoples_again() -> None:
    cabin = Cabin()
    cabin.ask('r1#1', 'F2')
    cabin.run()
    cabin.ask('r1#1', end=True)
    cabin.run()
    assert (cabin.lift.session, cabin.lift.mode) == ('', LiftMode.HUMAN)
    assert cabin.lift.door is LiftDoor.CLOSED


def test_a_lift_full_of_people_takes_the_session_when_they_got_out() -> None:
    cabin = Cabin(busy=1.0)
    cabin.run()
    refused = 0
    for _ in range(100):
        cabin.ask('r1#1', 'F1')
        refused += cabin.lift.session == ''
        cabin.run(500)
    assert refused > 0
    assert cabin.lift.session == 'r1#1'


def test_a_controller_that_restarts_is_silent_and_forgets_its_session() -> None:
    cabin = Cabin()
    cabin.ask('r1#1', 'F2')
    cabin.run(8_000)
    cabin.lift.restart(cabin.now, off_ms=5_000)
    assert cabin.lift.report(cabin.now) is None
    cabin.run()
    report = cabin.lift.report(cabin.now)
    assert report is not None
    assert report.session == ''
    cabin.ask('r1#1', 'F2')
    cabin.run()
    assert cabin.lift.stands_open(FloorId('F2'))


def test_a_lift_in_fire_mode_serves_nobody() -> None:
    cabin = Cabin()
    cabin.lift.fault = LiftMode.FIRE
    cabin.run()
    cabin.ask('r1#1', 'F2')
    cabin.run()
    assert (cabin.lift.session, cabin.lift.mode) == ('', LiftMode.FIRE)


# --- a door, the network, hands  ---


def test_a_door_opens_when_it_is_asked_and_closes_when_nobody_asks() -> None:
    door, now = SimDoor(DoorId('D')), START
    seen = []
    for step in range(20):
        door.hear(DoorOrder(DoorId('D'), open=step < 10))
        now = Instant(now + 500)
        door.step(now)
        seen.append(door.position)
    assert seen[0] is DoorPosition.MOVING
    assert seen[9] is DoorPosition.OPEN
    assert seen[-1] is DoorPosition.CLOSED


def test_a_stuck_door_stays_as_it_is() -> None:
    door = SimDoor(DoorId('D'))
    door.stuck = True
    door.hear(DoorOrder(DoorId('D'), open=True))
    door.step(Instant(START + 10_000))
    assert door.position is DoorPosition.CLOSED


def test_the_network_loses_repeats_and_reorders() -> None:
    link: Link[int] = Link(Random(1), Weather(loss=0.3, duplicates=0.3, delay_ms=2_000))
    for n in range(200):
        link.send(Instant(START + n), n)
    got = link.receive(Instant(START + 3_000))
    assert set(got) < set(range(200))
    assert len(got) > len(set(got))
    assert got != sorted(got)


def test_a_clear_network_does_none_of_it() -> None:
    link: Link[int] = Link(Random(1))
    for n in range(50):
        link.send(START, n)
    assert link.receive(START) == list(range(50))


def test_slow_robots_are_slower_and_stop_for_people() -> None:
    rng, slow = Random(1), Delays(stop_share=1.0)
    assert slow.edge_ms(rng, RobotId('r1'), 1_000) > 3_000
    assert NO_DELAYS.edge_ms(rng, RobotId('r1'), 1_000) == 1_000


def opening(grant: int, purpose: Purpose) -> OpeningAuthorised:
    return OpeningAuthorised(
        RobotId('r1'),
        CompartmentId('c1'),
        DeliveryId('D1'),
        grant,
        purpose,
        ward(StationId('ward')),
        START,
    )


def test_hands_move_all_an_opening_is_for() -> None:
    hands, box, pair = Hands(), (RobotId('r1'), CompartmentId('c1')), {'D1', 'D2'}
    also = (DeliveryId('D2'),)
    for grant, purpose in ((1, Purpose.PICK_UP), (2, Purpose.HAND_OVER)):
        hands.note(replace(opening(grant, purpose), also=also))
    assert hands.move(*box, 1) is True
    assert hands.places == dict.fromkeys(pair, inside(*box))
    assert hands.move(*box, 2) is False
    assert hands.places == dict.fromkeys(pair, AT_RECIPIENT)


def test_hands_move_the_parcel_the_opening_was_for_and_only_once() -> None:
    hands, box = Hands(), (RobotId('r1'), CompartmentId('c1'))
    for grant, purpose in ((1, Purpose.PICK_UP), (2, Purpose.PICK_UP), (3, Purpose.HAND_OVER)):
        hands.note(opening(grant, purpose))
    hands.idle.add(DeliveryId('D1'))
    assert hands.move(*box, 1) is False, 'closed again without a parcel'
    assert hands.move(*box, 1) is True
    assert hands.move(*box, 2) is True, 'it is full: nothing more goes in'
    assert hands.places == {'D1': inside(*box)}
    assert hands.move(*box, 3) is False
    assert hands.places == {'D1': AT_RECIPIENT}
    assert hands.move(*box, 3) is False


# --- the oracle  ---


def watched() -> Simulation:
    sim = Simulation(two_floors(robots=4, door=True), Random(1))
    sim.run(2_000)
    assert sim.oracle.violations == []
    return sim


def seen(sim: Simulation) -> str:
    sim.oracle.look(sim.now, sim.state())
    return ' '.join(sim.oracle.violations)


def move(sim: Simulation, name: str, node: str) -> None:
    robot, place = sim.world.robots[RobotId(name)], sim.world.hospital.nodes[NodeId(node)]
    robot.node, robot.x, robot.y = place.id, place.x, place.y
    robot.floor = place.floor or robot.floor


def test_the_oracle_sees_two_robots_on_one_node_and_bodies_that_touch() -> None:
    sim = watched()
    move(sim, 'r2', 'F1.c1')
    assert 'r1 and r2 on node:F1.c1' in seen(sim)
    assert '0.00 m apart' in seen(sim)


def test_the_oracle_sees_a_robot_where_it_was_not_let() -> None:
    sim = watched()
    move(sim, 'r2', 'F1.w5')
    assert 'r2 is on node:F1.w5 and does not hold it' in seen(sim)


def test_the_oracle_sees_a_robot_in_a_car_without_its_session() -> None:
    sim = watched()
    move(sim, 'r2', 'car.A')
    assert 'r2 in A without session' in seen(sim)
    sim.world.lifts[LiftId('A')].session = 'r1#1'
    assert 'r2 is in the car of r1' in seen(sim)


def test_the_oracle_sees_a_robot_that_moves_while_it_is_open() -> None:
    sim = Simulation(corridor(robots=1), Random(1))
    sim.request('drug', sender='west', recipient='east')
    robot = sim.world.robots[RobotId('r1')]
    assert sim.run_until(robot.is_open, limit_ms=HOUR)
    sim.oracle.look(sim.now, sim.state())
    robot.x += 0.1
    assert 'r1 moves while open' in seen(sim)


def test_the_oracle_sees_robots_that_drive_through_shut_doors() -> None:
    sim = Simulation(two_floors(robots=1, door=True), Random(1))
    sim.request('drug', sender='stores', recipient='ward')
    robot = sim.world.robots[RobotId('r1')]
    assert sim.run_until(
        lambda: robot.edge is not None and bool(robot.edge.node.door), limit_ms=HOUR
    )
    sim.world.doors[DoorId('D')].position = DoorPosition.MOVING
    assert 'r1 passes the shut door D' in seen(sim)
    assert sim.run_until(
        lambda: robot.edge is not None and bool(robot.edge.node.lift), limit_ms=HOUR
    )
    sim.world.lifts[LiftId('A')].door = LiftDoor.MOVING
    assert 'r1 passes the shut door of A' in seen(sim)


def test_the_oracle_sees_a_delivery_that_ends_twice_or_never() -> None:
    sim = watched()
    first = sim.request('drug', sender='pharmacy', recipient='ward')
    assert sim.oracle.all_ended(sim.state()) == [f'{first} never ended']
    for _ in range(2):
        sim.oracle.note(sim.now, DeliveryCancelled(first, ward(StationId('ward'))))
    assert 'ended twice' in sim.oracle.violations[-1]


def test_the_oracle_sees_a_gap_in_custody() -> None:
    sim = watched()
    first = sim.request('drug', sender='pharmacy', recipient='ward')
    actor = ward(StationId('ward'))
    sim.oracle.note(sim.now, ParcelLoaded(first, RobotId('r1'), CompartmentId('c1'), actor))
    assert f'it is at {AT_SENDER}' in sim.oracle.violations[-1]
    sim.oracle.note(sim.now, ParcelTaken(first, RobotId('r1'), CompartmentId('c1'), actor))
    assert f'said to be at {AT_RECIPIENT}' in sim.oracle.violations[-1]


def test_a_parcel_that_is_not_where_its_end_says_is_seen_at_the_end() -> None:
    sim = Simulation(corridor(robots=1), Random(1))
    first = sim.request('drug', sender='west', recipient='east')
    assert sim.run_until(sim.is_calm, limit_ms=HOUR)
    assert sim.oracle.all_ended(sim.state()) == []
    sim.world.hands.places[first] = AT_SENDER
    assert sim.oracle.all_ended(sim.state()) == [f'{first} is delivered, its parcel is at sender']


# --- the manager in it  ---


def test_a_journal_that_gives_another_state_stops_everything() -> None:
    sim = Simulation(corridor(robots=1), Random(1))
    sim.run(2_000)
    sim.state().delivered = 7
    with pytest.raises(InvariantBroken, match='another state'):
        sim.crash_manager()


def test_a_message_that_was_not_written_down_never_happened() -> None:
    sim = Simulation(corridor(robots=1), Random(1))
    delivery = sim.request('drug', sender='west', recipient='east')
    lost = DeliveryId('D000002')
    request = RequestDelivery(OPERATOR, 'k', 'drug', StationId('east'), StationId('west'))
    sim.crash_manager(lost=request)
    assert list(sim.state().deliveries) == [delivery]
    assert sim.request('drug', sender='east', recipient='west') == lost


def test_a_request_that_is_refused_is_an_error_of_the_script() -> None:
    sim = Simulation(corridor(robots=1), Random(1))
    with pytest.raises(ValueError, match='same_station'):
        sim.request('drug', sender='west', recipient='west')


def test_everything_is_signed_for_and_most_of_it_rated() -> None:
    sim = Simulation(corridor(robots=1), Random(3))
    for _ in range(8):
        sim.request('drug', sender='west', recipient='east')
    assert sim.run_until(sim.is_calm, limit_ms=2 * HOUR)
    sim.run(5_000)
    received = [e for _, e in sim.events if isinstance(e, DeliveryReceived)]
    assert len(received) == 8
    assert 0 < sum(d.rating is not None for d in sim.state().deliveries.values()) < 8
