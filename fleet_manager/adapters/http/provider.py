"""Log-in by an OpenID provider, for the pages: what a browser keeps meanwhile, and a small pool.

The cookie holds what the provider's answer is compared with. It needs no signature: who changes
it can only spoil their own log-in, since the answer is checked against the provider, not against
the cookie alone, and everything it leads to is checked again.
"""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Final, TypeVar

from fleet_manager.adapters.http.auth import Busy
from fleet_manager.adapters.http.security import same_token
from fleet_manager.application.provider_log_in import (
    Begun,
    Identities,
    Identity,
    IdentityProvider,
    LogInByProvider,
    ProviderDown,
)

#: Who types a password and a second factor needs no longer. Seconds.
ATTEMPT_LASTS: Final = 600
#: A provider that is slow may take so many threads, and so many more people may wait for it.
PROVIDER_THREADS: Final = 4
PROVIDER_QUEUE: Final = 16
PURPOSES: Final = ('log_in', 'confirm', 'link')
_LONGEST_COOKIE: Final = 3_500

T = TypeVar('T')


@dataclass(frozen=True, slots=True)
class Attempt:
    """A log-in under way in one browser.

    `purpose` is 'log_in', 'confirm' or 'link'; for the last two `csrf` is of who asked. `back` is
    the page to go on to.
    """

    purpose: str
    state: str
    nonce: str
    verifier: str
    back: str
    csrf: str = ''

    def as_cookie(self) -> str:
        """Return it as the value of a cookie."""
        return urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    def answers(self, state: str) -> bool:
        """Whether an answer with this state is the answer to this attempt."""
        return same_token(state, self.state)


def attempt_in(cookie: str) -> Attempt | None:
    """Return the attempt a cookie holds, None where it holds none."""
    if len(cookie) > _LONGEST_COOKIE:
        return None
    try:
        said = json.loads(urlsafe_b64decode(cookie))
        attempt = Attempt(**said)
    except (ValueError, TypeError, RecursionError):
        return None
    plain = all(isinstance(one, str) and one.isascii() for one in said.values())
    if not plain or attempt.purpose not in PURPOSES:
        return None
    return attempt if attempt.state and attempt.nonce and attempt.verifier else None


class ProviderDesk:
    """The provider for an event loop: nothing here blocks it, and few wait at a time."""

    def __init__(
        self,
        provider: IdentityProvider,
        identities: Identities,
        use: LogInByProvider,
        *,
        name: str = '',
    ) -> None:
        """`name` is what people call their account there, '' for the usual words."""
        self._provider, self._pool = (
            provider,
            ThreadPoolExecutor(PROVIDER_THREADS, thread_name_prefix='provider'),
        )
        self._places = threading.Semaphore(PROVIDER_THREADS + PROVIDER_QUEUE)
        self.identities, self.use, self.name = identities, use, name
        #: Accounts are made and changed by one log-in at a time.
        self.turn = asyncio.Lock()

    @property
    def issuer(self) -> str:
        """Return the provider's name for itself."""
        return self._provider.issuer

    async def begin(
        self, purpose: str, *, back: str, csrf: str = '', again: bool = False
    ) -> tuple[str, Attempt]:
        """Return where the browser goes, and what it keeps. Raises ProviderDown, Busy."""
        begun: Begun = await self._run(lambda: self._provider.begin(again=again))
        attempt = Attempt(purpose, begun.state, begun.nonce, begun.verifier, back, csrf)
        return begun.url, attempt

    async def finish(self, attempt: Attempt, code: str, sender: str | None) -> Identity:
        """Return who came back. Raises ProviderDown, ProviderRefused, Busy."""
        return await self._run(
            lambda: self._provider.finish(
                code=code, verifier=attempt.verifier, nonce=attempt.nonce, sender=sender
            )
        )

    async def end_session(self) -> str:
        """Return where people log out there, '' where they cannot, or not now."""
        try:
            return await self._run(self._provider.end_session)
        except (ProviderDown, Busy):
            return ''

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise Busy
        job = self._pool.submit(call)
        job.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(job)
