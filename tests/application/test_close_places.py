"""Closing places: who is led around, who leaves, what waits, and how it ends."""

from collections import Counter

import pytest

from fleet_manager.application.close_places import MAX_CLOSED_MS
from fleet_manager.application.kernel import Kernel
from fleet_manager.application.views import picture
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import ClosureId, NodeId
from fleet_manager.domain.messages import (
    AlertRaised,
    ClosePlace,
    HopsReleased,
    LegPlanned,
    MapSwapped,
    OpenPlace,
    PauseRobot,
    PlaceClosed,
    PlaceKind,
    PlaceOpened,
    ResumeRobot,
    RobotSentAway,
    RunWithdrawn,
    SwapMap,
)
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.closures import MAX_CLOSURES
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant
from tests.application.stage import OPERATOR, START, Stage, ward
from tests.hospitals import corridor, loop, two_floors
from tests.redrawn import with_types, with_zone, without


def close(
    stage: Stage, kind: str, place: str, *, until: int = 0, reason: str = 'wet floor'
) -> ClosureId:
    reply = stage.send(ClosePlace(OPERATOR, PlaceKind(kind), place, reason, Instant(until)))
    assert reply.refusal_code is None, reply
    return stage.last(PlaceClosed).closure


def open_again(stage: Stage, closure: str) -> None:
    assert stage.send(OpenPlace(OPERATOR, ClosureId(closure))).refusal_code is None


def lanes(robot: Robot) -> list[str]:
    return [hop.lane for hop in robot.hops if hop.lane]


def nodes(robot: Robot) -> list[NodeId]:
    return [hop.target for hop in robot.hops]


# --- led around, in the same turn  ---


def test_a_robot_is_led_around_a_lane_that_closes_in_the_same_turn() -> None:
    stage = Stage(loop(robots=1, size=8))
    delivery = stage.request('s3', 's5')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: bool(stage.robot('r1').hops))
    assert 'F1.w4-F1.w5' in lanes(stage.robot('r1'))
    close(stage, 'lane', 'F1.w4-F1.w5')
    events = stage.tick()
    kinds = [type(event) for event in events]
    assert LegPlanned in kinds
    assert 'F1.w4-F1.w5' not in lanes(stage.robot('r1'))
    if HopsReleased in kinds:
        assert kinds.index(LegPlanned) < kinds.index(HopsReleased)
    assert stage.robot('r1').goal == 'F1.s5'
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_all_robots_bound_for_a_closed_place_are_led_around_in_one_turn() -> None:
    stage = Stage(loop(robots=6, size=12))
    for n, (sender, recipient) in enumerate(
        (('s1', 's7'), ('s3', 's9'), ('s5', 's11'), ('s7', 's1'), ('s9', 's3'), ('s11', 's5'))
    ):
        stage.request(sender, recipient, key=f'key-{n}')

    def shared() -> list[str]:
        robots = stage.kernel.state.robots.values()
        ahead = Counter(lane for robot in robots for lane in set(lanes(robot)))
        return sorted(lane for lane, count in ahead.items() if count > 1 and '.w' in lane)

    for _ in range(600):
        if shared():
            break
        for name in list(stage.kernel.state.deliveries):
            stage.help(name)
        stage.tick()
    lane = shared()[0]
    close(stage, 'lane', lane)
    frozen = {r.id: r.released for r in stage.kernel.state.robots.values()}
    stage.tick(100)
    for robot in stage.kernel.state.robots.values():
        ahead = [h.lane for h in robot.hops if h.sequence > frozen[robot.id]]
        assert lane not in ahead
    stage.finish()


def test_what_is_released_stays_released() -> None:
    stage = Stage(corridor(robots=1, length=5), auto=False)
    stage.say('r1')
    stage.request('east', 'west')
    stage.tick(100)
    robot = stage.robot('r1')
    released = [h for h in robot.hops if h.sequence <= robot.released]
    assert released
    close(stage, 'lane', released[-1].lane)
    stage.tick(100)
    assert robot.hops[: len(released)] == released


def test_a_lift_that_closes_is_not_waited_for_when_there_is_another() -> None:
    stage = Stage(two_floors(robots=1, lifts=2))
    delivery = stage.request('pharmacy', 'ward')
    stage.saying['A'] = stage.saying['B'] = {}
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: bool(stage.kernel.state.sessions))
    first = next(iter(stage.kernel.state.sessions))
    close(stage, 'lift', first)
    stage.tick()
    other = 'B' if first == 'A' else 'A'
    assert {h.lift for h in stage.robot('r1').hops if h.lift} == {other}
    stage.saying.clear()
    stage.finish()


