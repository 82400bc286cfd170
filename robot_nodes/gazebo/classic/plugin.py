"""The plugin `fleet_bridge`: compiled on this machine, again whenever its source has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from robot_nodes.gazebo.classic.gazebo11 import INSTALL, Gazebo11, cache, compiler
from robot_nodes.gazebo.engine import EngineError

SOURCE: Final = Path(__file__).with_name('fleet_bridge.cc')
LIBRARY: Final = 'libfleet_bridge.so'
#: What it writes, with the port behind, when it may be spoken to.
LISTENING: Final = 'fleet_bridge: listening on port'
COMPILER_MISSING: Final = (
    'there is no C++ compiler for the plugin of Gazebo 11: sudo apt-get install g++'
)
#: It takes a quarter of a minute where nothing else runs.
_SECONDS: Final = 600


def ready(gazebo: Gazebo11) -> Path:
    """Return the folder with the compiled plugin. Raises EngineError when there is none."""
    folder = _folder(gazebo)
    if not (folder / LIBRARY).exists():
        raise EngineError(f'the plugin of Gazebo 11 is not compiled; {INSTALL}')
    return folder


def compile_plugin(gazebo: Gazebo11) -> None:
    """Compile the plugin. Raises EngineError with the first reason."""
    folder = _folder(gazebo)
    program = compiler()
    if program is None:
        raise EngineError(COMPILER_MISSING)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix='new-', dir=folder.parent))
    try:
        command = [program, '-std=c++17', '-O2', '-fPIC', '-shared', '-Wall', '-Wextra', '-Werror']
        command += [*_includes(gazebo), str(SOURCE), '-o', str(new / LIBRARY)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, 'LC_ALL': 'C'},
        )
        if done.returncode != 0:
            lines = [line for line in done.stderr.splitlines() if 'error' in line]
            raise EngineError(
                f'the plugin of Gazebo 11 does not compile: '
                f'{(lines or done.stderr.splitlines() or ["no reason given"])[0]}'
            )
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f'the plugin of Gazebo 11 does not compile: {error}') from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _folder(gazebo: Gazebo11) -> Path:
    """Return where the plugin of this source for this Gazebo belongs."""
    made_from = hashlib.sha256(SOURCE.read_bytes() + str(gazebo.root).encode()).hexdigest()
    return cache() / 'plugins' / made_from[:16]


def _includes(gazebo: Gazebo11) -> list[str]:
    """Return the compiler's search paths: of Debian's other headers only those missing here."""
    headers = gazebo.headers
    own = [headers / 'gazebo-11', *headers.glob('sdformat-*'), *headers.glob('ignition/*')]
    options = [option for folder in sorted(own) for option in ('-isystem', str(folder))]
    return [*options, '-idirafter', str(headers)]
