"""Is an id_token ours, whole, fresh and signed by the provider? OpenID Connect Core, 3.1.3.7."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError

from fleet_manager.adapters.oidc.metadata import ALGORITHMS, SigningKey
from fleet_manager.application.provider_log_in import ProviderRefused

MAX_TOKEN: Final = 64 * 1024
MAX_SUBJECT: Final = 255
#: A token is used within seconds after it was made.
OLDEST_S: Final = 600

FindKey = Callable[[str, str], SigningKey | None]


def claims_of(
    token: object,
    find_key: FindKey,
    *,
    issuer: str,
    client: str,
    nonce: str,
    now: float,
    skew: float,
) -> dict[str, Any]:
    """Return the claims of a token. `now` and `skew` (clocks may differ so much) in seconds.

    `find_key` is given the name and the algorithm of a key. Raises ProviderRefused.
    """
    claims = _signed(token, find_key)
    if claims.get('iss') != issuer:
        raise ProviderRefused('issuer')
    _check_audience(claims, client)
    _check_times(claims, now, skew)
    given = claims.get('nonce')
    if not isinstance(given, str) or not given.isascii():
        raise ProviderRefused('nonce')
    if not hmac.compare_digest(given.encode(), nonce.encode()):
        raise ProviderRefused('nonce')
    subject = claims.get('sub')
    if not isinstance(subject, str) or not 1 <= len(subject) <= MAX_SUBJECT:
        raise ProviderRefused('subject')
    if not subject.isprintable():
        raise ProviderRefused('subject')
    return claims


def _signed(token: object, find_key: FindKey) -> dict[str, Any]:
    if not isinstance(token, str) or len(token) > MAX_TOKEN or token.count('.') != 2:
        raise ProviderRefused('token')
    header = _header(token)
    algorithm, kid = header.get('alg'), header.get('kid', '')
    if algorithm not in ALGORITHMS:
        raise ProviderRefused('algorithm')
    if not isinstance(kid, str):
        raise ProviderRefused('token')
    key = find_key(kid, str(algorithm))
    if key is None:
        raise ProviderRefused('key')
    try:
        return jwt.decode(token, key.key, algorithms=[str(algorithm)]).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise ProviderRefused('signature') from None


def _header(token: str) -> dict[str, Any]:
    part = token.partition('.')[0]
    try:
        header = json.loads(urlsafe_b64decode(part + '=' * (-len(part) % 4)))
    except (ValueError, RecursionError):
        raise ProviderRefused('token') from None
    if not isinstance(header, dict):
        raise ProviderRefused('token')
    return header


def _check_audience(claims: dict[str, Any], client: str) -> None:
    audience = claims.get('aud')
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or client not in named:
        raise ProviderRefused('audience')
    party = claims.get('azp')
    if party != client and (party is not None or len(named) > 1):
        raise ProviderRefused('audience')


def _check_times(claims: dict[str, Any], now: float, skew: float) -> None:
    expires, issued = seconds(claims.get('exp')), seconds(claims.get('iat'))
    if expires is None or issued is None:
        raise ProviderRefused('times')
    if expires <= now - skew or issued < now - skew - OLDEST_S:
        raise ProviderRefused('expired')
    begins = seconds(claims.get('nbf', issued))
    if begins is None or max(begins, issued) > now + skew:
        raise ProviderRefused('times')


def seconds(value: object) -> float | None:
    """Return a time of a token in seconds since 1970, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e12 else None
