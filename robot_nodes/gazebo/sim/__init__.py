"""gz sim (Harmonic and later) as an engine, over gz-transport, and what ROS users see of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from robot_nodes.gazebo.engine import Engine, EngineError
from robot_nodes.gazebo.scene import Scene
from robot_nodes.gazebo.sdf import to_sdf
from robot_nodes.gazebo.sim.server import OwnServer, RunningServer, find_sim

if TYPE_CHECKING:
    from robot_nodes.gazebo.sim.engine import SimEngine


def find() -> str:
    """Return which gz sim can be used here; EngineError says what is missing."""
    version = find_sim()
    _engine_class()
    return f'gz sim {version}'


def own_engine(scene: Scene, *, folder: Path, seed: int, dt: float) -> Engine:
    """Return an engine that starts a gz sim of its own; `folder` gets the world and the log."""
    engine = _engine_class()
    world = folder / 'world.sdf'
    try:
        world.write_text(to_sdf(scene, engine='sim', dt=dt), 'utf-8')
    except OSError as error:
        raise EngineError(f'{world} cannot be written: {error.strerror}') from error
    return engine(scene, OwnServer(world, log=folder / 'gz_sim.log', seed=seed), dt=dt)


def attached_engine(scene: Scene, *, partition: str, dt: float) -> Engine:
    """Return an engine that steps the world of `scene` in a gz sim that somebody else started.

    That one must run in the environment `environment(partition)`.
    """
    return _engine_class()(scene, RunningServer(partition), dt=dt)


def _engine_class() -> type[SimEngine]:
    """Return the engine, which needs packages that not everybody has."""
    try:
        from robot_nodes.gazebo.sim.engine import SimEngine
    except ImportError as error:
        raise EngineError(
            f'gz sim is spoken to with pyzmq and protobuf, and {error.name} is missing: '
            'install hospital-fleet with its extra `gazebo`'
        ) from error
    return SimEngine
