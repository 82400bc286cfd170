"""The people and beds of a world, as a file says who they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from robot_nodes.gazebo.scene import WalkerSpec

#: What a drive keeps of them in its state folder, beside truth.jsonl.
KEPT: Final = 'walkers.json'


def read_walkers(file: Path) -> list[WalkerSpec]:
    """Read JSON such as [{"name": "p1", "kind": "person", "floor": "L1", "at": [3, 4]}].

    `yaw`, in radians, may be left out. Raises OSError, ValueError or KeyError.
    """
    return [
        WalkerSpec(
            name=str(one['name']),
            kind=str(one['kind']),
            floor=one['floor'],
            at=(float(one['at'][0]), float(one['at'][1])),
            yaw=float(one.get('yaw', 0.0)),
        )
        for one in json.loads(file.read_text(encoding='utf-8'))
    ]