def test_a_robot_in_the_car_of_a_lift_that_closes_rides_to_the_end() -> None:
    stage = Stage(two_floors(robots=1))
    delivery = stage.request('pharmacy', 'ward')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.hospital.nodes[stage.robot('r1').node].floor == '')
    close(stage, 'lift', 'A')
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_a_closure_for_one_type_of_robots_leads_only_those_around() -> None:
    stage = Stage(with_types(loop(robots=2), r1='heavy'))
    delivery = stage.request('s1', 's3')
    stage.tick()
    assert stage.carrier(delivery) == 'r1'
    command = ClosePlace(OPERATOR, PlaceKind.LANE, 'F1.w1-F1.w2', 'narrow', robot_type='heavy')
    assert stage.send(command).refusal_code is None
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.until(lambda: bool(lanes(stage.robot('r1'))))
    assert 'F1.w1-F1.w2' not in lanes(stage.robot('r1'))
    assert 'F1.w8-F1.w1' in lanes(stage.robot('r1'))
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_others_are_led_around_a_robot_that_stands_before_a_closed_place() -> None:
    """Everything is closed to the heavy one, in the middle of the corridor."""
    stage = Stage(with_types(loop(robots=3), r1='heavy'))
    first = stage.request('s1', 's5')
    stage.reach(first, DeliveryState.UNDER_WAY)
    assert stage.carrier(first) == 'r1'
    stage.until(lambda: stage.robot('r1').node == 'F1.w2')
    for lane in stage.hospital.lanes:
        command = ClosePlace(OPERATOR, PlaceKind.LANE, lane, 'test', robot_type='heavy')
        assert stage.send(command).refusal_code is None
    stage.wait(10 * SECOND)
    stands = stage.robot('r1').node
    assert not stage.hospital.is_bay(stands)
    for number, ends in enumerate((('s3', 's5'), ('s5', 's1'), ('s1', 's7'))):
        stage.reach(stage.request(*ends, key=f'key-{number}'), DeliveryState.DELIVERED)
    assert stage.robot('r1').node == stands
    for closure in list(stage.kernel.state.closures):
        open_again(stage, closure)
    stage.reach(first, DeliveryState.DELIVERED)


# --- out of it  ---


def spilt(*, robots: int = 1) -> Stage:
    """A corridor of 15 junctions, with a zone that can be closed around w3 to w13."""
    return Stage(with_zone(corridor(robots=robots, length=15), 'spill', 7.0, -3.0, 49.0, 3.0))


def test_a_robot_inside_turns_round_to_the_nearest_end() -> None:
    stage = spilt()
    stage.request('east', 'west')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node in ('F1.w3', 'F1.w4'))
    close(stage, 'zone', 'F1.spill')
    stage.tick(100)
    stage.until(lambda: not stage.robot('r1').hops)
    assert stage.robot('r1').node in ('F1.b1', 'F1.b2')


def test_a_robot_parked_in_a_place_that_closes_leaves_it_and_comes_to_a_bay_outside() -> None:
    stage = spilt(robots=5)
    stage.tick()
    close(stage, 'zone', 'F1.spill')
    stage.until(lambda: not any(r.hops for r in stage.kernel.state.robots.values()))
    stage.wait(30 * SECOND)
    where = sorted(stage.robot(robot).node for robot in stage.kernel.state.robots)
    assert len(CLOSED_BAYS.intersection(where)) == 1  # four bays outside for five robots
    assert {'F1.b1', 'F1.b2', 'F1.b14', 'F1.b15'} < set(where)


CLOSED_BAYS = {f'F1.b{n}' for n in range(3, 14)}


