"""What a robot remembers over a power cut, and what it does when the disk lost it."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.domain.ids import FloorId
from robot_nodes.core import battery
from robot_nodes.core.follower import STILL
from robot_nodes.core.memory import Compartment, Memory, MemoryCorrupt, from_json, to_json
from robot_nodes.core.robot import Mode
from robot_nodes.files import read_json, write_json
from tests.robot_nodes.build import Stage, at, node, order

FULL = Memory(
    epoch=7,
    order=order(
        [],
        nodes=[node(3), node(4, via=((7.0, 0.5),), lift='A', boards=True, session='s', door='D')],
        grant=4,
        grant_compartment='c2',
    ),
    last_node='n3',
    last_sequence=3,
    retired=('o0',),
    last_grant=3,
    compartments=(Compartment('c1', occupied=True), Compartment('c2', locked=False)),
    battery=0.625,
)


def test_a_memory_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    for memory in (Memory(), FULL):
        write_json(tmp_path / 'robots' / 'r1.json', to_json(memory))
        assert from_json(read_json(tmp_path / 'robots' / 'r1.json')) == memory
    assert [file.name for file in (tmp_path / 'robots').iterdir()] == ['r1.json']


def test_no_file_is_no_memory_and_a_torn_one_is_an_error(tmp_path: Path) -> None:
    assert read_json(tmp_path / 'none.json') is None
    (tmp_path / 'torn.json').write_text(json.dumps(to_json(FULL))[:100])
    with pytest.raises(ValueError, match='line 1'):
        read_json(tmp_path / 'torn.json')


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / 'r1.json'
    write_json(file, {'a': 1})
    (tmp_path / 'r1.json').unlink()
    (tmp_path / 'r1.json').mkdir()
    with pytest.raises(OSError, match='directory'):
        write_json(file, {'a': 2})
    assert [f.name for f in tmp_path.iterdir()] == ['r1.json']


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.thorough
@given(JSON)
def test_anything_else_is_corrupt_and_nothing_else_is_raised(data: Any) -> None:
    with pytest.raises(MemoryCorrupt):
        from_json(data)


@pytest.mark.slow
@given(st.data())
@settings(max_examples=200)
def test_one_damaged_field_is_corrupt_or_still_a_memory(data: st.DataObject) -> None:
    whole = json.loads(json.dumps(to_json(FULL)))
    place: Any = whole
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        memory = from_json(whole)
    except MemoryCorrupt:
        return
    stage = Stage(at(6.0), memory=memory)
    stage.step()


def test_without_memory_it_adopts_the_first_node_of_an_order_that_begins_here() -> None:
    stage = Stage(at(9.3), faults=('memory_corrupt',))
    assert stage.step().state.errors == ('memory_corrupt',)
    told = order([4, 5, 6], epoch=3, order_id='o9')
    output = stage.tell(told)
    assert output.state.errors == ()
    assert (output.state.last_node, output.state.last_sequence) == ('n4', 4)
    stage.run(12, again=told)
    assert stage.distance_to(12.0, 0.0) <= 0.03


def test_without_memory_it_refuses_an_order_that_begins_elsewhere() -> None:
    stage = Stage(at(9.3))
    output = stage.tell(order([1, 2]))
    assert output.state.errors == ('order_refused:not_here',)
    assert output.speeds == STILL


def test_what_it_remembers_of_another_map_is_forgotten() -> None:
    stage = Stage(at(0.0))
    stage.tell(order([0, 1, 2], epoch=4))
    stage.run(4)
    assert stage.memory.last_sequence == 1
    old = stage.memory.order
    assert old is not None
    stage.memory = dataclasses.replace(
        stage.memory, order=dataclasses.replace(old, map_version='v0')
    )
    stage.start()
    stood = stage.pose
    output = stage.run(5)
    assert (output.state.order_id, output.state.last_node, output.state.epoch) == ('', '', 4)
    assert math.dist((stood.x, stood.y), (stage.pose.x, stage.pose.y)) < 0.5
    assert output.state.speed == 0.0


def test_an_unwritable_memory_stops_the_robot() -> None:
    stage = Stage(at(0.0))
    stage.tell(order([0, 1, 2]))
    stage.run(3)
    stage.inputs.memory_unwritable = True
    output = stage.run(1)
    assert (output.state.mode, output.speeds) == (Mode.ERROR, STILL)
    assert 'memory_unwritable' in output.state.errors


def test_the_memory_changes_only_when_there_is_something_to_remember() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1, 2])
    stage.tell(told)
    written = []
    for _ in range(20 * 10):
        stage.inputs.orders = (told,)
        memory = stage.step().memory
        if not written or memory != written[-1]:
            written.append(memory)
    assert [m.last_sequence for m in written] == [0, 1, 2]


def test_driving_empties_the_battery_and_charging_fills_it() -> None:
    hour = 3_600.0
    assert battery.drawn(1.0, speed=0.0, seconds=hour) == pytest.approx(1.0 - 20 / 960)
    at_08 = 20 + 50 * 9.81 * 0.22 * 0.8
    assert battery.drawn(1.0, speed=0.8, seconds=hour) == pytest.approx(1.0 - at_08 / 960)
    assert battery.drawn(0.001, speed=0.8, seconds=hour) == 0.0
    assert battery.charged(0.5, seconds=hour) == pytest.approx(0.5 + (24 * 8.8 - 20) / 960)
    assert battery.charged(0.9, seconds=60.0) - 0.9 < battery.charged(0.5, seconds=60.0) - 0.5
    assert battery.charged(0.999, seconds=10 * hour) <= 1.0


def test_it_charges_where_its_order_ends_and_only_when_it_is_told() -> None:
    stage = Stage(at(0.0), memory=Memory(battery=0.5))
    told = order([0, 1], charge=True)
    stage.tell(told)
    assert not stage.run(2, again=told).state.charging
    output = stage.run(60, again=told)
    assert output.state.charging
    assert output.state.battery > 0.5
    assert not stage.run(5, again=order([0, 1], update=2)).state.charging


def test_a_clock_that_stands_still_or_jumps_back_moves_nothing() -> None:
    stage = Stage(at(0.0))
    told = order([0, 1, 2])
    stage.tell(told)
    stage.run(3, again=told)
    stage.now -= 1_000_000
    output = stage.step()
    assert output.state.battery <= 1.0
    output = stage.run(20, again=told)
    assert output.state.last_sequence == 2
    assert output.state.errors == ()
    assert FloorId('F1') == output.state.pose.floor  # type: ignore[union-attr]
