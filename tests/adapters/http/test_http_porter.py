"""The porters' page: one goes, custody follows the parcel, and only the addressee signs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.adapters.db.desk_book import SqlDeskBook
from fleet_manager.adapters.http import i18n
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role, SignDelivery, TakeByHand
from tests.adapters.http.conftest import Browser, Loop, Site
from tests.pages.stand_in import now, pin_of

WORDS = i18n.load()['en']


@pytest.fixture
def site(hospital: Hospital, loop: Loop, tmp_path: Path) -> Iterator[Site]:
    book = SqlDeskBook(f'sqlite:///{tmp_path / "desk.db"}')
    made = Site(hospital, loop, book=book)
    yield made
    made.close()
    book.close()


def logged_in(site: Site, name: str, role: str) -> Browser:
    """Return the browser of somebody who has logged in."""
    account = Account(AccountId(name), name.title(), role, None, personal=True)
    site.accounts.create(account, secret='long enough')
    found = site.browser()
    token = site.accounts.open_session(account.id, now=now())
    found.client.cookies.set('session', token)
    return found.with_token()


def test_two_porters_do_not_go_for_one_parcel(site: Site) -> None:
    li, wang = logged_in(site, 'li', 'porter'), logged_in(site, 'wang', 'porter')
    delivery = site.delivery(state='porter_asked')
    assert li.post(f'/porter/{delivery}/claim').status_code == 303
    answer = wang.post(f'/porter/{delivery}/claim')
    assert (answer.status_code, WORDS('porter.claimed', who='Li') in answer.text) == (409, True)
    assert WORDS('porter.goes', who='Li') in wang.get('/porter').text
    assert li.post(f'/porter/{delivery}/unclaim').status_code == 303
    assert wang.post(f'/porter/{delivery}/claim').status_code == 303


def test_a_porter_takes_and_the_addressee_signs_on_the_porters_phone(site: Site) -> None:
    li = logged_in(site, 'li', 'porter')
    delivery = site.delivery(state='porter_asked')
    assert li.get('/').headers['location'] == '/porter'
    assert li.post(f'/porter/{delivery}/take').status_code == 303
    taken = site.fleet.commands[-1]
    assert isinstance(taken, TakeByHand)
    assert (taken.actor.account, taken.actor.role) == ('li', Role.PORTER)
    wrong = li.post(f'/porter/{delivery}/hand-over', {'pin': pin_of('pharmacy')})
    assert wrong.status_code == 422
    assert WORDS('porter.pin.wrong', phone=site.hospital.phone) in wrong.text
    right = li.post(f'/porter/{delivery}/hand-over', {'pin': pin_of('n2w')})
    assert right.status_code == 303
    signed = site.fleet.commands[-1]
    assert isinstance(signed, SignDelivery)
    assert (signed.actor.role, signed.actor.station) == (Role.WARD, 'n2w')
    assert WORDS('porter.done') in li.get('/porter').text


def test_what_a_robot_carries_is_no_porters_business(site: Site) -> None:
    li, delivery = logged_in(site, 'li', 'porter'), site.delivery(state='under_way')
    number = site.fleet._deliveries[delivery]['number']
    assert f'{number}' not in li.get('/porter').text
    for deed in ('claim', 'take'):
        answer = li.post(f'/porter/{delivery}/{deed}')
        assert answer.status_code == 409
        assert WORDS('refusal.not_for_porters') in answer.text
    assert li.post(f'/porter/{delivery}/hand-over', {'pin': '1'}).status_code == 409


def test_a_ward_has_no_porters_page_and_a_porter_no_wards(site: Site) -> None:
    assert site.ward('n2w').get('/porter').status_code == 403
    assert site.operator().get('/porter').status_code == 200
    li, delivery = logged_in(site, 'li', 'porter'), site.delivery(state='porter_asked')
    assert li.get('/ward').status_code == 403
    page = li.get(f'/deliveries/{delivery}')
    assert (page.status_code, 'href="/porter"' in page.text) == (200, True)


def test_a_porter_sees_what_is_to_be_taken_out_of_a_robot(site: Site) -> None:
    li, delivery = logged_in(site, 'li', 'porter'), site.delivery(state='rescue_asked')
    page = li.get('/porter').text
    assert WORDS('porter.rescue') in page
    assert f'href="/deliveries/{delivery}"' in page
    assert li.get(f'/deliveries/{delivery}').status_code == 200


def test_waste_is_handed_over_with_two_signatures(site: Site) -> None:
    li, delivery = logged_in(site, 'li', 'porter'), site.delivery(state='carried')
    site.fleet._deliveries[delivery] |= {'goods': 'waste'}
    site.fleet.publish()
    assert WORDS('panel.second_pin') in li.get('/porter').text
    fields = {'pin': pin_of('n2w'), 'witness': 'li', 'witness_pin': 'long enough'}
    assert li.post(f'/porter/{delivery}/hand-over', fields).status_code == 303
    command = site.fleet.commands[-1]
    assert isinstance(command, SignDelivery)
    assert command.witness is not None
    assert command.witness.account == 'li'
