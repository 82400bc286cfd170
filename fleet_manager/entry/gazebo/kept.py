"""What a drive leaves in its state folder: the hospital, the journal, where everything was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fleet_manager.adapters.db.reader import MAX_LIMIT, JournalReader
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.ports import StoredEntry, StoreUnavailable
from fleet_manager.domain.codec import decode_event
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.maps.problems import BrokenMap
from fleet_manager.domain.maps.serialise import hospital_from_json
from fleet_manager.domain.messages import Event
from fleet_manager.domain.units import Instant
from fleet_manager.entry.gazebo.world import first_of
from robot_nodes.gazebo.scene import WalkerSpec
from robot_nodes.gazebo.walkers import KEPT, read_walkers


def hospital_of_drive(state_dir: Path, given: Path | None) -> Hospital:
    """Return the hospital of a drive. Raises FleetError, OSError or ValueError."""
    if given is not None:
        try:
            return load_hospital(given)
        except BrokenMap as error:
            raise ValueError(first_of(error, given)) from None
    _need_folder(state_dir)
    file = state_dir / 'hospital.json'
    if not file.is_file():
        raise ValueError(f'{state_dir} has no hospital.json: give --hospital')
    return hospital_from_json(json.loads(file.read_text(encoding='utf-8')))


def journal_of_drive(state_dir: Path) -> list[tuple[Instant, Event]]:
    """Return every event of a drive. Raises ValueError where there is no journal."""
    return [
        (Instant(e.entry.at), decode_event(e.entry.kind, e.entry.body))
        for e in _entries(state_dir)
    ]


def lines_of_drive(state_dir: Path) -> list[tuple[int, str, dict[str, Any]]]:
    """Return every line of a drive's journal as (UTC ms, kind, body)."""
    return [
        (e.entry.at, e.entry.kind, dict(json.loads(e.entry.body))) for e in _entries(state_dir)
    ]


def truth_of_drive(state_dir: Path) -> list[dict[str, Any]]:
    """Return the lines of truth.jsonl. Raises ValueError where there is none."""
    _need_folder(state_dir)
    file = state_dir / 'truth.jsonl'
    if not file.is_file():
        raise ValueError(f'{state_dir} has no truth.jsonl: that was no drive in Gazebo')
    lines = file.read_text(encoding='utf-8').splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith('\n')]


def walkers_of_drive(state_dir: Path) -> list[WalkerSpec]:
    """Return the people and beds that were in the world of a drive. Raises OSError, ValueError."""
    file = state_dir / KEPT
    return read_walkers(file) if file.is_file() else []


def _need_folder(state_dir: Path) -> None:
    if not state_dir.is_dir():
        raise ValueError(f'{state_dir}: there is no such folder')


def _entries(state_dir: Path) -> Iterator[StoredEntry]:
    _need_folder(state_dir)
    if not (state_dir / 'fleet.db').is_file():
        raise ValueError(f'{state_dir} has no fleet.db: give the state folder of a drive')
    reader = JournalReader(f'sqlite:///{state_dir / "fleet.db"}')
    try:
        read = 0
        while page := reader.entries(read, MAX_LIMIT):
            yield from page
            read = page[-1].seq
    except StoreUnavailable as error:
        raise ValueError(f'{state_dir / "fleet.db"}: {error}') from None
    finally:
        reader.close()
