"""`python -m benchmarks [NAME ...] [--quick] [--write]`: measure, print, and publish."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from importlib import import_module
from types import FrameType
from typing import Final

from benchmarks import report
from benchmarks.machine import Machine

#: Load a core from which figures say more about what else runs.
BUSY: Final = 0.5


def main() -> int:
    """Run what is asked for; return 1 when one of them failed."""
    chosen = _arguments()
    signal.signal(signal.SIGTERM, _leave)
    machine = Machine.this()
    print(f'{machine}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC')
    busy = os.getloadavg()[0] > BUSY * machine.cores
    if busy:
        print(f'This machine is busy (load {os.getloadavg()[0]:.1f}): it measures that as well.')
    failed = []
    for name in chosen.names or report.ORDER:
        print(f'{name} ...', end=' ', flush=True)
        start = time.monotonic()
        try:
            figures = import_module(f'benchmarks.{name}').run(chosen.quick)
        except Exception:  # noqa: BLE001 - the others are still worth measuring
            failed.append(name)
            print('failed', flush=True)
            traceback.print_exc()
            continue
        print(f'{time.monotonic() - start:.0f} s', flush=True)
        print('\n'.join(report.lines(figures)), flush=True)
        if chosen.write:
            report.keep(name, figures, machine, quick=chosen.quick, busy=busy)
    if chosen.write:
        files = ', '.join([str(report.RESULTS.relative_to(report.ROOT)), *report.publish()])
        print(f'written: {files}')
    if failed:
        print(f'failed: {", ".join(failed)}', file=sys.stderr)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks', description='Measure every figure the README quotes.'
    )
    parser.add_argument('names', nargs='*', metavar='NAME', help=', '.join(report.ORDER))
    parser.add_argument('--quick', action='store_true', help='few samples, under two minutes')
    parser.add_argument(
        '--write', action='store_true', help='keep the figures in results.json and the READMEs'
    )
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in report.ORDER]
    if unknown:
        parser.error(f'no benchmark {unknown[0]}; there are {", ".join(report.ORDER)}')
    return chosen


def _leave(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: whatever was started is ended on the way out."""
    del frame
    sys.exit(128 + number)


if __name__ == '__main__':
    sys.exit(main())