def test_a_robot_that_waits_for_the_recipient_in_a_place_that_closes_comes_back_later() -> None:
    stage = spilt()
    delivery = stage.request('west', 'middle')
    stage.reach(delivery, DeliveryState.AWAITING_RECEIPT)
    closure = close(stage, 'zone', 'F1.spill')
    stage.tick(100)
    assert stage.all(RobotSentAway)
    assert stage.delivery(delivery).state is DeliveryState.UNDER_WAY
    stage.until(lambda: not stage.robot('r1').hops)
    assert stage.robot('r1').node not in CLOSED_BAYS | {'F1.middle'}
    stage.wait(MINUTE)
    assert not stage.robot('r1').hops
    open_again(stage, closure)
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_with_people_at_its_compartment_the_robot_stays_until_they_are_done() -> None:
    stage = spilt()
    delivery = stage.request('west', 'middle')
    stage.reach(delivery, DeliveryState.AWAITING_RECEIPT)
    stage.help(delivery)  # signed: it opens
    close(stage, 'zone', 'F1.spill')
    stage.wait(5 * SECOND)
    assert stage.robot('r1').node == 'F1.middle'
    stage.reach(delivery, DeliveryState.DELIVERED)
    stage.until(lambda: stage.robot('r1').node not in CLOSED_BAYS | {'F1.middle'})


def test_a_robot_that_waits_to_be_loaded_in_a_place_that_closes_leaves_and_another_may_come() -> (
    None
):
    stage = spilt()
    delivery = stage.request('middle', 'west')
    stage.reach(delivery, DeliveryState.AWAITING_LOAD)
    closure = close(stage, 'zone', 'F1.spill')
    stage.tick(100)
    assert stage.last(RunWithdrawn).reason == 'closed'
    stage.until(lambda: not stage.robot('r1').hops)
    assert stage.robot('r1').node not in CLOSED_BAYS | {'F1.middle'}
    assert stage.delivery(delivery).state is DeliveryState.ACCEPTED
    open_again(stage, closure)
    stage.finish()


def test_a_paused_robot_inside_leaves_when_it_may_move_again() -> None:
    stage = spilt()
    stage.request('east', 'west')
    stage.tick()
    stage.until(lambda: stage.robot('r1').node in ('F1.w3', 'F1.w4'))
    stage.send(PauseRobot(OPERATOR, stage.robot('r1').id))
    close(stage, 'zone', 'F1.spill')
    stage.wait(10 * SECOND)
    stage.send(ResumeRobot(OPERATOR, stage.robot('r1').id))
    stage.until(lambda: stage.robot('r1').node in ('F1.b1', 'F1.b2'), limit=60)


def test_nobody_new_comes_in_while_it_is_closed() -> None:
    stage = spilt(robots=3)
    stage.tick()
    close(stage, 'zone', 'F1.spill')
    stage.until(lambda: not any(r.hops for r in stage.kernel.state.robots.values()))
    before = len(stage.events)
    stage.request('west', 'east', key='across')
    stage.request('east', 'west', key='back')
    stage.request('west', 'middle', key='into')
    stage.wait(2 * MINUTE)
    closed_nodes = {f'F1.w{n}' for n in range(3, 14)} | CLOSED_BAYS | {'F1.middle'}
    for event in stage.events[before:]:
        if isinstance(event, HopsReleased):
            ends = {r.id: r.node for r in stage.kernel.state.robots.values()}
            assert ends[event.robot] not in closed_nodes


# --- what waits, and that it is said  ---


def test_a_delivery_that_cannot_go_waits_says_why_and_goes_when_it_is_opened() -> None:
    stage = Stage(corridor(robots=1))
    stage.tick()
    closure = close(stage, 'lane', 'F1.w2-F1.w3')
    delivery = stage.request('west', 'east')
    stage.wait(MINUTE)
    assert stage.delivery(delivery).state is DeliveryState.ACCEPTED
    assert [e.code for e in stage.all(AlertRaised)] == ['deliveries_closed_off']
    open_again(stage, closure)
    stage.tick()
    assert not stage.kernel.state.alerts
    stage.finish()


def test_a_loaded_robot_that_is_cut_off_waits_in_a_bay_and_brings_its_parcel_afterwards() -> None:
    stage = Stage(corridor(robots=1))
    delivery = stage.request('west', 'east')
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    closure = close(stage, 'lane', 'F1.w3-F1.w4')
    stage.wait(MINUTE)
    robot = stage.robot('r1')
    assert not robot.hops
    assert stage.hospital.is_bay(robot.node)
    assert robot.delivery == delivery
    open_again(stage, closure)
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_a_closure_says_what_it_cuts_off_and_only_that() -> None:
    stage = Stage(corridor(robots=5))
    stage.tick()
    close(stage, 'lane', 'F1.w4-F1.w5')
    first = stage.last(PlaceClosed)
    assert (first.stations, first.robots) == (('east',), ('r5',))
    close(stage, 'lane', 'F1.w1-F1.w2')
    second = stage.last(PlaceClosed)
    assert 'east' not in second.stations
    assert second.robots


