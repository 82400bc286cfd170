"""Shortest times to goals, reckoned once for each goal."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Final

import numpy as np

from fleet_manager.domain.traffic.planner.model import Task
from fleet_manager.domain.traffic.planner.network import Network
from fleet_manager.domain.traffic.planner.tables import Tables

#: Goals a network remembers: 50 KB each with 6,600 nodes.
_MAX_GOALS: Final = 2_048


def fill_distances(
    network: Network, tasks: Sequence[Task], functions: SimpleNamespace, tables: Tables
) -> None:
    """Make sure that the network knows the times to the goal of each task that names a place."""
    if len(network.far) > _MAX_GOALS:
        network.far.clear()
    for task in tasks:
        if task.goal not in network.number:
            continue
        kind = network.kind_of(task.robot, task.robot_type)
        key = network.number[task.goal], kind
        while key not in network.far:
            far = np.empty(len(network.nodes), np.int64)
            code = functions.distances(network.net, tables.desk, *key, far)
            if code == 0:
                network.far[key] = far
            tables.grow(code)
