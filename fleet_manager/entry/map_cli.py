"""The commands `fleet map …`. Exit codes: 0 done, 1 the map has errors, 2 wrong usage."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

if TYPE_CHECKING:
    from fleet_manager.adapters.files.importing import Imported
    from fleet_manager.domain.maps.problems import Problem

maps = typer.Typer(no_args_is_help=True, help='Hospital maps: check, draw, edit, import, make.')
imports = typer.Typer(no_args_is_help=True, help='Import a map of another program.')
maps.add_typer(imports, name='import')

_Path = Annotated[Path, typer.Argument(help='Folder of a hospital.')]
_Out = Annotated[Path, typer.Option(help='Folder of the new hospital; it must be empty.')]
_Robots = Annotated[
    int | None, typer.Option(help='Size of the fleet; left out: as in the file.', min=1)
]
_Json = Annotated[bool, typer.Option('--json', help='For programs.')]

#: Larger files are nobody's map.
_MAX_IMPORT = 20 * 1024 * 1024
_PICTURES = ('.svg', '.html', '.png')


@maps.command()
def check(
    path: _Path,
    robots: Annotated[int | None, typer.Option(help='Robots that are to work there.')] = None,
    as_json: _Json = False,
) -> None:
    """Check a hospital before the first robot moves. Exit 0 fine, 1 errors, 2 no such folder.

    Example: fleet map check maps/small_hospital --robots 8
    """
    from fleet_manager.adapters.files.hospital import check_folder

    _needs_folder(path)
    problems = check_folder(path, robots=robots)
    if as_json:
        print(json.dumps([_row(p) for p in problems], ensure_ascii=False, indent=2))
    else:
        _print(problems)
        print(f'{path}: {_count(problems)}')
    if any(p.severity.value == 'error' for p in problems):
        sys.exit(1)


@maps.command()
def draw(
    path: _Path,
    out: Annotated[Path, typer.Option(help='File to write: .svg, .html or .png.')],
    lang: Annotated[str, typer.Option(help='Language of names: en or zh.')] = 'en',
    floor: Annotated[
        list[str] | None, typer.Option(help='Only this floor; may be given again.')
    ] = None,
) -> None:
    """Draw a hospital with what the check found.

    Example: fleet map draw maps/small_hospital --out hospital.html
    """
    from fleet_manager.adapters.files.drawing import draw_folder

    if out.suffix not in _PICTURES:
        _give_up('draw', f'--out {out}: write a name that ends in {", ".join(_PICTURES)}', code=2)
    if lang not in ('en', 'zh'):
        _give_up('draw', f'--lang {lang}: choose en or zh', code=2)
    shown: Literal['en', 'zh'] = 'zh' if lang == 'zh' else 'en'
    _needs_folder(path)
    with _errors('draw'):
        found = draw_folder(path, out, lang=shown, floors=floor or None)
    note = found.note(shown)
    print(f'{out}: {len(found.hospital.floors)} floors, {_count(found.problems)}')
    if note:
        print(note)


@imports.command()
def rmf(
    file: Annotated[Path, typer.Argument(help='A .building.yaml of Open-RMF.')],
    out: _Out,
    graph: Annotated[int | None, typer.Option(help='Only this navigation graph.', min=0)] = None,
    robots: _Robots = None,
    as_json: _Json = False,
) -> None:
    """Import a building of Open-RMF's traffic editor; list what was changed or left out.

    Example: fleet map import rmf clinic.building.yaml --out maps/clinic
    """
    from fleet_manager.adapters.files.importing import import_rmf

    with _errors('import'):
        found = import_rmf(_text(file), name=file.name, graph=graph, robots=robots)
        _keep(found, out, as_json=as_json)


@imports.command()
def opentcs(
    file: Annotated[Path, typer.Argument(help='A plant model of openTCS 6 or 7, .xml.')],
    out: _Out,
    robots: _Robots = None,
    as_json: _Json = False,
) -> None:
    """Import a plant model of openTCS; list what was changed or left out.

    Example: fleet map import opentcs plant.xml --out maps/plant
    """
    from fleet_manager.adapters.files.importing import import_opentcs

    with _errors('import'):
        found = import_opentcs(_text(file), name=file.name, robots=robots)
        _keep(found, out, as_json=as_json)


@maps.command()
def generate(
    out: _Out,
    beds: Annotated[int, typer.Option(help='How many beds.')] = 2000,
    floors: Annotated[int, typer.Option(help='Floors above ground.')] = 14,
    towers: Annotated[int, typer.Option(help='Towers of wards.')] = 2,
    robots: Annotated[int, typer.Option(help='How many robots.')] = 20,
    lifts: Annotated[int, typer.Option(help='Lifts for clean goods in each tower.')] = 2,
    seed: Annotated[int, typer.Option(help='Another seed, another hospital.')] = 1,
) -> None:
    """Make up a hospital, the same for the same options.

    Example: fleet map generate --beds 800 --out maps/example
    """
    from fleet_manager.adapters.files.generating.hospital import generate as make
    from fleet_manager.adapters.files.generating.plan import Plan
    from fleet_manager.adapters.files.save import save_hospital

    _needs_empty(out)
    with _errors('generate'):
        raw = make(
            Plan(beds=beds, floors=floors, towers=towers, robots=robots, seed=seed, lifts=lifts)
        )
        save_hospital(raw, out)
    print(f'{out}: {len(raw["floors"])} floors, {_checked(out)}')


@maps.command()
def edit(
    path: _Path,
    port: Annotated[int, typer.Option(help='Port of the page.')] = 8090,
) -> None:
    """Open the map editor in a browser on this machine. Ctrl-C ends it.

    Example: fleet map edit maps/small_hospital
    """
    from fleet_manager.entry.edit import edit as run

    sys.exit(run(path, port=port))


@maps.command()
def swap(
    reason: Annotated[str, typer.Option(help='Why, for the journal.')],
    path: Annotated[Path | None, typer.Argument(help='Folder of the new map.')] = None,
    url: Annotated[str, typer.Option(help='The pages of the manager.')] = 'http://127.0.0.1:8080',
    account: Annotated[str, typer.Option(help='Who asks.')] = 'operator',
    wait: Annotated[int, typer.Option(help='Seconds until it is given up.', min=0)] = 600,
    cancel: Annotated[
        bool, typer.Option('--cancel', help='Give up the change under way.')
    ] = False,
) -> None:
    """Give a running manager a new map: checked whole, then used once nobody needs the old one.

    The password is asked for, or comes from FLEET_OPERATOR_PASSWORD. Exit 0 in force, 1 refused,
    2 the manager was not reached.

    Example: fleet map swap maps/small_hospital --reason "new ward on level 3"
    """
    from fleet_manager.entry.swap import SwapOptions
    from fleet_manager.entry.swap import swap as run

    if (path is None) != cancel:
        _give_up('swap', 'give the folder of the new map, or --cancel', code=2)
    sys.exit(run(SwapOptions(path, url=url, account=account, reason=reason, wait=wait)))


def _keep(found: Imported, out: Path, *, as_json: bool) -> None:
    """Write an imported map and tell what happened to it on the way."""
    from fleet_manager.adapters.files.save import save_hospital

    _needs_empty(out)
    save_hospital(found.raw, out)
    if as_json:
        print(json.dumps([asdict(note) for note in found.notes], ensure_ascii=False, indent=2))
        return
    for note in found.notes:
        print(f'{note.severity:7} {note}')
    print(f'{out}: {len(found.notes)} notes, {_checked(out)}. Look at it: fleet map edit {out}')


def _checked(folder: Path) -> str:
    from fleet_manager.adapters.files.hospital import check_folder

    problems = check_folder(folder)
    _print(problems)
    return _count(problems)


def _print(problems: Iterable[Problem]) -> None:
    for p in problems:
        print(f'{p.severity.value:7} {p.place}: {p.problem}. {p.mend} [{p.code}]')


def _row(p: Problem) -> dict[str, Any]:
    """Return a problem for programs; `at` is a floor and a point on it in metres, if known."""
    at = None if p.at is None else {'floor': p.at[0], 'x': p.at[1].x, 'y': p.at[1].y}
    said = {'code': p.code, 'severity': p.severity.value, 'place': p.place}
    return {**said, 'problem': p.problem, 'mend': p.mend, 'path': p.path, 'at': at}


def _count(problems: Iterable[Problem]) -> str:
    """Say how many problems there are: `2 errors, 1 warning`."""
    kinds = [p.severity.value for p in problems]
    said = [
        f'{kinds.count(kind)} {kind}{"s" if kinds.count(kind) > 1 else ""}'
        for kind in ('error', 'warning')
        if kind in kinds
    ]
    return ', '.join(said) or 'no problems'


@contextmanager
def _errors(command: str) -> Iterator[None]:
    """Say in a line each what is wrong with a map or a file, and end with 1."""
    from fleet_manager.domain.errors import MapError
    from fleet_manager.domain.maps.problems import BrokenMap

    try:
        yield
    except BrokenMap as error:
        _print(error.problems)
        _give_up(command, f'{len(error.problems)} errors, nothing was written')
    except (MapError, ValueError) as error:
        _give_up(command, str(error))
    except OSError as error:
        _give_up(command, f'{error.filename or ""}: {error.strerror}')


def _text(file: Path) -> str:
    """Return what stands in a file of another program."""
    if not file.is_file():
        _give_up('import', f'there is no file {file}', code=2)
    if file.stat().st_size > _MAX_IMPORT:
        _give_up('import', f'{file} is larger than 20 MiB')
    try:
        return file.read_bytes().decode('utf-8-sig')
    except UnicodeDecodeError:
        _give_up('import', f'{file} is not UTF-8: save it as UTF-8')


def _needs_folder(path: Path) -> None:
    if not path.is_dir():
        _give_up('map', f'there is no folder {path}', code=2)


def _needs_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(os.scandir(out))):
        _give_up('map', f'--out {out} is not empty: choose another folder', code=2)


def _give_up(command: str, problem: str, *, code: int = 1) -> NoReturn:
    print(f'fleet {command}: {problem}', file=sys.stderr)
    sys.exit(code)
