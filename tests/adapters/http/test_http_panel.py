"""The screen on a robot: only a paired device, only what stands here, only with a PIN."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.feed import Audience, visible
from fleet_manager.adapters.http.panel_page import FACES, describe
from fleet_manager.adapters.http.security import form_token
from fleet_manager.application.ports import Account, View
from fleet_manager.domain.ids import AccountId, RobotId, StationId
from fleet_manager.domain.messages import (
    LockReport,
    OpenCompartment,
    PutOffDelivery,
    RefuseDelivery,
    Role,
    SignDelivery,
)
from tests.adapters.http.conftest import Browser, Site
from tests.pages.stand_in import now, pin_of

WORDS = i18n.load()['en']
R1 = RobotId('r1')


def screen(site: Site, robot: str = 'r1') -> Browser:
    """Return the browser of the robot's screen, paired."""
    found = site.browser()
    code = site.panels.offer(RobotId(robot))
    answer = found.post(f'/robot/{robot}/pair', {'code': f' {code[:4]} {code[4:]}'})
    assert (answer.status_code, answer.headers['location']) == (303, f'/robot/{robot}/panel')
    return found


def at_stop(site: Site, state: str) -> str:
    """Return a delivery whose robot stands there for it."""
    delivery = site.delivery(state=state)
    robot = site.fleet.robots[R1]
    robot.delivery = delivery
    place = 'pharmacy' if state in ('awaiting_load', 'loading') else 'n2w'
    robot.node = next(s.node for s in site.hospital.stations.values() if s.id == place)
    site.fleet.publish()
    return delivery


def tell(site: Site, screen: Browser, deed: str, delivery: str, **fields: str) -> Any:
    form = {'delivery': delivery, 'csrf': form_token('token-of-r1')} | fields
    return screen.post(f'/robot/r1/{deed}', form)


def test_only_the_paired_device_sees_and_does_anything(site: Site) -> None:
    stranger = site.browser()
    answer = stranger.get('/robot/r1/panel')
    assert (answer.status_code, answer.headers['location']) == (303, '/robot/r1/pair')
    assert stranger.post('/robot/r1/pair', {'code': '00000000'}).status_code == 422
    assert site.ward('n2w').get('/robot/r1/panel').status_code == 303
    mine = screen(site)
    assert mine.get('/robot/r1/panel').status_code == 200
    assert mine.get('/robot/r2/panel').headers['location'] == '/robot/r2/pair'
    delivery = at_stop(site, 'awaiting_load')
    fields = {'delivery': delivery, 'pin': pin_of('pharmacy')}
    assert stranger.post('/robot/r1/open', fields).status_code == 401
    assert mine.post('/robot/r1/open', fields).status_code == 403  # without the form's token
    assert mine.get('/ward').status_code == 303  # a screen is nobody's log-in
    site.panels.forget(R1)
    assert mine.get('/robot/r1/panel').headers['location'] == '/robot/r1/pair'


def test_loading_takes_the_pin_of_the_sender_and_of_nobody_else(site: Site) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_load')
    page = mine.get('/robot/r1/panel').text
    assert WORDS('panel.deed.load') in page
    wrong = tell(site, mine, 'open', delivery, pin=pin_of('n2w'))
    assert wrong.status_code == 422
    assert WORDS('pin.wrong', phone=site.hospital.phone) in wrong.text
    assert not any(isinstance(c, OpenCompartment) for c in site.fleet.commands)
    assert tell(site, mine, 'open', delivery, pin=pin_of('pharmacy')).status_code == 303
    command = site.fleet.commands[-1]
    assert isinstance(command, OpenCompartment)
    assert (command.actor.role, command.actor.station) == (Role.WARD, 'pharmacy')
    assert command.delivery == delivery


def test_five_wrong_pins_lock_and_a_right_one_opens_nothing_then(site: Site) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_receipt')
    answers = [tell(site, mine, 'open', delivery, pin='1').status_code for _ in range(5)]
    assert answers == [422] * 4 + [429]
    assert tell(site, mine, 'open', delivery, pin=pin_of('n2w')).status_code == 429
    assert not any(isinstance(c, OpenCompartment) for c in site.fleet.commands)


