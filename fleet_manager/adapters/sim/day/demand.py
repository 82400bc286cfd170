"""Who asks for what when: the requests of a day, drawn before it begins."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from fleet_manager.adapters.sim.day.desk import TRY_AGAIN, Desk, child, drawn, midnight_of, next_at
from fleet_manager.adapters.sim.staff import ward
from fleet_manager.application.days import timetable
from fleet_manager.application.days.hatches import Hatches
from fleet_manager.application.days.scenario import GoodsDemand, Scenario
from fleet_manager.application.days.timetable import DAY, is_open
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital, Station
from fleet_manager.domain.messages import Actor, RequestDelivery
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

#: A time at which nobody who sends or takes the goods is open is drawn again so often.
MOST_DRAWS: Final = 50
#: Too many are open: they ask again after so long, so often, and then give up.
FULL_AGAIN_MS: Final = 2 * MINUTE
FULL_TRIES: Final = 10
#: Impatient people click again after so long at most.
CLICK_MS: Final = 2 * SECOND
#: Why a request is raised, as staff write it.
WHY_RAISED: Final = ('patient waits', 'theatre waits', 'last one used', 'sent back once')


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request as it will be sent."""

    at: Instant
    command: RequestDelivery


class Requests:
    """Sends the requests of a day and counts what became of them.

    `accepted` are the deliveries by their key, `refused` the reasons, `unserved` are draws for
    which no station that sends or takes the goods was open. `replayed` counts requests that were
    sent again and answered with the same delivery.
    """

    def __init__(self, desk: Desk, scenario: Scenario, hospital: Hospital, rng: Random) -> None:
        self.accepted: dict[str, DeliveryId] = {}
        self.refused: Counter[str] = Counter()
        self.replayed = 0
        self.unserved = 0
        self._desk, self._rng = desk, child(rng, 'asking')
        self._doubles = 0
        start = desk.heap.now
        #: When demand ends and the calm phase begins.
        self.ends = Instant(start + scenario.lasts)
        wanted, self.unserved = draw(scenario, hospital, rng, start=start)
        self.wanted = len(wanted)
        for one in wanted:
            desk.heap.at(one.at, lambda command=one.command: self._ask(command))  # type: ignore[misc]

    def double_click(self) -> None:
        """Let whoever asks next click twice."""
        self._doubles += 1

    def _ask(self, command: RequestDelivery) -> None:
        self._send(command, FULL_TRIES)
        if self._doubles:
            self._doubles -= 1
            again = self._rng.randrange(CLICK_MS)
            self._desk.heap.after(again, lambda: self._send(command, 1))

    def _send(self, command: RequestDelivery, tries: int) -> None:
        reply = self._desk.send(command)
        if reply is None:
            self._later(drawn(self._rng, TRY_AGAIN), command, tries)
        elif reply.refusal_code == 'too_many_open' and tries > 1:
            self._later(FULL_AGAIN_MS, command, tries - 1)
        elif reply.delivery is None:
            self.refused[reply.refusal_code or 'unknown'] += 1
        else:
            delivery = DeliveryId(reply.delivery)
            known = self.accepted.setdefault(command.key, delivery)
            if known != delivery:
                raise InvariantBroken(f'{command.key} is {known} and {delivery}')
            self.replayed += reply.replayed

    def _later(self, span: int, command: RequestDelivery, tries: int) -> None:
        self._desk.heap.after(span, lambda: self._send(command, tries))


