"""The commands `fleet gazebo world` and `fleet gazebo plan`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from fleet_manager.domain.maps.problems import BrokenMap
    from robot_nodes.gazebo.scene import Scene

_ENGINES = ('sim', 'classic')

Levels = Annotated[str, typer.Option(help='Only these levels, such as B1,F4; left out: all.')]
Robots = Annotated[
    str, typer.Option(help='Only these robots, such as r1,r2; left out: all that start there.')
]


def world(
    hospital: Annotated[Path, typer.Argument(help='Folder of a hospital.')],
    engine: Annotated[str, typer.Option(help='For gz sim (sim) or Gazebo 11 (classic).')],
    out: Annotated[Path, typer.Option(help='File to write.')],
    levels: Levels = '',
    robots: Robots = '',
) -> None:
    """Make a Gazebo world of a hospital: floors, walls, doors, lifts, robots, in real time.

    Example: fleet gazebo world maps/small_hospital --engine sim --out small_hospital.sdf
    """
    from robot_nodes.gazebo.sdf import to_sdf

    if engine not in _ENGINES:
        give_up('world', f'--engine {engine}: choose {" or ".join(_ENGINES)}', code=2)
    scene = scene_of('world', hospital, levels=levels, robots=robots)
    text = to_sdf(scene, engine=engine, pace=1.0)
    try:
        out.write_text(text, 'utf-8')
    except OSError as error:
        give_up('world', f'--out {out}: {error.strerror}')
    print(
        f'{out}: {len(scene.floors)} levels, {len(scene.lifts)} lifts, {len(scene.doors)} doors, '
        f'{len(scene.robots)} robots, {len(text) / 1024:.0f} kB'
    )


def plan(
    file: Annotated[Path, typer.Argument(help='A world made by `fleet gazebo world`.')],
    out: Annotated[Path, typer.Option(help='Folder for the drawings, one .svg a level.')],
) -> None:
    """Draw a world as it stands in its file: what is solid, doors, lifts, robots.

    Example: fleet gazebo plan gazebo_worlds/small_hospital.sim.sdf --out /tmp/plan
    """
    from robot_nodes.gazebo.plan import NoWorld, draw_world

    try:
        text = file.read_text('utf-8')
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else 'is no text'
        give_up('plan', f'{file}: {said}')
    try:
        drawings = draw_world(text)
    except NoWorld as error:
        give_up('plan', f'{file}: {error}')
    try:
        out.mkdir(parents=True, exist_ok=True)
        for level, drawing in drawings.items():
            (out / f'{level}.svg').write_text(drawing, 'utf-8')
    except OSError as error:
        give_up('plan', f'--out {out}: {error.strerror}')
    print(f'{out}: {", ".join(f"{level}.svg" for level in drawings)}')


def scene_of(command: str, folder: Path, *, levels: str, robots: str) -> Scene:
    """Return what the world of a hospital consists of; end the command where there is none."""
    from fleet_manager.adapters.files.hospital import load_hospital
    from fleet_manager.domain.ids import FloorId, RobotId
    from fleet_manager.domain.maps.problems import BrokenMap
    from robot_nodes.gazebo.build import SceneError, build_scene

    if not folder.is_dir():
        give_up(command, f'{folder}: there is no such folder', code=2)
    try:
        return build_scene(
            load_hospital(folder),
            floors=[FloorId(level) for level in _names(levels)],
            robots=[RobotId(robot) for robot in _names(robots)] if robots else None,
        )
    except BrokenMap as error:
        give_up(command, first_of(error, folder))
    except SceneError as error:
        give_up(command, str(error))


def first_of(error: BrokenMap, folder: Path) -> str:
    """Say in one line what is wrong with a map."""
    first, count = error.problems[0], len(error.problems)
    more = f' (and {count - 1} more: `fleet map check {folder}`)' if count > 1 else ''
    return f'{first}{more}'


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(',') if name.strip()]


def give_up(command: str, problem: str, *, code: int = 1) -> NoReturn:
    """Say in one sentence what is wrong, and end."""
    print(f'fleet gazebo {command}: {problem}', file=sys.stderr)
    sys.exit(code)
