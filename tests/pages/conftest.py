"""Whole sites for a browser: a real hospital, and one whose fleet is scripted."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import uvicorn

from fleet_manager.adapters.db.desk_book import SqlDeskBook
from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.printing.printer import DocumentPrinter
from fleet_manager.adapters.http.app import Health, create_app
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Role
from fleet_manager.domain.units import Instant
from fleet_manager.entry.first_run import OPERATOR, read_secrets
from tests.entry.serving import SECRET, Served
from tests.live.hospital import LiveHospital
from tests.pages.obedient import Obedient
from tests.pages.played import Played
from tests.pages.stand_in import StandIn, StandInAccounts, StandInPanels, now, pin_of, with_log_ins

#: A robot crosses the hospital, with a lift, in two simulated minutes; the machine may be busy.
LEG_SECONDS = 150.0
#: Metres a second of scripted robots, where nobody looks how they drive.
QUICK = 60.0
HOSPITAL = Path(__file__).parents[2] / 'maps' / 'small_hospital'


@dataclass(frozen=True)
class RunningSite:
    """Where the pages are and what opens them. The rest is None against the real demo."""

    url: str
    pins: Mapping[str, str]
    operator_name: str
    operator_password: str
    #: How long a robot may take for one leg, in seconds.
    patience: float = 60.0
    stand_in: StandIn | None = None
    accounts: StandInAccounts | None = None
    app: Any = None
    panels: StandInPanels | None = None


@dataclass(frozen=True)
class Office:
    """A whole manager without robots, with its real accounts, lists and books."""

    site: RunningSite
    served: Served

    def token(self, account: str, *, ago: int = 0) -> str:
        """Return the session of somebody who logged in `ago` ms before now."""
        at = Instant(now() - ago)
        return self.served.manager.accounts.open_session(AccountId(account), now=at)


@contextmanager
def running_site(
    *,
    robots: int = 6,
    speed: float = 12.0,
    port: int = 0,
    played: Played | Obedient | None = None,
    hospital: Hospital | None = None,
    ward_book: SqlWardBook | None = None,
    zone: tzinfo = UTC,
    **settings: Any,
) -> Iterator[RunningSite]:
    """Serve the pages on `port`, or one of their own, with `played` or a scripted fleet."""
    listener = socket.socket()
    listener.bind(('127.0.0.1', port))
    hospital = hospital or load_hospital(HOSPITAL)
    stand_in = None if played else StandIn(hospital, robots=robots, speed=speed)
    fleet = played or stand_in
    assert fleet is not None
    accounts, panels = with_log_ins(hospital), StandInPanels()
    kept = TemporaryDirectory()
    book = SqlDeskBook(f'sqlite:///{kept.name}/desk.db')
    url = f'http://127.0.0.1:{listener.getsockname()[1]}'
    app = create_app(
        hospital=hospital,
        mailbox=fleet,
        views=fleet,
        accounts=settings.pop('accounts', accounts),
        clock=played.clock if played else now,
        health=lambda: Health(alive=True, leader=True, database=True, ros_link=True),
        metrics=lambda: b'',
        metrics_token='metrics',
        allowed_origins=[url],
        secure_cookies=False,
        printer=DocumentPrinter(),
        timeline=lambda delivery: [{'delivery': delivery}],
        custody=getattr(fleet, 'custody', None),
        ward_book=ward_book,
        zone=zone,
        panels=panels,
        book=book,
        **settings,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level='warning',
            ws_max_size=4096,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={'sockets': [listener]}, daemon=True)
    fleet.start()
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        pins = {station: pin_of(station) for station in hospital.stations}
        yield RunningSite(
            url, pins, 'dispatch', 'a long secret', 60.0, stand_in, accounts, app, panels
        )
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        fleet.close()
        book.close()
        kept.cleanup()


@pytest.fixture(scope='session')
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Return the pages of a real hospital: robots, lifts, manager over ROS 2, as in the demo."""
    with LiveHospital(tmp_path_factory.mktemp('pages'), robots=8) as hospital:
        secrets = read_secrets(hospital.state)
        yield RunningSite(hospital.url, secrets, OPERATOR, secrets[OPERATOR], patience=LEG_SECONDS)


@pytest.fixture(scope='session')
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Return a whole manager, with somebody of each role: `own-<role>`."""
    with Served(tmp_path_factory.mktemp('office')) as served:
        for role in (Role.DESK, Role.PORTER, Role.ENGINEER, Role.AUDITOR):
            account = Account(
                AccountId(f'own-{role}'), '陈静 Chen', role.value, None, personal=True
            )
            served.manager.accounts.create(account, secret=SECRET)
        secrets = read_secrets(served.settings.state_dir)
        yield Office(RunningSite(served.url, secrets, OPERATOR, secrets[OPERATOR]), served)


@pytest.fixture(scope='session')
def stand_in_site() -> Iterator[RunningSite]:
    """Return pages with a scripted fleet behind them, for what no real one does on demand."""
    with running_site() as running:
        yield running


@pytest.fixture(scope='session')
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the stories put their screenshots: PAGES_PICTURES, or a temporary folder."""
    folder = os.environ.get('PAGES_PICTURES')
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return Path(folder)
    return tmp_path_factory.mktemp('pictures')
