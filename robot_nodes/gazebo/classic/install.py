"""Fetches Gazebo 11 without root: packages of Debian 11, verified, unpacked into one folder.

Uses the machine's apt-get and dpkg, with a state of their own: nothing of the system changes. The
folder comes into being whole or not at all.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from robot_nodes.gazebo.classic import gazebo11, plugin
from robot_nodes.gazebo.classic.gazebo11 import Gazebo11
from robot_nodes.gazebo.engine import EngineError

Say = Callable[[str], None]

RELEASE: Final = 'bullseye'
MIRROR: Final = 'https://deb.debian.org/debian'
#: Where a release goes when it is out of all support.
ARCHIVE: Final = 'https://archive.debian.org/debian'
KEYRINGS: Final = tuple(
    Path(f'/usr/share/keyrings/debian-archive-keyring.{kind}') for kind in ('gpg', 'pgp')
)

#: What runs: resolved with all it depends on.
PROGRAM: Final = 'gazebo'
#: What the plugin is compiled with: headers alone, without what they depend on.
HEADERS: Final = (
    'libboost1.74-dev',
    'libgazebo-dev',
    'libignition-common-dev',
    'libignition-math-dev',
    'libignition-msgs-dev',
    'libignition-transport-dev',
    'libprotobuf-dev',
    'libsdformat-dev',
    'uuid-dev',
)
#: Not fetched, nor what only these need: what every machine has newer, windows, drivers, data.
LEFT_OUT: Final = (
    'debconf',
    'dpkg',
    'fontconfig-config',
    'fonts-dejavu-core',
    'gazebo-common',
    'gcc-10-base',
    'gdal-data',
    'libc6',
    'libegl-mesa0',
    'libgcc-s1',
    'libgl1-mesa-dri',
    'libglx-mesa0',
    'libgvc6',
    'libqt5core5a',
    'libqt5gui5',
    'libqt5widgets5',
    'libqtpropertybrowser4',
    'libqwt-qt5-6',
    'libstdc++6',
    'perl-base',
    'proj-data',
    'shared-mime-info',
    'x11-common',
)
#: What is told of a package that is left out; it depends on nothing.
_KEPT: Final = frozenset(
    ('Package', 'Version', 'Architecture', 'Multi-Arch', 'Provides', 'Maintainer', 'Description')
)
#: Unpacked, but of no use here.
_SUPERFLUOUS: Final = ('usr/share/doc', 'usr/share/locale', 'usr/share/man')
#: What the folder was made from: another list of packages needs another folder.
_RECIPE: Final = '\n'.join((RELEASE, PROGRAM, *HEADERS, '', *LEFT_OUT, '', *_SUPERFLUOUS))

#: Times the size of the packages: they, unpacked, and the compiled plugin.
_ROOM: Final = 6
_APT_SECONDS: Final = 1_800


def install(*, say: Say) -> Gazebo11:
    """Return a Gazebo 11 with its plugin compiled, fetched when this machine has none.

    `say` gets a line of progress at a time. Raises EngineError with one sentence on what is
    missing. Another one at the same time waits.
    """
    found = gazebo11.system()
    if found is None and gazebo11.compiler() is None:
        raise EngineError(plugin.COMPILER_MISSING)
    home = gazebo11.cache()
    with _alone(home, say):
        if found is not None:
            say(f'Gazebo {found.version()} of the system: {found.server}')
        else:
            found = installed() or _fetch(home, say)
            say(f'Gazebo {found.version()}: {found.root}')
        with suppress(EngineError):
            plugin.ready(found)
            return found
        say('compiling the plugin')
        plugin.compile_plugin(found)
    return found


def installed() -> Gazebo11 | None:
    """Return the Gazebo 11 that was fetched, if it is whole and what would be fetched today."""
    root = gazebo11.cache() / 'root'
    try:
        return Gazebo11(root) if (root / 'recipe').read_text('utf-8') == _RECIPE else None
    except OSError:
        return None


def find() -> Gazebo11:
    """Return the system's Gazebo 11, or the one that was fetched. Raises EngineError."""
    found = gazebo11.system() or installed()
    if found is None:
        raise EngineError(f'Gazebo 11 is not installed; {gazebo11.INSTALL}')
    return found


