"""Which addresses a provider may have: TLS, except on this machine."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

MAX_ADDRESS: Final = 1_000


def problem_of_address(url: str) -> str:
    """Return what is wrong with an address of a provider, or of our pages, '' when nothing is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return 'is no address'
    odd = not url.isascii() or not url.isprintable() or ' ' in url or len(url) > MAX_ADDRESS
    if odd or not host or port == 0 or parts.scheme not in ('https', 'http'):
        return 'is no address: write it as https://login.hospital.example'
    if parts.username is not None or parts.password is not None or parts.fragment:
        return 'must not have a user, password or # part'
    if parts.scheme == 'http' and not _on_this_machine(host):
        return 'must be https: without TLS anybody on the way could log in as anybody'
    return ''


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as browsers send it."""
    parts = urlsplit(url)
    return f'{parts.scheme}://{parts.netloc}'


def _on_this_machine(host: str) -> bool:
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
