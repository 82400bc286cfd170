"""The maps of a manager: the one it was started with, and those it was given while it ran."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from fleet_manager.adapters.files.kept import KeptMaps
from fleet_manager.application.ports import MapOffice
from fleet_manager.domain.maps.build import build_hospital
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.crashpoints import Crashpoints
from fleet_manager.entry.hospital import first_robots
from fleet_manager.entry.settings import Settings


class Maps(MapOffice):
    """Builds maps and keeps them in the state folder. Safe from several threads; all calls block.

    With the setting `robots` only the first robots of a map's fleet are used; the files hold all.
    """

    def __init__(self, settings: Settings, *, crashpoints: Crashpoints | None = None) -> None:
        self._kept = KeptMaps(settings.state_dir / 'maps')
        self._robots = settings.robots
        self._crash = crashpoints if crashpoints is not None else Crashpoints()

    def build(self, raw: Mapping[str, Any]) -> Hospital:
        """See MapOffice."""
        hospital = build_hospital(raw)
        compile_hospital(hospital)  # here, where nobody waits for it
        return hospital

    def keep(self, hospital: Hospital) -> Hospital:
        """See MapOffice."""
        self.keep_given(hospital)
        self._crash.reach('map_kept')
        return self.manned(hospital)

    def keep_given(self, hospital: Hospital) -> None:
        """Keep the map the manager was started with, once it is the one in force."""
        self._kept.keep(hospital)

    def load(self, version: str) -> Hospital:
        """Return a map that was kept. Raises MapError."""
        return self.manned(self._kept.load(version))

    def forget_old(self, *, needed: Collection[str]) -> None:
        """Remove the oldest maps that nobody needs."""
        self._kept.forget_old(needed=needed)

    def manned(self, hospital: Hospital) -> Hospital:
        """Return the hospital with the robots that are to work there."""
        return first_robots(hospital, self._robots)
