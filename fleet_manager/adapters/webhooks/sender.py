"""One POST to an address somebody typed in: within limits, and to nowhere inside.

A receiver's name is looked up here, at each POST, and the connection is made to the very address
that was checked: a name that means something else a moment later leads nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore

from fleet_manager.application.webhooks import MAX_URL, WrongWebhook

#: A receiver takes an event and answers; what it does with it then is its own time. Seconds.
TIMEOUTS: Final = {'connect': 5.0, 'read': 10.0, 'write': 10.0, 'pool': 1.0}
TOTAL_SECONDS: Final = 15.0
#: What a receiver says is not used; more than this is not even read.
ANSWER_BYTES: Final = 16 * 1024

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str, allowed: Sequence[Network] = ()) -> None:
    """Refuse what cannot be a receiver's address. Raises WrongWebhook. Looks nothing up."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise WrongWebhook('webhook_address') from None
    if not host or not url.isascii() or not url.isprintable() or ' ' in url or len(url) > MAX_URL:
        raise WrongWebhook('webhook_address')
    if parts.scheme != 'https' and not (parts.scheme == 'http' and allowed):
        raise WrongWebhook('webhook_https')
    if parts.username is not None or parts.fragment or port == 0:
        raise WrongWebhook('webhook_address')
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    _check_address(literal, parts.scheme, allowed)


def _check_address(address: Address, scheme: str, allowed: Sequence[Network]) -> None:
    """Raise WrongWebhook for one inside the hospital, unless it is among those allowed."""
    plain = getattr(address, 'ipv4_mapped', None) or address
    if any(plain in network for network in allowed if network.version == plain.version):
        return
    if scheme != 'https':
        raise WrongWebhook('webhook_https')
    tunnelled = getattr(plain, 'sixtofour', None) or getattr(plain, 'teredo', None)
    if not plain.is_global or plain.is_multicast or plain.is_reserved or tunnelled:
        raise WrongWebhook('webhook_inside')


class _UnknownHost(Exception):
    """The name has no address."""


#: What else may go wrong between here and there.
_BROKEN: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
    RuntimeError,
    ValueError,
)


class _Pinned(httpcore.NetworkBackend):
    """Connects to an address that was looked up and checked, whatever the name means later."""

    def __init__(self, scheme: str, allowed: Sequence[Network]) -> None:
        self._scheme, self._allowed = scheme, allowed
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Look the name up, check every address it has, connect to the first."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _UnknownHost(host) from None
        addresses = [ipaddress.ip_address(str(one[4][0]).partition('%')[0]) for one in found]
        if not addresses:
            raise _UnknownHost(host)
        for address in addresses:
            _check_address(address, self._scheme, self._allowed)
        return self._plain.connect_tcp(
            str(addresses[0]), port, timeout, local_address, socket_options
        )


class Sender:
    """Posts to receivers. Safe from several threads: each POST has a connection of its own."""

    def __init__(
        self, allowed: Iterable[Network] = (), *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._allowed = tuple(allowed)
        self._tls = tls if tls is not None else ssl.create_default_context()

    def check(self, url: str) -> None:
        """Refuse what cannot be a receiver's address. Raises WrongWebhook."""
        check_url(url, self._allowed)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Return the HTTP status and '', or 0 and a code of why there was none.

        Follows no redirect. Codes: those of WrongWebhook, `no_answer`, `unknown_host`,
        `no_connection`; each has a text `webhooks.problem.<code>`.
        """
        try:
            self.check(url)
            return self._post(url, headers, body), ''
        except WrongWebhook as wrong:
            return 0, wrong.code
        except (httpcore.TimeoutException, TimeoutError):
            return 0, 'no_answer'
        except _UnknownHost:
            return 0, 'unknown_host'
        except _BROKEN:
            return 0, 'no_connection'

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        backend = _Pinned(urlsplit(url).scheme, self._allowed)
        with httpcore.ConnectionPool(
            ssl_context=self._tls, max_connections=1, network_backend=backend, http2=False
        ) as pool:
            # a receiver that sends a byte now and then never runs into the timeout of a read
            watch = threading.Timer(TOTAL_SECONDS, pool.close)
            watch.daemon = True
            watch.start()
            try:
                with pool.stream(
                    'POST',
                    url,
                    headers=[*headers.items(), ('content-length', str(len(body)))],
                    content=body,
                    extensions={'timeout': TIMEOUTS},
                ) as response:
                    self._skim(response)
                    return int(response.status)
            finally:
                watch.cancel()

    def _skim(self, response: httpcore.Response) -> None:
        """Read a little of the answer, so that a receiver in the middle of it sees no reset."""
        read, until = 0, time.monotonic() + TIMEOUTS['read']
        for part in response.iter_stream():
            read += len(part)
            if read > ANSWER_BYTES or time.monotonic() > until:
                return
