"""What a provider says of itself, and its keys: fetched when needed, kept for an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from fleet_manager.adapters.oidc.addresses import problem_of_address
from fleet_manager.adapters.oidc.fetch import Fetch
from fleet_manager.application.provider_log_in import ProviderDown

WELL_KNOWN: Final = '/.well-known/openid-configuration'
#: Signatures with a pair of keys. `none` proves nothing, and HS* would let us sign, too.
ALGORITHMS: Final = (
    'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512',
)  # fmt: skip
#: In seconds: how long an answer is good, and how long an old one does when there is no new one.
KEPT_FOR: Final = 3_600.0
OLD_DOES_FOR: Final = 24 * 3_600.0
#: Nobody asks a provider that is down more often, nor for a key it does not seem to have.
AGAIN_AFTER: Final = 5.0
KEYS_AGAIN_AFTER: Final = 30.0
#: Shorter ones have been broken.
RSA_BITS: Final = 2_048
MAX_KEYS: Final = 100

PublicKey = RSAKey | ECKey
V = TypeVar('V')


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the parts of a provider are; '' for what it does not have."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    end_session: str
    secret_in_form: bool
    names_itself: bool


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of the provider; `kid` is what tokens call it by, '' where it has no name."""

    kid: str
    kind: str
    algorithm: str
    key: PublicKey

    def fits(self, algorithm: str) -> bool:
        """Whether a token signed with `algorithm` may have been signed with this key."""
        kind = 'EC' if algorithm.startswith('ES') else 'RSA'
        return self.kind == kind and self.algorithm in ('', algorithm)


class Kept(Generic[V]):
    """An answer that is asked for when it is needed and too old. Safe from several threads."""

    def __init__(self, ask: Callable[[], V], now: Callable[[], float]) -> None:
        """`now` is monotonic, in seconds."""
        self._ask, self._now = ask, now
        self._lock = threading.Lock()
        self._value: V | None = None
        self._at = self._tried = float('-inf')
        self._why = ''

    def get(self, *, newer_than: float = KEPT_FOR) -> V:
        """Return the answer, at most `newer_than` s old where the provider can be asked.

        It is asked once in `AGAIN_AFTER` s. Raises ProviderDown where no answer does any more.
        """
        with self._lock:
            now = self._now()
            if self._value is not None and now - self._at < newer_than:
                return self._value
            if now - self._tried >= AGAIN_AFTER:
                try:
                    self._value, self._at = self._ask(), now
                except ProviderDown as down:
                    self._why = str(down)
                # after the answer: who waited here meanwhile need not wait for another one
                self._tried = self._now()
            if self._value is None or now - self._at > OLD_DOES_FOR:
                raise ProviderDown(self._why)
            return self._value


def read_metadata(fetch: Fetch, issuer: str) -> Metadata:
    """Ask a provider about itself. Raises ProviderDown, also where it cannot be used."""
    url = issuer.rstrip('/') + WELL_KNOWN
    status, said = fetch.get(url)
    if status != 200:
        raise ProviderDown(f'{url}: answered {status}')
    if said.get('issuer') != issuer:
        raise ProviderDown(f'{url}: says it is {str(said.get("issuer"))[:100]!r}, not {issuer!r}')
    if 'S256' not in _list(said, 'code_challenge_methods_supported', ['S256']):
        raise ProviderDown(f'{url}: does not do PKCE with S256')
    signs = _list(said, 'id_token_signing_alg_values_supported', ['RS256'])
    if not set(signs) & set(ALGORITHMS):
        raise ProviderDown(f'{url}: signs with none of {", ".join(ALGORITHMS)}')
    ways = _list(said, 'token_endpoint_auth_methods_supported', ['client_secret_basic'])
    return Metadata(
        _address(url, said, 'authorization_endpoint'),
        _address(url, said, 'token_endpoint'),
        _address(url, said, 'jwks_uri'),
        _address(url, said, 'userinfo_endpoint', needed=False),
        _address(url, said, 'end_session_endpoint', needed=False),
        'client_secret_basic' not in ways and 'client_secret_post' in ways,
        said.get('authorization_response_iss_parameter_supported') is True,
    )


def read_keys(fetch: Fetch, url: str) -> tuple[SigningKey, ...]:
    """Ask for the keys a provider signs with; those we cannot use are left out.

    Raises ProviderDown.
    """
    status, said = fetch.get(url)
    found = said.get('keys')
    if status != 200 or not isinstance(found, list):
        raise ProviderDown(f'{url}: answered {status} without keys')
    usable = (_key(one) for one in found[:MAX_KEYS] if isinstance(one, dict))
    return tuple(key for key in usable if key is not None)


def _key(said: dict[str, Any]) -> SigningKey | None:
    kind, kid, algorithm = said.get('kty'), said.get('kid', ''), said.get('alg', '')
    if kind not in ('RSA', 'EC') or said.get('use', 'sig') != 'sig' or 'd' in said:
        return None
    if not isinstance(kid, str) or not isinstance(algorithm, str):
        return None
    if kind == 'RSA' and len(str(said.get('n', ''))) * 6 < RSA_BITS:
        return None
    try:
        # without `key_ops` and the like: what they say is decided here
        parts: dict[str, Any] = {
            name: said[name] for name in ('kty', 'n', 'e', 'crv', 'x', 'y') if name in said
        }
        key = JWKRegistry.import_key(parts)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return SigningKey(kid, kind, algorithm, key) if isinstance(key, PublicKey) else None


def _list(said: dict[str, Any], name: str, otherwise: list[str]) -> list[str]:
    value = said.get(name, otherwise)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _address(url: str, said: dict[str, Any], name: str, *, needed: bool = True) -> str:
    value = said.get(name) or ''
    if not value and not needed:
        return ''
    problem = problem_of_address(value) if isinstance(value, str) else 'is no address'
    if problem:
        raise ProviderDown(f'{url}: {name} {problem}')
    return str(value)
