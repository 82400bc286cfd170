"""How long personal data is kept, and the run that erases what is over.

    counts = erase_old(journal, places, send, times=times, now=now, held=held)

`send` has the journal say what it erases, some deliveries at a time, so that nothing else waits;
ended at any moment, the next run goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from fleet_manager.domain.ids import AccountId, DeliveryId
from fleet_manager.domain.messages import Actor, ApplyRetention, Role
from fleet_manager.domain.personal import Sort
from fleet_manager.domain.units import HOUR, Instant

DAY: Final = 24 * HOUR
#: Deliveries erased in one commit: some milliseconds of it.
A_BATCH: Final = 20
#: Holds there can be at a time; more is a policy, and belongs into the settings.
MOST_HOLDS: Final = 500
MAX_WHY: Final = 200
#: Runs that are remembered.
RUNS_KEPT: Final = 400
#: The nightly run has the right of those who may ask for one.
MANAGER: Final = Actor(AccountId('system'), Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Times:
    """Days personal data is kept, from the end of a delivery or, where it is of none, its line.

    `waste` and `controlled` are the least for everything of such a delivery. `audit` is for lines
    of the audit list, `accounts` for accounts of people after they were disabled.
    """

    names: int
    texts: int
    codes: int
    waste: int
    controlled: int
    audit: int
    accounts: int

    def days(self, sort: Sort, goods: str = '') -> int:
        """Return how long a sort is kept of a delivery of `goods`."""
        own = {
            Sort.NAMES: self.names,
            Sort.TEXTS: self.texts,
            Sort.CODES: self.codes,
            Sort.KEYS: min(self.texts, self.codes),
        }
        return max(own[sort], self.longer.get(goods, 0))

    @property
    def longer(self) -> Mapping[str, int]:
        """Return goods whose records have a longer time by law."""
        return MappingProxyType({'waste': self.waste, 'controlled': self.controlled})

    @property
    def books(self) -> int:
        """Return how long notes and complaints are kept, which are names and texts at once."""
        return min(self.names, self.texts)

    def before(self, sort: Sort, now: Instant, goods: str = '') -> Instant:
        """Return the moment before which a sort is over."""
        return Instant(now - self.days(sort, goods) * DAY)


@dataclass(frozen=True, slots=True)
class Hold:
    """A delivery of which nothing is erased, as a court or the police asked for."""

    delivery: DeliveryId
    why: str
    by: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was asked for: by whom, when it ended, what it erased, by kind."""

    number: int
    by: str
    asked: Instant
    ended: Instant | None
    counts: Mapping[str, int]
    problem: str = ''


class JournalData(Protocol):
    """What of the journal is over."""

    def count(self, sort: Sort, times: Times, *, now: Instant, held: Collection[str]) -> int:
        """Return how many names or texts are to be erased."""

    def deliveries(
        self, sort: Sort, times: Times, *, now: Instant, held: Collection[str], limit: int
    ) -> tuple[DeliveryId, ...]:
        """Return the oldest deliveries that have something to be erased."""

    def through(self, sort: Sort, times: Times, *, now: Instant) -> int:
        """Return the last line that is over, of those about no delivery; 0 for none."""


class PersonalData(Protocol):
    """Another place with personal data."""

    def count(self, times: Times, *, now: Instant, held: Collection[str]) -> Mapping[str, int]:
        """Return how many things are to be erased, by kind."""

    def erase(self, times: Times, *, now: Instant, held: Collection[str]) -> Mapping[str, int]:
        """Erase them; return how many, by kind. Raises StoreFailed."""


class RetentionOffice(Protocol):
    """What pages ask for. Calls block: use a thread."""

    @property
    def times(self) -> Times:
        """How long what is kept."""

    @property
    def hour(self) -> int:
        """The hour of the day of the nightly run, at the hospital."""

    def due(self) -> Mapping[str, int]:
        """Return how many things the next run erases, by kind."""

    def holds(self) -> Sequence[Hold]:
        """Return what is held, the oldest first."""

    def hold(self, delivery: DeliveryId, *, why: str, by: str) -> str:
        """Hold a delivery; return '' or the code of what is wrong."""

    def release(self, delivery: DeliveryId) -> bool:
        """Hold it no more; return whether it was held."""

    def runs(self, limit: int) -> Sequence[Run]:
        """Return the newest runs, newest first."""

    def ask(self, by: str) -> None:
        """Have a run begin within some seconds; one that is under way is enough."""


def what_is_due(
    journal: JournalData,
    places: Sequence[PersonalData],
    *,
    times: Times,
    now: Instant,
    held: Collection[str],
) -> dict[str, int]:
    """Return how many things a run would erase, by kind."""
    counts = {sort.value: journal.count(sort, times, now=now, held=held) for sort in Sort}
    for place in places:
        counts |= place.count(times, now=now, held=held)
    return counts


def erase_old(
    journal: JournalData,
    places: Sequence[PersonalData],
    send: Callable[[ApplyRetention], None],
    *,
    times: Times,
    now: Instant,
    held: Callable[[], Collection[str]],
) -> dict[str, int]:
    """Erase everything that is over; return how much, by kind."""
    counts = {}
    for sort in Sort:
        counts[sort.value] = journal.count(sort, times, now=now, held=held())
        if counts[sort.value]:
            _erase_sort(journal, send, sort, times=times, now=now, held=held)
    for place in places:
        counts |= place.erase(times, now=now, held=held())
    return counts


def _erase_sort(
    journal: JournalData,
    send: Callable[[ApplyRetention], None],
    sort: Sort,
    *,
    times: Times,
    now: Instant,
    held: Callable[[], Collection[str]],
) -> None:
    """Erase batch by batch; the last says up to which line, and has older snapshots go."""
    done: tuple[DeliveryId, ...] = ()
    while True:
        some = journal.deliveries(sort, times, now=now, held=held(), limit=A_BATCH)
        if not some or some == done:
            break
        send(ApplyRetention(MANAGER, sort, some))
        done = some
    through = journal.through(sort, times, now=now)
    send(ApplyRetention(MANAGER, sort, (), through, times.before(sort, now)))
