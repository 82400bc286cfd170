"""Sets up everything the project needs in `.venv`: `python3 setup/install.py runtime|dev`.

`runtime` is what `make demo` needs, `dev` adds the tools of `make test`. Where a distribution's
ROS 2 is sourced the environment uses it; elsewhere ROS 2 comes as wheels. Every step leaves a
stamp of what it was made from, so a step is repeated only when its inputs have changed. Needs
Python 3.11 or newer, runs (to find one) on 3.8, and imports the standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterable

import debian
from machine import ask, locked_versions, sourced_ros, suitable_python, version_of, wheels_fit

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
VENV_PYTHON = VENV / 'bin' / 'python'
LOCKS = ROOT / 'setup' / 'lock'
LOG = VENV / 'setup.log'
STAMPS = VENV / 'setup.json'
INTERFACES = ROOT / 'interfaces'
INTERFACES_BUILD = VENV / 'build' / 'interfaces'

AGAIN = 'then run the same command again.'
LOG_LINES_SHOWN = 12
LOG_COLUMNS_SHOWN = 160

# A distribution's ROS is compiled against the distribution's numpy: another crashes its messages.
FROM_THE_DISTRIBUTION = ('numpy',)

# Puts the environment's `lib`, where the interface package is, on the path of shared libraries.
LIBRARY_PATH = 'ros-wheels-bootstrapper'

# What the Python that made the ROS wheels left in their CMake files.
BUILD_MACHINE_INCLUDE = re.compile(r'/opt/python/cp\d+-cp\d+/include/python3\.\d+')
BUILD_MACHINE_NUMPY = re.compile(
    r'/opt/python/cp\d+-cp\d+/lib/python3\.\d+/site-packages/numpy/_core/include'
)

# Debian leaves this out without python3-venv, and its wheels without python3-pip-whl.
PIP_COMES_ALONG = 'import ensurepip; print(ensurepip.version())'

# Ends well where the plugin of Gazebo 11 is compiled, too.
GAZEBO_IS_READY = (
    'from robot_nodes.gazebo.classic import install, plugin; plugin.ready(install.find())'
)

PYTHON_HEADERS = 'import sysconfig; print(sysconfig.get_path("include"))'


class SetupError(Exception):
    """A step failed; the text is one sentence that says what the reader can do about it."""


class CommandError(SetupError):
    """A command failed, so the log has the reason."""


# --- stamps and commands -------------------------------------------------------------------------


def digest(*parts: object) -> str:
    """Return one hash over texts and the contents of files."""
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else str(part).encode()
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()


def stamps() -> dict:
    """Return what the steps that ended left behind; nothing for a new or damaged environment."""
    try:
        return dict(json.loads(STAMPS.read_text('utf-8')))
    except (OSError, ValueError):
        return {}


def stamp(**values: str) -> None:
    """Remember that a step ended, for the next run."""
    new = STAMPS.with_suffix('.new')
    new.write_text(json.dumps({**stamps(), **values}, indent=1), 'utf-8')
    new.replace(STAMPS)


def call(command: list, failure: str) -> None:
    """Run a command into the log; `failure` is the sentence for the reader when it fails."""
    unwanted = ('PYTHONHOME', 'VIRTUAL_ENV', 'UV_PYTHON')
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment.setdefault('UV_SYSTEM_CERTS', 'true')  # as pip does: a site may have its own
    environment['PATH'] = f'{VENV / "bin"}{os.pathsep}{environment.get("PATH", os.defpath)}'
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open('a', encoding='utf-8') as log:
        log.write(f'\n$ {" ".join(command)}\n')
        log.flush()
        try:
            run = subprocess.run(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
            )
        except OSError as error:
            log.write(f'{error}\n')
            raise CommandError(failure) from error
    if run.returncode != 0:
        raise CommandError(failure)


class Progress:
    """Prints one line a step: its number, what it does, and how long it took."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.number = 0

    @contextlib.contextmanager
    def step(self, what: str):
        """Announce a step that has work to do, and close its line when the work is done."""
        print(f'[{self.number}/{self.total}] {what} ...', end='', flush=True)
        start = time.monotonic()
        try:
            yield
        except BaseException:
            print(flush=True)
            raise
        print(f' ({time.monotonic() - start:.0f} s)', flush=True)

    def next(self) -> None:
        """Count a step, whether or not it has anything to do."""
        self.number += 1


