"""How many seeds a kind of day is played with: few in `make test`, as many as wanted on demand.

`FLEET_SEEDS=100 pytest tests/scenarios/test_days.py` plays a hundred of each. The swarm
(test_swarm.py) plays its five hundred hours each time.
"""

from __future__ import annotations

import os


def seeds(usual: int, *, first: int = 0) -> range:
    """Return the seeds from `first` on: `usual` of them, or `FLEET_SEEDS` if that is more."""
    return range(first, first + max(usual, int(os.environ.get('FLEET_SEEDS', '0'))))
