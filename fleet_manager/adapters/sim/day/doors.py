"""Automatic doors: open when asked, close when nobody asks any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.application.ports import DoorOrder
from fleet_manager.domain.ids import DoorId
from fleet_manager.domain.messages import DoorPosition, DoorReport
from fleet_manager.domain.units import SECOND

#: Opening or closing takes so long.
TURN_MS: Final = 2_000
#: A door that should shut and is being passed looks again after so long.
PASSAGE_MS: Final = 1_000
#: Nobody asked for it to be open for so long: it shuts.
HOLD_MS: Final = 30 * SECOND


class DayDoor:
    """One door. A `stuck` door stays as it is; one without `power` says that it is offline.

    It does not shut on what is passing (EN 16005), whatever it is asked. `changed` is called at
    each change, `to_shut` when it was told to shut or not asked to stay open for too long, which
    is `lapsed`. A closed door that nobody asked for has nothing to say.
    """

    def __init__(
        self,
        door: DoorId,
        heap: Heap,
        *,
        beat_ms: int,
        say: Callable[[DoorReport], None],
        changed: Callable[[DayDoor], None],
        to_shut: Callable[[DayDoor], None],
        is_passed: Callable[[], bool],
    ) -> None:
        self.id = door
        self.position = DoorPosition.CLOSED
        self.stuck = False
        self.lapsed = False
        self._wanted = DoorPosition.CLOSED
        self._turning = False
        self._asked = heap.now
        self._lapses = False
        self._heap, self._beat_ms = heap, beat_ms
        self._say, self._changed, self._to_shut = say, changed, to_shut
        self._is_passed = is_passed
        self._waits = False
        self._beats = False
        self._said_at = heap.now

    def hear(self, order: DoorOrder) -> None:
        """Take over what the door should be."""
        self.lapsed = False
        if order.open:
            self._asked = self._heap.now
            self._await_lapse()
        self._want(DoorPosition.OPEN if order.open else DoorPosition.CLOSED)

    def is_to_shut(self) -> bool:
        """Whether it is shut, or would be if nobody passed."""
        return self._wanted is DoorPosition.CLOSED

    def go(self) -> None:
        """Begin to turn when it should and can."""
        self._keep_beating()
        if self.stuck or self._turning or self.position is self._wanted:
            return
        if self.position is DoorPosition.OPEN and self._is_passed():
            self._wait_for_passage()
            return
        self._turning = True
        self._set(DoorPosition.MOVING)
        self._heap.after(TURN_MS, self._turned)

    def tell(self) -> None:
        """Say what it is."""
        self._said_at = self._heap.now
        self._say(DoorReport(self.id, self.position))

    def _want(self, position: DoorPosition) -> None:
        if position is self._wanted:
            return
        self._wanted = position
        if self.is_to_shut():
            self._to_shut(self)
        self.go()

    def _await_lapse(self) -> None:
        if not self._lapses:
            self._lapses = True
            self._heap.at(self._asked + HOLD_MS + 1, self._lapse)

    def _lapse(self) -> None:
        self._lapses = False
        if self._heap.now - self._asked <= HOLD_MS:
            self._await_lapse()
        elif not self.is_to_shut():
            self.lapsed = True
            self._want(DoorPosition.CLOSED)

    def _wait_for_passage(self) -> None:
        """Look again soon whether it may shut."""
        if not self._waits:
            self._waits = True
            self._heap.after(PASSAGE_MS, self._look_again)

    def _look_again(self) -> None:
        self._waits = False
        self.go()

    def _turned(self) -> None:
        self._turning = False
        if self.stuck:
            return
        self._set(self._wanted)
        self.go()

    def _set(self, position: DoorPosition) -> None:
        self.position = position
        self._changed(self)
        self.tell()

    def _keep_beating(self) -> None:
        """Say again what it is, for as long as somebody wants to pass or might be passing."""
        if self._beats or self._is_at_rest():
            return
        self._beats = True
        self._heap.after(self._beat_ms, self._beat)

    def _beat(self) -> None:
        self._beats = False
        if self._heap.now - self._said_at >= self._beat_ms:
            self.tell()
        self._keep_beating()

    def _is_at_rest(self) -> bool:
        return self.position is DoorPosition.CLOSED and self._wanted is DoorPosition.CLOSED
