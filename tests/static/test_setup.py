"""The set-up's own rules: what it installs, when it repeats a step, and what it tells a reader."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / 'setup'
LOCK_FILES = sorted((SETUP / 'lock').glob('*.txt'))


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The set-up script as a module, with an environment of the test's own."""
    monkeypatch.syspath_prepend(str(SETUP))
    module = importlib.import_module('install')
    monkeypatch.setattr(module, 'VENV', tmp_path)
    monkeypatch.setattr(module, 'LOG', tmp_path / 'setup.log')
    monkeypatch.setattr(module, 'STAMPS', tmp_path / 'setup.json')
    return module


def names_in(lock: Path) -> set[str]:
    return set(re.findall(r'^([a-z0-9-]+)==', lock.read_text('utf-8'), re.MULTILINE))


@pytest.mark.parametrize('lock', LOCK_FILES, ids=lambda lock: lock.stem)
def test_every_locked_package_has_a_version_and_a_hash(install: ModuleType, lock: Path) -> None:
    for entry in install.merged([lock.read_text('utf-8')]).values():
        assert re.match(r'[a-z0-9-]+==[^ ]+ \\\n    --hash=sha256:[0-9a-f]{64}', entry), entry


@pytest.mark.parametrize('lock', LOCK_FILES, ids=lambda lock: lock.stem)
def test_a_lock_file_names_no_place_to_install_from(lock: Path) -> None:
    assert not re.search(r'://|--(extra-)?index|--find-links', lock.read_text('utf-8'))


@pytest.mark.parametrize('version', ['311', '312', '313'])
def test_the_locks_of_one_python_agree_on_every_version(install: ModuleType, version: str) -> None:
    locks = [SETUP / 'lock' / f'py{version}-{name}.txt' for name in ('runtime', 'dev', 'ros')]
    texts = [lock.read_text('utf-8') for lock in locks]
    seen: dict[str, str] = {}
    for text in texts:
        for name, entry in install.merged([text]).items():
            assert seen.setdefault(name, entry) == entry
    assert names_in(locks[0]) <= names_in(locks[1])


def test_every_dependency_of_the_project_is_locked() -> None:
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text('utf-8'))['project']
    extras = project['optional-dependencies']
    wanted = {
        'runtime': project['dependencies'] + extras['build'],
        'dev': extras['gazebo'] + extras['dev'],
        'ros': extras['ros'],
    }
    for part, requirements in wanted.items():
        names = {re.split(r'[\[>=<]', line)[0].lower() for line in requirements}
        assert names <= names_in(SETUP / 'lock' / f'py311-{part}.txt')


def test_a_distributions_ros_keeps_its_own_numpy(install: ModuleType) -> None:
    entries = {'numpy': 'numpy==2', 'shapely': 'shapely==2'}
    wheels = {'ros-rclpy': 'ros-rclpy==7', install.LIBRARY_PATH: 'path==1'}
    chosen = install.with_distribution(entries, wheels)
    assert sorted(chosen) == [install.LIBRARY_PATH, 'shapely']