def test_the_picture_shows_what_is_closed_what_is_cut_off_and_why_a_delivery_waits() -> None:
    stage = Stage(corridor(robots=1))
    stage.tick()
    delivery = stage.request('west', 'east')
    closure = close(stage, 'lane', 'F1.w2-F1.w3', until=stage.now + HOUR)
    stage.wait(5 * SECOND)
    seen = picture(stage.kernel.turn())
    assert seen['closure'] == {
        closure: {
            'kind': 'lane',
            'place': 'F1.w2-F1.w3',
            'robot_type': '',
            'reason': 'wet floor',
            'closed_by': 'operator',
            'since': START + SECOND,
            'until': START + HOUR + SECOND,
        }
    }
    assert seen['fleet']['fleet']['cut_off'] == {'stations': ['west'], 'robots': ['r1']}
    assert seen['delivery'][delivery]['waiting'] == {'code': 'closed', 'params': {}}
    open_again(stage, closure)
    stage.tick()
    seen = picture(stage.kernel.turn())
    assert seen['closure'] == {}
    assert seen['fleet']['fleet']['cut_off'] == {'stations': [], 'robots': []}
    assert seen['delivery'][delivery]['waiting'] is None


def test_a_robot_that_stands_before_a_closed_place_says_so() -> None:
    """In the corridor, its only bay closed off as well: it goes on when either is opened."""
    stage = Stage(corridor(robots=1, length=5))
    stage.request('west', 'east')
    delivery = next(iter(stage.kernel.state.deliveries))
    stage.reach(delivery, DeliveryState.UNDER_WAY)
    stage.tick()
    for lane in (f'F1.w{n}-F1.b{n}' for n in range(1, 6)):
        close(stage, 'lane', lane)
    for lane in ('F1.west', 'F1.east', 'F1.middle'):
        close(stage, 'lane', next(x for x in stage.hospital.lanes if x.endswith(lane)))
    stage.wait(30 * SECOND)
    robot = stage.robot('r1')
    wait = picture(stage.kernel.turn())['robot']['r1']['waits_for']
    assert robot.hops
    assert wait['code'] == 'closure'
    assert wait['params']['place'].startswith('lane:')
    for closure in list(stage.kernel.state.closures):
        open_again(stage, closure)
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_an_alert_calls_somebody_for_a_robot_that_finds_no_bay_outside() -> None:
    stage = Stage(corridor(robots=2))
    stage.tick()
    close(stage, 'floor', 'F1')
    stage.wait(5 * SECOND)
    raised = {(e.code, e.subject) for e in stage.all(AlertRaised)}
    assert raised == {('robot_shut_in', 'r1'), ('robot_shut_in', 'r2')}
    assert not any(r.hops for r in stage.kernel.state.robots.values())


# --- how it ends  ---


def test_a_closure_ends_at_its_time_by_itself() -> None:
    stage = Stage(corridor(robots=1))
    stage.tick()
    until = stage.now + 2 * MINUTE
    closure = close(stage, 'lane', 'F1.w2-F1.w3', until=until)
    delivery = stage.request('west', 'east')
    stage.until(lambda: closure not in stage.kernel.state.closures)
    assert stage.now == until
    ended = stage.last(PlaceOpened)
    assert (ended.why, ended.actor.account) == ('over', 'system')
    stage.reach(delivery, DeliveryState.DELIVERED)


def test_opening_twice_is_once_and_what_never_was_closed_is_refused() -> None:
    stage = Stage(corridor())
    closure = close(stage, 'lane', 'F1.w2-F1.w3')
    open_again(stage, closure)
    open_again(stage, closure)
    assert len(stage.all(PlaceOpened)) == 1
    for unknown in ('C2', 'C0', 'lane', '', 'C²', 'C' + '9' * 60, 'C-1'):
        assert stage.refused(OpenPlace(OPERATOR, ClosureId(unknown))) == 'unknown_closure'