def test_wrong_pins_lock_the_compartment_for_its_delivery_whoever_they_are_of(site: Site) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_receipt')
    right = pin_of('n2w')
    # the first person is right, another second person is made up each time
    for n in range(4):
        second = {'witness': f'nurse-{n}', 'witness_pin': '1'}
        assert tell(site, mine, 'open', delivery, pin=right, **second).status_code == 422
    fifth = tell(site, mine, 'open', delivery, pin=right, witness='nurse-5', witness_pin='1')
    assert fifth.status_code == 429
    assert WORDS('panel.locked.one', compartment='c1', n=1, phone=8000) in fifth.text
    assert tell(site, mine, 'open', delivery, pin=right).status_code == 429
    lock = next(one for one in site.fleet.reports if isinstance(one, LockReport))
    assert (lock.account, lock.compartment) == ('', 'r1/c1')
    assert not any(isinstance(c, OpenCompartment) for c in site.fleet.commands)
    other = at_stop(site, 'awaiting_receipt')
    assert tell(site, mine, 'open', other, pin=right).status_code == 303, 'only for that delivery'


def test_the_screen_says_until_when_it_is_locked_and_asks_for_no_pin(site: Site) -> None:
    at_stop(site, 'awaiting_receipt')
    view = site.fleet.current()
    assert describe(site.hospital, view, R1, now=now()).asks_pin
    alert = {'code': 'compartment_locked', 'params': {'until': '1800000000000'}}
    told = replace(view, entities={**view.entities, 'alert': {'compartment_locked:r1/c1': alert}})
    page = describe(site.hospital, told, R1, now=now())
    assert (page.locked_until, page.asks_pin) == (1_800_000_000_000, False)


def test_at_the_robot_a_parcel_is_taken_later_after_a_pin(site: Site) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_receipt')
    assert WORDS('panel.later', minutes=10) in mine.get('/robot/r1/panel').text
    assert tell(site, mine, 'later', delivery, pin='1').status_code == 422
    assert tell(site, mine, 'later', delivery, pin=pin_of('n2w')).status_code == 303
    assert isinstance(site.fleet.commands[-1], PutOffDelivery)
    page = mine.get('/robot/r1/panel').text
    assert WORDS('panel.put_off') in page
    assert WORDS('panel.deed.collect') in page, 'who comes sooner may open it'


def test_a_parcel_that_is_not_at_this_robot_cannot_be_opened_here(site: Site) -> None:
    mine = screen(site)
    driving, elsewhere = (
        at_stop(site, 'under_way'),
        site.delivery(state='awaiting_load', robot='r2'),
    )
    for delivery in (driving, elsewhere, 'd0'):
        answer = tell(site, mine, 'open', delivery, pin=pin_of('pharmacy'))
        assert answer.status_code == 409
    assert not any(isinstance(c, OpenCompartment) for c in site.fleet.commands)


def test_who_collects_may_refuse_with_a_reason_and_sign_where_the_robot_still_stands(
    site: Site,
) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_receipt')
    pin = pin_of('n2w')
    assert tell(site, mine, 'refuse', delivery, pin=pin, reason='because').status_code == 422
    assert tell(site, mine, 'refuse', delivery, pin=pin, reason='damaged').status_code == 303
    refused = site.fleet.commands[-1]
    assert isinstance(refused, RefuseDelivery)
    assert refused.reason == WORDS('panel.reason.damaged')
    taken = at_stop(site, 'taken')
    site.fleet.robots[R1].delivery = None
    assert WORDS('panel.deed.sign') in mine.get('/robot/r1/panel').text
    assert tell(site, mine, 'sign', taken, pin='1').status_code == 422
    assert tell(site, mine, 'sign', taken, pin=pin).status_code == 303
    assert isinstance(site.fleet.commands[-1], SignDelivery)
    gone = at_stop(site, 'taken')
    site.fleet.robots[R1].node = site.fleet.robots[R1].home
    site.fleet.publish()
    assert WORDS('panel.deed.sign') not in mine.get('/robot/r1/panel').text
    assert tell(site, mine, 'sign', gone, pin=pin).status_code == 409


def test_at_the_robot_too_nobody_is_offered_to_refuse_what_is_never_brought_back(
    site: Site,
) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_receipt')
    assert WORDS('delivery.refuse') in mine.get('/robot/r1/panel').text
    site.fleet._deliveries[delivery] |= {'goods': 'waste'}
    site.fleet.publish()
    assert WORDS('delivery.refuse') not in mine.get('/robot/r1/panel').text
    pin = pin_of('n2w')
    assert tell(site, mine, 'refuse', delivery, pin=pin, reason='damaged').status_code == 409


def test_the_screen_has_no_names_and_no_notes_and_says_what_it_carries_only_where_it_stands(
    site: Site,
) -> None:
    delivery = at_stop(site, 'under_way')
    site.fleet._deliveries[delivery] |= {'note': 'for Mrs Wang', 'requested_by': 'nurse-li'}
    site.fleet.robots[R1].occupied = True
    site.fleet.publish()
    mine = screen(site)
    page = mine.get('/robot/r1/panel').text
    assert WORDS('goods.drug') not in page
    assert str(site.fleet._deliveries[delivery]['number']) in page
    told = str(visible(site.fleet.current().entities, Audience(None, robot=R1)))
    for private in ('Wang', 'nurse-li'):
        assert private not in page + told
    assert "'r2'" not in told