def draw(
    scenario: Scenario, hospital: Hospital, rng: Random, *, start: Instant
) -> tuple[list[Wanted], int]:
    """Return what is asked for from `start` on, in order, and how many draws had nobody open.

    Each goods class of each day has a generator of its own: more of one leaves the others alone.
    """
    base = Random(rng.getrandbits(64))  # noqa: S311 - a simulation, not a secret
    midnight, end = midnight_of(scenario, start), start + scenario.lasts
    wanted: list[Wanted] = []
    unserved, hatches = 0, Hatches(hospital)
    for number, goods in enumerate(scenario.demand.goods):
        own = child(base, f'{number} {goods.goods}')
        draws = _Draws(hospital, goods, own, factor=scenario.demand.factor, hatches=hatches)
        for first in range(midnight, end, DAY):
            wanted += draws.of_day(Instant(first))
        unserved += draws.unserved
    for first in range(midnight - DAY, end, DAY):
        for due in timetable.requests_of_day(
            scenario.demand.rounds, hospital, midnight=Instant(first)
        ):
            if due.earliest < end:  # a round the day begins with was asked for before
                wanted.append(Wanted(Instant(max(due.at, start)), _of_round(due, start)))
    wanted = [w for w in wanted if start <= w.at < end and _is_in_time(w.command, start)]
    for number, single in enumerate(scenario.demand.requests):
        at = next_at(scenario, start, single.at)
        sender, recipient = StationId(single.sender), StationId(single.recipient)
        key = f'single-{number + 1}'
        note = WHY_RAISED[0] if single.raised else ''
        command = RequestDelivery(
            ward(sender), key, single.goods, sender, recipient, note, raised=single.raised
        )
        wanted.append(Wanted(at, command))
    wanted.sort(key=lambda w: (w.at, w.command.key))
    return wanted, unserved


class _Draws:
    """The requests of one goods class: exactly its count in 24 hours, spread by chance."""

    def __init__(
        self,
        hospital: Hospital,
        goods: GoodsDemand,
        rng: Random,
        *,
        factor: float,
        hatches: Hatches,
    ) -> None:
        self.unserved = 0
        self._goods, self._rng, self._hatches = goods, rng, hatches
        self._count = round(goods.count * factor)
        self._senders = timetable.senders(hospital, goods.goods, goods.senders)
        self._recipients = timetable.recipients(hospital, goods.goods, goods.recipients)
        self._changes = timetable.changes((*self._senders, *self._recipients))
        self._pairs: dict[int, list[tuple[Station, list[Station]]]] = {}

    def of_day(self, midnight: Instant) -> Iterator[Wanted]:
        """Draw the requests of one day. An empty list where nobody sends or takes the goods."""
        for number in range(self._count):
            found = self._one()
            if found is None:
                self.unserved += 1
                continue
            time, sender, recipient = found
            raised = self._rng.random() < self._goods.raised
            note = self._rng.choice(WHY_RAISED) if raised else ''
            key = f'{self._goods.goods}-{midnight // HOUR}-{number + 1}'
            yield Wanted(
                Instant(midnight + time),
                RequestDelivery(
                    _asks(sender, recipient),
                    key,
                    self._goods.goods,
                    sender.id,
                    recipient.id,
                    note,
                    raised=raised,
                ),
            )

    def _one(self) -> tuple[int, Station, Station] | None:
        """Draw a time by the hours' weights, a recipient evenly, and a sender evenly.

        Where one is a department, the hatch is the one that serves the other.
        """
        hours = self._goods.hours
        for _ in range(MOST_DRAWS):
            hour = self._rng.choices(range(len(hours)), hours)[0] if hours else 0
            span = HOUR if hours else DAY
            time = hour * HOUR + self._rng.randrange(span)
            choice = self._open_at(time)
            if choice:
                recipient, ends = self._rng.choice(choice)
                sender = self._hatches.serving(self._rng.choice(ends), recipient)
                recipient = self._hatches.serving(recipient, sender)
                if sender.id != recipient.id:
                    return time, sender, recipient
        return None

    def _open_at(self, time: int) -> list[tuple[Station, list[Station]]]:
        """Return who takes the goods at this time, each with all who send them."""
        part = bisect(self._changes, time)
        if part not in self._pairs:
            ends = [s for s in self._senders if is_open(s, time)]
            taking = [r for r in self._recipients if is_open(r, time)]
            found = [(r, [s for s in ends if s.id != r.id]) for r in taking]
            self._pairs[part] = [(r, s) for r, s in found if s]
        return self._pairs[part]


def _of_round(due: timetable.Due, start: Instant) -> RequestDelivery:
    return RequestDelivery(
        ward(due.sender),
        due.key,
        due.goods,
        due.sender,
        due.recipient,
        earliest=Instant(max(due.earliest, start)),
        latest=due.latest,
    )


def _is_in_time(command: RequestDelivery, start: Instant) -> bool:
    """Whether it is not of a round that was over before the day began."""
    return command.latest == 0 or command.latest > start


def _asks(sender: Station, recipient: Station) -> Actor:
    """Return who asks: a ward for what it needs, else the sender for what it sends."""
    return ward(recipient.id if recipient.kind == 'ward' else sender.id)
