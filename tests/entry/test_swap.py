"""`fleet map swap` against a manager's pages on a real socket, without robots."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.entry.composition import compose
from fleet_manager.entry.first_run import OPERATOR, read_secrets
from fleet_manager.entry.settings import SHIPPED_MAPS, Settings
from fleet_manager.entry.swap import PASSWORD, SwapOptions, swap
from tests.entry.manager import wait_until
from tests.live.hospital import free_port

SMALL = SHIPPED_MAPS / 'small_hospital'
EMERGENCY = """  er:
    code: ER
    name: {zh: 急诊, en: Emergency}
    kind: ward
    node: park-4
    phone: '8199'
    sends: [specimen]
    takes: [drug]
"""


@dataclass
class Running:
    """A manager that serves its pages."""

    settings: Settings
    url: str

    def options(self, folder: Path | None) -> SwapOptions:
        return SwapOptions(folder, self.url, OPERATOR, 'a test', 0)


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    port = free_port()
    settings = Settings(state_dir=tmp_path / 'state', ros=False, port=port)
    made = compose(settings)
    made.start(died=lambda code: None)
    config = uvicorn.Config(made.app, host='127.0.0.1', port=port, log_level='warning')
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    monkeypatch.setenv(PASSWORD, read_secrets(settings.state_dir)[OPERATOR])
    yield Running(settings, f'http://127.0.0.1:{port}')
    server.should_exit = True
    thread.join(10)
    made.close()


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """Return a copy of the small hospital with something else on its first floor."""
    folder = tmp_path / f'map-{time.monotonic_ns()}'
    shutil.copytree(SMALL, folder)
    text = (folder / 'L1.yaml').read_text()
    assert text.count(old) == 1, old
    (folder / 'L1.yaml').write_text(text.replace(old, new))
    return folder


@pytest.mark.thorough
def test_a_map_is_in_force_when_the_command_is_done_and_after_a_restart(
    manager: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = changed(tmp_path, "phone: '8101'", "phone: '8199'")
    version = load_hospital(folder).version
    assert swap(manager.options(folder)) == 0
    assert f'version {version} is in force' in capsys.readouterr().out
    assert swap(manager.options(folder)) == 0
    assert 'in force already' in capsys.readouterr().out
    assert (manager.settings.state_dir / 'maps' / f'{version}.json').is_file()


@pytest.mark.thorough
def test_a_broken_map_is_told_with_file_line_and_field(
    manager: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = changed(tmp_path, '  s03: {at: [12.0, 8.4], kind: way}', '  s03: {at: [12.0, 8.4]}')
    assert swap(manager.options(folder)) == 1
    said = capsys.readouterr().err
    assert f'{folder}/L1.yaml:99 nodes.s03' in said
    assert 'nothing was changed' in said


def test_a_folder_that_is_none_needs_no_manager(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = SwapOptions(tmp_path / 'nowhere', 'http://127.0.0.1:9', OPERATOR, 'a test', 0)
    assert swap(options) == 1
    assert 'hospital.yaml' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('url', 'code', 'said'),
    [
        ('http://127.0.0.1:9', 2, 'no manager answers'),
        ('http://fleet.example', 2, 'https only'),
        ('fleet.example', 2, 'write it like'),
    ],
)
def test_a_manager_that_cannot_be_reached_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv(PASSWORD, 'secret')
    assert swap(SwapOptions(SMALL, url, OPERATOR, 'a test', 0)) == code
    error = capsys.readouterr().err
    assert said in error
    assert error.count('\n') == 1


@pytest.mark.thorough
def test_a_wrong_password_changes_nothing(
    manager: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(PASSWORD, 'wrong')
    assert swap(manager.options(SMALL)) == 1
    assert 'could not log in' in capsys.readouterr().err


@pytest.mark.thorough
def test_nothing_to_give_up_is_said(manager: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert swap(manager.options(None)) == 1
    assert 'No change of the map is under way' in capsys.readouterr().err


@pytest.mark.thorough
def test_a_new_station_gets_a_log_in(manager: Running, tmp_path: Path) -> None:
    folder = changed(tmp_path, 'stations:\n', f'stations:\n{EMERGENCY}')
    floor = folder / 'L1.yaml'
    bay = 'park-4: {at: [53.4, 10.3], kind: parking}'
    floor.write_text(floor.read_text().replace(bay, bay.replace('parking', 'station')))
    assert swap(manager.options(folder)) == 0
    wait_until(lambda: 'er' in read_secrets(manager.settings.state_dir))


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'reason': '  '}, '--reason'),
        ({'reason': 'x' * 201}, '--reason'),
        ({'wait': 90_000}, '--wait'),
    ],
)
def test_what_the_manager_would_not_take_is_said_before_it_is_asked(
    capsys: pytest.CaptureFixture[str], change: dict[str, Any], said: str
) -> None:
    good = SwapOptions(SMALL, 'http://127.0.0.1:9', OPERATOR, 'a test', 0)
    assert swap(replace(good, **change)) == 2
    assert said in capsys.readouterr().err
