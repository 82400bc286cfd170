"""A ride: asked for, boarded, left, given back; and everything that can come between."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.application.ports import LiftOrder
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import LiftId, RobotId
from fleet_manager.domain.lifts import outlook
from fleet_manager.domain.lifts.sessions import DEADLINES_MS
from fleet_manager.domain.messages import (
    CancelDelivery,
    HopKind,
    LiftDoor,
    LiftMode,
    LiftRecalled,
    LiftReleased,
    LiftSessionAdvanced,
    LiftSessionEnded,
    LiftSessionStarted,
    LiftStage,
    PauseRobot,
    ReleaseLift,
    ResumeRobot,
)
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import two_floors

AGV = {'door': LiftDoor.OPEN, 'mode': LiftMode.AGV}


def waiting(*, robots: int = 1) -> tuple[Stage, str]:
    """A robot in front of a lift that takes no session: it says what the test wants."""
    stage = Stage(two_floors(robots=robots))
    stage.saying['A'] = {}
    delivery = stage.request('pharmacy', 'ward')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.robot('r1').node == 'F1.A-wait')
    stage.saying.clear()
    stage.silent.add('A')
    return stage, 'r1'


def release(stage: Stage) -> None:
    """The lift does as it is told from now on."""
    stage.saying.clear()
    stage.silent.clear()


def session(stage: Stage) -> str:
    return stage.riding().session


def order(stage: Stage, name: str = 'A') -> LiftOrder | None:
    found = stage.kernel.directives().get(f'lift:{name}')
    assert found is None or isinstance(found, LiftOrder)
    return found


def stages(stage: Stage) -> list[str]:
    return [event.stage.value for event in stage.all(LiftSessionAdvanced)]


def board(stage: Stage, robot: str) -> None:
    stage.lift(session=session(stage), **AGV)
    stage.tick()
    stage.drive(robot)


# --- the ride  ---


def test_a_lift_is_asked_to_come_open_and_wait() -> None:
    stage, _ = waiting()
    asked = order(stage)
    assert asked is not None
    assert (asked.session, asked.destination) == (session(stage), 'F1')
    assert asked.door_open
    assert not asked.end_session


def test_nobody_boards_before_the_lift_says_that_it_is_here_open_and_ours() -> None:
    stage, robot = waiting()
    mine = session(stage)
    for wrong in (
        {'session': mine, 'door': LiftDoor.CLOSED, 'mode': LiftMode.AGV},
        {'session': mine, 'door': LiftDoor.MOVING, 'mode': LiftMode.AGV},
        {'session': mine, 'door': LiftDoor.OPEN, 'mode': LiftMode.HUMAN},
        {'session': 'somebody', **AGV},
        {'session': mine, 'moving': True, **AGV},
        {'session': mine, 'current_floor': 'F2', **AGV},
    ):
        stage.lift(**wrong)
        stage.tick()
        assert stage.robot(robot).node == 'F1.A-wait', wrong
    stage.lift(session=mine, **AGV)
    stage.tick()
    stage.tick()
    assert stage.robot(robot).node == 'car.A'


def test_whoever_boards_holds_the_exit_cell_already() -> None:
    stage, robot = waiting()
    stage.lift(session=session(stage), **AGV)
    stage.tick()
    queue = stage.kernel.state.queues['node:F2.A-exit']  # type: ignore[index]
    assert queue[0].robot == robot


def test_a_ride_has_five_stages_and_the_lift_is_free_after_it_said_so() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.lift(session=session(stage), current_floor='F2', **AGV)
    stage.tick()
    stage.drive(robot)
    stage.tick()
    assert stages(stage) == ['open', 'riding', 'arrived', 'exited']
    ending = order(stage)
    assert ending is not None
    assert ending.end_session
    assert not stage.all(LiftSessionEnded)
    stage.lift(current_floor='F2')
    stage.tick()
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['done']
    assert order(stage) is None
    assert stage.kernel.state.lift_ms > 0


def test_nobody_leaves_the_car_on_another_floor() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.lift(session=session(stage), **AGV)
    stage.wait(5_000)
    assert stage.robot(robot).node == 'car.A'


def test_each_robot_in_line_knows_its_place() -> None:
    stage, _ = waiting(robots=2)
    delivery = stage.request('stores', 'lab')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.tick()
    line = outlook.line(stage.kernel.turn(), LiftId('A'))
    assert line == ('r2',)


# --- what comes between  ---


def test_a_busy_lift_is_asked_for_as_long_as_it_takes() -> None:
    stage, robot = waiting()
    stage.saying['A'] = {'session': 'people', **AGV}
    stage.wait(400_000)
    assert stage.kernel.state.sessions[LiftId('A')].stage is LiftStage.REQUESTED
    assert 'lift_overdue:A' in stage.kernel.state.alerts
    release(stage)
    stage.wait(60_000)
    assert stage.robot(robot).node == 'F2.ward'


def test_two_lifts_are_both_used_when_one_is_busy() -> None:
    stage = Stage(two_floors(robots=2, lifts=2))
    stage.request('pharmacy', 'ward')
    stage.request('stores', 'lab')
    for _ in range(200):
        stage.tick()
        for delivery in list(stage.kernel.state.deliveries.values()):
            if delivery.state is not DeliveryState.UNDER_WAY:
                stage.reach(delivery.id, DeliveryState.UNDER_WAY)
        if len({e.lift for e in stage.all(LiftSessionStarted)}) == 2:
            return
    raise AssertionError('the second robot waited for the first one')


def test_a_robot_that_is_cancelled_before_the_lift_rides_only_with_a_session() -> None:
    stage = Stage(two_floors(robots=1))
    stage.saying['A'] = {}
    first = stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node == 'F1.A-wait')
    stage.send(CancelDelivery(OPERATOR, first))
    second = stage.request('lab', 'pharmacy')
    stage.wait(20_000)
    assert stage.robot('r1').node == 'F1.A-wait', 'it does not enter on the old permission'
    release(stage)
    stage.reach(second, DeliveryState.DELIVERED)
    rides = stage.all(LiftSessionStarted)
    assert len({ride.session for ride in rides}) == len(rides)


def test_a_dead_robot_in_front_of_the_lift_does_not_hold_it() -> None:
    stage, robot = waiting(robots=2)
    stage.silent.add(robot)
    stage.saying['A'] = {}
    stage.wait(DEADLINES_MS[LiftStage.REQUESTED] + 15_000)
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['abandoned']
    assert order(stage) is None


def test_a_dead_robot_that_did_not_board_an_open_lift_does_not_hold_it_either() -> None:
    stage, robot = waiting()
    stage.silent.add(robot)
    stage.wait(12_000)
    stage.saying['A'] = {'session': session(stage), **AGV}
    stage.wait(DEADLINES_MS[LiftStage.OPEN] + 15_000)
    assert stages(stage)[-1] == 'exited'
    stage.saying['A'] = {}
    stage.tick()
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['abandoned']


def test_a_dead_robot_that_was_let_in_keeps_the_lift_for_it_may_be_inside() -> None:
    stage, robot = waiting()
    stage.lift(session=session(stage), **AGV)
    stage.tick()
    assert stage.robot(robot).released > stage.robot(robot).done
    stage.silent.add(robot)
    stage.saying['A'] = {'session': session(stage), **AGV}
    stage.wait(600_000)
    assert stage.kernel.state.sessions[LiftId('A')].robot == robot
    assert 'robot_silent:r1' in stage.kernel.state.alerts


def test_a_paused_robot_gives_its_lift_back_and_rides_when_it_is_resumed() -> None:
    stage, robot = waiting()
    stage.lift(session=session(stage), door=LiftDoor.MOVING, mode=LiftMode.AGV)
    stage.send(PauseRobot(OPERATOR, RobotId(robot)))
    release(stage)
    stage.wait(DEADLINES_MS[LiftStage.REQUESTED] + 10_000)
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['abandoned']
    stage.send(ResumeRobot(OPERATOR, RobotId(robot)))
    stage.wait(60_000)
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['abandoned', 'done']


def test_a_lift_out_of_service_is_left_alone_and_the_robot_takes_the_other_one() -> None:
    stage = Stage(two_floors(lifts=2, robots=1))
    stage.saying |= {'A': {}, 'B': {}}
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.robot('r1').node.endswith('-wait'))
    burning = stage.riding().lift
    stage.saying = {burning: {'mode': LiftMode.FIRE}}
    stage.wait(200_000)
    assert {e.lift for e in stage.all(LiftSessionStarted)[1:]} == {'A', 'B'} - {burning}
    assert stage.robot('r1').node == 'F2.ward'
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['mode_lost', 'done']


def test_when_the_only_lift_is_out_of_service_the_robot_waits_in_a_bay_and_then_rides() -> None:
    stage, robot = waiting()
    stage.saying['A'] = {'mode': LiftMode.OFFLINE}
    stage.wait(100_000)
    assert stage.hospital.is_bay(stage.robot(robot).node)
    assert stage.robot(robot).node.startswith('F1.')
    release(stage)
    stage.wait(60_000)
    assert stage.robot(robot).node == 'F2.ward'


def test_a_lift_that_fell_silent_is_left_alone_too() -> None:
    stage, robot = waiting()
    release(stage)
    stage.silent.add('A')
    stage.wait(100_000)
    assert stage.hospital.is_bay(stage.robot(robot).node)
    assert len(stage.all(LiftSessionStarted)) == 1


def test_a_lift_controller_that_restarts_with_a_robot_inside_is_asked_again() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.tick(15_000)
    stage.lift()
    stage.tick()
    assert order(stage) == LiftOrder(
        LiftId('A'),
        stage.riding().session,
        end_session=False,
        destination='F2',  # type: ignore[arg-type]
        door_open=True,
    )
    release(stage)
    stage.wait(30_000)
    assert stage.robot(robot).node.startswith('F2.')
    assert len(stage.all(LiftSessionStarted)) == 1


def test_a_robot_that_restarts_in_the_lift_goes_on() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.say(robot, incarnation='after', sequence=1)
    assert stage.robot(robot).excluded is None
    release(stage)
    stage.wait(30_000)
    assert stage.robot(robot).node.startswith('F2.')


def test_a_manager_that_restarts_with_a_robot_inside_goes_on_with_the_session() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.restart()
    assert stage.kernel.state.sessions[LiftId('A')].stage is LiftStage.RIDING
    release(stage)
    stage.wait(30_000)
    assert stage.robot(robot).node.startswith('F2.')
    assert len(stage.all(LiftSessionStarted)) == 1


def test_a_session_the_lift_still_holds_after_we_gave_it_back_is_ended() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.lift(session=session(stage), current_floor='F2', **AGV)
    stage.tick()
    stage.drive(robot)
    stage.tick()
    stage.lift(session='')  # an old word of the lift, from before the ride
    stage.tick()
    assert stage.all(LiftSessionEnded)
    stage.lift(session=session(stage), current_floor='F2', **AGV)
    ending = order(stage)
    assert ending is not None
    assert ending.end_session
    assert ending.session == session(stage)


def test_a_session_we_never_gave_is_not_ended() -> None:
    stage, _ = waiting()
    for foreign in ('people', 'r1#999', 'r1#x', 'thief#1'):
        stage.lift(session=foreign, **AGV)
        asked = order(stage)
        assert asked is not None
        assert not asked.end_session, foreign


def test_a_ride_under_way_is_not_replanned() -> None:
    stage, robot = waiting()
    board(stage, robot)
    frozen = stage.kernel.state.frozen(stage.robot(robot))
    assert stage.robot(robot).hops[0].kind is HopKind.ALIGHT
    assert stage.robot(robot).hops[0].sequence == frozen


# --- people in it, others before us, nobody comes  ---


def outcomes(stage: Stage) -> list[str]:
    return [event.outcome for event in stage.all(LiftSessionEnded)]


def full(stage: Stage, name: str = 'A') -> None:
    """The lift is here, open and ours; somebody stands in it. It obeys the end of a session."""
    asked = order(stage, name)
    said = {} if asked is None or asked.end_session else {'session': asked.session, **AGV}
    stage.saying[name] = {**said, 'occupied': True}


def at_two_lifts() -> tuple[Stage, str]:
    """A robot waits for one of two lifts, the other of which does as it is told."""
    stage = Stage(two_floors(lifts=2, robots=1))
    stage.saying |= {'A': {}, 'B': {}}
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.robot('r1').node.endswith('-wait'))
    first = stage.riding().lift
    del stage.saying[{'A': 'B', 'B': 'A'}[first]]
    return stage, first


def test_a_robot_does_not_board_a_car_with_people_and_lets_them_go() -> None:
    stage, robot = waiting()
    full(stage)
    stage.tick()
    assert stage.robot(robot).node == 'F1.A-wait'
    ending = order(stage)
    assert ending is not None
    assert ending.end_session
    full(stage)
    stage.tick()
    assert outcomes(stage) == ['full']
    assert order(stage) is None, 'people have the lift now'
    assert stage.robot(robot).node == 'F1.A-wait'
    release(stage)
    stage.wait(60_000)
    assert outcomes(stage) == ['full', 'done']
    assert stage.robot(robot).node == 'F2.ward'


def test_what_the_robot_sees_in_the_car_counts_as_much_as_what_the_lift_says() -> None:
    stage, robot = waiting()
    stage.say(robot, errors=('cabin_full',))
    stage.saying['A'] = {'session': session(stage), **AGV}
    stage.tick()
    assert stage.robot(robot).node == 'F1.A-wait'
    stage.saying['A'] = {}
    stage.tick()
    assert outcomes(stage) == ['full']


def test_a_full_lift_is_asked_again_after_a_time_that_grows_and_is_bounded() -> None:
    stage, _ = waiting()
    while len(outcomes(stage)) < 6:
        full(stage)
        stage.tick()
    assert set(outcomes(stage)) == {'full'}
    begun, ended = stage.times(LiftSessionStarted), stage.times(LiftSessionEnded)
    waits = [again - end for end, again in zip(ended, begun[1:], strict=False)]
    assert waits == [15_000, 30_000, 60_000, 120_000, 120_000]


def test_a_robot_in_front_of_a_full_lift_takes_the_other_one_of_the_group() -> None:
    stage, first = at_two_lifts()
    for _ in range(100):
        full(stage, first)
        stage.tick()
    assert set(outcomes(stage)[:-1]) == {'full'}
    assert outcomes(stage)[-1] == 'done'
    assert stage.riding().lift != first
    assert stage.robot('r1').node == 'F2.ward'


def test_a_lift_that_serves_others_for_long_is_left_for_the_other_one() -> None:
    stage, first = at_two_lifts()
    stage.saying[first] = {'session': 'people', **AGV}
    stage.wait(DEADLINES_MS[LiftStage.REQUESTED] + 90_000)
    assert outcomes(stage) == ['refused', 'done']
    assert stage.robot('r1').node == 'F2.ward'


def test_a_lift_that_does_not_come_is_left_for_the_other_one() -> None:
    stage, _ = at_two_lifts()
    stage.wait(DEADLINES_MS[LiftStage.REQUESTED] + 90_000)
    assert outcomes(stage) == ['timed_out', 'done']
    assert stage.robot('r1').node == 'F2.ward'


def test_who_steps_in_after_the_robot_was_let_in_does_not_end_its_session() -> None:
    stage, robot = waiting()
    stage.lift(session=session(stage), **AGV)
    stage.tick()
    assert stage.robot(robot).released > stage.robot(robot).done
    stage.lift(session=session(stage), occupied=True, **AGV)
    stage.silent.add(robot)
    stage.wait(5_000)
    assert not outcomes(stage)
    assert stage.kernel.state.sessions[LiftId('A')].robot == robot


def test_a_public_lift_that_does_not_tell_is_looked_into_before_the_robot_is_let_in() -> None:
    hospital = two_floors(robots=1)
    lift = replace(hospital.lifts[LiftId('A')], access='public')
    stage = Stage(replace(hospital, lifts={LiftId('A'): lift}))
    stage.saying['A'] = {}
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.robot('r1').node == 'F1.A-wait')
    stage.saying['A'] = {'session': session(stage), **AGV}
    stage.tick()
    assert stage.robot('r1').released == stage.robot('r1').done
    stage.tick()
    stage.tick()
    assert stage.robot('r1').released > stage.robot('r1').done


def test_an_expired_lease_lets_nobody_in() -> None:
    stage, robot = waiting()
    stage.box(robot, closed=False)
    stage.saying['A'] = {'session': session(stage), **AGV}
    stage.wait(DEADLINES_MS[LiftStage.OPEN] + 2_000)
    stage.box(robot, closed=True)
    stage.tick()
    assert stage.robot(robot).node == 'F1.A-wait'
    stage.saying['A'] = {}
    stage.tick()
    assert outcomes(stage) == ['timed_out']
    release(stage)
    stage.wait(120_000)
    assert outcomes(stage) == ['timed_out', 'done']


def test_a_robot_with_another_errand_gives_up_a_lift_that_has_not_come() -> None:
    stage = Stage(two_floors(robots=1))
    stage.saying['A'] = {}
    first = stage.request('ward', 'pharmacy')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node == 'F1.A-wait')
    stage.send(CancelDelivery(OPERATOR, first))
    stage.request('stores', 'pharmacy')
    stage.wait(20_000)
    assert outcomes(stage) == ['abandoned']
    assert order(stage) is None
    assert stage.robot('r1').node == 'F1.stores', 'it did not ride first'


def test_a_session_that_somebody_else_ended_is_asked_for_again_under_its_number() -> None:
    """rmf_ros2#389: a robot entered although its session was gone."""
    stage, robot = waiting()
    stage.silent.add(robot)
    stage.wait(2_000)
    stage.lift(session=session(stage), **AGV)
    stage.tick()
    stage.lift(session='')
    stage.silent.discard(robot)
    stage.saying['A'] = {}
    stage.wait(3_000)
    assert stage.robot(robot).node in ('F1.A-wait', 'car.A')
    asked = order(stage)
    assert asked is not None
    assert (asked.session, asked.end_session) == (session(stage), False)
    release(stage)
    stage.wait(60_000)
    assert outcomes(stage) == ['done']
    assert stage.robot(robot).node == 'F2.ward'


