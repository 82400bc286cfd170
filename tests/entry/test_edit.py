"""`fleet map edit` as a person starts it: one link, Ctrl-C, and a reason when it cannot."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fleet_manager.entry.edit import edit
from fleet_manager.entry.settings import SHIPPED_MAPS

EDIT = [str(Path(sys.executable).with_name('fleet')), 'map', 'edit']


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SHIPPED_MAPS / 'small_hospital', tmp_path / 'hospital')


@pytest.mark.slow
def test_it_prints_one_link_of_this_machine_and_ends_with_ctrl_c(folder: Path) -> None:
    command = [*EDIT, str(folder), '--port', '0']
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            link = re.search(r'http://127\.0\.0\.1:(\d+)/\?token=(\S{20,})', line)
            assert link, line
            with pytest.raises(urllib.error.HTTPError, match='403'):
                urllib.request.urlopen(f'http://127.0.0.1:{link[1]}/')
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
            # Not communicate(): readline() may have taken more than its line.
            out, err = process.stdout.read(), process.stderr.read()
        finally:
            process.kill()
    assert process.returncode == 0
    assert 'Ctrl-C' in out
    assert err == ''


def test_a_folder_that_cannot_be_read_is_explained_with_places(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / 'L2.yaml'
    file.write_text(file.read_text('utf-8').replace('kind: parking', 'kind: garage', 1), 'utf-8')
    assert edit(folder) == 1
    out = capsys.readouterr().out
    assert re.search(r'error   \S*L2\.yaml:\d+ nodes\.\S+: .*garage.*\[unknown_word\]', out)
    assert out.endswith(f'{folder}: 1 error\n')


def test_a_folder_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edit(tmp_path / 'nowhere') == 1
    assert 'hospital.yaml' in capsys.readouterr().out


def test_a_port_somebody_has_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        assert edit(folder, port=port) == 1
    assert f'port {port}' in capsys.readouterr().err
