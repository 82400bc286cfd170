"""The command `fleet gazebo calibrate`."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fleet_manager.entry.gazebo.world import give_up

if TYPE_CHECKING:
    from fleet_manager.application.days.scenario import Motion


def calibrate(
    state_dir: Annotated[Path, typer.Argument(help='State folder of a drive, as of the demo.')],
    hospital: Annotated[
        Path | None, typer.Option(help='Its hospital, if not the one kept.')
    ] = None,
    out: Annotated[Path | None, typer.Option(help='Write the fitted figures here, YAML.')] = None,
) -> None:
    """Compare a drive, in Gazebo or real, with what simulated days take for it, and fit them.

    Prints the times of hops, trips and lift rides beside each other. The fitted figures go into a
    scenario as they are: `motion: {node: …, turn: …, start: …, stop: …}`. A demo with an engine
    leaves such a folder: `fleet demo --engine auto`.

    Example: fleet gazebo calibrate .fleet-demo --out motion.yaml
    """
    from fleet_manager.application.days import fidelity
    from fleet_manager.application.days.scenario import Motion
    from fleet_manager.domain.errors import FleetError
    from fleet_manager.entry.gazebo.kept import hospital_of_drive, journal_of_drive

    try:
        house = hospital_of_drive(state_dir, hospital)
        events = journal_of_drive(state_dir)
        driven = fidelity.drives(house, events)
        fitted = fidelity.fit(driven)
    except (FleetError, ValueError, OSError) as error:
        give_up('calibrate', str(error))
    print(f'{house.id}: {len(driven)} hops')
    for name, motion in (('as a day computes it', Motion()), ('fitted', fitted)):
        print(f'{name}: {_figures(motion)}')
        print(f'  hops   {_errors([(d.seconds, d.computed(motion)) for d in driven])}')
        trips = fidelity.trips(driven, motion)
        print(f'  trips  {_errors([(t.seconds, t.computed) for t in trips])}')
    rides = fidelity.rides(house, events)
    print(f'lift rides: {_errors([(r.seconds, r.computed) for r in rides])}')
    if out is not None:
        try:
            out.write_text(f'motion: {{{_figures(fitted)}}}\n', encoding='utf-8')
        except OSError as error:
            give_up('calibrate', f'--out {out}: {error.strerror}')
        print(f'written: {out}')


def _figures(motion: Motion) -> str:
    return ', '.join(f'{n}: {getattr(motion, n)}' for n in ('node', 'turn', 'start', 'stop'))


def _errors(pairs: Sequence[tuple[float, float]]) -> str:
    """Return how computed times differ from measured ones, in percent of the measured."""
    if not pairs:
        return 'none'
    parts = [100 * (computed - measured) / measured for measured, computed in pairs if measured]
    total = 100 * (sum(c for _, c in pairs) / sum(m for m, _ in pairs) - 1)
    ordered = sorted(map(abs, parts))
    high = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    return (
        f'{len(pairs)}, measured {statistics.mean(m for m, _ in pairs):.1f} s on average, '
        f'computed {total:+.1f} %; error p50 {statistics.median(ordered):.1f} %, p90 {high:.1f} %'
    )
