"""`groups.yaml`: what people may do here, by their groups at the OpenID provider.

groups:                     # the first that fits gives the role
  - {group: fleet-admins, role: admin}
  - {group: nurses-surgery, role: ward, stations: [n2w]}
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.application.people import AT_STATION, PEOPLE, STATIONS_EACH
from fleet_manager.application.provider_log_in import GroupRule
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.ids import MAX_ID_LENGTH, StationId
from fleet_manager.domain.messages import Role

#: Longest name of a group: a path in a directory.
MAX_GROUP: Final = 200
#: More rules than a hospital has stations and roles.
MAX_RULES: Final = 5_000
_KEYS: Final = frozenset({'group', 'role', 'stations'})


class WrongGroups(FleetError):
    """The file cannot be used. The text names the file, the place in it and what to do."""


def load_groups(file: Path) -> tuple[GroupRule, ...]:
    """Read the file. Raises WrongGroups."""
    try:
        data = read_yaml(file.read_text('utf-8'), lambda place, line: None)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongGroups(f'{file}: cannot be read: {error}') from None
    except Unreadable as error:
        raise WrongGroups(f'{file}: {error}') from None
    rules = data.get('groups') if isinstance(data, dict) and set(data) == {'groups'} else None
    if not isinstance(rules, list) or not 1 <= len(rules) <= MAX_RULES:
        raise WrongGroups(
            f'{file}: write `groups:` and below it `- {{group: …, role: …}}`, '
            f'1 to {MAX_RULES:,} lines'
        )
    return tuple(_rule(f'{file}: groups[{at}]', one) for at, one in enumerate(rules))


def stations_unknown(
    rules: Collection[GroupRule], stations: Collection[StationId]
) -> tuple[StationId, ...]:
    """Return the stations that rules name and a map does not have."""
    named = {station for rule in rules for station in rule.stations}
    return tuple(sorted(named - set(stations)))


def _rule(place: str, data: Any) -> GroupRule:
    if not isinstance(data, dict) or not {'group', 'role'} <= set(data) <= _KEYS:
        raise WrongGroups(f'{place}: write {{group: …, role: …, stations: […]}}')
    group, role, stations = data['group'], data['role'], data.get('stations') or []
    if not isinstance(group, str) or not 1 <= len(group) <= MAX_GROUP:
        raise WrongGroups(f'{place}.group: write a text of 1 to {MAX_GROUP} characters; quote it')
    if role not in PEOPLE:
        raise WrongGroups(f'{place}.role: {role!r} is none; there are {", ".join(PEOPLE)}')
    texts = isinstance(stations, list) and all(
        isinstance(one, str) and 1 <= len(one) <= MAX_ID_LENGTH for one in stations
    )
    if not texts or len(stations) > STATIONS_EACH:
        raise WrongGroups(f'{place}.stations: write a list of up to {STATIONS_EACH} stations')
    if (role in AT_STATION) != bool(stations):
        says = 'works at stations: name them' if role in AT_STATION else 'has no stations'
        raise WrongGroups(f'{place}.stations: the role {role} {says}')
    return GroupRule(group, Role(role), tuple(StationId(one) for one in stations))
