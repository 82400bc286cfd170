"""The hash chain: each journal line carries the hash of the line before it.

hash = SHA-256(previous hash, line feed, canonical JSON of [seq, at, epoch, actor, kind, delivery,
robot, body]), with the form of the line at the end of it where that is not the first: such a line
holds commitments to names and texts (sealing.py), which stay when those are erased. A changed,
removed or inserted line breaks the chain at its number. A cut tail, or a chain forged from some
line on, is only seen against a head that was noted outside the database.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Final

from fleet_manager.adapters.db.sealing import CLEAR, SEALED
from fleet_manager.application.ports import Entry, StoredEntry

#: The previous hash of the first line.
GENESIS: Final = '0' * 64

_LINE: Final = json.JSONEncoder(separators=(',', ':'), ensure_ascii=True, allow_nan=False)


class ChainBroken(Exception):
    """The journal is not what was written: `seq` is the first line that does not fit."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(f'journal line {seq}: {problem}')
        self.seq = seq
        self.problem = problem


def line_hash(prev_hash: str, seq: int, epoch: int, entry: Entry, form: int = CLEAR) -> str:
    """Return the hash of a journal line as it was written."""
    fields: list[object] = [
        seq,
        entry.at,
        epoch,
        entry.actor,
        entry.kind,
        entry.delivery,
        entry.robot,
        entry.body,
    ]
    if form != CLEAR:
        fields.append(form)
    line = _LINE.encode(fields)
    return sha256(f'{prev_hash}\n{line}'.encode()).hexdigest()


def snapshot_hash(head_hash: str, body: str) -> str:
    """Return the hash of a snapshot: bound to the line after which it was taken."""
    return sha256(f'{head_hash}\n{body}'.encode()).hexdigest()


class Chain:
    """The end of a chain that is checked, or written, line by line."""

    __slots__ = ('epoch', 'hash', 'seq')

    def __init__(self, seq: int = 0, head_hash: str = GENESIS, epoch: int = 0) -> None:
        self.seq = seq
        self.hash = head_hash
        self.epoch = epoch

    def follow(self, stored: StoredEntry) -> None:
        """Step to the next line. Raises ChainBroken when it does not continue the chain."""
        wanted = self.seq + 1
        if stored.seq != wanted:
            raise ChainBroken(wanted, f'is missing, the next one is {stored.seq}')
        if stored.prev_hash != self.hash:
            raise ChainBroken(wanted, 'does not continue the line before it')
        try:
            hash_now = line_hash(self.hash, stored.seq, stored.epoch, stored.entry, stored.form)
        except (TypeError, ValueError):  # SQLite stores a blob where a text belongs
            hash_now = ''
        if hash_now != stored.hash:
            raise ChainBroken(wanted, 'was changed after it was written')
        if stored.epoch < self.epoch:
            raise ChainBroken(wanted, f'has epoch {stored.epoch} after epoch {self.epoch}')
        self.seq, self.hash, self.epoch = stored.seq, stored.hash, stored.epoch

    def append(self, entry: Entry, *, epoch: int) -> StoredEntry:
        """Make the next line, of a sealed entry, and step to it."""
        seq = self.seq + 1
        hash_now = line_hash(self.hash, seq, epoch, entry, SEALED)
        stored = StoredEntry(seq, epoch, entry, self.hash, hash_now, SEALED)
        self.seq, self.hash, self.epoch = seq, stored.hash, epoch
        return stored

    def copy(self) -> Chain:
        """Return a copy, to be kept only when the lines are committed."""
        return Chain(self.seq, self.hash, self.epoch)
