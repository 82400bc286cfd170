"""Fetching Gazebo 11: what is said when it cannot be, and that half of it is never taken for all.

apt-get, its servers and the compiler are real; the servers are on this machine and empty.
"""

from __future__ import annotations

import fcntl
import platform
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from robot_nodes.gazebo.classic import gazebo11, install, plugin
from robot_nodes.gazebo.classic.gazebo11 import Gazebo11
from robot_nodes.gazebo.engine import EngineError

needs_apt = pytest.mark.skipif(
    shutil.which('apt-get') is None or not any(path.exists() for path in install.KEYRINGS),
    reason="apt-get or Debian's keys are not on this machine",
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder for a Gazebo 11, on a machine whose system has none."""
    monkeypatch.setattr(gazebo11, 'system', lambda: None)
    monkeypatch.setenv('FLEET_GAZEBO_DIR', str(tmp_path / 'gazebo11'))
    return tmp_path / 'gazebo11'


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a mirror on this machine; nothing is in it."""
    folder = tmp_path / 'mirror'
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(('127.0.0.1', 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setenv('FLEET_GAZEBO_MIRROR', f'http://127.0.0.1:{server.server_port}')
        monkeypatch.setenv('no_proxy', '127.0.0.1')
        yield folder
        server.shutdown()
        thread.join()


def failure() -> str:
    """Return the sentence an installation ends with, and see that it leaves nothing behind."""
    with pytest.raises(EngineError) as error:
        install.install(say=lambda _: None)
    assert install.installed() is None
    assert not (gazebo11.cache() / 'new').exists()
    assert '\n' not in str(error.value)
    return str(error.value)


# --- what must be there ---


def test_without_a_compiler_nothing_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    assert failure() == (
        'there is no C++ compiler for the plugin of Gazebo 11: sudo apt-get install g++'
    )


def test_where_there_is_no_apt_it_says_where_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / 'g++').symlink_to('/bin/true')
    monkeypatch.setenv('PATH', str(tmp_path))
    assert failure().startswith('apt-get is missing: Gazebo 11 is fetched on Debian, Ubuntu')


def test_another_kind_of_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, 'machine', lambda: 'aarch64')
    assert 'Linux aarch64' in failure()


@needs_apt
def test_without_debians_keys_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(install, 'KEYRINGS', (tmp_path / 'none.gpg',))
    assert 'sudo apt-get install debian-archive-keyring' in failure()


def test_a_folder_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / 'file').touch()
    monkeypatch.setenv('FLEET_GAZEBO_DIR', str(tmp_path / 'file' / 'folder'))
    assert f'cannot write to {tmp_path}/file/folder' in failure()


# --- the mirror ---


@pytest.mark.thorough
@needs_apt
def test_without_a_network_the_mirror_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FLEET_GAZEBO_MIRROR', 'http://127.0.0.1:9/debian')
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    said = failure()
    assert said.startswith('http://127.0.0.1:9/debian cannot be reached')
    assert 'FLEET_GAZEBO_MIRROR' in said


@needs_apt
@pytest.mark.usefixtures('mirror')
def test_a_mirror_without_the_release_is_named() -> None:
    said = failure()
    assert 'does not have Debian 11 (bullseye)' in said
    assert 'FLEET_GAZEBO_MIRROR' in said


@needs_apt
def test_what_is_not_signed_by_debian_is_refused(mirror: Path) -> None:
    release = mirror / 'dists' / 'bullseye'
    release.mkdir(parents=True)
    (release / 'Release').write_text('Origin: Debian\nSuite: bullseye\nCodename: bullseye\n')
    assert "not signed with Debian's keys" in failure()


# --- room, and half an installation ---


def test_too_little_room_is_said_before_the_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: SimpleNamespace(free=5_000_000))
    with pytest.raises(EngineError, match=r'needs 900 MB in .*, and 5 MB are free'):
        install.need_room(tmp_path, 150_000_000)


