"""An account is switched off while its owner loads a robot: over the real kernel and accounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.application.audit import Wanted
from fleet_manager.application.ports import Account
from fleet_manager.domain.deliveries.custody import gaps
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital
from tests.adapters.http.conftest import Browser, Loop, make_app
from tests.pages.obedient import Obedient

PHARMACY, WARD = StationId('pharmacy'), StationId('n2w')
PEOPLE = (
    Account(AccountId('wang'), 'Wang', 'pharmacy', PHARMACY, stations=(PHARMACY,), personal=True),
    Account(AccountId('chen'), 'Chen', 'pharmacy', PHARMACY, stations=(PHARMACY,), personal=True),
    Account(AccountId('li.na'), 'Li Na', 'ward', WARD, stations=(WARD,), personal=True),
    Account(AccountId('admin-1'), 'Admin', 'admin', None, personal=True),
)
SECRET = '274951'


class House:
    """The pages, the real kernel with robots that work, and accounts in a database."""

    def __init__(self, hospital: Hospital, loop: Loop, folder: Path) -> None:
        self.fleet, self.loop = Obedient(hospital), loop
        self.accounts = SqlAccounts(f'sqlite:///{folder / "accounts.db"}', badge_key='a key')
        for person in PEOPLE:
            self.accounts.create(person, secret=SECRET)
        self.app = make_app(
            hospital,
            self.fleet,  # type: ignore[arg-type]
            accounts=self.accounts,
            clock=self.fleet.clock,
            audit=self.accounts,
        )
        self._lifespan = self.app.router.lifespan_context(self.app)
        loop.run(self._lifespan.__aenter__())

    def person(self, name: str) -> Browser:
        return Browser(self.app, self.loop).as_person(name, SECRET)

    def asked(self) -> str:
        body = {'goods': 'supply', 'sender': 'pharmacy', 'recipient': 'n2w'}
        ward = self.person('li.na')
        answer = ward.json('/api/v1/deliveries', body, idempotency_key='key-000001')
        assert answer.status_code == 201, answer.text
        return str(answer.json()['id'])

    def opens(self, who: Browser, delivery: str) -> str:
        answer = who.post(f'/deliveries/{delivery}/open', {'pin': SECRET, 'count': '1'})
        return answer.headers.get('location', str(answer.status_code))

    def close(self) -> None:
        self.loop.run(self._lifespan.__aexit__(None, None, None))
        self.accounts.close()


@pytest.fixture
def house(hospital: Hospital, loop: Loop, tmp_path: Path) -> Iterator[House]:
    made = House(hospital, loop, tmp_path)
    yield made
    made.close()


@pytest.mark.thorough
@pytest.mark.parametrize('opened', [False, True])
def test_whose_account_is_switched_off_while_loading_is_out_and_the_parcel_goes_on(
    house: House, opened: bool
) -> None:
    delivery = house.asked()
    wang, chen, admin = (house.person(name) for name in ('wang', 'chen', 'admin-1'))
    house.fleet.until(delivery, 'awaiting_load')
    if opened:
        assert house.opens(wang, delivery) == f'/deliveries/{delivery}'
        house.fleet.until(delivery, 'loading')
    assert admin.post('/accounts/wang/disable').status_code == 303

    assert house.opens(wang, delivery) == '/login?why=disabled'
    assert wang.get('/ward').headers['location'].startswith('/login')
    again = {'kind': 'person', 'name': 'wang', 'password': SECRET, 'next': ''}
    assert Browser(house.app, house.loop).post('/login', again).status_code == 403
    if not opened:
        house.fleet.wait(5_000)
        assert house.fleet.delivery(delivery).state == 'awaiting_load'
        assert house.opens(chen, delivery) == f'/deliveries/{delivery}'

    house.fleet.until(delivery, 'under_way')
    house.fleet.until(delivery, 'awaiting_receipt')
    nurse = house.person('li.na')
    assert house.opens(nurse, delivery) == f'/deliveries/{delivery}'
    house.fleet.until(delivery, 'taken')
    assert nurse.post(f'/deliveries/{delivery}/sign', {'count': '1'}).status_code == 303
    assert house.fleet.delivery(delivery).state == 'delivered'
    record = house.fleet.custody(DeliveryId(delivery))
    assert record is not None
    assert gaps(record) == []
    robot = next(one for one in record.holdings if one.holder.startswith('robot:'))
    assert robot.signed_by == ('wang' if opened else 'chen')
    deeds = [(one.who, one.deed, one.outcome) for one in house.accounts.lines(Wanted(), limit=50)]
    assert ('admin-1', 'account_disabled', 'ok') in deeds
    assert ('wang', 'log_in', 'disabled') in deeds