def test_the_same_place_closed_again_is_one_closure_with_the_new_end() -> None:
    stage = Stage(corridor())
    closure = close(stage, 'lane', 'F1.w2-F1.w3')
    later = stage.now + HOUR
    assert close(stage, 'lane', 'F1.w2-F1.w3', until=later, reason='still wet') == closure
    assert stage.kernel.state.closures[closure].until == later
    assert stage.kernel.state.closures[closure].since == START
    before = stage.kernel.snapshot()
    close(stage, 'lane', 'F1.w2-F1.w3', until=later, reason='still wet')
    assert stage.kernel.snapshot() == before


def test_closures_outlive_a_restart() -> None:
    stage = Stage(corridor(robots=1))
    stage.tick()
    closure = close(stage, 'lane', 'F1.w2-F1.w3', until=START + 10 * MINUTE)
    delivery = stage.request('west', 'east')
    stage.tick()
    before = stage.kernel.snapshot()
    kept = stage.kernel.state.closures[closure]
    stage.restart()
    assert stage.kernel.state.closures == {closure: kept}
    assert before == stage.kernel.snapshot().replace('"epoch":2', '"epoch":1')
    again = Kernel.restore(stage.hospital, snapshot=before, entries=[])
    assert again.state.closures == {closure: kept}
    stage.wait(MINUTE)
    assert stage.delivery(delivery).state is DeliveryState.ACCEPTED
    stage.until(lambda: not stage.kernel.state.closures)
    stage.finish()


def test_a_closure_goes_with_the_lane_it_closed_when_the_map_changes_and_others_stay() -> None:
    house = loop(robots=2)
    stage = Stage(house)
    stage.tick()
    gone = close(stage, 'lane', 'F1.w4-F1.w5')
    stays = close(stage, 'lane', 'F1.w6-F1.w7')
    next_map = without(house, lanes=['F1.w4-F1.w5'])
    stage.send(SwapMap(OPERATOR, next_map, 'rebuilt', 10 * MINUTE))
    stage.until(lambda: bool(stage.all(MapSwapped)))
    assert [(e.closure, e.why) for e in stage.all(PlaceOpened)] == [(gone, 'gone')]
    assert set(stage.kernel.state.closures) == {stays}


# --- what is refused  ---


@pytest.mark.parametrize(
    ('changes', 'code'),
    [
        ({'place': 'nowhere'}, 'unknown_place'),
        ({'kind': PlaceKind.LIFT}, 'unknown_place'),
        ({'kind': PlaceKind.ZONE, 'place': 'x' * 5_000}, 'unknown_place'),
        ({'kind': PlaceKind.FLOOR, 'place': ''}, 'unknown_place'),
        ({'robot_type': 'tank'}, 'unknown_robot_type'),
        ({'reason': ''}, 'no_reason'),
        ({'reason': '  '}, 'no_reason'),
        ({'until': START}, 'end_in_the_past'),
        ({'until': START - HOUR}, 'end_in_the_past'),
        ({'until': -1}, 'end_in_the_past'),
        ({'until': START + MAX_CLOSED_MS + 1}, 'end_too_far'),
        ({'until': 1 << 62}, 'end_too_far'),
        ({'actor': ward('west')}, 'not_allowed'),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    changes: dict[str, object], code: str
) -> None:
    stage = Stage(corridor())
    given: dict[str, object] = {
        'actor': OPERATOR,
        'kind': PlaceKind.LANE,
        'place': 'F1.w2-F1.w3',
        'reason': 'wet',
        'until': 0,
        'robot_type': '',
    }
    assert stage.refused(ClosePlace(**{**given, **changes})) == code  # type: ignore[arg-type]


def test_a_ward_does_not_open_what_is_closed() -> None:
    stage = Stage(corridor())
    closure = close(stage, 'lane', 'F1.w2-F1.w3')
    assert stage.refused(OpenPlace(ward('west'), closure)) == 'not_allowed'


def test_there_is_a_limit_to_how_much_is_closed_at_once() -> None:
    stage = Stage(corridor(robots=1, length=MAX_CLOSURES + 2))
    for lane in list(stage.hospital.lanes)[:MAX_CLOSURES]:
        close(stage, 'lane', lane)
    one_more = ClosePlace(OPERATOR, PlaceKind.FLOOR, 'F1', 'wet')
    assert stage.refused(one_more) == 'too_many_closures'
    close(stage, 'lane', next(iter(stage.hospital.lanes)), reason='another')  # no new one
