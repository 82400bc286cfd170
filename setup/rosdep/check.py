"""Shows that rosdep resolves every key of our package.xml files on a machine without a ROS.

Run by `make rosdep-check`. It gives rosdep a list of sources and an index of distributions of its
own, in a folder that goes away afterwards, so it needs no network and leaves nothing behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MAPPING = Path(__file__).with_name('rosdep.yaml')
ROSDEP = Path(sys.executable).with_name('rosdep')
DISTRIBUTION = 'jazzy'
SYSTEM = 'debian:bookworm'

EMPTY_DISTRIBUTION = """\
%YAML 1.1
---
release_platforms: {debian: [bookworm]}
repositories: {}
type: distribution
version: 2
"""
EMPTY_CACHE = """\
%YAML 1.1
---
distribution_file:
- release_platforms: {debian: [bookworm]}
  repositories: {}
  type: distribution
  version: 2
name: NAME
release_package_xmls: {}
type: cache
version: 2
"""
INDEX = """\
%YAML 1.1
---
distributions:
  NAME:
    distribution: [FOLDER/distribution.yaml]
    distribution_cache: FOLDER/cache.yaml
    distribution_status: active
    distribution_type: ros2
    python_version: 3
type: index
version: 4
"""


def write_index(folder: Path) -> dict[str, str]:
    """Write what rosdep usually downloads, and return the settings that make it look here."""
    sources = folder / 'sources'
    sources.mkdir()
    (sources / '10-local.list').write_text(f'yaml {MAPPING.as_uri()}\n', 'utf-8')
    (folder / 'distribution.yaml').write_text(EMPTY_DISTRIBUTION, 'utf-8')
    (folder / 'cache.yaml').write_text(EMPTY_CACHE.replace('NAME', DISTRIBUTION), 'utf-8')
    index = INDEX.replace('NAME', DISTRIBUTION).replace('FOLDER', folder.as_uri())
    (folder / 'index.yaml').write_text(index, 'utf-8')
    return {
        'ROSDEP_SOURCE_PATH': str(sources),
        'ROSDISTRO_INDEX_URL': (folder / 'index.yaml').as_uri(),
        'ROS_HOME': str(folder / 'home'),
    }


def main() -> int:
    """Update rosdep from the local index, then let it say what it would install."""
    with tempfile.TemporaryDirectory() as scratch:
        environment = {**os.environ, **write_index(Path(scratch))}
        update = [ROSDEP, 'update', '--rosdistro', DISTRIBUTION]
        install = [ROSDEP, 'install', '--simulate', '--rosdistro', DISTRIBUTION, '--os', SYSTEM]
        install += ['--from-paths', '.', 'interfaces', '--ignore-src', '-y']
        for command in (update, install):
            status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
            if status != 0:
                return status
    return 0


if __name__ == '__main__':
    sys.exit(main())
