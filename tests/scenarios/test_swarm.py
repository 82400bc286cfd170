"""Hundreds of hours in which everything goes wrong, each with another seed: nothing may break.

Every seed: faults for an hour, then calm, in which all must come to its end. One failing seed
fails the test; it is kept with the line that plays it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SEEDS = 500
#: Situations that must have been reached, or the swarm proves nothing.
REACHED = frozenset(
    {
        'cabin full',
        'lift recalled with a robot inside',
        'manager dies between load and release',
        'manager dies during a ride',
        'manager dies while a compartment is open',
        'order of a manager that is no more refused',
        'order with an opening lost',
        'porter took it',
        'refused by the recipient',
        'request sent twice is one delivery',
        'returned to its sender',
        'robot dies in a lane',
        'robot dies with a parcel inside',
        'robot restarts in a lift',
        'several parcels at a stop',
        'several parcels in one compartment',
    }
)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_five_hundred_hours_of_faults_break_nothing(tmp_path: Path) -> None:
    command = [sys.executable, '-m', 'fleet_manager.entry.cli', 'simulate', 'swarm_hour']
    command += ['--seeds', f'1..{SEEDS}', '--artifacts', str(tmp_path)]
    command += ['--jobs', str(os.cpu_count() or 1)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in (tmp_path / 'seeds.jsonl').read_text().splitlines()]
    assert sorted(line['seed'] for line in lines) == list(range(1, SEEDS + 1))
    assert sum(line['accepted'] for line in lines) > 20 * SEEDS
    reached = {name for line in lines for name, count in line['sometimes'].items() if count}
    assert reached >= REACHED
