"""Keys of programs: what each may do, for which station, until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.rights import Deed, Right
from fleet_manager.domain.units import HOUR, Instant

#: What a key may be made for. Beyond these it may only say who it is and read the map.
SCOPES: Final[Mapping[str, tuple[Right, ...]]] = MappingProxyType(
    {
        'read': (Deed.SEE_DELIVERIES,),
        'order': (m.RequestDelivery, m.CancelDelivery, m.PutOffDelivery),
    }
)
ALWAYS: Final = (Deed.ENTER,)
DAY: Final = 24 * HOUR
#: A key lives no longer: somebody has to look at it once in a while.
LONGEST_DAYS: Final = 730
KEYS_EACH: Final = 200


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key without its secret. `revoked` and `last_used` are 0 while they have not happened."""

    id: str
    label: str
    scopes: tuple[str, ...]
    station: StationId | None
    made: Instant
    expires: Instant
    revoked: Instant = Instant(0)
    last_used: Instant = Instant(0)

    def may(self, right: Right) -> bool:
        """Whether one of the scopes has this right."""
        return right in ALWAYS or any(right in SCOPES.get(one, ()) for one in self.scopes)

    def is_good(self, now: Instant) -> bool:
        """Whether it still opens."""
        return not self.revoked and now < self.expires


class Keys(Protocol):
    """Keys of programs. A secret is shown when it is made and kept as a hash only."""

    def make_key(
        self,
        *,
        label: str,
        scopes: Sequence[str],
        station: StationId | None,
        days: int,
        now: Instant,
    ) -> tuple[ApiKey, str]:
        """Return a new key and its whole text. Raises ValueError with what is wrong."""

    def key_of(self, text: str, *, now: Instant) -> ApiKey | None:
        """Return the key somebody gave, None when unknown, expired or revoked."""

    def all_keys(self) -> Sequence[ApiKey]:
        """Return every key, the newest first."""

    def revoke_key(self, key: str, *, now: Instant) -> None:
        """Let a key open nothing any more. Raises LookupError when unknown."""


def checked(label: str, scopes: Sequence[str], days: int) -> None:
    """Raise ValueError, with a code, for a key that makes no sense."""
    if not 1 <= len(label.strip()) <= 60 or not label.isprintable():
        raise ValueError('label')
    if not scopes or any(one not in SCOPES for one in scopes):
        raise ValueError('scopes')
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError('days')
