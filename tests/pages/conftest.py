"""A whole site for a browser: the app under uvicorn with the stand-in fleet behind it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.http.app import Health, create_app
from tests.pages.stand_in import StandIn, now, pin_of, with_log_ins

HOSPITAL = Path(__file__).parents[2] / 'maps' / 'small_hospital'


@dataclass(frozen=True)
class RunningSite:
    """Where the pages are and what opens them. `stand_in` is None against the real demo."""

    url: str
    pins: Mapping[str, str]
    operator_name: str
    operator_password: str
    stand_in: StandIn | None = None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return int(listener.getsockname()[1])


@contextmanager
def running_site(*, robots: int = 6, speed: float = 12.0, port: int = 0) -> Iterator[RunningSite]:
    """Serve the pages on a port of this machine."""
    port = port or free_port()
    hospital = load_hospital(HOSPITAL)
    stand_in = StandIn(hospital, robots=robots, speed=speed)
    url = f'http://127.0.0.1:{port}'
    app = create_app(
        hospital=hospital,
        mailbox=stand_in,
        views=stand_in,
        accounts=with_log_ins(hospital),
        clock=now,
        health=lambda: Health(alive=True, leader=True, database=True, ros_link=True),
        metrics=lambda: b'',
        metrics_token='metrics',
        allowed_origins=[url],
        secure_cookies=False,
        timeline=lambda delivery: [{'delivery': delivery}],
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host='127.0.0.1',
            port=port,
            log_level='warning',
            ws_max_size=4096,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    stand_in.start()
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        pins = {station: pin_of(station) for station in hospital.stations}
        yield RunningSite(url, pins, 'dispatch', 'a long secret', stand_in)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        stand_in.close()


@pytest.fixture(scope='session')
def site() -> Iterator[RunningSite]:
    """Return the running site the stories drive."""
    with running_site() as running:
        yield running
