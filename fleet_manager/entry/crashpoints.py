"""Places where a test ends the process as a power cut would: SIGKILL, no goodbye.

`FLEET_CRASHPOINT=committed.ParcelLoaded:2` kills at the second pass of that point. Unset, a point
costs one comparison. The points are listed in docs/reliability.md and run one by one in tests.
"""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = 'FLEET_CRASHPOINT'


class Crashpoints:
    """The armed point, if any, and how often it has still to be passed."""

    def __init__(self, armed: str | None = None) -> None:
        value = os.environ.get(VARIABLE, '') if armed is None else armed
        self._name, _, times = value.partition(':')
        self._left = int(times or 1) if self._name else 0

    def reach(self, name: str) -> None:
        """Pass a point; end the process when it is the armed one and its turn has come."""
        if name != self._name:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
