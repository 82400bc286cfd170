"""Places over time: what happened along a way, and what is planned, as it is."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from fleet_manager.application.space_time import (
    AHEAD_MS,
    MAX_PLACES,
    Axis,
    Traffic,
    axis_between,
    axis_of_lift,
    axis_of_robot,
    diagram,
    traffic,
)
from fleet_manager.application.track import KEPT_MS, MAX_MARKS, Track
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import LiftId, NodeId, RobotId
from fleet_manager.domain.messages import AlertRaised, HopsReleased, NodeReached, RobotPlaced
from fleet_manager.domain.traffic.retime import retime
from fleet_manager.domain.units import MINUTE, Instant
from tests.application.stage import Stage
from tests.hospitals import corridor, two_floors
from tests.scenarios.day import QUICK, Day, small_hospital

R1 = RobotId('r1')


def looked_at(stage: Stage) -> Traffic:
    track = Track()
    for line in stage.journal:
        track.note(line.at, decode_event(line.kind, line.body))
    turn = stage.kernel.turn()
    return traffic(turn, retime(turn.state, turn.now), track)


def lines(found: dict[str, Any], robot: str) -> list[dict[str, Any]]:
    return [line for one in found['robots'] if one['robot'] == robot for line in one['lines']]


@pytest.fixture(scope='module')
def moments() -> list[Traffic]:
    """A busy quarter of an hour with real lifts, seen every half minute."""
    day = Day(small_hospital(), 5, robots=8, deliveries=60, every_ms=15_000, habits=QUICK)
    track, found = Track(), []
    day.sim.manager.listeners.append(track.note)
    for _ in range(30):
        day.sim.run(30_000)
        turn = day.sim.manager.kernel.turn()
        found.append(traffic(turn, retime(turn.state, turn.now), track))
    return found


def axes(now: Traffic) -> list[Axis]:
    stations = now.graph.hospital.stations
    way = axis_between(now, stations['pharmacy'].node, stations['n3e'].node)  # type: ignore[index]
    assert way is not None
    lifts = [axis_of_lift(now, lift) for lift in now.graph.hospital.lifts]
    return [*(axis_of_robot(now, robot) for robot in now.courses), *lifts, way]


# --- the past that is kept  ---


def test_a_robots_past_holds_when_it_came_and_when_it_went_on() -> None:
    track = Track()
    track.note(Instant(1_000), RobotPlaced(R1, NodeId('a'), ()))
    track.note(Instant(9_000), HopsReleased(R1, upto=1, update=1, claims=()))
    track.note(Instant(12_000), NodeReached(R1, 1, NodeId('b'), ()))
    track.note(Instant(12_200), HopsReleased(R1, upto=2, update=2, claims=()))
    track.note(Instant(12_400), HopsReleased(R1, upto=3, update=3, claims=()))
    track.note(Instant(15_000), NodeReached(R1, 2, NodeId('c'), ()))
    assert track.marks()[R1] == ((1_000, 'a'), (9_000, 'a'), (12_000, 'b'), (15_000, 'c'))
    assert track.since == 1_000


def test_the_past_is_bounded_in_time_and_in_number() -> None:
    track = Track()
    for n in range(3 * MAX_MARKS):
        track.note(Instant(n * 10), NodeReached(R1, n, NodeId(f'n{n}'), ()))
    assert len(track.marks()[R1]) == MAX_MARKS
    track.note(Instant(KEPT_MS * 3), NodeReached(R1, 10_000, NodeId('home'), ()))
    assert [node for _, node in track.marks()[R1]] == [f'n{3 * MAX_MARKS - 1}', 'home']


def test_what_was_handed_out_does_not_change_afterwards() -> None:
    track = Track()
    track.note(Instant(1), RobotPlaced(R1, NodeId('a'), ()))
    before = track.marks()
    track.note(Instant(2), NodeReached(R1, 1, NodeId('b'), ()))
    track.note(Instant(3), AlertRaised('x', 'robot_stuck', 'r1', {}))
    assert before[R1] == ((1, 'a'),)


# --- ways  ---


def test_the_way_of_a_robot_is_the_way_it_came_and_the_way_it_goes() -> None:
    stage = Stage(two_floors(robots=1))
    name = stage.request('pharmacy', 'ward')
    stage.reach(name, DeliveryState.UNDER_WAY)
    stage.wait(2_000)
    now = looked_at(stage)
    axis, robot = axis_of_robot(now, R1), stage.robot('r1')
    ahead = [robot.node, *(hop.target for hop in robot.hops)]
    assert list(axis.rows)[-len(ahead) :] == ahead
    assert len(axis.rows) > len(ahead)
    assert len(set(axis.rows)) == len(axis.rows)


def test_a_robot_nobody_has_seen_has_no_way() -> None:
    now = looked_at(Stage(corridor(robots=1)))
    found = diagram(now, axis_of_robot(now, R1))
    assert (found['places'], found['robots'], found['robot']) == ([], [], 'r1')


def test_the_way_between_two_places_goes_through_the_lift_and_over_no_bay() -> None:
    stage = Stage(two_floors(robots=2))
    now, stations = looked_at(stage), stage.hospital.stations
    start, end = stations['pharmacy'].node, stations['ward'].node  # type: ignore[index]
    axis = axis_between(now, start, end)
    assert axis is not None
    assert (axis.rows[0], axis.rows[-1]) == (start, end)
    assert 'car.A' in axis.rows
    assert not [node for node in axis.rows[1:-1] if stage.hospital.is_bay(node)]
    assert list(axis.metres) == sorted(axis.metres)


def test_there_is_no_way_to_where_one_stands_or_from_another_house() -> None:
    stage = Stage(two_floors(robots=1))
    now, node = looked_at(stage), stage.hospital.stations['ward'].node  # type: ignore[index]
    assert axis_between(now, node, node) is None
    assert axis_between(now, node, NodeId('car.A')) is None


def test_a_lift_has_its_floors_as_rows_the_lowest_first() -> None:
    now = looked_at(Stage(two_floors(robots=1)))
    axis = axis_of_lift(now, LiftId('A'))
    hospital = now.graph.hospital
    floors = [hospital.nodes[node].floor for node in axis.rows]
    assert [hospital.floors[floor].elevation for floor in floors] == list(axis.metres)
    assert list(axis.metres) == sorted(axis.metres)


def test_the_longest_axis_is_bounded() -> None:
    stage = Stage(corridor(robots=1, length=300))
    now = looked_at(stage)
    nodes = [n for n in stage.hospital.nodes if not stage.hospital.is_bay(n)]
    axis = axis_between(now, nodes[0], nodes[-1])
    assert axis is not None
    assert len(axis.rows) == len(axis.metres) == MAX_PLACES


# --- lines  ---


@pytest.mark.thorough
def test_a_robot_that_drives_is_drawn_up_to_now_and_expected_from_there(
    moments: list[Traffic],
) -> None:
    seen = 0
    for now in moments:
        for robot, course in now.courses.items():
            if not course.hops:
                continue
            seen += 1
            found = lines(diagram(now, axis_of_robot(now, robot)), robot)
            past = [line['points'][-1] for line in found if not line['planned']]
            planned = [line['points'][0] for line in found if line['planned']]
            assert past[-1][0] == now.now
            assert past[-1] in planned
    assert seen > 30


def test_every_line_runs_forward_in_time_within_the_window_and_the_rows(
    moments: list[Traffic],
) -> None:
    for now in moments:
        for axis in axes(now):
            found = diagram(now, axis)
            assert (found['from'], found['until']) == (now.now - KEPT_MS, now.now + AHEAD_MS)
            for one in found['robots']:
                for line in one['lines']:
                    times = [at for at, _ in line['points']]
                    assert times == sorted(times)
                    low, high = (
                        (now.now, found['until']) if line['planned'] else (found['from'], now.now)
                    )
                    assert low <= times[0] <= times[-1] <= high
                    assert all(0 <= row < len(axis.rows) for _, row in line['points'])
            for use in found['lifts']:
                assert found['from'] <= use['from'] <= use['until'] <= found['until']
                assert 0 <= use['low'] <= use['high'] < len(axis.rows)
            assert json.loads(json.dumps(found)) == found


def test_no_place_is_ever_drawn_with_two_robots_on_it(moments: list[Traffic]) -> None:
    met = 0
    for now in moments:
        for axis in axes(now):
            stays: dict[int, list[tuple[float, float, str]]] = {}
            for one in diagram(now, axis)['robots']:
                for line in one['lines']:
                    for (at, row), (then, onto) in pairwise(line['points']):
                        if row == onto == int(row) and axis.through is None:
                            stays.setdefault(int(row), []).append((at, then, one['robot']))
            for those in stays.values():
                met += len(those) - 1
                for (_, end, robot), (start, _, other) in pairwise(sorted(those)):
                    assert robot == other or end <= start
    assert met > 20


def test_a_lift_is_in_use_from_boarding_until_the_robot_is_out(moments: list[Traffic]) -> None:
    now = moments[-1]
    for lift in now.graph.hospital.lifts:
        uses = diagram(now, axis_of_lift(now, lift))['lifts']
        assert uses
        assert {use['lift'] for use in uses} == {lift}
        assert all(use['until'] > use['from'] for use in uses)
        ordered = sorted(uses, key=lambda use: use['from'])
        for before, after in pairwise(ordered):
            assert before['until'] <= after['from'], 'one robot in a car'
    assert any(
        use['planned']
        for now in moments
        for lift in now.graph.hospital.lifts
        for use in diagram(now, axis_of_lift(now, lift))['lifts']
    )


def test_a_ride_is_drawn_from_floor_to_floor(moments: list[Traffic]) -> None:
    now = moments[-1]
    found = diagram(now, axis_of_lift(now, LiftId('A')))
    rides = {use['robot'] for use in found['lifts'] if not use['planned']}
    assert rides
    for robot in rides:
        steps = [
            abs(onto - row)
            for line in lines(found, robot)
            for (_, row), (_, onto) in pairwise(line['points'])
        ]
        assert max(steps, default=0) > 0


def test_a_robot_that_goes_elsewhere_leaves_a_gap(moments: list[Traffic]) -> None:
    assert any(
        len([line for line in one['lines'] if not line['planned']]) > 1
        for now in moments
        for axis in axes(now)
        for one in diagram(now, axis)['robots']
    )


def test_a_robot_that_stands_since_the_start_is_drawn_as_standing() -> None:
    stage = Stage(corridor(robots=1))
    stage.wait(5 * MINUTE)
    now = looked_at(stage)
    (line,) = lines(diagram(now, axis_of_robot(now, R1)), 'r1')
    assert line == {'planned': False, 'points': [[stage.times(RobotPlaced)[0], 0], [now.now, 0]]}


def test_after_a_restart_the_diagram_says_since_when_it_knows_the_past() -> None:
    stage = Stage(corridor(robots=1))
    stage.reach(stage.request('west', 'east'), DeliveryState.AWAITING_LOAD)
    turn = stage.kernel.turn()
    now = traffic(turn, retime(turn.state, turn.now), Track())
    found = diagram(now, axis_of_robot(now, R1))
    assert found['recorded_from'] == now.now
    assert found['places'][-1]['node'] == stage.robot('r1').node


def test_the_chosen_robot_comes_first(moments: list[Traffic]) -> None:
    now = moments[-1]
    for robot in now.courses:
        assert diagram(now, axis_of_robot(now, robot))['robots'][0]['robot'] == robot
