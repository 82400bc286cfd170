"""What the service desk sees: the queue by promise, what nobody ends, a search, figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from fleet_manager.adapters.http import days
from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.choices import search_text
from fleet_manager.adapters.http.delivery_page import ENDED, DeliveryPage, describe
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.application.ports import View
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital, Station
from fleet_manager.domain.messages import DeliveryRequested
from fleet_manager.domain.units import HOUR, MINUTE, Instant

#: A state that ends by itself within seconds or minutes, unless somebody forgot to do their part.
FORGOTTEN_AFTER: Final[Mapping[str, int]] = {
    'loading': 10 * MINUTE,
    'opened': 10 * MINUTE,
    'taken': 15 * MINUTE,
    'porter_asked': 30 * MINUTE,
    'carried': 1 * HOUR,
    'rescue_asked': 10 * MINUTE,
}
#: So long after its promise anything open is looked at by a person.
OVERDUE: Final = 1 * HOUR
#: A search shows the best so many; more is a reason to type more.
MOST_FOUND: Final = 50


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery in a list of the desk. `since` is when it came into its state."""

    page: DeliveryPage
    since: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class RobotFound:
    """A robot that a search found."""

    id: str
    name: str
    state: str
    floor: str
    deliveries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `more` is how many deliveries are not shown."""

    deliveries: tuple[Row, ...]
    robots: tuple[RobotFound, ...]
    stations: tuple[Station, ...]
    more: int

    @property
    def nothing(self) -> bool:
        """Whether it found nothing at all."""
        return not (self.deliveries or self.robots or self.stations)


@dataclass(frozen=True, slots=True)
class Figures:
    """A goods class today. `arrived` of the `due` were there in time; `other` ended otherwise."""

    goods: str
    asked: int
    still_open: int
    delivered: int
    other: int
    due: int
    arrived: int

    @property
    def on_time(self) -> float | None:
        """Return the share that was on time, None where nothing was due yet."""
        return self.arrived / self.due if self.due else None


def queue(hospital: Hospital, view: View, person: Person, now: int) -> list[Row]:
    """Return every open delivery: late ones first, then by promise."""
    rows = [
        _row(hospital, view, name, entity, person, now)
        for name, entity in _deliveries(view).items()
        if entity['state'] not in ENDED
    ]
    return sorted(rows, key=_by_promise)


def forgotten(rows: Iterable[Row]) -> list[Row]:
    """Return the open ones that end by themselves no more: somebody forgot, or all gave up."""
    return [row for row in rows if row.overdue]


def search(
    hospital: Hospital, view: View, person: Person, now: int, *, typed: str, words: Words
) -> Found:
    """Return what fits: a number, station, goods, person or robot, in both languages.

    Every word that was typed has to fit the same thing.
    """
    wanted = typed.lower().split()
    station_texts = {one.id: search_text(one) for one in hospital.stations.values()}
    robots = view.entities.get('robot', {})
    names = {name: str(robot['name']).lower() for name, robot in robots.items()}
    rows = [
        _row(hospital, view, name, entity, person, now)
        for name, entity in _deliveries(view).items()
        if _fits(wanted, _text_of(name, entity, station_texts, names, words))
    ]
    rows.sort(key=lambda row: (row.page.ended, *_by_promise(row)))
    found_robots = tuple(
        _robot(view, name, robot)
        for name, robot in robots.items()
        if _fits(wanted, f'{name} {names[name]}'.lower())
    )
    stations = tuple(
        one for one in hospital.stations.values() if _fits(wanted, station_texts[one.id])
    )
    kept = tuple(rows[:MOST_FOUND])
    return Found(kept, found_robots, stations, len(rows) - len(kept))


def asked_for(hospital: Hospital, typed: str, words: Words) -> Callable[[DeliveryRequested], bool]:
    """Return whether a request of long ago fits what was typed, as `search` does."""
    wanted = typed.lower().split()
    station_texts = {one.id: search_text(one) for one in hospital.stations.values()}

    def fits(asked: DeliveryRequested) -> bool:
        entity = {
            'number': asked.number,
            'goods': asked.goods,
            'sender': asked.sender,
            'recipient': asked.recipient,
            'robot': None,
            'requested_by': asked.actor.account,
            'asked_by': asked.asked_by,
            'note': asked.note,
        }
        return _fits(wanted, _text_of(asked.delivery, entity, station_texts, {}, words))

    return fits


def today(view: View, now: Instant, zone: tzinfo) -> list[Figures]:
    """Return the figures of the classes that were asked for since midnight in a zone."""
    midnight = days.midnight(days.today(now, zone), zone)
    counts: dict[str, Counter[str]] = {}
    for entity in _deliveries(view).values():
        if entity['times']['accepted'] >= midnight:
            counts.setdefault(entity['goods'], Counter()).update(_counted(entity, now))
    return [
        Figures(
            goods,
            asked=of['asked'],
            still_open=of['open'],
            delivered=of['delivered'],
            other=of['asked'] - of['open'] - of['delivered'],
            due=of['due'],
            arrived=of['in_time'],
        )
        for goods in GOODS
        if (of := counts.get(goods)) is not None
    ]


def _counted(entity: Mapping[str, Any], now: int) -> list[str]:
    state, late = entity['state'], bool(entity['late'])
    found = ['asked', 'delivered' if state == 'delivered' else '']
    if state not in ENDED:
        found.append('open')
    reached = 'awaiting_receipt' in entity['times'] or state == 'delivered'
    if reached or late or entity['promised_at'] < now:
        found.append('due')
        found += ['in_time'] if reached and not late else []
    return [one for one in found if one and not (one == 'due' and state == 'cancelled')]


def _row(
    hospital: Hospital,
    view: View,
    name: str,
    entity: Mapping[str, Any],
    person: Person,
    now: int,
) -> Row:
    page = describe(hospital, view, name, entity, person, now)
    since = int(entity['times'].get(page.state, entity['times']['accepted']))
    limit = FORGOTTEN_AFTER.get(page.state)
    stands = limit is not None and now - since > limit
    past = now - entity['promised_at'] > OVERDUE
    overdue = not page.ended and (stands or past or bool(entity.get('may_close')))
    return Row(page, since, overdue)


def _by_promise(row: Row) -> tuple[bool, int, str]:
    return (not row.page.raw['late'], row.page.raw['promised_at'], row.page.id)


def _text_of(
    name: str,
    entity: Mapping[str, Any],
    stations: Mapping[StationId, str],
    robots: Mapping[str, str],
    words: Words,
) -> str:
    robot = entity['robot'] or ''
    parts = (
        name,
        str(entity['number']),
        entity['goods'],
        words(f'goods.{entity["goods"]}'),
        stations.get(entity['sender'], ''),
        stations.get(entity['recipient'], ''),
        robot,
        robots.get(robot, ''),
        entity.get('requested_by') or '',
        entity.get('asked_by') or '',
        entity.get('held_by') or '',
        entity['note'],
    )
    return ' '.join(parts).lower()


def _fits(wanted: list[str], text: str) -> bool:
    return bool(wanted) and all(word in text for word in wanted)


def _robot(view: View, name: str, robot: Mapping[str, Any]) -> RobotFound:
    deliveries = _deliveries(view)
    numbers = tuple(deliveries[one]['number'] for one in robot['deliveries'] if one in deliveries)
    return RobotFound(
        name, str(robot['name']), str(robot['state']), str(robot['floor'] or ''), numbers
    )


def _deliveries(view: View) -> Mapping[str, Mapping[str, Any]]:
    return view.entities.get('delivery', {})
