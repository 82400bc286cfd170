"""Runs commands at the same time: `side_by_side.py NAME: COMMAND -- NAME: COMMAND ...`.

Each line they print has its name before it, as soon as it is whole: whatever ends this early, what
was said until then can be read. 0 if all went well; Ctrl-C ends them all. pytest's "no tests were
collected" (5) counts as well.
"""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading

GOOD = (0, 5)


def main(words: list[str]) -> int:
    """Run the commands in `words`; return the exit code."""
    lanes = [list(own) for is_end, own in itertools.groupby(words, '--'.__eq__) if not is_end]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    codes = _run({name.rstrip(':'): command for name, *command in lanes})
    for name, code in codes.items():
        print(f'{name}: {"all went well" if code in GOOD else f"FAILED with {code}"}', flush=True)
    return 0 if all(code in GOOD for code in codes.values()) else 1


def _run(lanes: dict[str, list[str]]) -> dict[str, int]:
    running = {}
    readers = []
    try:
        for name, command in lanes.items():
            running[name] = process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors='replace',
            )
            reader = threading.Thread(target=_say, args=(name, process), daemon=True)
            reader.start()
            readers.append(reader)
        codes = {name: process.wait() for name, process in running.items()}
    except BaseException:
        for process in running.values():
            process.send_signal(signal.SIGINT)
        for process in running.values():
            process.wait()
        raise
    for reader in readers:
        reader.join(timeout=10)  # a process left behind may still hold the other end
    return codes


def _say(name: str, process: subprocess.Popen[str]) -> None:
    for line in process.stdout or ():
        print(f'{name} | {line}', end='', flush=True)


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
