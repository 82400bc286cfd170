"""The command `fleet gazebo bridge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet_manager.entry.gazebo.world import Levels, Robots, give_up, scene_of


def bridge(
    hospital: Annotated[Path, typer.Argument(help='Folder of a hospital.')],
    out: Annotated[Path, typer.Option(help='File to write, YAML.')],
    levels: Levels = '',
    robots: Robots = '',
    commands: Annotated[
        bool, typer.Option(help='Also let ROS drive robots, doors, lifts: for nodes not ours.')
    ] = False,
) -> None:
    """Make the configuration of ros_gz_bridge for a hospital's world in gz sim.

    Example: fleet gazebo bridge maps/small_hospital --out bridge.yaml
    """
    from robot_nodes.gazebo.sim.bridge import bridge_yaml

    scene = scene_of('bridge', hospital, levels=levels, robots=robots)
    text = bridge_yaml(scene, commands=commands)
    try:
        out.write_text(text, 'utf-8')
    except OSError as error:
        give_up('bridge', f'--out {out}: {error.strerror}')
    print(f'{out}: {text.count("ros_topic_name")} topics of the world {scene.name}')
