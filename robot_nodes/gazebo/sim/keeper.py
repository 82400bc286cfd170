"""Runs a command and ends it, with all it started, when our own standard input closes.

The kernel closes that pipe however its owner ends, so no simulator outlives who asked for it.
Run as a script, with nothing of ours imported, as the first of a process group of its own:
`keeper.py COMMAND [ARGUMENT ...]`. It goes down with that group.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading

#: Seconds to end by itself; a simulator has nothing to save.
PATIENCE = 2.0


def main() -> None:
    """Wait for the command or for the owner to end, and leave nothing of the group."""
    # Not SIG_IGN, which the command would inherit.
    signal.signal(signal.SIGTERM, lambda *_: None)
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def end_with_owner() -> None:
        sys.stdin.buffer.read()
        os.killpg(0, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(PATIENCE)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end_with_owner, daemon=True).start()
    command.wait()
    os.killpg(0, signal.SIGKILL)


if __name__ == '__main__':
    main()