def test_a_busy_lift_never_drops_a_request_however_often_it_is_refused() -> None:
    """rmf_demos#324: "Discarding request: [Lift2] is busy", and the robot waited for ever."""
    stage, robot = waiting()
    for _ in range(20):
        stage.saying['A'] = {'session': 'people', **AGV}
        stage.wait(20_000)
        asked = order(stage)
        assert asked is not None
        assert not asked.end_session
    release(stage)
    stage.wait(60_000)
    assert stage.robot(robot).node == 'F2.ward'


def test_an_empty_session_does_not_block_a_lift() -> None:
    stage, robot = waiting()
    stage.saying['A'] = {'session': '', 'mode': LiftMode.AGV}
    stage.wait(10_000)
    assert order(stage) is not None
    release(stage)
    stage.wait(60_000)
    assert stage.robot(robot).node == 'F2.ward'


# --- fire and other emergencies  ---

FIRE = {'mode': LiftMode.FIRE, 'door': LiftDoor.OPEN}


def test_a_robot_inside_leaves_on_the_floor_a_fire_calls_the_car_to_and_clears_the_lobby() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.saying['A'] = {'mode': LiftMode.FIRE, 'door': LiftDoor.CLOSED, 'moving': True}
    stage.wait(5_000)
    assert stage.robot(robot).node == 'car.A'
    stage.saying['A'] = FIRE
    stage.wait(60_000)
    assert stage.hospital.is_bay(stage.robot(robot).node)
    assert stage.robot(robot).node.startswith('F1.')
    assert [e.mode for e in stage.all(LiftRecalled)] == [LiftMode.FIRE]
    assert 'node:F2.A-exit' not in stage.kernel.state.queues
    assert 'car:A' not in stage.kernel.state.queues
    assert not stage.kernel.state.sessions


