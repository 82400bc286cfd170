"""`integration.yaml`: which codes of other systems mean which station and goods here.

stations:
  pharmacy: [APO, PHARM-1]
goods:
  drug: [MED]
other_ends:                 # where an order names only the ward
  drug: {from: pharmacy}
  specimen: {to: lab}
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.application.outside_orders import Codes, OtherEnd
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital

_PARTS: Final = frozenset({'stations', 'goods', 'other_ends'})
#: Longest code of another system.
MAX_CODE: Final = 128
#: More codes than any hospital has stations, times the systems that name them.
MAX_CODES: Final = 20_000


class WrongCodes(FleetError):
    """The file cannot be used. The text names the file, the place in it and what to do."""


def load_codes(file: Path, hospital: Hospital) -> Codes:
    """Read the file. Raises WrongCodes."""
    try:
        data = read_yaml(file.read_text('utf-8'), lambda place, line: None)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCodes(f'{file}: cannot be read: {error}') from None
    except Unreadable as error:
        raise WrongCodes(f'{file}: {error}') from None
    if not isinstance(data, dict) or not set(data) <= _PARTS:
        raise WrongCodes(f'{file}: may have {", ".join(sorted(_PARTS))}, and nothing else')
    stations = _codes(file, 'stations', data.get('stations'), hospital.stations)
    return Codes(
        {code: StationId(station) for code, station in stations.items()},
        _codes(file, 'goods', data.get('goods'), GOODS),
        _other_ends(file, data.get('other_ends'), hospital),
    )


def _other_ends(file: Path, data: Any, hospital: Hospital) -> dict[str, OtherEnd]:
    if data is not None and not isinstance(data, dict):
        raise WrongCodes(f'{file}: other_ends: write `goods: {{from: station}}` lines')
    found: dict[str, OtherEnd] = {}
    for goods, end in (data or {}).items():
        place = f'{file}: other_ends.{goods}'
        if goods not in GOODS:
            raise WrongCodes(f'{place}: there are no such goods; known are {", ".join(GOODS)}')
        if not isinstance(end, dict) or len(end) != 1 or not set(end) <= {'from', 'to'}:
            raise WrongCodes(f'{place}: write {{from: station}} or {{to: station}}')
        ((way, station),) = end.items()
        if not isinstance(station, str) or station not in hospital.stations:
            raise WrongCodes(f'{place}.{way}: there is no station {station!r}')
        found[goods] = OtherEnd(way, StationId(station))
    return found


def _codes(file: Path, part: str, data: Any, ours: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if data is None:
        return found
    if not isinstance(data, dict):
        raise WrongCodes(f'{file}: {part}: write `id: [code, …]` lines')
    for name, codes in data.items():
        place = f'{file}: {part}.{name}'
        if name not in ours:
            raise WrongCodes(f'{place}: there is none; known are {", ".join(sorted(ours)[:20])}')
        if not isinstance(codes, list):
            raise WrongCodes(f'{place}: write its codes as a list')
        for code in codes:
            if not isinstance(code, str) or not 1 <= len(code) <= MAX_CODE:
                raise WrongCodes(f'{place}: {code!r} is no text of 1 to {MAX_CODE}: quote it')
            if found.get(code, name) != name:
                raise WrongCodes(f'{place}: {code!r} means {found[code]} already')
            found[code] = name
    if len(found) > MAX_CODES:
        raise WrongCodes(f'{file}: {part}: more than {MAX_CODES} codes')
    return found
