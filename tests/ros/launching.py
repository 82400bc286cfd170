"""Stands in for the package `launch`, which has no wheel: what a launch file would start."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

LAUNCH = Path(__file__).parents[2] / 'launch'


@dataclass
class Started:
    """One process of a launch file."""

    cmd: Sequence[Any]
    output: str
    additional_env: Mapping[str, str] = field(default_factory=dict)
    respawn: bool = False


@dataclass
class Argument:
    name: str
    default_value: str | None = None
    description: str = ''


@dataclass
class Configuration:
    name: str

    def perform(self, context: Mapping[str, str]) -> str:
        return context[self.name]


@dataclass
class Opaque:
    function: Callable[[Any], list[Started]]


def started(name: str, monkeypatch: pytest.MonkeyPatch, **arguments: str) -> list[Started]:
    """Return what a launch file starts with these arguments, and its defaults for the rest."""
    parts = {
        'launch': {'LaunchContext': dict, 'LaunchDescription': list},
        'launch.actions': {
            'DeclareLaunchArgument': Argument,
            'ExecuteProcess': Started,
            'OpaqueFunction': Opaque,
        },
        'launch.substitutions': {'LaunchConfiguration': Configuration},
    }
    for module, names in parts.items():
        stand_in = ModuleType(module)
        vars(stand_in).update(names)
        monkeypatch.setitem(sys.modules, module, stand_in)
    described = runpy.run_path(str(LAUNCH / name))['generate_launch_description']()
    context = {a.name: a.default_value for a in described if isinstance(a, Argument)} | arguments
    processes = []
    for action in described:
        if isinstance(action, Started):
            processes.append(action)
        elif isinstance(action, Opaque):
            processes += action.function(context)
    return processes