# --- the steps -----------------------------------------------------------------------------------


def environment(progress: Progress, ros: str | None, python: str | None) -> None:
    """Create `.venv`, unless the one that is there still fits."""
    progress.next()
    made_for = digest(str(ROOT), ros)
    if stamps().get('environment') == made_for and version_of(str(VENV_PYTHON)):
        return
    locked = locked_versions(LOCKS)
    python = python or suitable_python(locked)
    if python is None:
        raise SetupError(f'No suitable Python here: install one of {", ".join(locked)}, {AGAIN}')
    with progress.step(f'creating .venv with Python {version_of(python)}'):
        shutil.rmtree(VENV, ignore_errors=True)
        if ask(python, PIP_COMES_ALONG) is None:
            debian.install_as_root('python3-venv', log=LOG)
        options = ['--system-site-packages'] if ros else []
        if ask(python, PIP_COMES_ALONG) is None:
            options.append('--without-pip')
        call(
            [python, '-m', 'venv', *options, str(VENV)],
            f'Cannot create .venv: install python3-venv ({debian.how("python3-venv")}), {AGAIN}',
        )
        stamp(environment=made_for, python=python)


def installer(progress: Progress) -> None:
    """Install uv into the environment with whichever pip there is."""
    progress.next()
    lock = LOCKS / 'uv.txt'
    if stamps().get('installer') == digest(lock):
        return
    locked = ['install', '--require-hashes', '--no-deps', '-r', str(lock)]
    ways = [
        [str(VENV_PYTHON), '-m', 'pip', *locked],
        [stamps().get('python', 'python3'), '-m', 'pip', '--python', str(VENV_PYTHON), *locked],
        ['uv', 'pip', *locked, '--python', str(VENV_PYTHON)],
    ]
    failure = (
        'Cannot install uv: check that pip reaches your package index, and that there is a pip '
        f'({debian.how("python3-venv")}), {AGAIN}'
    )
    with progress.step('installing uv'):
        for way in ways:
            with contextlib.suppress(CommandError):
                call(way, failure)
                break
        else:
            raise CommandError(failure)
        stamp(installer=digest(lock))


def pip(arguments: list, failure: str) -> None:
    """Run uv, which is fast, or else pip, which knows a site's pip.conf."""
    try:
        options = ['--compile-bytecode', '--python', str(VENV_PYTHON)]
        call([str(VENV / 'bin' / 'uv'), 'pip', *arguments, *options], failure)
    except CommandError:
        if not (VENV / 'bin' / 'pip').exists():
            raise
        call([str(VENV_PYTHON), '-m', 'pip', *arguments], failure)


def merged(locks: Iterable) -> dict:
    """Return the entries of some lock files by name: each is a line with its hashes."""
    entries = [entry for lock in locks for entry in re.split(r'\n(?=\S)', lock.strip())]
    return {entry.split('==')[0]: entry for entry in entries}


def with_distribution(entries: dict, wheels: dict) -> dict:
    """Return what to install beside a distribution's ROS, which keeps its own numpy."""
    kept = {name: entry for name, entry in entries.items() if name not in FROM_THE_DISTRIBUTION}
    return {**kept, LIBRARY_PATH: wheels[LIBRARY_PATH]}


def version_here() -> str:
    """Return the environment's Python version as the lock files spell it: '311'."""
    return (version_of(str(VENV_PYTHON)) or '').replace('.', '')


