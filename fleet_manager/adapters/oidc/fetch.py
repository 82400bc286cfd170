"""One question to a provider, answered in JSON: within limits on time and size, no redirects."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import httpcore

from fleet_manager.application.provider_log_in import ProviderDown

#: Somebody waits at the page. Seconds.
TIMEOUTS: Final = {'connect': 3.0, 'read': 5.0, 'write': 5.0, 'pool': 1.0}
TOTAL_SECONDS: Final = 8.0
#: Keys of a large provider take 20 kB.
ANSWER_BYTES: Final = 256 * 1024

_BROKEN: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
    RuntimeError,
    ValueError,
)


class Fetch:
    """Asks. Safe from several threads: each question has a connection of its own."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._tls = tls if tls is not None else ssl.create_default_context()
        self._total = total_seconds

    def get(self, url: str, *, bearer: str = '') -> tuple[int, dict[str, Any]]:
        """Return the status and the object that was answered. Raises ProviderDown."""
        headers = {'authorization': f'Bearer {bearer}'} if bearer else {}
        return self._ask('GET', url, headers, b'')

    def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Send a form; return as `get` does."""
        kind = {'content-type': 'application/x-www-form-urlencoded'}
        return self._ask('POST', url, {**headers, **kind}, urlencode(form).encode())

    def _ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, Any]]:
        try:
            status, content = self._exchange(method, url, headers, body)
        except (httpcore.TimeoutException, TimeoutError):
            raise ProviderDown(f'{url}: no answer in time') from None
        except _BROKEN as error:
            raise ProviderDown(f'{url}: {str(error) or type(error).__name__}') from None
        if status >= 500 or 300 <= status < 400:
            raise ProviderDown(f'{url}: answered {status}')
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            raise ProviderDown(f'{url}: answered {status} without JSON') from None
        if not isinstance(answer, dict):
            raise ProviderDown(f'{url}: answered JSON that is no object')
        return status, answer

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        sent = [('accept', 'application/json'), *headers.items()]
        if body:
            sent.append(('content-length', str(len(body))))
        with httpcore.ConnectionPool(
            ssl_context=self._tls, max_connections=1, http2=False
        ) as pool:
            # a provider that sends a byte now and then never runs into the timeout of a read
            watch = threading.Timer(self._total, pool.close)
            watch.daemon = True
            watch.start()
            try:
                with pool.stream(
                    method,
                    url,
                    headers=sent,
                    content=body or None,
                    extensions={'timeout': TIMEOUTS},
                ) as response:
                    return int(response.status), _read(response)
            finally:
                watch.cancel()


def _read(response: httpcore.Response) -> bytes:
    content = bytearray()
    for part in response.iter_stream():
        content += part
        if len(content) > ANSWER_BYTES:
            raise ValueError(f'more than {ANSWER_BYTES} bytes')
    return bytes(content)
