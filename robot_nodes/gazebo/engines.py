"""Finds the engines of this machine and opens one by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from robot_nodes.gazebo import sim
from robot_nodes.gazebo.classic import gazebo11, install, plugin
from robot_nodes.gazebo.classic.engine import ClassicEngine
from robot_nodes.gazebo.engine import Engine, EngineError
from robot_nodes.gazebo.kinematic import KinematicEngine
from robot_nodes.gazebo.scene import Scene

AUTO: Final = 'auto'
#: Engines with physics, the preferred one first: what `auto` chooses from.
PHYSICS: Final = ('sim', 'classic')
NAMES: Final = (*PHYSICS, 'kinematic')
#: A gz sim that somebody else started, in the partition GZ_PARTITION.
ATTACHED: Final = 'attached'


@dataclass(frozen=True, slots=True)
class Found:
    """An engine by its name. `about` says which it is, or why it is not here."""

    name: str
    present: bool
    about: str


def available() -> tuple[Found, ...]:
    """Return every engine, the preferred one first, and whether it can run here."""
    return tuple(_look(name) for name in NAMES)


def open_engine(
    name: str, scene: Scene, *, folder: Path, seed: int = 1, dt: float = 0.01
) -> Engine:
    """Return an engine that is ready to start: one of NAMES, `attached`, or `auto`.

    `auto` is the best one with physics; without any, EngineError says how to get one. `folder`
    gets what the engine writes: the world, its log.
    """
    if name not in (AUTO, *NAMES, ATTACHED):
        raise EngineError(
            f'there is no engine {name}: choose {", ".join((AUTO, *NAMES, ATTACHED))}'
        )
    if name == AUTO:
        name = next((found.name for found in map(_look, PHYSICS) if found.present), '')
        if not name:
            raise EngineError(f'there is no Gazebo on this machine; {gazebo11.INSTALL}')
    if name == ATTACHED:
        if not os.environ.get('GZ_PARTITION'):
            raise EngineError('GZ_PARTITION must name the partition of the gz sim that runs')
        return sim.attached_engine(scene, partition=os.environ['GZ_PARTITION'], dt=dt)
    folder.mkdir(parents=True, exist_ok=True)
    if name == 'sim':
        return sim.own_engine(scene, folder=folder, seed=seed, dt=dt)
    if name == 'classic':
        return ClassicEngine(install.find(), scene, folder=folder, seed=seed, dt=dt)
    return KinematicEngine(scene, dt=dt)


def _look(name: str) -> Found:
    looks: dict[str, Callable[[], str]] = {
        'classic': _classic,
        'sim': sim.find,
        'kinematic': lambda: 'part of this program, without physics',
    }
    try:
        return Found(name, present=True, about=looks[name]())
    except EngineError as error:
        return Found(name, present=False, about=str(error))


def _classic() -> str:
    found = install.find()
    plugin.ready(found)
    return f'Gazebo {found.version()}: {found.server}'