@pytest.mark.usefixtures('mirror')
@needs_apt
def test_an_installation_that_was_broken_off_is_not_taken_for_a_whole_one(home: Path) -> None:
    for part in ('new/root/usr/bin', 'root/usr/bin'):
        (home / part).mkdir(parents=True)
        (home / part / 'gzserver').touch()
    assert install.installed() is None
    failure()


def test_a_folder_made_from_another_list_of_packages_is_made_again(home: Path) -> None:
    (home / 'root').mkdir(parents=True)
    (home / 'root' / 'recipe').write_text('of long ago')
    assert install.installed() is None


@needs_apt
@pytest.mark.usefixtures('mirror')
def test_a_second_installation_waits_for_the_first(home: Path) -> None:
    home.mkdir()
    said: list[str] = []
    waits = threading.Event()

    def say(line: str) -> None:
        said.append(line)
        waits.set()

    def second() -> None:
        with pytest.raises(EngineError):
            install.install(say=say)

    with (home / 'lock').open('w') as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(30.0)
    thread.join()
    assert 'waiting' in said[0]
    assert 'reading' in said[1]


# --- the plugin ---


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source of another plugin, which needs no Gazebo."""
    file = tmp_path / 'other.cc'
    file.write_text('extern "C" int one() { return 1; }\n')
    monkeypatch.setattr(plugin, 'SOURCE', file)
    return file


def test_the_plugin_is_compiled_again_when_its_source_has_changed(
    source: Path, tmp_path: Path
) -> None:
    gazebo = Gazebo11(tmp_path)
    with pytest.raises(EngineError, match='fleet gazebo install'):
        plugin.ready(gazebo)
    plugin.compile_plugin(gazebo)
    first = plugin.ready(gazebo)
    source.write_text('extern "C" int two() { return 2; }\n')
    with pytest.raises(EngineError, match='fleet gazebo install'):
        plugin.ready(gazebo)
    plugin.compile_plugin(gazebo)
    assert plugin.ready(gazebo) != first
    assert [path.name for path in first.iterdir()] == [plugin.LIBRARY]


def test_a_plugin_that_does_not_compile_says_the_first_reason(
    source: Path, tmp_path: Path
) -> None:
    source.write_text('#include <gazebo/nothing.hh>\nint x = ;\n')
    with pytest.raises(EngineError, match=r'does not compile: .*other\.cc:1:.*nothing\.hh'):
        plugin.compile_plugin(Gazebo11(tmp_path))
    with pytest.raises(EngineError, match='fleet gazebo install'):
        plugin.ready(Gazebo11(tmp_path))


# --- the environment ---


def test_a_server_has_an_environment_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv('DISPLAY', ':0')
    monkeypatch.setenv('GAZEBO_PLUGIN_PATH', '/elsewhere')
    gazebo = Gazebo11(tmp_path / 'root')
    made = gazebo.environment(home=tmp_path / 'home', plugins=tmp_path / 'plugins', master=4711)
    assert 'DISPLAY' not in made
    assert made['HOME'] == str(tmp_path / 'home')
    assert made['GAZEBO_PLUGIN_PATH'] == str(tmp_path / 'plugins')
    assert made['GAZEBO_MASTER_URI'] == 'http://127.0.0.1:4711'
    assert made['GAZEBO_IP'] == made['IGN_IP'] == '127.0.0.1'
    assert made['GAZEBO_MODEL_DATABASE_URI'] == ''


def test_it_goes_into_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv('FLEET_GAZEBO_DIR')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert gazebo11.cache() == tmp_path / 'hospital-fleet' / 'gazebo11'
    monkeypatch.delenv('XDG_CACHE_HOME')
    monkeypatch.setenv('HOME', str(tmp_path))
    assert gazebo11.cache() == tmp_path / '.cache' / 'hospital-fleet' / 'gazebo11'
