"""The command `fleet gazebo record`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet_manager.entry.gazebo.world import give_up


def record(
    state_dir: Annotated[Path, typer.Argument(help='State folder of a drive in Gazebo.')],
    out: Annotated[Path, typer.Option(help='The MCAP file to write.')] = Path('drive.mcap'),
    hospital: Annotated[
        Path | None, typer.Option(help='Its hospital, if not the one kept.')
    ] = None,
) -> None:
    """Write a drive in Gazebo as MCAP: poses, states and the journal, for Lichtblick or Foxglove.

    Example: fleet gazebo record .fleet-demo --out drive.mcap
    """
    from fleet_manager.domain.errors import FleetError
    from fleet_manager.entry.gazebo.kept import (
        hospital_of_drive,
        lines_of_drive,
        truth_of_drive,
        walkers_of_drive,
    )
    from robot_nodes.gazebo.build import build_scene
    from robot_nodes.gazebo.engine import EngineError
    from robot_nodes.gazebo.record import write_mcap

    try:
        truth = truth_of_drive(state_dir)
        house = hospital_of_drive(state_dir, hospital)
        scene = build_scene(house, walkers=walkers_of_drive(state_dir))
        written = write_mcap(out, scene, truth, lines_of_drive(state_dir))
    except (FleetError, EngineError, ValueError, OSError) as error:
        give_up('record', str(error))
    print(f'{out}: {written} messages')
