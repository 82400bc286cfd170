"""Runs commands at the same time: `side_by_side.py COMMAND -- COMMAND ...`; 0 if all went well.

The first one prints as it goes, the others when they are done. Ctrl-C ends them all. pytest's "no
tests were collected" (5) counts as well.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import subprocess
import sys
import tempfile
from typing import IO

GOOD = (0, 5)


def main(words: list[str]) -> int:
    """Run the commands in `words`; return the exit code."""
    commands = [list(own) for is_end, own in itertools.groupby(words, '--'.__eq__) if not is_end]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as files:
        outputs = [files.enter_context(tempfile.TemporaryFile()) for _ in commands[1:]]
        codes = _run(commands, outputs)
        for command, output in zip(commands[1:], outputs, strict=True):
            output.seek(0)
            print(f'$ {" ".join(command)}', flush=True)
            sys.stdout.buffer.write(output.read())
            sys.stdout.flush()
    return 0 if all(code in GOOD for code in codes) else 1


def _run(commands: list[list[str]], outputs: list[IO[bytes]]) -> list[int]:
    running = [subprocess.Popen(commands[0])]
    try:
        for command, output in zip(commands[1:], outputs, strict=True):
            running.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))
        return [process.wait() for process in running]
    except BaseException:
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            process.wait()
        raise


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