def test_the_wheels_include_paths_become_those_of_this_machine(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine = '/opt/python/cp311-cp311'
    numpy = f'{machine}/lib/python3.11/site-packages/numpy/_core/include'
    file = tmp_path / 'share' / 'some_msgs' / 'cmake' / 'export.cmake'
    file.parent.mkdir(parents=True)
    file.write_text(f'INCLUDES "{machine}/include/python3.11;{numpy}"', 'utf-8')
    cached = tmp_path / 'cached.cmake'
    cached.hardlink_to(file)
    monkeypatch.setattr(
        install, 'ask', lambda _python, code: '/numpy' if 'numpy' in code else '/python'
    )
    install.point_wheels_here()
    assert file.read_text('utf-8') == 'INCLUDES "/python;/numpy"'
    assert machine in cached.read_text('utf-8'), 'the package cache must not change'


def test_a_stamp_is_kept_and_a_damaged_one_means_start_again(install: ModuleType) -> None:
    install.stamp(level='dev')
    install.stamp(packages='abc')
    assert install.stamps() == {'level': 'dev', 'packages': 'abc'}
    install.STAMPS.write_text('{"level":', 'utf-8')
    assert install.stamps() == {}


def test_a_changed_file_changes_the_digest(install: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / 'order.msg'
    file.write_text('uint64 order', 'utf-8')
    before = install.digest('name', file)
    file.write_text('uint32 order', 'utf-8')
    assert install.digest('name', file) != before


def test_a_failed_command_says_what_to_do_and_leaves_its_output_in_the_log(
    install: ModuleType,
) -> None:
    with pytest.raises(install.CommandError, match='install the thing'):
        install.call(
            [sys.executable, '-c', 'import sys; print("the reason"); sys.exit(3)'],
            'install the thing',
        )
    assert 'the reason' in install.LOG.read_text('utf-8')
    with pytest.raises(install.CommandError, match='install it'):
        install.call(['no-such-command-here'], 'install it')


def test_without_root_nothing_is_installed_and_the_command_is_told(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need = install.debian.Need('a browser', 'the page tests', ('chromium',), present=False)
    monkeypatch.setattr(install.debian, 'needs', lambda: [need])
    monkeypatch.setattr(os, 'geteuid', lambda: 1000)
    monkeypatch.setattr(subprocess, 'run', lambda *_, **__: pytest.fail('a command was run'))
    install.system(install.Progress(6))
    told = capsys.readouterr().out
    assert 'skipped: the page tests, for want of a browser' in told
    assert 'chromium' in told


def test_where_gazebo_cannot_be_fetched_its_tests_are_said_to_be_skipped(
    install: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fleet = tmp_path / 'bin' / 'fleet'
    fleet.parent.mkdir()
    fleet.write_text('#!/bin/sh\necho reading\necho "fleet gazebo install: no way" >&2\nexit 1\n')
    fleet.chmod(0o755)
    monkeypatch.setattr(install, 'VENV_PYTHON', tmp_path / 'bin' / 'python')
    monkeypatch.setattr(install.debian, 'install_as_root', lambda *_, log: None)
    install.gazebo(install.Progress(7))
    assert capsys.readouterr().out.splitlines()[-1] == (
        '      skipped: the tests with Gazebo (no way)'
    )


def test_no_python_with_a_lock_file_is_said_in_one_sentence(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, 'suitable_python', lambda _locked: None)
    with pytest.raises(install.SetupError, match=r'install one of 3\.11, 3\.12'):
        install.environment(install.Progress(5), None, None)


def test_ci_runs_what_a_developer_runs() -> None:
    assert (ROOT / '.ci' / 'run').read_text('utf-8') == '#!/bin/sh\nexec make test\n'
    assert os.access(ROOT / '.ci' / 'run', os.X_OK)


def test_help_lists_every_target() -> None:
    makefile = (ROOT / 'Makefile').read_text('utf-8')
    targets = set(re.findall(r'^([a-z-]+):', makefile, re.MULTILINE)) - {'gates'}
    run = subprocess.run(['make', 'help'], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r'^  make ([a-z-]+)', run.stdout, re.MULTILINE)) == targets


STAND_IN = """
import os, signal, sys, time
def stop(*_):
    os.write(1, b'stopped in order\\n')
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
os.write(1, b'running\\n')
time.sleep(20)
"""


IN_A_TERMINAL = """
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp('make', ['make', 'demo'])
seen = b''
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if b'running' in data:
        os.write(terminal, b'\\x03')
    seen += data
print(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_ctrl_c_stops_the_demo_in_order_and_make_reports_no_error(tmp_path: Path) -> None:
    """As in a terminal: the key press reaches the whole foreground group, make included."""
    (tmp_path / 'demo.py').write_text(STAND_IN, 'utf-8')
    recipe = f'@{sys.executable} {SETUP / "foreground.py"} {sys.executable} demo.py'
    (tmp_path / 'Makefile').write_text(f'demo:\n\t{recipe}\n', 'utf-8')
    run = subprocess.run(
        [sys.executable, '-c', IN_A_TERMINAL],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert 'stopped in order' in run.stdout
    assert '***' not in run.stdout