def test_a_robot_inside_leaves_where_it_rode_to_when_the_car_stands_open_there_in_a_fire() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.saying['A'] = {**FIRE, 'current_floor': 'F2'}
    stage.wait(30_000)
    assert stage.robot(robot).node == 'F2.ward'


def test_a_robot_that_had_arrived_and_was_taken_on_by_a_recall_leaves_where_that_ends() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.box(robot, closed=False)
    stage.saying['A'] = {'session': session(stage), 'current_floor': 'F2', **AGV}
    stage.wait(3_000)
    assert stage.kernel.state.sessions[LiftId('A')].stage is LiftStage.ARRIVED
    stage.saying['A'] = FIRE
    stage.wait(3_000)
    stage.box(robot, closed=True)
    stage.wait(60_000)
    assert stage.hospital.is_bay(stage.robot(robot).node)
    assert stage.robot(robot).node.startswith('F1.')
    assert not stage.kernel.state.sessions


def test_nobody_leaves_a_car_that_burns_with_its_door_shut() -> None:
    stage, robot = waiting()
    board(stage, robot)
    stage.saying['A'] = {'mode': LiftMode.FIRE, 'current_floor': 'F2'}
    stage.wait(30_000)
    assert stage.robot(robot).node == 'car.A'
    assert stage.kernel.state.sessions[LiftId('A')].robot == robot


