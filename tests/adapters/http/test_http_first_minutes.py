"""What the README says to try in the first ten minutes, over the real kernel and its accounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleet_manager.adapters.db.accounts import SqlAccounts
from fleet_manager.domain.deliveries.custody import gaps
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.entry.first_run import make_accounts
from tests.adapters.http.conftest import Browser, Loop, make_app
from tests.pages.obedient import Obedient


class Demo:
    """A demo on its first day: real accounts, real kernel, robots that work."""

    def __init__(self, hospital: Hospital, loop: Loop, folder: Path) -> None:
        self.fleet, self._loop = Obedient(hospital), loop
        self.accounts = SqlAccounts(f'sqlite:///{folder / "accounts.db"}', badge_key='a key')
        self.secrets = make_accounts(self.accounts, hospital, folder=folder, people=True)
        self._app = make_app(
            hospital,
            self.fleet,  # type: ignore[arg-type]
            accounts=self.accounts,
            clock=self.fleet.clock,
        )

    def person(self, name: str) -> Browser:
        browser = Browser(self._app, self._loop)
        return browser.as_person(name, self.secrets[name])

    def station(self, name: str) -> Browser:
        browser = Browser(self._app, self._loop)
        form = {'kind': 'ward', 'station': name, 'pin': self.secrets[name], 'next': ''}
        assert browser.post('/login', form).status_code == 303
        return browser.with_token()

    def does(self, who: Browser, delivery: str, deed: str, **fields: str) -> None:
        answer = who.post(f'/deliveries/{delivery}/{deed}', fields)
        assert (answer.status_code, answer.headers['location']) == (303, f'/deliveries/{delivery}')

    def asked(self, who: Browser, **body: object) -> str:
        answer = who.json('/api/v1/deliveries', body, idempotency_key='key-000001')
        assert answer.status_code == 201, answer.text
        return str(answer.json()['id'])


@pytest.fixture
def demo(hospital: Hospital, loop: Loop, tmp_path: Path) -> Demo:
    return Demo(hospital, loop, tmp_path)


def second(demo: Demo, name: str) -> dict[str, str]:
    return {'witness': name, 'witness_pin': demo.secrets[name]}


@pytest.mark.thorough
def test_a_controlled_drug_is_loaded_and_received_by_two_people_each(demo: Demo) -> None:
    ward = demo.station('n2w')
    drug = demo.asked(ward, goods='controlled', sender='pharmacy', recipient='n2w')
    demo.fleet.until(drug, 'awaiting_load')
    first, pin = demo.person('pharmacy-1'), demo.secrets['pharmacy-1']
    alone = first.post(f'/deliveries/{drug}/open', {'pin': pin, 'count': '5'})
    assert alone.status_code == 422
    # a badge is enough for the second person: no name is typed
    badge = 'BADGE-000002'
    account = next(one for one in demo.accounts.all() if one.id == 'pharmacy-2')
    demo.accounts.add_badge(account.id, code=badge, now=demo.fleet.clock())
    demo.does(first, drug, 'open', pin=pin, count='5', witness_pin=badge)
    demo.fleet.until(drug, 'awaiting_receipt')
    nurse, pin = demo.person('n2w-1'), demo.secrets['n2w-1']
    demo.does(nurse, drug, 'open', pin=pin, count='5', **second(demo, 'n2w-2'))
    demo.fleet.until(drug, 'taken')
    demo.does(nurse, drug, 'sign', count='5', **second(demo, 'n2w-2'))
    assert demo.fleet.delivery(drug).state == 'delivered'
    record = demo.fleet.custody(DeliveryId(drug))
    assert record is not None
    assert gaps(record) == []


@pytest.mark.thorough
def test_waste_gets_two_signatures_and_its_robot_is_washed(demo: Demo, hospital: Hospital) -> None:
    ward, hold = demo.station('n2w'), demo.station('waste')
    details = {'waste_type': 'infectious', 'weight_kg': '2.5', 'bag': 'BAG-001'}
    waste = demo.asked(ward, goods='waste', sender='n2w', recipient='waste', details=details)
    demo.fleet.until(waste, 'awaiting_load')
    demo.does(ward, waste, 'open', pin=demo.secrets['n2w'])
    demo.fleet.until(waste, 'awaiting_receipt')
    robot = demo.fleet.delivery(waste).robot
    assert robot is not None
    demo.does(hold, waste, 'open', pin=demo.secrets['waste'])
    demo.fleet.until(waste, 'taken')
    assert hold.post(f'/deliveries/{waste}/sign', {}).status_code == 422
    demo.does(hold, waste, 'sign', **second(demo, 'n2w-1'))
    assert demo.fleet.delivery(waste).state == 'delivered'
    demo.fleet.wait(240_000)
    seen = demo.fleet.current().entities['robot'][robot]
    place = demo.fleet.sim.state().robots[robot].node
    assert (seen['state'], hospital.nodes[place].kind) == ('needs_cleaning', NodeKind.CLEANING)
    operator = demo.person('operator')
    assert operator.json(f'/api/v1/robots/{robot}/cleaned', {}).status_code == 200
    assert demo.fleet.current().entities['robot'][robot]['state'] != 'needs_cleaning'
