"""`fleet serve`: one manager in the foreground, until a signal or a fault ends it."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Final

import uvicorn

from fleet_manager.application.ports import Deposed, StoreFailed, StoreUnavailable
from fleet_manager.domain.errors import FleetError
from fleet_manager.entry import event_log
from fleet_manager.entry.composition import Manager, compose
from fleet_manager.entry.settings import Settings

#: Open pages get so long to say goodbye, in seconds.
GOODBYE_SECONDS: Final = 1
#: Longest message a page may send over its websocket, in bytes; see adapters/http/feed_socket.py.
PAGE_MESSAGE_BYTES: Final = 4_096


class _Server(uvicorn.Server):
    """Ends with exit code 0 on a signal, and with the kernel's own code when the kernel died."""

    exit_code = 0

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, without raising them again afterwards."""
        kept = {s: signal.signal(s, self._leave) for s in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def give_up(self, code: int) -> None:
        """End, because the kernel cannot go on. Safe from every thread."""
        self.exit_code = code
        self.should_exit = True

    def _leave(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.force_exit, self.should_exit = self.should_exit, True


def serve(settings: Settings) -> int:
    """Run a manager; return its exit code: 0 stopped, 1 could not start, 70 to 75 see runner."""
    event_log.set_up(level=settings.log_level, json=settings.log_json)
    try:
        manager = compose(settings)
    except (FleetError, StoreUnavailable) as error:
        return _cannot_start(error)
    try:
        return _run(manager, settings)
    except (FleetError, StoreUnavailable, StoreFailed, Deposed) as error:
        return _cannot_start(error)
    finally:
        manager.close()


def _cannot_start(error: Exception) -> int:
    print(f'fleet serve: {error}', file=sys.stderr)
    return 1


def _run(manager: Manager, settings: Settings) -> int:
    server = _Server(
        uvicorn.Config(
            manager.app,
            host=settings.host,
            port=settings.port,
            log_level='warning',
            access_log=False,
            ws_max_size=PAGE_MESSAGE_BYTES,
            timeout_graceful_shutdown=GOODBYE_SECONDS,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            server_header=False,
        )
    )
    manager.start(died=server.give_up)
    try:
        server.run()
    except SystemExit:
        return 1
    return server.exit_code
