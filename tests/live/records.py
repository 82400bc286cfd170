"""What the journal of a hospital has to show, whatever was killed: read it back and check.

Nothing of the kernel is believed here: holdings, ends and custody are counted anew from the lines.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet_manager.adapters.db.reader import MAX_LIMIT, JournalReader
from fleet_manager.application.kernel import Kernel
from fleet_manager.application.ports import StoredEntry
from tests.live.hospital import LiveHospital
from tests.live.ward import Promise

#: What ends a delivery.
END_KINDS = ('DeliveryReceived', 'ParcelReturned', 'DeliveryCancelled', 'DeliveryExpired')
#: What has to stand in the journal for an acknowledged act of people.
PROOF = {
    'ask': 'DeliveryRequested',
    'open': 'OpeningAuthorised',
    'sign': 'DeliveryReceived',
    'take': 'PorterTook',
    'cancel': 'DeliveryCancelled',
    'rate': 'DeliveryRated',
}


@dataclass(frozen=True)
class Line:
    """One line of the journal, read."""

    seq: int
    at: int
    kind: str
    delivery: str | None
    robot: str | None
    body: dict[str, Any]


@dataclass(frozen=True)
class Records:
    """The whole journal of a hospital and the tables beside it. The hash chain is whole."""

    hospital: LiveHospital
    lines: list[Line] = field(default_factory=list)
    stored: list[StoredEntry] = field(default_factory=list)

    @classmethod
    def of(cls, hospital: LiveHospital) -> Records:
        """Read everything, beside a running manager, as it is at one moment."""
        records = cls(hospital)
        records.copy.unlink(missing_ok=True)
        uri = f'file:{hospital.state / "fleet.db"}?mode=ro'
        with (
            closing(sqlite3.connect(uri, uri=True)) as source,
            closing(sqlite3.connect(records.copy)) as target,
        ):
            source.backup(target)
        reader = JournalReader(f'sqlite:///{records.copy}')
        try:
            report = reader.verify()
            assert report.first_bad is None, report
            while more := reader.entries(len(records.stored), MAX_LIMIT):
                records.stored.extend(more)
        finally:
            reader.close()
        assert len(records.stored) == report.count
        for s in records.stored:
            e = s.entry
            line = Line(s.seq, e.at, e.kind, e.delivery, e.robot, json.loads(e.body))
            records.lines.append(line)
        return records

    @property
    def copy(self) -> Path:
        """The database as it was when it was read."""
        return self.hospital.folder / 'records.db'

    def of_delivery(self, delivery: str) -> list[Line]:
        """Return what happened to one delivery."""
        return [line for line in self.lines if line.delivery == delivery]

    def kinds(self) -> Counter[str]:
        """Return how often each kind of event happened."""
        return Counter(line.kind for line in self.lines)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read a table past the store."""
        with closing(sqlite3.connect(self.copy)) as connection:
            return connection.execute(query).fetchall()

    # --- rules ----------------------------------------------------------------------------------

    def check(self, promised: Iterable[Promise] = ()) -> None:
        """Check every rule that holds for every journal."""
        lost = self.lost(promised)
        assert not lost, lost
        self.check_exclusion()
        self.check_custody()
        self.check_epochs()
        self.check_snapshots()

    def lost(self, promised: Iterable[Promise]) -> list[Promise]:
        """Return what was acknowledged to people and is not in the journal."""
        asked = {
            (line.body['key'], line.delivery)
            for line in self.lines
            if line.kind == 'DeliveryRequested'
        }
        happened = {(line.kind, line.delivery) for line in self.lines}
        return [
            p
            for p in promised
            if (PROOF[p.verb], p.delivery) not in happened
            or (p.verb == 'ask' and (p.key, p.delivery) not in asked)
        ]

    def check_ended_once(self) -> int:
        """Each delivery was asked for once and ended once; return how many there are."""
        asked = Counter(line.delivery for line in self.lines if line.kind == 'DeliveryRequested')
        ends = Counter(line.delivery for line in self.lines if line.kind in END_KINDS)
        assert set(asked.values()) <= {1}, asked
        assert ends == asked, {d: ends[d] for d in asked if ends[d] != 1}
        keys = Counter(
            (line.body['actor']['account'], line.body['key'])
            for line in self.lines
            if line.kind == 'DeliveryRequested'
        )
        assert set(keys.values()) <= {1}, 'one key, two deliveries'
        return len(asked)

    def check_exclusion(self) -> None:
        """Nobody was let onto what another one held; a place is freed by its holder only."""
        held: dict[str, str] = {}
        for line in self.lines:
            for resource in line.body.get('claims') or ():
                if line.kind in ('RobotPlaced', 'HopsReleased'):
                    assert resource not in held, f'{line} but {held[resource]} is there'
                    held[resource] = str(line.robot)
            if line.kind == 'NodeReached':
                for resource in line.body['frees']:
                    assert held.pop(resource, None) == line.robot, f'{line}: not its own'

    def check_custody(self) -> None:
        """Sender to robot to recipient, once each, without a gap; opened by signature only."""
        rows = self.rows('SELECT delivery, seq, from_holder, to_holder, signed_by FROM custody')
        chain: dict[str, list[tuple[str, str, str]]] = {}
        for delivery, seq, giver, taker, signed in sorted(rows):
            assert seq == len(chain.setdefault(delivery, [])) + 1
            chain[delivery].append((giver, taker, signed))
        kinds = self.kinds()
        assert len(rows) == kinds['ParcelLoaded'] + kinds['ParcelTaken']
        grants: set[tuple[str | None, int]] = set()
        for line in self.lines:
            if line.kind == 'OpeningAuthorised':
                grants.add((line.robot, line.body['grant']))
            elif line.kind == 'CompartmentOpened':
                assert (line.robot, line.body['grant']) in grants, line
            elif line.kind == 'DeliveryReceived':
                (sender, robot, _), (same, _, _) = chain[str(line.delivery)]
                assert robot == same, line
                assert sender.startswith('sender:'), line

    def check_epochs(self) -> None:
        """Each manager has a higher number than every one before, and writes under no other."""
        starts = [line.body['epoch'] for line in self.lines if line.kind == 'ManagerStarted']
        assert starts == sorted(set(starts))
        epochs = [stored.epoch for stored in self.stored]
        assert epochs == sorted(epochs)

    def check_snapshots(self) -> None:
        """The state read back from a snapshot is the one the whole journal gives."""
        entries = [stored.entry for stored in self.stored]
        for seq, body in self.rows('SELECT seq, body FROM snapshot'):
            whole = Kernel.restore(
                self.hospital.hospital, snapshot=None, entries=entries[:seq]
            ).snapshot()
            assert whole == body, f'the snapshot after {seq} is not what the journal says'