def packages(progress: Progress, level: str, ros: str | None) -> None:
    """Install the locked packages of one level, with hashes, by uv or else by pip."""
    progress.next()
    version = version_here()
    names = [level, 'ros'] if wheels_fit() and not ros else [level]
    locks = [LOCKS / f'py{version}-{name}.txt' for name in names]
    wanted = digest(ros, *locks)
    if stamps().get('packages') == wanted:
        return
    entries = merged(lock.read_text('utf-8') for lock in locks)
    if ros:
        wheels = merged([(LOCKS / f'py{version}-ros.txt').read_text('utf-8')])
        entries = with_distribution(entries, wheels)
    file = VENV / 'lock.txt'
    file.write_text('\n'.join(entries.values()) + '\n', 'utf-8')
    failure = f'Cannot install the packages: check that pip reaches your package index, {AGAIN}'
    locked = ['install', '--require-hashes', '--no-deps', '-r', str(file)]
    with progress.step(f'installing {len(entries)} locked packages ({level})'):
        pip(locked, failure)
        stamp(packages=wanted, level=level)


def point_wheels_here() -> None:
    """Replace the build machine's include paths in the ROS wheels' CMake files by this one's."""
    include = ask(str(VENV_PYTHON), PYTHON_HEADERS) or ''
    numpy = ask(str(VENV_PYTHON), 'import numpy; print(numpy.get_include())') or ''
    for file in VENV.glob('share/*/cmake/*.cmake'):
        old = file.read_text('utf-8')
        text = BUILD_MACHINE_NUMPY.sub(lambda _: numpy, old)
        text = BUILD_MACHINE_INCLUDE.sub(lambda _: include, text)
        if text != old:  # a new file: the old one may be a hard link into the package cache
            new = file.with_suffix('.new')
            new.write_text(text, 'utf-8')
            new.replace(file)


def need_compiler() -> None:
    """Make sure of a C++ compiler and the Python headers: as root by installing them."""

    def complete() -> bool:
        compilers = shutil.which('c++') and shutil.which('cc')
        headers = Path(ask(str(VENV_PYTHON), PYTHON_HEADERS) or '', 'Python.h')
        return bool(compilers) and headers.exists()

    if not complete():
        debian.install_as_root('g++', 'python3-dev', log=LOG)
    if not complete():
        how = debian.how('g++', 'python3-dev')
        raise SetupError(f'Install a C++ compiler and the Python headers ({how}), {AGAIN}')


def installed_files() -> set:
    """Return what the last build of the interfaces put into the environment."""
    manifest = INTERFACES_BUILD / 'install_manifest.txt'
    return set(manifest.read_text('utf-8').splitlines()) if manifest.exists() else set()


def interfaces(progress: Progress, ros: str | None) -> None:
    """Build the ROS interface package into the environment."""
    progress.next()
    sources = sorted(path for path in INTERFACES.rglob('*') if path.is_file())
    base = digest(*(LOCKS / f'py{version_here()}-{name}.txt' for name in ('runtime', 'ros')))
    names = [str(path.relative_to(ROOT)) for path in sources]
    made_from = digest(base, *names, *sources)
    if stamps().get('interfaces') == made_from or not (ros or wheels_fit()):
        return
    with progress.step('building the ROS interface package'):
        need_compiler()
        if not ros:
            point_wheels_here()
        before = installed_files()
        if stamps().get('interfaces_base') != base:
            shutil.rmtree(INTERFACES_BUILD, ignore_errors=True)
        prefixes = [str(VENV), *os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep)]
        definitions = {
            'BUILD_TESTING': 'OFF',
            'CMAKE_BUILD_TYPE': 'Release',
            'CMAKE_INSTALL_PREFIX': str(VENV),
            'CMAKE_PREFIX_PATH': ';'.join(filter(None, prefixes)) if ros else str(VENV),
            'Python3_EXECUTABLE': str(VENV_PYTHON),
        }
        failure = 'Cannot build the interface package: the log says why (often a .msg file).'
        build = str(INTERFACES_BUILD)
        generator = [] if ros else ['-G', 'Ninja']
        configure = ['cmake', '-S', str(INTERFACES), '-B', build, *generator]
        call([*configure, *[f'-D{name}={value}' for name, value in definitions.items()]], failure)
        call(['cmake', '--build', build, '--target', 'install'], failure)
        for stale in before - installed_files():
            Path(stale).unlink(missing_ok=True)
        stamp(interfaces=made_from, interfaces_base=base)


