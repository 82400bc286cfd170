"""The machine the figures are of."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Machine:
    """What a reader needs to compare."""

    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str

    @classmethod
    def this(cls) -> Machine:
        """Return the machine this runs on."""
        return cls(
            cpu=_cpu(),
            cores=len(os.sched_getaffinity(0)),
            memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
            system=_system(),
            python=platform.python_version(),
        )

    def __str__(self) -> str:
        return (
            f'{self.cpu}, {self.cores} cores, {self.memory_gb:g} GB, {self.system}, '
            f'Python {self.python}'
        )

    def json(self) -> dict[str, object]:
        """Return it for results.json."""
        return asdict(self)


def _cpu() -> str:
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        name, _, value = line.partition(':')
        if name.strip() == 'model name':
            return ' '.join(value.split())
    return platform.machine()


def _system() -> str:
    release = platform.freedesktop_os_release()
    return release.get('PRETTY_NAME', platform.system())
