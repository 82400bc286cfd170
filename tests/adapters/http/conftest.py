"""The app in this process: no socket, no browser, a fleet that only moves when told to."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.printing.printer import DocumentPrinter
from fleet_manager.adapters.http.app import Health, create_app
from fleet_manager.application.ports import Accounts
from fleet_manager.domain.maps.model import Hospital
from tests.pages.stand_in import (
    StandIn,
    StandInAccounts,
    StandInAudit,
    StandInKeys,
    StandInPanels,
    now,
    pin_of,
    with_log_ins,
)

URL = 'http://fleet.test'
FOLDER = Path(__file__).parents[3] / 'maps' / 'small_hospital'


class Loop:
    """An event loop in a thread, so that tests read from top to bottom."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any], *, seconds: float = 30) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def start(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()


class Browser:
    """Somebody's browser: cookies, an Origin with each POST, the form token of the last log-in."""

    def __init__(self, app: FastAPI, loop: Loop) -> None:
        self.loop = loop
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url=URL,
            headers={'origin': URL, 'accept-language': 'en'},
        )
        self.csrf = ''

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.loop.run(self.client.get(path, **how))

    def post(self, path: str, fields: dict[str, str] | None = None, **how: Any) -> httpx.Response:
        data = {'csrf': self.csrf} | (fields or {}) if self.csrf else fields or {}
        return self.loop.run(self.client.post(path, data=data, **how))

    def send(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self.loop.run(self.client.request(method, path, **how))

    def json(self, path: str, body: Any, **headers: str) -> httpx.Response:
        headers = {'x-csrf-token': self.csrf} | {
            k.replace('_', '-'): v for k, v in headers.items()
        }
        return self.loop.run(self.client.post(path, json=body, headers=headers))

    def as_ward(self, station: str) -> Browser:
        fields = {'kind': 'ward', 'station': station, 'pin': pin_of(station), 'next': ''}
        assert self.post('/login', fields).status_code == 303
        return self.with_token()

    def as_operator(self) -> Browser:
        fields = {'kind': 'operator', 'name': 'dispatch', 'password': 'a long secret', 'next': ''}
        assert self.post('/login', fields).status_code == 303
        return self.with_token()

    def as_person(self, name: str, secret: str = 'a long secret') -> Browser:
        fields = {'kind': 'person', 'name': name, 'password': secret, 'next': ''}
        assert self.post('/login', fields).status_code == 303
        return self.with_token()

    def with_token(self) -> Browser:
        self.csrf = self.get('/api/v1/session').json()['csrf']
        return self


class Site:
    """The app and everything behind it."""

    def __init__(self, hospital: Hospital, loop: Loop, **settings: Any) -> None:
        self.loop = loop
        self.hospital = hospital
        self.fleet = StandIn(hospital)
        self.accounts: StandInAccounts = with_log_ins(hospital)
        self.panels = StandInPanels()
        self.audit, self.keys = StandInAudit(), StandInKeys()
        kept = {'panels': self.panels, 'audit': self.audit, 'keys': self.keys}
        settings = {'accounts': self.accounts} | kept | settings
        self.health = Health(alive=True, leader=True, database=True, ros_link=True)
        self.app = make_app(hospital, self.fleet, health=lambda: self.health, **settings)
        self._lifespan = self.app.router.lifespan_context(self.app)
        loop.run(self._lifespan.__aenter__())

    def browser(self) -> Browser:
        return Browser(self.app, self.loop)

    def ward(self, station: str = 'n2w') -> Browser:
        return self.browser().as_ward(station)

    def operator(self) -> Browser:
        return self.browser().as_operator()

    def close(self) -> None:
        self.loop.run(self._lifespan.__aexit__(None, None, None))

    def delivery(self, *, state: str = 'accepted', robot: str | None = None) -> str:
        """Return a delivery of medicines from the pharmacy to N2W, in `state`."""
        answer = self.ward('n2w').json(
            '/api/v1/deliveries',
            {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w'},
            idempotency_key=f'key-{len(self.fleet.commands):06}',
        )
        assert answer.status_code == 201, answer.text
        name = answer.json()['id']
        self.fleet._deliveries[name] |= {'robot': robot or 'r1', 'compartment': 'c1'}
        self.fleet._set(name, state)
        self.fleet.publish()
        return name


def make_app(
    hospital: Hospital,
    fleet: StandIn,
    *,
    accounts: Accounts,
    health: Callable[[], Health] | None = None,
    **settings: Any,
) -> FastAPI:
    made: dict[str, Any] = {
        'hospital': hospital,
        'mailbox': fleet,
        'views': fleet,
        'accounts': accounts,
        'clock': now,
        'health': health,
        'metrics': lambda: b'fleet_robots 8\n',
        'metrics_token': 'metrics-token',
        'allowed_origins': [URL],
        'secure_cookies': False,
        'printer': DocumentPrinter(),
        'timeline': lambda delivery: [{'kind': 'DeliveryRequested', 'delivery': delivery}],
    }
    return create_app(**(made | settings))


@pytest.fixture(scope='session')
def hospital() -> Hospital:
    return load_hospital(FOLDER)


@pytest.fixture(scope='session')
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def site(hospital: Hospital, loop: Loop) -> Iterator[Site]:
    made = Site(hospital, loop)
    yield made
    made.close()


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqlWardBook]:
    """Return an empty book of wards."""
    made = SqlWardBook(f'sqlite:///{tmp_path / "ward.db"}')
    yield made
    made.close()
