"""The commands `fleet gazebo …`. Exit codes: 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import typer

from fleet_manager.entry.gazebo.bridge import bridge
from fleet_manager.entry.gazebo.calibrate import calibrate
from fleet_manager.entry.gazebo.engines import engines
from fleet_manager.entry.gazebo.install import install
from fleet_manager.entry.gazebo.record import record
from fleet_manager.entry.gazebo.world import plan, world

gazebo = typer.Typer(no_args_is_help=True, help='Gazebo: worlds of physics made from maps.')
gazebo.command()(bridge)
gazebo.command()(calibrate)
gazebo.command()(engines)
gazebo.command()(install)
gazebo.command()(plan)
gazebo.command()(record)
gazebo.command()(world)
