"""A whole manager over real HTTP on a free port: kernel, store, gate and routes, without ROS."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.messages import Role
from fleet_manager.entry.clock import WallClock
from fleet_manager.entry.composition import Manager, compose
from fleet_manager.entry.settings import Settings
from tests.entry.manager import wait_until

SECRET = 'a long secret for a test'


class Served:
    """Use it as a context. `url` is where it answers."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._socket = socket.socket()
        self._socket.bind(('127.0.0.1', 0))
        self.port = int(self._socket.getsockname()[1])
        self.url = f'http://127.0.0.1:{self.port}'
        self.settings = Settings(state_dir=folder, ros=False, port=self.port, **settings)
        self.manager: Manager = compose(self.settings)
        config = uvicorn.Config(self.manager.app, log_level='warning', lifespan='on')
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={'sockets': [self._socket]}, daemon=True
        )
        self.died: list[int] = []
        self._clients: list[httpx.Client] = []

    def __enter__(self) -> Self:
        self.manager.start(died=self.died.append)
        self._thread.start()
        wait_until(lambda: self._server.started)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self.manager.close()
        self._socket.close()

    def session(self, account: str = 'operator', *, role: Role = Role.OPERATOR) -> httpx.Client:
        """Return a client that is logged in and says what a page of ours says."""
        accounts, name = self.manager.accounts, AccountId(account)
        known = accounts.get(name)
        if known is None:
            accounts.create(Account(name, account, role.value, None), secret=SECRET)
        else:
            accounts.set_secret(name, secret=SECRET)
        client = httpx.Client(base_url=self.url, headers={'origin': self.url}, timeout=30)
        self._clients.append(client)
        client.cookies.set('session', accounts.open_session(name, now=WallClock().now()))
        client.headers['x-csrf-token'] = client.get('/api/v1/session').json()['csrf']
        return client
