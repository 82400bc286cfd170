"""What there is on this machine: Pythons, a distribution's ROS 2, and whether wheels fit it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path


def locked_versions(locks: Path) -> list:
    """Return the Python versions that have lock files, as ['3.11', '3.12', ...]."""
    found = [re.fullmatch(r'py3(\d+)-runtime\.txt', path.name) for path in locks.iterdir()]
    return [f'3.{minor}' for minor in sorted(int(match.group(1)) for match in found if match)]


def ask(python: str, code: str) -> str | None:
    """Return what `code` prints under another Python, or None when it fails there."""
    try:
        run = subprocess.run([python, '-c', code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def version_of(python: str) -> str | None:
    """Return '3.11' and the like, or None for an interpreter that does not run."""
    return ask(python, 'import sys; print("%d.%d" % sys.version_info[:2])')


def candidates(locked: list) -> list:
    """Return the interpreters to try: the one that runs this, then those on the PATH."""
    outside = Path(sys.base_prefix) / 'bin' / f'python3.{sys.version_info[1]}'
    running = sys.executable if sys.prefix == sys.base_prefix else str(outside)
    named = [shutil.which(f'python{version}') for version in locked]
    return [running, *filter(None, [*named, shutil.which('python3')])]


def suitable_python(locked: list) -> str | None:
    """Return the first interpreter that has a lock file, or None."""
    for python in candidates(locked):
        if version_of(python) in locked:
            return python
    return None


def sourced_ros(locked: list) -> tuple | None:
    """Return (distribution, interpreter) where a distribution's ROS is sourced and importable."""
    distro = os.environ.get('ROS_DISTRO')
    if not distro or not os.environ.get('AMENT_PREFIX_PATH'):
        return None
    for python in candidates(locked):
        if version_of(python) in locked and ask(python, 'import rclpy') is not None:
            return distro, python
    print(f'ROS 2 {distro} is sourced, but no Python with a lock file imports its rclpy;')
    print('ROS 2 is installed as wheels instead. Better in a shell where nothing is sourced.')
    return None


def wheels_fit() -> bool:
    """Tell whether the ROS wheels exist for this machine (Linux with glibc, x86-64)."""
    return sys.platform == 'linux' and platform.machine() == 'x86_64'
