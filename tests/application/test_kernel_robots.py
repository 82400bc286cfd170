"""What robots may say, what happens when it cannot be true, and when they say nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fleet_manager.application.observe import GOOD_REPORTS, MAX_MALFORMED
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import FloorId, LiftId, RobotId
from fleet_manager.domain.messages import (
    DoorPosition,
    DoorReport,
    FleetPaused,
    FleetResumed,
    HopsReleased,
    LegPlanned,
    LiftDoor,
    LiftMode,
    LiftReport,
    MalformedReport,
    NodeReached,
    OpenCompartment,
    PauseFleet,
    PauseRobot,
    PoseReport,
    ReadmitRobot,
    ResumeFleet,
    ResumeRobot,
    RobotExcluded,
    RobotPaused,
    RobotPlaced,
    RobotReadmitted,
    RobotResumed,
    RunAssigned,
    RunWithdrawn,
)
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import corridor, loop, two_floors


def driving() -> tuple[Stage, str]:
    """A robot that was sent off and has not moved yet."""
    stage = Stage()
    delivery = stage.request('stores', 'pharmacy')
    stage.tick()
    stage.auto = False
    return stage, stage.carrier(delivery)


# --- seen first  ---


def test_a_robot_at_home_joins_the_fleet_at_its_first_word() -> None:
    stage = Stage()
    events = stage.say('r1')
    assert events == [RobotPlaced(RobotId('r1'), node='F1.c1', claims=('node:F1.c1',))]  # type: ignore[arg-type]


@pytest.mark.parametrize('changes', [{'x': 3.0}, {'floor': 'F2'}, {'map_version': 'old'}])
def test_a_robot_that_is_not_at_home_waits_for_a_person(changes: dict[str, object]) -> None:
    stage = Stage()
    assert stage.say('r1', **changes) == []
    assert 'r1' in stage.kernel.sensed.malformed


def test_a_robot_whose_home_is_taken_does_not_join() -> None:
    stage = Stage(corridor(robots=1))
    stage.tick()
    stage.hospital.robots[RobotId('r2')] = replace(  # type: ignore[index]
        stage.hospital.robots[RobotId('r1')], id=RobotId('r2')
    )
    stage.reports[RobotId('r2')] = replace(stage.reports[RobotId('r1')], robot=RobotId('r2'))
    assert stage.say('r2') == []


def test_nobody_is_sent_to_the_home_of_a_robot_that_was_not_seen_yet() -> None:
    stage = Stage(two_floors(robots=8))
    stage.silent |= {RobotId(f'r{n}') for n in range(2, 9)}
    delivery = stage.request()
    stage.reach(delivery, DeliveryState.DELIVERED)
    stage.wait(60_000)
    assert stage.robot('r1').node == 'F1.c1', 'every other bay is the home of a robot'


def test_a_stranger_changes_nothing() -> None:
    stage = Stage()
    report = replace(stage.reports[RobotId('r1')], robot=RobotId('thief'))
    assert stage.hear(report) == []
    assert stage.hear(PoseReport(RobotId('thief'), FloorId('F1'), 0, 0, 0)) == []
    assert 'thief' not in stage.kernel.state.robots
    assert stage.kernel.sensed.malformed['thief'][0] == 'no robot of this hospital'


def test_strangers_cannot_fill_the_memory() -> None:
    stage = Stage()
    for n in range(2 * MAX_MALFORMED):
        stage.hear(MalformedReport(f'x{n}', 'nonsense'))
        closed, human = LiftDoor.CLOSED, LiftMode.HUMAN
        lift, floor = LiftId(f'l{n}'), FloorId('F1')
        stage.hear(LiftReport(lift, floor, floor, closed, False, human, ''))
        stage.hear(DoorReport(f'd{n}', DoorPosition.OPEN))  # type: ignore[arg-type]
    assert len(stage.kernel.sensed.malformed) == MAX_MALFORMED
    assert not stage.kernel.sensed.lifts
    assert not stage.kernel.sensed.doors


def test_poses_move_a_robot_on_the_map_and_decide_nothing() -> None:
    stage = Stage()
    stage.tick()
    pose = PoseReport(RobotId('r1'), FloorId('F2'), 99.0, 99.0, 0.0)
    assert stage.hear(pose) == []
    assert stage.kernel.sensed.robots[RobotId('r1')].pose == pose
    assert stage.robot('r1').excluded is None


# --- progress  ---


def test_a_late_or_repeated_report_frees_nothing_twice() -> None:
    stage, robot = driving()
    report = stage.reports[RobotId(robot)]
    events = stage.drive(robot)
    assert [type(e) for e in events] == [NodeReached, NodeReached]
    state = stage.kernel.snapshot()
    assert stage.hear(stage.reports[RobotId(robot)]) == []
    assert stage.hear(report) == []
    assert stage.kernel.snapshot() == state


def test_a_robot_that_passed_several_nodes_since_its_last_word_has_reached_them_all() -> None:
    stage = Stage(corridor(robots=1))
    stage.request('east', 'west')
    stage.tick()
    stage.auto = False
    for _ in range(2):
        done = stage.robot('r1').done
        stage.tick()
        stage.drive('r1')
        assert stage.robot('r1').done == done + 2


# --- implausible  ---


@pytest.mark.parametrize(
    ('reason', 'changes'),
    [
        ('wrong_map', {'map_version': 'old'}),
        ('unknown_floor', {'floor': 'F9'}),
        ('epoch_from_the_future', {'epoch': 7}),
        ('ran_ahead', {'last_sequence': 99}),
        ('off_route', {'x': 30.0}),
        ('off_route', {'floor': 'F2'}),
        ('off_route', {'x': math.nan}),
    ],
)
def test_a_robot_that_says_what_cannot_be_gets_nothing_and_keeps_its_place(
    reason: str, changes: dict[str, object]
) -> None:
    stage, robot = driving()
    events = stage.say(robot, **changes)
    assert events == [RobotExcluded(RobotId(robot), reason)]
    held = stage.kernel.state.queues
    stage.tick()
    assert [q[0].robot for q in held.values()].count(RobotId(robot)) > 0
    assert stage.order(robot).paused
    assert stage.all(RobotExcluded) == events, 'said once'
    assert stage.last(RunWithdrawn).reason == 'robot_unavailable'


def test_nonsense_from_a_robot_excludes_it_until_it_makes_sense_three_times() -> None:
    stage = Stage()
    stage.tick()
    assert stage.hear(MalformedReport('r1', 'x is NaN')) == [
        RobotExcluded(RobotId('r1'), 'malformed_report')
    ]
    for _ in range(GOOD_REPORTS - 1):
        assert stage.say('r1') == []
    assert [type(e) for e in stage.say('r1')] == [RobotReadmitted]


def test_nonsense_in_between_starts_the_count_again() -> None:
    stage = Stage()
    stage.tick()
    stage.hear(MalformedReport('r1', 'x is NaN'))
    stage.say('r1')
    stage.say('r1')
    stage.hear(MalformedReport('r1', 'x is NaN'))
    assert stage.say('r1') == []


def test_two_programs_of_one_name_exclude_the_robot() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', incarnation='b', sequence=1)
    assert stage.robot('r1').excluded is None
    events = stage.say('r1', incarnation='r1-1', sequence=50)
    assert events == [RobotExcluded(RobotId('r1'), 'duplicate_name')]


def test_an_operator_readmits_a_robot_that_stands_where_it_should() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', x=9.0)
    readmit = ReadmitRobot(OPERATOR, RobotId('r1'))
    reply = stage.send(readmit)
    assert (reply.refusal_code, reply.refusal_params) == (
        'robot_still_implausible',
        {'reason': 'off_route'},
    )
    stage.say('r1', **stage.stand('r1', 'F1.c1'))
    assert stage.robot('r1').excluded == 'off_route', 'it does not come back by itself'
    assert stage.refused(readmit) is None
    assert stage.robot('r1').excluded is None
    assert stage.refused(readmit) is None
    assert len(stage.all(RobotReadmitted)) == 1


def test_a_silent_robot_is_not_readmitted() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', x=9.0)
    stage.silent.add('r1')
    stage.wait(12_000)
    reply = stage.send(ReadmitRobot(OPERATOR, RobotId('r1')))
    assert reply.refusal_params == {'reason': 'silent'}


# --- paused  ---


def test_a_paused_robot_gets_no_new_node_until_it_is_resumed() -> None:
    stage, robot = driving()
    pause = PauseRobot(OPERATOR, RobotId(robot))
    assert stage.refused(pause) is None
    assert stage.refused(pause) is None
    assert stage.order(robot).paused
    stage.auto = True
    stage.wait(5_000)
    released = stage.robot(robot).released
    assert stage.robot(robot).done == released
    stage.send(ResumeRobot(OPERATOR, RobotId(robot)))
    stage.wait(5_000)
    assert stage.robot(robot).released > released
    assert len(stage.all(RobotPaused)) == len(stage.all(RobotResumed)) == 1


def test_a_paused_robot_keeps_its_job() -> None:
    stage, robot = driving()
    stage.auto = True
    stage.send(PauseRobot(OPERATOR, RobotId(robot)))
    stage.wait(120_000)
    assert stage.robot(robot).delivery is not None
    assert not stage.all(RunWithdrawn)


def test_a_paused_fleet_stands_and_robots_paused_one_by_one_stay_so() -> None:
    stage = Stage()
    stage.tick()
    stage.send(PauseRobot(OPERATOR, RobotId('r1')))
    stage.send(PauseFleet(OPERATOR))
    stage.send(PauseFleet(OPERATOR))
    stage.request()
    stage.wait(5_000)
    assert not stage.all(RunAssigned)
    assert all(stage.order(r).paused for r in stage.hospital.robots)
    stage.send(ResumeFleet(OPERATOR))
    assert stage.order('r1').paused
    assert not stage.order('r2').paused
    assert len(stage.all(FleetPaused)) == len(stage.all(FleetResumed)) == 1


def test_only_operators_steer_and_only_robots_that_are_there() -> None:
    stage = Stage()
    stage.tick()
    r1, nobody = RobotId('r1'), RobotId('r9')
    actor = ward('lab')
    for command in (
        PauseRobot(actor, r1),
        ResumeRobot(actor, r1),
        PauseFleet(actor),
        ResumeFleet(actor),
        ReadmitRobot(actor, r1),
    ):
        assert stage.refused(command) == 'not_allowed'
    for command in (PauseRobot(OPERATOR, nobody), ReadmitRobot(OPERATOR, nobody)):
        assert stage.refused(command) == 'unknown_robot'


# --- dead  ---


def test_a_robot_that_dies_before_loading_loses_the_delivery_to_another() -> None:
    stage = Stage(loop(robots=3))
    delivery = stage.request('s5', 's7')
    stage.tick()
    assert stage.carrier(delivery) == 'r3'
    stage.silent.add('r3')
    stage.wait(70_000)
    assert stage.last(RunWithdrawn).robot == 'r3'
    assert stage.carrier(delivery) == 'r2', 'which goes the long way round'
    stage.reach(delivery, DeliveryState.DELIVERED)
    assert stage.robot('r3').node == 'F1.b3'


def test_a_robot_that_dies_loaded_keeps_parcel_and_place() -> None:
    stage = Stage(two_floors(robots=3))
    delivery = stage.request('stores', 'pharmacy')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    robot = stage.carrier(delivery)
    stage.tick()
    stage.silent.add(robot)
    stage.wait(30 * 60_000)
    assert stage.carrier(delivery) == robot
    assert stage.delivery(delivery).state is DeliveryState.UNDER_WAY
    holders = [queue[0].robot for queue in stage.kernel.state.queues.values()]
    assert robot in holders
    stage.silent.clear()
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_a_short_silence_changes_nothing() -> None:
    stage, robot = driving()
    stage.auto = True
    stage.silent.add(robot)
    stage.wait(20_000)
    stage.silent.clear()
    stage.wait(60_000)
    assert not stage.all(RunWithdrawn)
    assert len([e for e in stage.all(LegPlanned) if e.robot == robot]) == 1


# --- restarts  ---


def test_a_robot_that_restarts_on_a_lane_goes_on_where_it_was() -> None:
    stage, robot = driving()
    hop = stage.robot(robot).hops[0]
    a, b = stage.hospital.nodes[hop.origin], stage.hospital.nodes[hop.target]
    middle = {'x': (a.x + b.x) / 2, 'y': (a.y + b.y) / 2}
    assert stage.say(robot, **middle) == []
    stage.tick(15_000)
    events = stage.say(robot, **middle, incarnation='after', sequence=1)
    assert events == []
    assert stage.robot(robot).excluded is None
    stage.auto = True
    stage.wait(60_000)
    assert stage.robot(robot).node == stage.robot(robot).goal


def test_a_manager_that_restarts_knows_every_place_and_takes_nothing_away() -> None:
    stage, robot = driving()
    before = stage.kernel.state.queues
    stage.restart()
    assert stage.kernel.state.queues == before
    assert stage.kernel.state.epoch == 2
    stage.tick()
    released = len(stage.all(HopsReleased))
    stage.tick()
    assert len(stage.all(HopsReleased)) == released, 'nothing moves that was not heard yet'
    stage.auto = True
    stage.wait(60_000)
    assert stage.robot(robot).node == stage.robot(robot).goal
    assert stage.order(robot).epoch == 2


def test_a_robot_that_worked_for_a_manager_with_another_journal_joins_and_works() -> None:
    stage = Stage(two_floors(robots=1))
    stage.silent.add('r1')
    stage.restart()
    stage.say('r1', epoch=1, last_sequence=50, last_grant=7)
    assert stage.robot('r1').excluded is None
    delivery = stage.request('stores', 'pharmacy')
    stage.tick()
    assert stage.robot('r1').released == 2
    stage.say('r1')
    assert stage.robot('r1').done == 0, 'its old numbers prove nothing'
    stage.silent.clear()
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    stage.say('r1', last_grant=7)
    stage.send(OpenCompartment(ward('stores'), delivery))
    assert stage.order('r1').grant == 8, 'a number the robot has not used'


def test_under_our_own_epoch_a_step_that_was_not_released_cannot_be_done() -> None:
    stage, robot = driving()
    stage.restart()
    assert stage.say(robot, epoch=1, last_sequence=99) == []
    events = stage.say(robot, epoch=2, last_sequence=99)
    assert events == [RobotExcluded(RobotId(robot), 'ran_ahead')]
