"""One provider: begin a log-in there, and find out who came back."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote, urlencode

from fleet_manager.adapters.oidc.fetch import Fetch
from fleet_manager.adapters.oidc.metadata import (
    KEPT_FOR,
    KEYS_AGAIN_AFTER,
    Kept,
    Metadata,
    SigningKey,
    read_keys,
    read_metadata,
)
from fleet_manager.adapters.oidc.tokens import claims_of, seconds
from fleet_manager.application.provider_log_in import (
    Begun,
    Identity,
    ProviderDown,
    ProviderRefused,
)

log: Final = logging.getLogger('fleet')
#: More groups than anybody is in.
MAX_GROUPS: Final = 2_000
MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to the provider. `groups_claim` is a name, or a path with dots."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    log_out_uri: str = ''
    scopes: str = 'openid profile'
    groups_claim: str = 'groups'
    skew_s: float = 60.0


class OidcProvider:
    """Implements the port `IdentityProvider`. Safe from several threads."""

    def __init__(
        self,
        client: Client,
        fetch: Fetch | None = None,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the time of day, in seconds since 1970. Asks the provider nothing yet."""
        self._client, self._fetch, self._now = client, fetch or Fetch(), now
        self._metadata = Kept(lambda: read_metadata(self._fetch, client.issuer), monotonic)
        self._keys = Kept(lambda: read_keys(self._fetch, self._metadata.get().keys), monotonic)
        self._lock = threading.Lock()
        self._answers = True

    @property
    def issuer(self) -> str:
        """Return the provider's name for itself."""
        return self._client.issuer

    def begin(self, *, again: bool) -> Begun:
        """Begin a log-in. `again`: who is logged in there has to prove it once more.

        Raises ProviderDown.
        """
        state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        verifier = secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b'=').decode()
        asked = {
            'response_type': 'code',
            'client_id': self._client.client_id,
            'redirect_uri': self._client.redirect_uri,
            'scope': self._client.scopes,
            'state': state,
            'nonce': nonce,
            'code_challenge': challenge,
            'code_challenge_method': 'S256',
        }
        if again:
            asked |= {'prompt': 'login', 'max_age': '0'}
        return Begun(_with(self._about().authorization, asked), state, nonce, verifier)

    def finish(self, *, code: str, verifier: str, nonce: str, sender: str | None) -> Identity:
        """Return who logged in, for the code the browser brought back.

        `sender` is who says it sent the browser, None where nobody does (RFC 9207). Raises
        ProviderDown, ProviderRefused.
        """
        about = self._about()
        if sender != self._client.issuer and (sender is not None or about.names_itself):
            raise ProviderRefused('issuer')
        answer = self._exchange(about, code, verifier)
        claims = claims_of(
            answer.get('id_token', ''),
            self._find_key,
            issuer=self._client.issuer,
            client=self._client.client_id,
            nonce=nonce,
            now=self._now(),
            skew=self._client.skew_s,
        )
        if self._groups(claims) is None and about.userinfo:
            claims = self._more(about, answer.get('access_token'), claims) | claims
        return self._identity(claims)

    def end_session(self) -> str:
        """Return where people log out there, '' where they cannot. Raises ProviderDown."""
        about = self._about()
        asked = {'client_id': self._client.client_id}
        if self._client.log_out_uri:
            asked['post_logout_redirect_uri'] = self._client.log_out_uri
        return _with(about.end_session, asked) if about.end_session else ''

    def _about(self) -> Metadata:
        """Return what the provider says of itself; the first time it does not, the log has it."""
        try:
            about = self._metadata.get()
        except ProviderDown as down:
            self._note(str(down))
            raise
        self._note('')
        return about

    def _note(self, problem: str) -> None:
        with self._lock:
            changed, self._answers = self._answers == bool(problem), not problem
        if changed and problem:
            log.warning('the OpenID provider cannot be used: %s', problem)
        elif changed:
            log.info('the OpenID provider answers again')

    def _exchange(self, about: Metadata, code: str, verifier: str) -> dict[str, Any]:
        client = self._client
        form = {
            'grant_type': 'authorization_code',
            'code': code,
            'redirect_uri': client.redirect_uri,
            'code_verifier': verifier,
        }
        headers = {}
        if about.secret_in_form:
            form |= {'client_id': client.client_id, 'client_secret': client.client_secret}
        else:
            # %20, not +: some unquote as in an address, some as in a form
            pair = f'{quote(client.client_id, safe="")}:{quote(client.client_secret, safe="")}'
            headers['authorization'] = f'Basic {b64encode(pair.encode()).decode()}'
        status, answer = self._fetch.post(about.token, form, headers)
        if status == 200:
            return answer
        problem = str(answer.get('error', ''))[:MAX_TEXT]
        if problem == 'invalid_grant':
            raise ProviderRefused('code')
        self._note(f'{about.token}: answered {status} {problem!r}: are client and secret right?')
        raise ProviderDown(f'{about.token}: answered {status}')

    def _find_key(self, kid: str, algorithm: str) -> SigningKey | None:
        """Return the key of a token; for a name not heard of, ask the provider once more."""
        for newer_than in (KEPT_FOR, KEYS_AGAIN_AFTER):
            keys = self._keys.get(newer_than=newer_than)
            fitting = [one for one in keys if one.fits(algorithm) and kid in ('', one.kid)]
            if len(fitting) == 1 or (fitting and kid):
                return fitting[0]
        return None

    def _more(self, about: Metadata, token: object, claims: dict[str, Any]) -> dict[str, Any]:
        """Return what the provider says of the person beside the token."""
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return {}
        status, said = self._fetch.get(about.userinfo, bearer=token)
        if status != 200:
            raise ProviderDown(f'{about.userinfo}: answered {status}')
        if said.get('sub') != claims['sub']:
            raise ProviderRefused('subject')
        return said

    def _groups(self, claims: dict[str, Any]) -> tuple[str, ...] | None:
        """Return the groups, None where the claim is not there. Its name may have dots in it."""
        name = self._client.groups_claim
        value: Any = claims.get(name)
        if value is None:
            value = claims
            for part in name.split('.'):
                value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list):
            return None
        return tuple(one for one in value[:MAX_GROUPS] if isinstance(one, str))

    def _identity(self, claims: dict[str, Any]) -> Identity:
        proved = seconds(claims.get('auth_time'))
        username = _text(claims, 'preferred_username') or _text(claims, 'email')
        return Identity(
            self._client.issuer,
            str(claims['sub']),
            username,
            _text(claims, 'name') or username,
            self._groups(claims) or (),
            None if proved is None else max(0, int((self._now() - proved) * 1_000)),
        )


def _with(url: str, asked: dict[str, str]) -> str:
    return f'{url}{"&" if "?" in url else "?"}{urlencode(asked)}'


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:MAX_TEXT] if isinstance(value, str) else ''
