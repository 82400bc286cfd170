"""A ride: asked for, boarded, left, given back; and everything that can come between."""

from __future__ import annotations

from fleet_manager.application.ports import LiftOrder
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import LiftId, RobotId
from fleet_manager.domain.lifts import sessions
from fleet_manager.domain.lifts.sessions import DEADLINES_MS
from fleet_manager.domain.messages import (
    CancelDelivery,
    HopKind,
    LiftDoor,
    LiftMode,
    LiftSessionAdvanced,
    LiftSessionEnded,
    LiftSessionStarted,
    LiftStage,
    PauseRobot,
    ResumeRobot,
)
from tests.application.stage import OPERATOR, Stage
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


def order(stage: Stage) -> LiftOrder | None:
    found = stage.kernel.directives().get('lift:A')
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
    line = sessions.queue(stage.kernel.turn(), stage.hospital.lifts[LiftId('A')])
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
    assert [e.outcome for e in stage.all(LiftSessionEnded)] == ['abandoned', 'done']


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