def test_after_a_fire_nothing_rides_until_a_person_releases_the_lift() -> None:
    stage, robot = waiting()
    stage.saying['A'] = FIRE
    stage.wait(10_000)
    stage.saying.clear()
    stage.silent.clear()
    stage.wait(120_000)
    assert stage.robot(robot).node.startswith('F1.')
    assert stage.hospital.is_bay(stage.robot(robot).node)
    stage.restart()
    stage.wait(30_000)
    assert not stage.all(LiftSessionStarted)[1:]
    assert stage.send(ReleaseLift(OPERATOR, LiftId('A'))).refusal_code is None
    assert [e.actor for e in stage.all(LiftReleased)] == [OPERATOR]
    stage.wait(120_000)
    assert stage.robot(robot).node == 'F2.ward'


def test_a_lift_is_not_released_while_it_says_that_the_alarm_goes_on() -> None:
    stage, _ = waiting()
    stage.saying['A'] = FIRE
    stage.wait(2_000)
    assert stage.refused(ReleaseLift(OPERATOR, LiftId('A'))) == 'lift_still_recalled'
    assert stage.refused(ReleaseLift(OPERATOR, LiftId('Z'))) == 'unknown_lift'
    assert stage.refused(ReleaseLift(ward('ward'), LiftId('A'))) == 'not_allowed'
    stage.saying['A'] = {}
    stage.wait(2_000)
    assert stage.refused(ReleaseLift(OPERATOR, LiftId('A'))) is None
    assert stage.refused(ReleaseLift(OPERATOR, LiftId('A'))) is None, 'twice is once'
    assert len(stage.all(LiftReleased)) == 1


def test_a_lift_in_an_unknown_mode_is_not_entered_and_needs_no_release() -> None:
    stage, robot = waiting()
    stage.saying['A'] = {'session': session(stage), **AGV, 'mode': LiftMode.UNKNOWN}
    stage.wait(10_000)
    assert stage.robot(robot).node.startswith('F1.')
    assert outcomes(stage) == ['mode_lost'] or stage.kernel.state.sessions
    release(stage)
    stage.wait(120_000)
    assert stage.robot(robot).node == 'F2.ward'
    assert not stage.all(LiftRecalled)