@pytest.mark.parametrize(
    ('robot', 'delivery', 'face'),
    [
        ({'link': 'silent', 'state': 'silent'}, 'awaiting_receipt', 'offline'),
        ({'link': 'never', 'state': 'never_seen'}, None, 'offline'),
        ({'state': 'excluded'}, 'awaiting_receipt', 'error'),
        ({'state': 'paused'}, 'under_way', 'paused'),
        ({'state': 'at_hand_over', 'closed': False}, 'opened', 'open'),
        ({'state': 'at_pick_up'}, 'loading', 'open'),
        ({'state': 'at_pick_up'}, 'awaiting_load', 'load'),
        ({'state': 'at_hand_over'}, 'awaiting_receipt', 'collect'),
        ({'state': 'at_hand_over', 'returning': True}, 'awaiting_receipt', 'back'),
        ({'state': 'waiting_lift'}, 'under_way', 'driving'),
        ({'state': 'in_lift'}, 'under_way', 'driving'),
        ({'state': 'needs_cleaning'}, None, 'cleaning'),
        ({'state': 'charging'}, None, 'idle'),
    ],
)
def test_a_screen_shows_one_face_and_never_what_may_be_old(
    site: Site, robot: dict[str, Any], delivery: str | None, face: str
) -> None:
    name = at_stop(site, delivery) if delivery else ''
    entities = {kind: dict(found) for kind, found in site.fleet.current().entities.items()}
    closed, returning = robot.pop('closed', True), robot.pop('returning', False)
    shown = dict(entities['robot'][R1]) | robot
    shown['compartments'] = [dict(box) | {'closed': closed} for box in shown['compartments']]
    entities['robot'] = {R1: shown}
    if name:
        entities['delivery'][name] = dict(entities['delivery'][name]) | {'returning': returning}
    view = View(1, now(), entities)
    assert describe(site.hospital, view, R1, now=view.now).face == face
    assert describe(site.hospital, view, R1, now=view.now + 13_000).face == 'offline'
    assert face in FACES
    for part in ('face', 'says'):
        assert f'panel.{part}.{face}' in WORDS.texts


def controlled(site: Site, state: str) -> str:
    delivery = at_stop(site, state)
    site.fleet._deliveries[delivery] |= {'goods': 'controlled'}
    site.fleet.publish()
    account = Account(AccountId('li'), 'Li', 'pharmacy', StationId('pharmacy'))
    site.accounts.create(account, secret='long enough')
    return delivery


def test_controlled_drugs_take_two_people_and_a_count(site: Site) -> None:
    mine, delivery = screen(site), controlled(site, 'awaiting_load')
    page = mine.get('/robot/r1/panel').text
    assert WORDS('panel.second') in page
    assert re.search(r'name="count"[^>]*required', page)
    both = {'pin': pin_of('pharmacy'), 'witness': 'li', 'count': '6'}
    wrong = tell(site, mine, 'open', delivery, witness_pin='guessed', **both)
    assert wrong.status_code == 422
    assert not any(isinstance(c, OpenCompartment) for c in site.fleet.commands)
    assert tell(site, mine, 'open', delivery, witness_pin='long enough', **both).status_code == 303
    command = site.fleet.commands[-1]
    assert isinstance(command, OpenCompartment)
    assert command.witness is not None
    assert (command.actor.account, command.witness.account) == ('ward-pharmacy', 'li')
    assert command.count == 6


def test_what_is_not_right_is_said_with_the_signature(site: Site) -> None:
    mine, taken = screen(site), at_stop(site, 'taken')
    fields = {'pin': pin_of('n2w'), 'missing': 'less', 'count': '2'}
    assert tell(site, mine, 'sign', taken, **fields).status_code == 303
    command = site.fleet.commands[-1]
    assert isinstance(command, SignDelivery)
    assert (command.count, command.missing) == (2, WORDS('panel.flaw.less'))
    assert tell(site, mine, 'sign', taken, pin=pin_of('n2w'), missing='x').status_code == 422


def test_what_a_rescuer_loads_elsewhere_is_not_opened_with_a_stations_pin(site: Site) -> None:
    mine, delivery = screen(site), at_stop(site, 'awaiting_load')
    site.fleet._deliveries[delivery] |= {'origin': 'stores'}
    site.fleet.publish()
    assert WORDS('panel.deed.load') not in mine.get('/robot/r1/panel').text
    assert tell(site, mine, 'open', delivery, pin=pin_of('stores')).status_code == 409
