"""The command `fleet gazebo install`."""

from __future__ import annotations

import sys


def install() -> None:
    """Fetch Gazebo 11 from Debian, without root, and compile the plugin that drives it.

    Goes to FLEET_GAZEBO_DIR, or the user's cache. What is there already is not fetched again.
    FLEET_GAZEBO_MIRROR is another mirror of Debian.

    Example: fleet gazebo install
    """
    from robot_nodes.gazebo.classic.install import install as run
    from robot_nodes.gazebo.engine import EngineError

    try:
        run(say=lambda line: print(line, flush=True))
    except EngineError as error:
        print(f'fleet gazebo install: {error}', file=sys.stderr)
        sys.exit(1)