@contextmanager
def _alone(home: Path, say: Say) -> Iterator[None]:
    """Hold the folder: two would write into each other's."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / 'lock').open('w')
    except OSError as error:
        raise EngineError(f'cannot write to {home}: {error.strerror}') from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(f'waiting for another installation in {home} to end')
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(home: Path, say: Say) -> Gazebo11:
    """Download and unpack everything beside the final folder, then move it there."""
    _need_tools()
    new, root = home / 'new', home / 'root'
    shutil.rmtree(new, ignore_errors=True)  # of an installation that was broken off
    try:
        apt = _Apt(new / 'apt', _keyring())
        apt.prepare()
        _read_lists(apt, say)
        apt.leave_out(LEFT_OUT)
        size = apt.size()
        need_room(home, size)
        say(f'downloading {size // 1_000_000} MB')
        packages = apt.download()
        say(f'unpacking {len(packages)} packages')
        _unpack(packages, new / 'root')
        Gazebo11(new / 'root').version()
        (new / 'root' / 'recipe').write_text(_RECIPE, 'utf-8')
        shutil.rmtree(root, ignore_errors=True)
        (new / 'root').rename(root)
    except OSError as error:
        raise EngineError(f'cannot install Gazebo 11 in {home}: {error.strerror}') from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return Gazebo11(root)


# --- what must be there ---


def _need_tools() -> None:
    machine = f'{platform.system()} {platform.machine()}'
    if machine != 'Linux x86_64':
        raise EngineError(f'Gazebo 11 is fetched for x86-64 Linux only, and this is {machine}')
    for tool in ('apt-get', 'apt-cache', 'dpkg'):
        if shutil.which(tool) is None:
            raise EngineError(
                f'{tool} is missing: Gazebo 11 is fetched on Debian, Ubuntu and alike only'
            )


def _keyring() -> Path:
    for keyring in KEYRINGS:
        if keyring.exists():
            return keyring
    raise EngineError(
        "the keys that sign Debian's packages are missing: "
        'sudo apt-get install debian-archive-keyring'
    )


def need_room(home: Path, size: int) -> None:
    """Raise EngineError where packages of so many bytes do not fit, unpacked."""
    needed, free = _ROOM * size, shutil.disk_usage(home).free
    if free < needed:
        raise EngineError(
            f'Gazebo 11 needs {needed // 1_000_000} MB in {home}, '
            f'and {free // 1_000_000} MB are free'
        )


# --- apt, with a state of its own ---


@dataclass(frozen=True, slots=True)
class _Apt:
    """apt-get in a folder of its own: the machine's proxies, our one source, Debian's keys."""

    folder: Path
    keyring: Path

    @property
    def _config(self) -> Path:
        return self.folder / 'apt.conf'

    def prepare(self) -> None:
        """Make the folders and the configuration."""
        for name in ('etc', 'lists/partial', 'archives/partial'):
            (self.folder / name).mkdir(parents=True)
        (self.folder / 'status').touch()
        settings = {
            'Acquire::AllowDowngradeToInsecureRepositories': 'false',
            'Acquire::AllowInsecureRepositories': 'false',
            'Acquire::AllowWeakRepositories': 'false',
            'Acquire::Languages': 'none',
            'Acquire::Retries': '1',
            'Acquire::http::Timeout': '20',
            'Acquire::https::Timeout': '20',
            'APT::Architecture': 'amd64',
            'APT::Architectures': 'amd64',
            'APT::Get::AllowUnauthenticated': 'false',
            'APT::Install-Recommends': 'false',
            'APT::Sandbox::User': 'root',
            'APT::Update::Error-Mode': 'any',
            'Dir::Cache': str(self.folder),
            'Dir::Cache::archives': str(self.folder / 'archives'),
            'Dir::Etc::main': '-',
            'Dir::Etc::parts': '-',
            'Dir::Etc::preferences': '-',
            'Dir::Etc::preferencesparts': '-',
            'Dir::Etc::sourcelist': str(self.folder / 'etc/sources.list'),
            'Dir::Etc::sourceparts': '-',
            'Dir::Etc::trusted': '-',
            'Dir::Etc::trustedparts': '-',
            'Dir::State': str(self.folder),
            'Dir::State::lists': str(self.folder / 'lists'),
            'Dir::State::status': str(self.folder / 'status'),
        }
        own = [f'{name} "{value}";' for name, value in settings.items()]
        self._config.write_text('\n'.join([*_acquire_settings(), *own, '']), 'utf-8')

    def read_lists(self, mirror: str) -> None:
        """Read what the mirror has. Raises EngineError when that, or a signature, is missing."""
        source = f'deb [arch=amd64 signed-by={self.keyring}] {mirror} {RELEASE} main\n'
        (self.folder / 'etc/sources.list').write_text(source, 'utf-8')
        self._run(['apt-get', '-q', 'update'], mirror)

    def leave_out(self, names: Sequence[str]) -> None:
        """Have packages taken for installed, as they are in the lists but needing nothing."""
        shown = self._run(['apt-cache', 'show', '--no-all-versions', *names])
        held = []
        for stanza in shown.strip().split('\n\n'):
            fields = [line for line in stanza.splitlines() if line.partition(':')[0] in _KEPT]
            # on hold: apt would fetch them again, since they differ from those of the lists
            held.append('\n'.join([*fields, 'Status: hold ok installed', '']))
        (self.folder / 'status').write_text('\n'.join(held), 'utf-8')

    def size(self) -> int:
        """Return how many bytes are to be downloaded."""
        lines = self._run(['apt-get', '-qq', '-y', '--print-uris', 'install', PROGRAM])
        lines += self._run(['apt-get', '-qq', '--print-uris', 'download', *HEADERS])
        return sum(int(size) for size in re.findall(r"^'.*' \S+ (\d+)", lines, re.MULTILINE))

    def download(self) -> list[Path]:
        """Download the packages, with what the program depends on, and return them."""
        self._run(['apt-get', '-q', '-y', '--download-only', 'install', PROGRAM])
        self._run(['apt-get', '-q', 'download', *HEADERS])
        return sorted((self.folder / 'archives').glob('*.deb'))

    def _run(self, command: list[str], mirror: str = '') -> str:
        environment = {**os.environ, 'APT_CONFIG': str(self._config), 'LC_ALL': 'C'}
        try:
            done = subprocess.run(
                command,
                cwd=self.folder / 'archives',
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors='replace',
                timeout=_APT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(f'{command[0]} did not end within half an hour') from error
        if done.returncode != 0:
            raise EngineError(_why(done.stderr, mirror))
        return done.stdout


def _acquire_settings() -> list[str]:
    """Return how this machine reaches mirrors: its proxies, certificates and time limits."""
    asked = subprocess.run(
        ['apt-config', 'dump'], capture_output=True, text=True, errors='replace', check=False
    )
    lines = asked.stdout.splitlines()
    return [line for line in lines if re.match(r'Acquire::(?!Languages)', line)]


def _read_lists(apt: _Apt, say: Say) -> None:
    """Read the lists of the first mirror that has the release."""
    given = os.environ.get('FLEET_GAZEBO_MIRROR')
    mirrors = [given] if given else [_mirror_here(), ARCHIVE]
    for mirror in mirrors:
        say(f'reading the packages of Debian 11 at {mirror}')
        try:
            return apt.read_lists(mirror)
        except EngineError as error:
            if mirror == mirrors[-1] or not isinstance(error, _ReleaseMissing):
                raise
    return None


def _mirror_here() -> str:
    """Return the mirror of Debian this machine uses; Debian's own where it uses none."""
    asked = subprocess.run(
        ['apt-get', 'indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(LABEL)'],
        capture_output=True,
        text=True,
        errors='replace',
        check=False,
    )
    for line in asked.stdout.splitlines():
        uri, *whose = line.split()
        if whose == ['Debian', 'Debian']:
            return uri.rstrip('/')
    return MIRROR


