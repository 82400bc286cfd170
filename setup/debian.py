"""What Debian and Ubuntu must supply beside Python, and how to get it there.

Only root installs; anybody else is told the command. No package is asked for that is present.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
CHINESE_FONTS = Path('/usr/share/fonts/opentype/noto')
POSTGRESQL = Path('/usr/lib/postgresql')
KEYRINGS = Path('/usr/share/keyrings')


class Need(NamedTuple):
    """Something tests use that no wheel brings: without it those tests are skipped."""

    what: str
    tests: str
    packages: tuple
    present: bool


def needs() -> list:
    """Return everything the tests use, and whether it is there."""
    return [
        Need(
            'a browser',
            'the page tests',
            ('chromium',),
            any(shutil.which(name) for name in BROWSERS),
        ),
        Need(
            'Chinese fonts',
            'the pictures of Chinese pages',
            ('fonts-noto-cjk',),
            any(CHINESE_FONTS.glob('NotoSansCJK*')),
        ),
        Need(
            'PostgreSQL',
            'the PostgreSQL tests',
            ('postgresql',),
            any(POSTGRESQL.glob('*/bin/initdb')) or bool(shutil.which('initdb')),
        ),
    ]


def missing() -> list:
    """Return the needs that are not met."""
    return [need for need in needs() if not need.present]


def has_keys() -> bool:
    """Tell whether the keys that sign Debian's packages are here: Ubuntu comes without them."""
    return any(KEYRINGS.glob('debian-archive-keyring.*'))


def can_install() -> bool:
    """Tell whether this user may install packages here."""
    return os.geteuid() == 0 and shutil.which('apt-get') is not None


def how(*packages: str) -> str:
    """Return what to type to install packages; without apt-get, what to look for."""
    if shutil.which('apt-get'):
        return f'sudo apt-get install {" ".join(packages)}'
    return f'in Debian: {" ".join(packages)}'


def install_as_root(*packages: str, log: Path) -> None:
    """Install packages without a question; nothing where this user may not. Look after it."""
    if not can_install():
        return
    environment = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    wanted = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', *packages]
    log.parent.mkdir(exist_ok=True)
    with log.open('a', encoding='utf-8') as output:
        # the lists of a fresh machine or container are empty or old
        for command in (['apt-get', 'update', '-q'], wanted):
            subprocess.run(command, env=environment, stdout=output, stderr=output, check=False)
