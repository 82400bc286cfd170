"""Rules for accounts of people: which fit the hospital, and which secrets are too easy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import Role
from fleet_manager.domain.rights import RIGHTS, Deed
from fleet_manager.domain.units import MINUTE

#: Roles a person may have.
PEOPLE: Final = tuple(role for role in Role if role in RIGHTS[Deed.ENTER].everywhere)
#: Roles that work at a station, and have to name one.
AT_STATION: Final = RIGHTS[Deed.WORK_AT_STATION].own
#: Roles that sign at a robot, with gloves on: six digits do, five wrong ones lock.
WITH_PIN: Final = AT_STATION | {Role.PORTER}
PIN_LENGTH: Final = 6
PASSWORD_LENGTH: Final = 10
#: Fewer different characters than this are guessed first.
DIFFERENT: Final = 4
#: A dangerous deed needs a secret that was given no longer ago.
FRESH_MS: Final = 10 * MINUTE
STATIONS_EACH: Final = 3

_NAME: Final = re.compile(r'[a-z0-9][a-z0-9._\-]{1,31}')
_ROW: Final = '01234567890'


def problem_of(account: Account, stations: Collection[StationId]) -> str:
    """Return what is wrong with a personal account, as a code; '' when nothing is."""
    if not _NAME.fullmatch(account.id):
        return 'bad_name'
    label = account.label.strip()
    if not 1 <= len(label) <= 60 or any(unicodedata.category(one)[0] == 'C' for one in label):
        return 'bad_label'
    if account.role not in PEOPLE:
        return 'bad_role'
    if any(station not in stations for station in account.stations):
        return 'unknown_station'
    if account.role in AT_STATION and not account.stations:
        return 'station_needed'
    if account.role not in AT_STATION and account.stations:
        return 'station_not_needed'
    return ''


def problem_of_secret(role: str, secret: str) -> str:
    """Return 'too_short' or 'too_easy' for a secret people should not choose, else ''."""
    if len(secret) < (PIN_LENGTH if role in WITH_PIN else PASSWORD_LENGTH):
        return 'too_short'
    in_a_row = secret in _ROW or secret in _ROW[::-1]
    return 'too_easy' if len(set(secret)) < DIFFERENT or in_a_row else ''
