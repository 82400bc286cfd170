"""`integration.yaml`: which codes of other systems mean which station and goods here.

stations:
  pharmacy: [APO, PHARM-1]
goods:
  drug: [MED]
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

from fleet_manager.adapters.files.lines import Unreadable, read_yaml
from fleet_manager.application.outside_orders import Codes
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital

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
    if not isinstance(data, dict) or not set(data) <= {'stations', 'goods'}:
        raise WrongCodes(f'{file}: may have `stations` and `goods`, and nothing else')
    stations = _codes(file, 'stations', data.get('stations'), hospital.stations)
    return Codes(
        {code: StationId(station) for code, station in stations.items()},
        _codes(file, 'goods', data.get('goods'), GOODS),
    )


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
