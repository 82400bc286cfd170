"""Places where a test ends the process as a power cut would: SIGKILL, no goodbye.

`FLEET_CRASHPOINT=committed.ParcelLoaded:2` kills at the second pass of that point; of several,
with commas, the one reached first kills, and its name is the last line of the log. Unset, a point
costs one comparison. The points are listed in docs/reliability.md and run one by one in tests.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

VARIABLE: Final = 'FLEET_CRASHPOINT'
#: The last words, before the name of the point.
SAID: Final = 'crashpoint '


class Crashpoints:
    """The armed points, if any, and how often each has still to be passed."""

    def __init__(self, armed: str | None = None) -> None:
        value = os.environ.get(VARIABLE, '') if armed is None else armed
        points = (point.partition(':') for point in value.split(',') if point)
        self._left = {name: int(times or 1) for name, _, times in points}

    def reach(self, name: str) -> None:
        """Pass a point; end the process when it is an armed one and its turn has come."""
        if name not in self._left:
            return
        self._left[name] -= 1
        if self._left[name] == 0:
            os.write(sys.stderr.fileno(), f'{SAID}{name}\n'.encode())
            os.kill(os.getpid(), signal.SIGKILL)
