"""A robot is told that another map is in force: when it takes it over, and what it keeps."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.ids import HospitalId, LiftId, NodeId
from fleet_manager.domain.maps.model import Hospital
from robot_nodes.core.memory import Memory, from_json, to_json
from robot_nodes.core.robot import Output
from robot_nodes.core.world import World
from tests.hospitals import corridor, two_floors
from tests.redrawn import moved, with_lane, without, without_lift
from tests.robot_nodes.build import MAP, Stage, at, node, order

#: Bays hang on w1 … w5, four metres apart; the robot of these tests drives along them.
NEXT = replace(corridor(), id=HospitalId(MAP[0]))
WAY = [
    node(i, node=NodeId(f'F1.w{i + 1}'), x=4.0 * i) for i in range(5)
]  # the same places as on the map before


def started(*, released: int, memory: Memory | None = None) -> Stage:
    stage = Stage(at(0.0), memory=memory or Memory(), hands_seconds=0.0)
    nodes = [replace(n, released=n.sequence <= released) for n in WAY]
    stage.tell(order([], nodes=nodes))
    return stage


def tell_map(stage: Stage, hospital: Hospital, seconds: float = 1.0) -> Output:
    stage.inputs.hospital = hospital
    return stage.run(seconds)


def test_a_robot_that_stands_on_a_place_of_the_new_map_takes_it_over() -> None:
    stage = started(released=0)
    output = tell_map(stage, NEXT)
    assert output.state.map_version == NEXT.version
    assert output.took_over is NEXT
    assert output.memory.map_version == NEXT.version


def test_a_robot_under_way_drives_to_the_end_of_what_it_was_let_onto_first() -> None:
    stage = started(released=2)
    output = tell_map(stage, NEXT, 3.0)
    assert output.state.map_version == 'v1'
    output = stage.run(20.0)
    assert output.state.map_version == NEXT.version
    assert stage.distance_to(8.0, 0.0) < 0.3


def test_it_goes_on_with_its_order_where_it_is_and_forgets_nothing() -> None:
    stage = started(released=2)
    stage.run(20.0)
    tell_map(stage, NEXT)
    assert stage.last.state.last_sequence == 2
    further = order(
        [],
        nodes=[replace(n, released=n.sequence <= 4) for n in WAY[2:]],
        map_id=str(NEXT.id),
        map_version=NEXT.version,
        update=2,
    )
    output = stage.run(20.0, again=further)
    assert output.state.last_sequence == 4
    assert not output.state.errors


def test_a_robot_held_on_its_way_takes_over_a_map_that_has_all_it_was_let_onto() -> None:
    stage = started(released=3)
    stage.run(4.0)
    held = order([], nodes=[replace(n, released=n.sequence <= 3) for n in WAY], paused=True)
    stage.run(3.0, again=held)
    assert tell_map(stage, without(NEXT, nodes=['F1.w4', 'F1.b4'])).state.errors == (
        'map_refused:place_gone',
    )
    near = moved(NEXT, 'F1.w4', by=0.04)
    assert tell_map(stage, near).state.map_version == near.version
    nodes = [
        replace(n, released=n.sequence <= 3, x=near.nodes[n.node].x, y=near.nodes[n.node].y)
        for n in WAY
    ]
    on = order([], nodes=nodes, map_version=near.version)
    assert stage.run(20.0, again=on).state.last_sequence == 3
    assert not stage.last.state.errors


def test_orders_on_the_old_map_are_refused_from_then_on() -> None:
    stage = started(released=0)
    tell_map(stage, NEXT)
    output = stage.tell(order([], nodes=[replace(n, released=True) for n in WAY], update=2))
    assert output.state.errors == ('order_refused:wrong_map',)
    assert stage.run(3.0).state.last_sequence == 0


def test_a_robot_whose_place_is_gone_stays_on_its_map_and_says_why() -> None:
    stage = started(released=0)
    for other in (without(NEXT, nodes=['F1.w1', 'F1.b1', 'F1.west']), moved(NEXT, 'F1.w1', by=1)):
        output = tell_map(stage, other)
        assert output.state.map_version == 'v1'
        assert output.state.errors == ('map_refused:place_gone',)
    output = tell_map(stage, NEXT)
    assert output.state.map_version == NEXT.version
    assert not output.state.errors


def test_the_map_of_another_hospital_is_never_taken_over() -> None:
    stage = started(released=0)
    assert tell_map(stage, corridor()).state.errors == ('map_refused:other_hospital',)


def test_a_robot_that_never_had_an_order_looks_where_it_stands() -> None:
    stage = Stage(at(0.0, 2.0), hands_seconds=0.0)  # bay b1
    assert tell_map(stage, NEXT).state.map_version == NEXT.version
    lost = Stage(at(2.0, 9.0), hands_seconds=0.0)
    assert tell_map(lost, NEXT).state.errors == ('map_refused:place_gone',)


def test_after_a_power_cut_it_is_on_the_map_it_took_over() -> None:
    stage = started(released=1)
    stage.run(15.0)
    tell_map(stage, NEXT)
    stage.memory = from_json(to_json(stage.memory))
    stage.inputs.hospital = None
    stage.start()
    output = stage.run(1.0)
    assert output.state.map_version == NEXT.version
    assert output.state.last_sequence == 1


def test_a_memory_from_before_maps_could_be_swapped_is_read() -> None:
    old = to_json(Memory(epoch=3))
    del old['map_version']
    assert from_json(old) == Memory(epoch=3)


# --- the simulated building ----------------------------------------------------------------------


def test_a_building_with_the_same_lifts_and_doors_goes_on_as_it_is() -> None:
    house = two_floors(robots=2, lifts=2, door=True)
    world = World(house, tuple(house.robots))
    assert world.is_built_as(without(house, nodes=['F2.p4']))
    assert world.is_built_as(with_lane(house, 'F1.p2', 'F1.p3'))
    assert not world.is_built_as(without_lift(house, 'B'))
    lift = house.lifts[LiftId('A')]
    higher = replace(house, lifts={**house.lifts, lift.id: replace(lift, width=3.0)})
    assert not world.is_built_as(higher)
