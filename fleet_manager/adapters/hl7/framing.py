"""MLLP: which bytes of a stream are a message. Pure; the server feeds it what it has read.

    framer = Framer()
    for message in framer.feed(data): ...

A message stands between <VT> and <FS><CR>. What stands outside is skipped, and a message begun
anew before the last one ended takes its place: that one was cut off.
"""

from __future__ import annotations

from typing import Final

START: Final = b'\x0b'
END: Final = b'\x1c\r'
#: An order of a ward has some hundred bytes; one with fifty lines has ten thousand.
MAX_MESSAGE: Final = 64 * 1024


class TooLong(Exception):
    """A message has no end within `MAX_MESSAGE`, or nothing that comes is one: hang up."""


class Framer:
    """What came of a stream that is no whole message yet."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._noise = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that are whole now, in order. Raises TooLong."""
        self._rest += data
        found: list[bytes] = []
        while True:
            start = self._rest.find(START)
            if start < 0:
                self._skip(len(self._rest))
                return found
            self._skip(start)
            end = self._rest.find(END)
            if end < 0:
                if len(self._rest) > MAX_MESSAGE:
                    raise TooLong
                return found
            message = bytes(self._rest[self._rest.rfind(START, 0, end) + 1 : end])
            del self._rest[: end + len(END)]
            if len(message) > MAX_MESSAGE:
                raise TooLong
            self._noise = 0
            found.append(message)

    def _skip(self, count: int) -> None:
        del self._rest[:count]
        self._noise += count
        if self._noise > MAX_MESSAGE:
            raise TooLong


def framed(message: bytes) -> bytes:
    """Return a message as it is sent."""
    return START + message + END
