"""Runs a command as the terminal's foreground job: `foreground.py COMMAND [ARGUMENT ...]`.

A Ctrl-C in `make demo` goes to every process of the foreground group, so make too is interrupted
and reports an error however orderly the fleet stopped. Here the command gets a group of its own:
the Ctrl-C is the command's alone, and make sees its exit status. Without a terminal this is only
`exec`.
"""

from __future__ import annotations

import os
import signal
import sys

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_in_foreground(command: list[str], terminal: int) -> int:
    """Run `command` in a group of its own that owns the terminal, and return its exit status."""
    ours = os.getpgrp()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # else taking the terminal back would stop us
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(command[0], command)
    for number in PASSED_ON:
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        os.tcsetpgrp(terminal, ours)
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        os.killpg(ours, signal.SIGSTOP)  # Ctrl-Z: the shell continues all of us with `fg`
        os.tcsetpgrp(terminal, child)
        os.killpg(child, signal.SIGCONT)


def main() -> None:
    """Find out whether there is a terminal to hand over."""
    command = sys.argv[1:]
    if not command:
        sys.exit(__doc__)
    if not sys.stdin.isatty() or os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
        os.execvp(command[0], command)
    status = run_in_foreground(command, sys.stdin.fileno())
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == '__main__':
    main()