def project(progress: Progress) -> None:
    """Install the project itself, editable, so that its commands run from the source."""
    progress.next()
    made_from = digest(ROOT / 'pyproject.toml', ROOT / 'setup.py')
    if stamps().get('project') == made_from:
        return
    options = ['install', '--no-deps', '--no-build-isolation', '-e', str(ROOT)]
    failure = 'Cannot install the project itself: the log says why (often pyproject.toml).'
    with progress.step('installing the project, editable'):
        pip(options, failure)
        stamp(project=made_from)


def gazebo(progress: Progress) -> None:
    """Fetch Gazebo 11 for its tests, into the user's cache; else say why they are skipped."""
    progress.next()
    if ask(str(VENV_PYTHON), GAZEBO_IS_READY) is not None:
        return
    if not debian.has_keys():
        debian.install_as_root('debian-archive-keyring', log=LOG)
    with progress.step('preparing Gazebo 11'):
        try:
            call([str(VENV / 'bin' / 'fleet'), 'gazebo', 'install'], '')
            return
        except CommandError:
            said = LOG.read_text('utf-8', 'replace').strip().splitlines()[-1]
    print(f'      skipped: the tests with Gazebo ({said.partition("install: ")[2] or said})')


def system(progress: Progress) -> None:
    """Install what tests need beside Python, as root; else say which tests will be skipped."""
    progress.next()
    missing = debian.missing()
    if missing and debian.can_install():
        names = ' '.join(name for need in missing for name in need.packages)
        with progress.step(f'installing {names}'):
            debian.install_as_root(*names.split(), log=LOG)
    for need in debian.missing():
        print(
            f'      skipped: {need.tests}, for want of {need.what} ({debian.how(*need.packages)})'
        )


# --- the whole -----------------------------------------------------------------------------------


@contextlib.contextmanager
def alone():
    """Let one set-up work in this folder at a time; another one waits for its turn."""
    with Path(__file__).open('rb') as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print('waiting for another set-up of this folder to end', flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def install(level: str, *, with_system: bool) -> None:
    """Bring the environment to `level`; one that has the tools already keeps them."""
    found = sourced_ros(locked_versions(LOCKS))
    ros, python = found if found else (None, None)
    if not ros:  # a distribution that does not fit must not get into the build
        os.environ.pop('AMENT_PREFIX_PATH', None)
        os.environ.pop('CMAKE_PREFIX_PATH', None)
    progress = Progress(7 if with_system else 5)
    environment(progress, ros, python)
    if stamps().get('level') == 'dev':
        level = 'dev'
    installer(progress)
    packages(progress, level, ros)
    interfaces(progress, ros)
    project(progress)
    if with_system:
        system(progress)
        gazebo(progress)
    if not ros and not wheels_fit():
        print("      left out: ROS 2 (no wheels for this machine; source a distribution's ROS 2)")


def main() -> int:
    """Read the command line, set up, and end with a sentence a reader can act on."""
    parser = argparse.ArgumentParser(description='Sets up .venv for the project.')
    parser.add_argument('level', choices=['runtime', 'dev'])
    parser.add_argument('--system', action='store_true', help="the tests' system packages, too")
    options = parser.parse_args()
    start = time.monotonic()
    try:
        with alone():
            install(options.level, with_system=options.system)
    except SetupError as error:
        if isinstance(error, CommandError):
            lines = LOG.read_text('utf-8', 'replace').splitlines()[-LOG_LINES_SHOWN:]
            print(
                *(f'    {line[:LOG_COLUMNS_SHOWN]}' for line in lines), sep='\n', file=sys.stderr
            )
            print(f'The full log is in {LOG.relative_to(ROOT)}.', file=sys.stderr)
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('Interrupted. The next run goes on from the step that was not finished.')
        return 130
    print(f'set up: {VENV.relative_to(ROOT)} is ready ({time.monotonic() - start:.1f} s)')
    return 0


if __name__ == '__main__':
    sys.exit(main())
