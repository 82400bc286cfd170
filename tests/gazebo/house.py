"""A whole hospital of real processes whose floors, lifts and doors are in Gazebo.

    with GazeboHospital(folder, homes={'r1': 'L1.charge-1'}) as house, Ward(house) as ward:
        name = ward.ask('drug', 'pharmacy', 'n2e')
        ward.serve(name)
        house.judge(ward)

Robots, lifts, doors and the manager are the very programs of `LiveHospital`; only the world is
another. The engine is the best one of this machine, or that of FLEET_GAZEBO_ENGINE; the errors of
sensors come of FLEET_GAZEBO_SEED, else of 1.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from fleet_manager.entry.settings import SHIPPED_MAPS
from tests.gazebo.judge import Moment, Truth, newest, summary
from tests.live.hospital import LiveHospital, Program, wait_until
from tests.live.records import Records
from tests.live.ward import Ward

HERE = Path(__file__).resolve().parent
ENGINE = os.environ.get('FLEET_GAZEBO_ENGINE', 'auto')
#: What the errors of the robots' sensors are drawn from.
SEED = os.environ.get('FLEET_GAZEBO_SEED', '1')
#: Simulated seconds a second at most; a busy machine is slower.
SPEED = 16.0
#: Metres from the middle of a standard robot to its front, and of a person to its side.
HALF_ROBOT, HALF_PERSON = 0.3, 0.25


#: Hospitals that run, and the one that was ended last: what a failure is about.
OPEN: list[GazeboHospital] = []


class GazeboHospital(LiveHospital):
    """`walkers` are the people and beds: name, kind, floor, at, and perhaps yaw."""

    def __init__(
        self,
        folder: Path,
        *,
        walkers: Sequence[Mapping[str, object]] = (),
        speed: float = SPEED,
        **how: Any,
    ) -> None:
        super().__init__(folder, speed=speed, engine=ENGINE, walkers=walkers, **how)
        self.world_program.command = [*self.world_program.command, '--seed', SEED]
        self._hand: subprocess.Popen[str] | None = None
        self.seed = SEED

    def __enter__(self) -> GazeboHospital:
        super().__enter__()
        try:
            self._hand = subprocess.Popen(
                [sys.executable, str(HERE / 'hand.py')],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._done()
        except BaseException:
            self._end()
            raise
        OPEN[:] = [house for house in OPEN if not house.is_over] + [self]
        return self

    @property
    def factor(self) -> float:
        """Simulated seconds a second of wall time, so far."""
        truth = self.truth()
        return truth.real_time_factor() if truth.moments else 0.0

    @property
    def is_over(self) -> bool:
        """Whether its world was ended."""
        return not self.world_program.runs

    def _end(self) -> list[str]:
        if self._hand is not None:
            with self._hand:
                assert self._hand.stdin is not None
                self._hand.stdin.close()
        return super()._end()

    @property
    def world_program(self) -> Program:
        """The process of the world, with Gazebo beneath it."""
        return self.programs['world']

    # --- hands ----------------------------------------------------------------------------------

    def walk(self, walker: str, *, to: tuple[float, float], speed: float = 1.0) -> None:
        """Send a person or a bed somewhere on its floor."""
        self._ask({'walk': {'walker': walker, 'to': to, 'speed': speed}})

    def force(self, lift: str, mode: str) -> None:
        """Turn a lift's key switch: fire, emergency, offline, or '' for normal."""
        self._ask({'lift': lift, 'mode': mode})

    def _ask(self, what: Mapping[str, object]) -> None:
        assert self._hand is not None
        assert self._hand.stdin is not None
        self._hand.stdin.write(json.dumps(what) + '\n')
        self._hand.stdin.flush()
        self._done()

    def _done(self) -> None:
        assert self._hand is not None
        assert self._hand.stdout is not None
        assert self._hand.stdout.readline() == 'done\n', 'the hand has failed'

    # --- what was seen --------------------------------------------------------------------------

    def truth(self) -> Truth:
        """Return where everything has been."""
        return Truth.of(self)

    def newest(self) -> Moment:
        """Return where everything is."""
        return newest(self)

    def now(self) -> int:
        """Return the time of the simulation in UTC milliseconds, as of the newest moment."""
        return self.newest().at

    def wait_simulated(self, seconds: float) -> None:
        """Let simulated time pass."""
        until = self.now() + 1_000 * seconds
        while self.now() < until:
            time.sleep(0.1)

    def wait_blocked(self, robot: str) -> None:
        """Wait until a robot says that something is in its way."""
        wait_until(
            lambda: 'blocked' in self.robot_states()[robot]['errors'],
            seconds=60.0,
            what='the robot says that it is blocked',
        )

    def gap(self, robot: str, person: str) -> float:
        """Return how far a robot is from a person in front of it, body to body, in metres."""
        now = self.newest()
        place = now.robots[robot]
        return math.dist((place.x, place.y), now.walkers[person]) - HALF_ROBOT - HALF_PERSON

    def judge(self, ward: Ward) -> None:
        """Nothing touched anything, nobody was where it may not be, custody is whole."""
        self.assert_nothing_forbidden_happened()
        truth, records = self.truth(), Records.of(self)
        records.check(ward.promised)
        nearest = truth.assert_nobody_overlaps()
        truth.assert_everybody_is_where_it_may_be(records)
        errors = truth.assert_lanes_are_kept()
        print(
            f'{truth.moments[-1].seconds:.0f} s at {truth.real_time_factor():.1f} x real time, '
            f'{len(truth.moments[-1].robots)} robots, nearest {nearest:.2f} m, '
            f'off the lane (p50 / p99 / max) {summary(errors)}'
        )


def with_floors(folder: Path, hospital: str, floors: Sequence[str]) -> Path:
    """Copy a shipped hospital with some of its floors only; return the folder."""
    place = folder / hospital
    shutil.copytree(SHIPPED_MAPS / hospital, place)
    file = place / 'hospital.yaml'
    whole = yaml.safe_load(file.read_text())
    whole['floors'] = [f'{floor}.yaml' for floor in floors]
    for lift in whole['lifts'].values():
        lift['stops'] = {f: stop for f, stop in lift['stops'].items() if f in floors}
    file.write_text(yaml.safe_dump(whole, allow_unicode=True))
    return place
