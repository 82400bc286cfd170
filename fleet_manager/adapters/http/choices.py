"""The request page's choices: what a station may send or ask for, and with whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.http import pinyin
from fleet_manager.application.ports import View
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital, Station

#: Big buttons before the search: what fits on a phone without scrolling.
MOST_USED: Final = 4

#: Directions of a request, seen from the station: have it brought, or send it.
FETCH: Final = 'fetch'
SEND: Final = 'send'


@dataclass(frozen=True, slots=True)
class Choice:
    """Another station to send to or to ask. `search` is matched against what is typed."""

    station: Station
    search: str


@dataclass(frozen=True, slots=True)
class Group:
    """The choices of one direction: the most used first, then the rest for the search."""

    way: str
    most_used: tuple[Choice, ...]
    rest: tuple[Choice, ...]


def ways(hospital: Hospital, station: Station, goods: str) -> dict[str, list[Station]]:
    """Return the other stations of each direction that makes sense for these goods."""
    others = [other for other in hospital.stations.values() if other.id != station.id]
    found = {
        FETCH: [o for o in others if goods in o.sends] if goods in station.takes else [],
        SEND: [o for o in others if goods in o.takes] if goods in station.sends else [],
    }
    return {way: stations for way, stations in found.items() if stations}


def goods_of(hospital: Hospital, station: Station) -> list[str]:
    """Return the goods classes a station can send or ask for, in the order of the table."""
    return [goods for goods in GOODS if ways(hospital, station, goods)]


def is_possible(
    hospital: Hospital, station: Station, goods: str, sender: StationId, recipient: StationId
) -> bool:
    """Whether a station may ask for these goods between these two, itself one of them."""
    way, other = (FETCH, sender) if recipient == station.id else (SEND, recipient)
    if station.id not in (sender, recipient):
        return False
    return other in [known.id for known in ways(hospital, station, goods).get(way, ())]


def groups(
    hospital: Hospital, view: View, station: Station, goods: str, *, typed: str = ''
) -> list[Group]:
    """Return the second step: who can bring it, who can get it. `typed` filters, as scripts do."""
    used = _used_with(view, station.id)
    wanted = ''.join(typed.lower().split())
    result = []
    for way, stations in ways(hospital, station, goods).items():
        order = sorted(range(len(stations)), key=lambda place: (-used[stations[place].id], place))
        choices = [Choice(stations[place], search_text(stations[place])) for place in order]
        if wanted:
            found = tuple(choice for choice in choices if wanted in choice.search)
            result.append(Group(way, found, ()))
        else:
            result.append(Group(way, tuple(choices[:MOST_USED]), tuple(choices[MOST_USED:])))
    return result


def search_text(station: Station) -> str:
    """Return what a search looks in: names, initials, pinyin, and the code on the wall."""
    return text_of((station.name.zh,), (station.name.en, station.code, station.id))


def text_of(chinese: tuple[str, ...], others: tuple[str, ...]) -> str:
    """Return names as a search wants them: no spaces, with initials and pinyin."""
    parts = [''.join(one.lower().split()) for one in (*chinese, *others)]
    parts += [form(one) for one in chinese for form in (pinyin.full, pinyin.initials)]
    parts += [''.join(word[0] for word in one.lower().split()) for one in others]
    return ' '.join(parts)


def _used_with(view: View, station: StationId) -> Counter[str]:
    """Count the deliveries of the picture between this station and each other one."""
    used: Counter[str] = Counter()
    for delivery in view.entities.get('delivery', {}).values():
        if delivery['sender'] == station:
            used[delivery['recipient']] += 1
        elif delivery['recipient'] == station:
            used[delivery['sender']] += 1
    return used
