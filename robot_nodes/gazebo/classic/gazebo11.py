"""Where Gazebo 11 is on this machine, and what its server needs around it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from robot_nodes.gazebo.engine import EngineError

INSTALL: Final = 'run: fleet gazebo install'
#: A server that says its version needs less; one that hangs is none.
_ASKED_SECONDS: Final = 20.0
_MULTIARCH: Final = 'usr/lib/x86_64-linux-gnu'


@dataclass(frozen=True, slots=True)
class Gazebo11:
    """A Gazebo 11: of the system (`root` is /), or unpacked into a folder of its own."""

    root: Path

    @property
    def server(self) -> Path:
        """The program that runs a world without windows."""
        return self.root / 'usr/bin/gzserver'

    @property
    def headers(self) -> Path:
        """The folder its C++ headers are in, if they are installed."""
        return self.root / 'usr/include'

    def environment(self, *, home: Path, plugins: Path, master: int) -> dict[str, str]:
        """Return the environment of a server of its own: no display, no sound, this machine only.

        `master` is the port of Gazebo's own messages, `home` where it writes what it likes.
        """
        keep = ('PATH', 'LD_LIBRARY_PATH') if self._is_system else ('PATH',)
        own = {} if self._is_system else {'LD_LIBRARY_PATH': ':'.join(self._libraries())}
        return {
            **{name: os.environ[name] for name in keep if name in os.environ},
            **own,
            'ALSOFT_DRIVERS': 'null',
            'GAZEBO_IP': '127.0.0.1',
            'GAZEBO_MASTER_URI': f'http://127.0.0.1:{master}',
            'GAZEBO_MODEL_DATABASE_URI': '',
            'GAZEBO_MODEL_PATH': '',
            'GAZEBO_PLUGIN_PATH': str(plugins),
            'GAZEBO_RESOURCE_PATH': '',
            'HOME': str(home),
            'IGN_IP': '127.0.0.1',
            'IGN_PARTITION': f'fleet-{master}',
            'LC_ALL': 'C',
            'OGRE_RESOURCE_PATH': '',
        }

    def version(self) -> str:
        """Return '11.1.0' and the like. Raises EngineError when the server does not run."""
        try:
            with TemporaryDirectory(prefix='fleet-gazebo-') as folder:
                here = Path(folder)
                asked = subprocess.run(
                    [self.server, '--version'],
                    env=self.environment(home=here, plugins=here, master=0),
                    capture_output=True,
                    text=True,
                    timeout=_ASKED_SECONDS,
                    check=False,
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineError(f'{self.server} does not run: {error}') from error
        found = re.search(r'version (\d+(?:\.\d+)*)', asked.stdout)
        if not found:
            said = (asked.stderr or asked.stdout).strip().splitlines() or [str(asked.returncode)]
            raise EngineError(f'{self.server} does not run: {said[-1]}')
        return found.group(1)

    @property
    def _is_system(self) -> bool:
        return self.root == Path('/')

    def _libraries(self) -> list[str]:
        parts = (_MULTIARCH, 'lib/x86_64-linux-gnu', f'{_MULTIARCH}/blas', f'{_MULTIARCH}/lapack',
                 f'{_MULTIARCH}/pulseaudio', 'usr/lib', 'usr/lib/ogdi')  # fmt: skip
        return [str(self.root / part) for part in parts]


def cache() -> Path:
    """Return the folder of the Gazebo 11 that `fleet gazebo install` fetches, and of plugins."""
    given = os.environ.get('FLEET_GAZEBO_DIR')
    if given:
        return Path(given).expanduser().absolute()
    caches = os.environ.get('XDG_CACHE_HOME') or '~/.cache'
    return Path(caches).expanduser().absolute() / 'hospital-fleet' / 'gazebo11'


def system() -> Gazebo11 | None:
    """Return the system's Gazebo 11, if it has one together with its headers."""
    found = Gazebo11(Path('/'))
    if not found.server.exists() or not (found.headers / 'gazebo-11').is_dir():
        return None
    try:
        return found if found.version().startswith('11.') else None
    except EngineError:
        return None


def compiler() -> str | None:
    """Return the C++ compiler of this machine."""
    return shutil.which('g++') or shutil.which('c++')
