"""What pages see is what happens: codes and figures, as docs/views.md lists them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet_manager.application.views import picture
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.policy import PLAIN
from fleet_manager.domain.ids import CompartmentId, RobotId
from fleet_manager.domain.maps.model import STANDARD_TYPE, Compartment, CompartmentKind
from fleet_manager.domain.messages import (
    AcknowledgeAlert,
    CancelDelivery,
    DoorPosition,
    DoorReport,
    LiftDoor,
    LiftMode,
    OpenCompartment,
    PauseFleet,
    PauseRobot,
    PoseReport,
    RateDelivery,
    RefuseDelivery,
    ResumeFleet,
)
from tests.application.stage import OPERATOR, Stage, ward
from tests.hospitals import corridor, two_floors
from tests.scenarios.day import QUICK, Day

DOCS = (Path(__file__).parents[2] / 'docs' / 'views.md').read_text(encoding='utf-8')
KINDS = ('robot', 'lift', 'door', 'delivery', 'alert', 'fleet')


def view(stage: Stage) -> dict[str, dict[str, dict[str, Any]]]:
    return picture(stage.kernel.turn())


def robot(stage: Stage, name: str) -> dict[str, Any]:
    return view(stage)['robot'][name]


def delivery(stage: Stage, name: str) -> dict[str, Any]:
    return view(stage)['delivery'][name]


def documented(kind: str) -> set[str]:
    """Return the fields docs/views.md lists for a kind."""
    (row,) = re.findall(rf'^\| `{kind}` \|[^|]*\|(.*)\|$', DOCS, re.MULTILINE)
    plain = re.sub(r'\([^()]*(?:\([^()]*\)[^()]*)*\)', '', row)
    return set(re.findall(r'`(\w+)`', plain))


def listed(name: str) -> set[str]:
    """Return the codes of a list like ROBOT_STATES in docs/views.md."""
    (text,) = re.findall(rf'{name}: (.*?)\.\n', DOCS, re.DOTALL)
    return set(re.findall(r'`(\w+)`', re.sub(r'\([^)]*\)', '', text)))


@pytest.fixture(scope='module')
def pictures() -> list[dict[str, dict[str, dict[str, Any]]]]:
    """Pictures of a rough hour, one every ten seconds."""
    day = Day(two_floors(robots=4, lifts=1, door=True), 4, robots=4, deliveries=8, habits=QUICK)
    found = []
    for _ in range(120):
        day.sim.run(10_000)
        found.append(picture(day.sim.manager.kernel.turn()))
    return found


@pytest.mark.thorough
@pytest.mark.parametrize('kind', KINDS)
def test_every_entity_has_the_documented_fields_and_no_others(
    kind: str, pictures: list[dict[str, dict[str, dict[str, Any]]]]
) -> None:
    entities = [entity for one in pictures for entity in one[kind].values()]
    assert entities
    for entity in entities:
        assert set(entity) == documented(kind)


def test_every_code_is_documented(pictures: list[dict[str, dict[str, dict[str, Any]]]]) -> None:
    states = {e['state'] for one in pictures for e in one['robot'].values()}
    assert states <= listed('ROBOT_STATES')
    deliveries = [e for one in pictures for e in one['delivery'].values()]
    assert {e['state'] for e in deliveries} <= listed('DELIVERY_STATES')
    waits = {e['waiting']['code'] for e in deliveries if e['waiting']}
    assert waits <= set(re.findall(r'`(\w+)`', DOCS.split('Why a delivery waits')[1]))
    alerts = {e['code'] for one in pictures for e in one['alert'].values()}
    assert alerts <= listed('Alert codes')


def test_a_picture_is_plain_json(pictures: list[dict[str, dict[str, dict[str, Any]]]]) -> None:
    for one in pictures:
        assert json.loads(json.dumps(one)) == one


# --- robots  ---


def test_a_robot_nobody_has_seen_is_nowhere() -> None:
    stage = Stage()
    seen = robot(stage, 'r1')
    assert (seen['state'], seen['link'], seen['x'], seen['node']) == (
        'never_seen',
        'never',
        None,
        None,
    )


def test_a_robot_that_spoke_from_elsewhere_is_excluded() -> None:
    stage = Stage()
    stage.say('r1', x=5.0)
    assert robot(stage, 'r1')['state'] == 'excluded'


@pytest.mark.thorough
def test_a_robots_state_follows_its_work() -> None:
    stage = Stage(two_floors(robots=1))
    stage.tick()
    states = [robot(stage, 'r1')['state']]
    stage.say('r1', charging=True)
    states.append(robot(stage, 'r1')['state'])
    name = stage.request('stores', 'ward')
    for _ in range(200):
        stage.tick()
        if robot(stage, 'r1')['state'] != states[-1]:
            states.append(robot(stage, 'r1')['state'])
        if stage.delivery(name).state is DeliveryState.DELIVERED:
            break
        if stage.delivery(name).state.value.startswith('awaiting') or stage.delivery(name).opening:
            stage.help(name)
    for expected in ('idle', 'charging', 'to_pick_up', 'at_pick_up', 'to_hand_over', 'in_lift'):
        assert expected in states
        states = states[states.index(expected) :]


def test_a_robot_that_waits_says_for_whom_or_what() -> None:
    stage = Stage(two_floors(robots=1, door=True))
    stage.silent.add('D')
    stage.saying['A'] = {}
    stage.request('stores', 'ward')
    stage.wait(10_000)
    assert robot(stage, 'r1')['state'] == 'waiting_door'
    stage.silent.clear()
    stage.reach('D000001', DeliveryState.UNDER_WAY)
    stage.wait(20_000)
    assert robot(stage, 'r1')['state'] == 'waiting_lift'
    assert robot(stage, 'r1')['lift'] == 'A'
    assert delivery(stage, 'D000001')['waiting'] == {'code': 'lift', 'params': {'lift': 'A'}}


def test_a_robot_behind_another_one_names_it() -> None:
    stage = Stage(corridor(robots=2, length=6))
    stage.request('east', 'west')
    stage.tick()
    stage.auto = False
    stage.request('middle', 'west')
    stage.tick()
    for _ in range(3):
        stage.say('r2')
        stage.drive('r1')
        stage.tick()
    waiting = robot(stage, 'r1')
    assert waiting['state'] == 'waiting'
    assert waiting['waits_for']['params']['robot'] == 'r2'
    assert waiting['waits_for']['since'] <= stage.now
    assert waiting['claimed']
    assert waiting['arrives'] > stage.now


def test_a_robot_that_waits_for_a_lift_a_door_or_a_station_says_which_and_since_when() -> None:
    stage = Stage(two_floors(robots=2, door=True))
    stage.silent.add('D')
    stage.saying['A'] = {}
    first = stage.request('stores', 'ward')
    stage.wait(20_000)
    carrier = stage.carrier(first)
    wait = robot(stage, carrier)['waits_for']
    assert (wait['code'], wait['params']['door']) == ('door', 'D')
    assert stage.now - 20_000 <= wait['since'] <= stage.now - 5_000
    stage.silent.clear()
    stage.reach(first, DeliveryState.UNDER_WAY)
    stage.wait(20_000)
    wait = robot(stage, carrier)['waits_for']
    assert (wait['code'], wait['params']['lift']) == ('lift', 'A')
    del stage.saying['A']
    stage.until(lambda: robot(stage, carrier)['state'] == 'in_lift')
    assert robot(stage, carrier)['waits_for'] is None, 'it rides'
    stage.reach(first, DeliveryState.AWAITING_RECEIPT)
    second = stage.request('stores', 'ward')
    stage.reach(second, DeliveryState.UNDER_WAY)
    stage.until(lambda: robot(stage, stage.carrier(second))['waits_for'] is not None)
    wait = robot(stage, stage.carrier(second))['waits_for']
    assert (wait['code'], wait['params']['robot']) == ('station', carrier)


def test_a_robot_that_may_drive_and_does_not_is_said_to_be_stuck() -> None:
    stage = Stage(corridor(robots=1, length=6))
    stage.reach(stage.request('east', 'west'), DeliveryState.ASSIGNED)
    stage.auto = False
    for _ in range(100):
        stage.say('r1')
        stage.tick()
    seen = robot(stage, 'r1')['waits_for']
    assert seen['code'] == 'stuck'
    assert stage.now - seen['since'] > 90_000
    assert 'robot' not in seen['params']


def test_a_robot_with_nothing_to_do_or_under_way_waits_for_nobody() -> None:
    stage = Stage(corridor(robots=2, length=6))
    stage.reach(stage.request('east', 'west'), DeliveryState.ASSIGNED)
    stage.tick()
    assert [robot(stage, name)['waits_for'] for name in ('r1', 'r2')] == [None, None]


def test_silent_paused_and_excluded_robots_are_shown_as_such() -> None:
    stage = Stage(two_floors(robots=3))
    stage.tick()
    stage.silent.add('r1')
    stage.send(PauseRobot(OPERATOR, RobotId('r2')))
    stage.say('r3', x=50.0)
    stage.auto = False
    stage.tick()
    assert [robot(stage, r)['state'] for r in ('r2', 'r3')] == ['paused', 'excluded']
    stage.tick(12_000)
    assert robot(stage, 'r1')['state'] == robot(stage, 'r1')['link'] == 'silent'


def test_a_robot_is_drawn_where_its_last_pose_was() -> None:
    stage = Stage()
    stage.tick()
    stage.hear(PoseReport(RobotId('r1'), stage.reports[RobotId('r1')].floor, 1.23456, 2.0, 0.5))
    assert (robot(stage, 'r1')['x'], robot(stage, 'r1')['yaw']) == (1.235, 0.5)


def test_a_compartment_names_the_delivery_it_is_for() -> None:
    stage = Stage()
    name = stage.request()
    stage.reach(name, DeliveryState.UNDER_WAY)
    boxes = robot(stage, stage.carrier(name))['compartments']
    assert [box['delivery'] for box in boxes] == [name, None]
    assert [box['occupied'] for box in boxes] == [True, False]


def test_what_shares_a_compartment_is_named_with_it_and_at_the_robot_with_each_other() -> None:
    hospital = corridor(robots=1)
    box = Compartment(CompartmentId('c1'), CompartmentKind.ANY, 40)
    types = {STANDARD_TYPE.id: replace(STANDARD_TYPE, compartments=(box,))}
    stage = Stage(replace(hospital, types=types), policy=PLAIN)
    names = [stage.request('west', 'east') for _ in range(2)]
    stage.tick()
    assert [delivery(stage, name)['together'] for name in names] == [[], []]
    for name in names:
        stage.reach(name, DeliveryState.AWAITING_LOAD)
    assert [delivery(stage, name)['together'] for name in names] == [[names[1]], [names[0]]]
    stage.reach(names[0], DeliveryState.UNDER_WAY)
    boxes = {one['id']: one for one in robot(stage, 'r1')['compartments']}
    assert (boxes['c1']['delivery'], boxes['c1']['deliveries']) == (names[0], names)


# --- deliveries  ---


def test_a_delivery_that_waits_says_why() -> None:
    stage = Stage(corridor(robots=2))
    name = stage.request('west', 'east')

    def why() -> str | None:
        waiting = delivery(stage, name)['waiting']
        return waiting['code'] if waiting else None

    assert why() == 'no_robot_in_service'
    stage.send(PauseFleet(OPERATOR))
    assert why() == 'fleet_paused'
    stage.send(ResumeFleet(OPERATOR))
    stage.tick()
    assert why() is None
    carrier = stage.carrier(name)
    stage.send(PauseRobot(OPERATOR, carrier))
    assert why() == 'robot_paused'
    stage.silent.add(carrier)
    stage.wait(11_000)
    assert why() == 'robot_silent'


def test_a_loaded_robot_whose_goal_is_taken_says_by_whom() -> None:
    stage = Stage(corridor(robots=2))
    first = stage.request('west', 'east')
    stage.reach(first, DeliveryState.AWAITING_RECEIPT)
    second = stage.request('middle', 'east')
    stage.reach(second, DeliveryState.UNDER_WAY)
    stage.wait(5_000)
    assert delivery(stage, second)['waiting'] == {
        'code': 'station_occupied',
        'params': {'robot': stage.carrier(first)},
    }


def test_when_all_robots_are_busy_the_next_delivery_says_so() -> None:
    stage = Stage(corridor(robots=1), policy=PLAIN)
    names = [stage.request('west', 'east') for _ in range(14)]
    stage.tick()
    seen = [delivery(stage, name) for name in names]
    waiting = [one['waiting']['code'] for one in seen if one['robot'] is None]
    assert set(waiting) == {'all_robots_busy'}
    assert len(waiting) < len(names)


def test_a_robot_shows_its_run_and_which_parcel_is_in_which_compartment_next() -> None:
    stage = Stage(corridor(robots=1), policy=PLAIN)
    names = [stage.request('west', 'east') for _ in range(4)]
    stage.reach(names[0], DeliveryState.UNDER_WAY)
    seen = robot(stage, 'r1')
    assert names[0] in seen['deliveries']
    stops = [(one['purpose'], one['station']) for one in seen['stops']]
    assert ('pick_up', 'west') in stops
    assert stops[-1] == ('hand_over', 'east')
    inside = {one['id']: one['delivery'] for one in seen['compartments']}
    assert inside[delivery(stage, names[0])['compartment']] == names[0]


def test_a_refused_parcel_is_told_as_going_back_and_then_as_returned() -> None:
    stage = Stage(corridor(robots=1))
    name = stage.request('west', 'east')
    stage.reach(name, DeliveryState.AWAITING_RECEIPT)
    stage.send(RefuseDelivery(ward('east'), name, 'not ours'))
    seen = delivery(stage, name)
    assert (seen['state'], seen['returning'], seen['turned_back']) == (
        'under_way',
        True,
        'refused: not ours',
    )
    assert 'awaiting_receipt' not in seen['times']
    assert seen['eta'] is not None
    stage.reach(name, DeliveryState.AWAITING_RECEIPT)
    stage.send(OpenCompartment(ward('west'), name))
    stage.use_opening(name)
    seen = delivery(stage, name)
    assert (seen['state'], seen['waiting'], seen['may_cancel']) == ('returned', None, False)


def test_the_expected_arrival_is_a_range_that_comes_closer() -> None:
    stage = Stage(two_floors(robots=1))
    name = stage.request('pharmacy', 'ward')
    assert delivery(stage, name)['eta'] is None
    seen = []
    for state in (DeliveryState.ASSIGNED, DeliveryState.AWAITING_LOAD, DeliveryState.UNDER_WAY):
        stage.reach(name, state)
        eta = delivery(stage, name)['eta']
        assert stage.now < eta['early'] < eta['late']
        seen.append(eta['late'] - stage.now)
    assert seen == sorted(seen, reverse=True)
    stage.reach(name, DeliveryState.AWAITING_RECEIPT)
    assert delivery(stage, name)['eta'] is None


def test_a_delivery_tells_who_brings_it_why_and_what_may_be_done() -> None:
    stage = Stage(corridor(robots=3))
    name = stage.request('west', 'east', note='x')
    assert delivery(stage, name)['why'] is None
    stage.reach(name, DeliveryState.AWAITING_LOAD)
    seen = delivery(stage, name)
    assert seen['why']['robot'] == seen['robot'] == 'r1'
    assert [r for r, _ in seen['why']['runners_up']] == ['r2', 'r3']
    assert (seen['may_cancel'], seen['opening'], seen['note']) == (True, False, 'x')
    stage.send(OpenCompartment(ward('west'), name))
    seen = delivery(stage, name)
    assert (seen['may_cancel'], seen['opening']) == (False, True)
    stage.reach(name, DeliveryState.DELIVERED)
    stage.send(RateDelivery(ward('east'), name, 4))
    seen = delivery(stage, name)
    assert (seen['rating'], seen['waiting'], seen['eta'], seen['late']) == (4, None, None, False)
    assert list(seen['times'])[:2] == ['accepted', 'assigned']


# --- lifts, doors, alerts, fleet  ---


def test_a_lift_shows_what_it_said_and_whom_it_serves() -> None:
    stage = Stage(two_floors(robots=1))
    assert view(stage)['lift']['A']['link'] == 'never'
    assert view(stage)['lift']['A']['mode'] == 'unknown'
    stage.saying['A'] = {}
    stage.reach(stage.request('pharmacy', 'ward'), DeliveryState.UNDER_WAY)
    stage.until(lambda: stage.robot('r1').node == 'F1.A-wait')
    stage.lift(door=LiftDoor.OPEN, mode=LiftMode.AGV, height=1.5)
    lift = view(stage)['lift']['A']
    assert (lift['floor'], lift['door'], lift['mode'], lift['height']) == (
        'F1',
        'open',
        'agv',
        1.5,
    )
    assert lift['session']['robot'] == 'r1'
    assert lift['session']['stage'] == 'requested'
    stage.saying.clear()
    stage.silent.add('A')
    stage.wait(11_000)
    assert view(stage)['lift']['A']['link'] == 'silent'


def test_a_door_shows_its_position_and_whether_it_is_wanted() -> None:
    stage = Stage(two_floors(robots=1, door=True))
    assert view(stage)['door']['D'] == {'position': 'unknown', 'link': 'never', 'wanted': False}
    stage.hear(DoorReport('D', DoorPosition.MOVING))  # type: ignore[arg-type]
    assert view(stage)['door']['D'] == {'position': 'moving', 'link': 'ok', 'wanted': False}


def test_an_alert_shows_who_has_seen_it() -> None:
    stage = Stage()
    stage.tick()
    stage.say('r1', x=9.0)
    stage.tick()
    stage.send(AcknowledgeAlert(OPERATOR, 'robot_excluded:r1'))
    alert = view(stage)['alert']['robot_excluded:r1']
    assert (alert['code'], alert['subject'], alert['acknowledged']) == (
        'robot_excluded',
        'r1',
        'operator',
    )


def test_the_fleet_in_figures() -> None:
    stage = Stage(two_floors(robots=1))
    stage.tick()
    done = stage.request('pharmacy', 'ward')
    stage.reach(done, DeliveryState.DELIVERED)
    gone = stage.request('stores', 'lab')
    stage.send(CancelDelivery(OPERATOR, gone))
    stage.silent.add('r1')
    stage.wait(11_000)
    stage.request('stores', 'lab')
    stage.tick(2_000)
    fleet = view(stage)['fleet']['fleet']
    assert fleet['robots_total'] == 1
    assert fleet['robots_available'] == 0
    assert fleet['deliveries_open'] == fleet['deliveries_waiting'] == 1
    assert fleet['longest_wait_ms'] == 2_000
    assert fleet['delivered_today'] == 1
    assert fleet['on_time'] == 1.0
    assert fleet['alerts_open'] == 1
    assert fleet['lift_minutes'] > 0
    assert fleet['lift_outcomes']['done'] >= 1