class _ReleaseMissing(EngineError):
    """The mirror does not have the release."""


def _why(said: str, mirror: str) -> EngineError:
    """Return one sentence on why apt-get failed."""
    complaints = re.findall(r'^(?:E|W|Err): ?(.*)', said, re.MULTILINE)
    reason = (
        complaints[0] if complaints else (said.strip().splitlines() or ['no reason given'])[-1]
    )
    tries = 'another mirror goes into FLEET_GAZEBO_MIRROR'
    if re.search(r'NO_PUBKEY|not signed|signature|GPG error|EXPKEYSIG', said):
        return EngineError(f"{mirror}: not signed with Debian's keys ({reason})")
    if re.search(r'does not have a Release file|404 ', said):
        return _ReleaseMissing(f'{mirror} does not have Debian 11 ({RELEASE}); {tries}')
    if re.search(r'resolv|onnect|timed out|unreachable|Could not|Unable to fetch', said):
        return EngineError(f'{mirror or "the mirror"} cannot be reached ({reason}); {tries}')
    return EngineError(f'apt-get failed: {reason}')


# --- unpacking ---


def _unpack(packages: Sequence[Path], root: Path) -> None:
    """Unpack packages into one folder, and remove them."""
    root.mkdir()

    def unpack(package: Path) -> None:
        done = subprocess.run(
            ['dpkg', '-x', str(package), str(root)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise EngineError(f'cannot unpack {package.name}: {done.stderr.strip()}')
        package.unlink()

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(unpack, packages))
    for name in _SUPERFLUOUS:
        shutil.rmtree(root / name, ignore_errors=True)
    for archive in root.glob('usr/lib/**/*.a'):
        archive.unlink()
