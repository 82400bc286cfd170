"""Hospitals in Gazebo: how fast they run, how well robots drive, how near simulated days come.

The engine alone: from its start until the first step, and simulated seconds a second while 1, 8
and 20 robots turn slowly (the small hospital; 20 in two floors of the reference hospital). Then a
whole hospital of real processes, as in `tests/gazebo`: four robots deliver one
parcel after the other on three floors, and stop for a person who stands in the corridor.

Fidelity: what the hops, trips and lift rides of that drive took, beside what a simulated day takes
for the very same ones, with its own figures and with those fitted to this drive (`fleet gazebo
calibrate`). Errors are in percent of what was measured.

`--quick` drives two deliveries. Needs Gazebo: `fleet gazebo install`.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, percentile
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.application.days import fidelity
from fleet_manager.application.days.scenario import Motion
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.gazebo.kept import journal_of_drive
from fleet_manager.entry.settings import SHIPPED_MAPS
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.engines import open_engine
from tests.gazebo.house import GazeboHospital, with_floors
from tests.live.ward import Ward

HOMES: Final = {
    'r1': 'L1.charge-1',
    'r2': 'L1.charge-2',
    'r3': 'L2.charge-1',
    'r4': 'L3.charge-1',
}
WAYS: Final = (
    ('supply', 'stores', 'pharmacy'),
    ('drug', 'pharmacy', 'n2e'),
    ('specimen', 'n2e', 'lab'),
    ('blood', 'lab', 'theatre'),
    ('supply', 'theatre', 'stores'),
    ('meal', 'kitchen', 'n3w'),
    ('supply', 'n3w', 'cssd'),
    ('sterile', 'cssd', 'n2w'),
)
VISITOR: Final = {'name': 'visitor', 'kind': 'person', 'floor': 'L1', 'at': [30.0, 7.55]}
#: Simulated seconds the engine alone is timed for.
TIMED: Final = 20.0


def run(quick: bool) -> list[Figure]:
    """Measure the engine, then the whole."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_engine(Path(folder)), *_drive(Path(folder) / 'drive', WAYS[: 2 if quick else 8])]


def _engine(folder: Path) -> list[Figure]:
    starts, factors = {}, {}
    tower = load_hospital(with_floors(folder, 'general_hospital', ('B1', 'F4')))
    small = load_hospital(SHIPPED_MAPS / 'small_hospital')
    for hospital, robots in ((small, 1), (small, 8), (tower, 20)):
        name = f'{robots} robots' if robots > 1 else '1 robot'
        starts[name], factors[name] = _timed(hospital, robots, folder / name.replace(' ', '-'))
    return [
        Figure(
            'gazebo.start',
            'Gazebo alone: start to first step',
            '仅 Gazebo：启动到首步',
            's',
            starts,
        ),
        Figure(
            'gazebo.factor',
            'Gazebo alone: simulated seconds a second, robots moving',
            '仅 Gazebo：机器人运动时的仿真倍速',
            '×',
            factors,
        ),
    ]


def _timed(hospital: Hospital, robots: int, folder: Path) -> tuple[float, float]:
    folder.mkdir()
    scene = build_scene(hospital, robots=list(hospital.robots)[:robots])
    began = time.perf_counter()
    engine = open_engine('auto', scene, folder=folder)
    try:
        engine.start()
        engine.step(1)
        started = time.perf_counter() - began
        for robot in scene.robots.values():
            engine.drive(robot.model, ahead=0.02, turn=0.3)
        engine.step(100)
        began = time.perf_counter()
        for _ in range(round(TIMED / 0.05)):
            engine.step(round(0.05 / engine.dt))
        return started, TIMED / (time.perf_counter() - began)
    finally:
        engine.close()


def _drive(folder: Path, ways: Sequence[tuple[str, str, str]]) -> list[Figure]:
    with (
        GazeboHospital(folder, homes=HOMES, walkers=[VISITOR], warm=False) as house,
        Ward(house) as ward,
    ):
        ward.wait_for_robots(len(HOMES))
        for way in ways:
            ward.serve(ward.ask(*way))
        gap = _stop_distance(house, ward)
        house.judge(ward)
        truth, state = house.truth(), house.state
        scene = build_scene(house.hospital)
        lines = {
            floor: [one.landings[floor].line for one in scene.lifts.values()]
            for floor in house.hospital.floors
        }
        errors, clear = truth.lane_errors(), truth.cabin_clearances(lines)
        factor = truth.real_time_factor()
        events = journal_of_drive(state)
    return [
        Figure(
            'gazebo.whole',
            'Whole hospital in Gazebo (4 robots, manager, ROS 2): simulated seconds a second',
            '整院在 Gazebo 中（4 台机器人、管理器、ROS 2）：仿真倍速',
            '×',
            {'': factor},
        ),
        Figure(
            'gazebo.lane',
            'Off the middle of the lane, driving straight',
            '直行时偏离车道中线',
            'cm',
            {
                'p50': 100 * statistics.median(errors),
                'p99': 100 * percentile(errors, 0.99),
                'max': 100 * max(errors),
            },
            len(errors),
        ),
        Figure(
            'gazebo.cabin',
            'Room beside a robot in the doorway of a lift, least',
            '机器人通过电梯门时两侧最小间隙',
            'cm',
            {'': 100 * min(clear, default=math.nan)},
            len(clear),
        ),
        Figure(
            'gazebo.stop',
            'Distance at which a robot stops for a person',
            '机器人为行人停车的距离',
            'm',
            {'': gap},
        ),
        *_fidelity(house.hospital, events),
    ]


def _stop_distance(house: GazeboHospital, ward: Ward) -> float:
    """Return how far from a person in its way a robot has stopped, body to body, in metres."""
    name = ward.ask('supply', 'stores', 'pharmacy')
    ward.serve(name, until='under_way')
    robot = ward.delivery(name)['robot']
    house.walk('visitor', to=(30.0, 8.4))
    house.wait_blocked(robot)
    gap = house.gap(robot, 'visitor')
    house.walk('visitor', to=(30.0, 7.55))
    ward.serve(name)
    return gap


def _fidelity(hospital: Hospital, events: Sequence[tuple[object, object]]) -> list[Figure]:
    driven = fidelity.drives(hospital, events)  # type: ignore[arg-type]
    rides = fidelity.rides(hospital, events)  # type: ignore[arg-type]
    figures = []
    for key, motion, en, zh in (
        ('day', Motion(), 'as a day computes it', '按仿真日默认参数'),
        ('fitted', fidelity.fit(driven), 'with figures fitted to it', '按拟合参数'),
    ):
        trips = [(t.seconds, t.computed) for t in fidelity.trips(driven, motion)]
        figures.append(
            Figure(
                f'gazebo.trips.{key}',
                f'Simulated day against Gazebo, error of a trip, {en}',
                f'仿真日与 Gazebo 对比，行程时间误差，{zh}',
                '%',
                _errors(trips),
                len(trips),
            )
        )
    ridden = [(r.seconds, r.computed) for r in rides]
    figures.append(
        Figure(
            'gazebo.rides',
            'Simulated day against Gazebo, error of a lift ride',
            '仿真日与 Gazebo 对比，乘梯时间误差',
            '%',
            _errors(ridden),
            len(ridden),
        )
    )
    return figures


def _errors(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    off = [100 * abs(computed - measured) / measured for measured, computed in pairs if measured]
    total = 100 * (sum(c for _, c in pairs) / sum(m for m, _ in pairs) - 1)
    return {
        'p50': statistics.median(off),
        'p90': percentile(off, 0.9),
        'all together': total,
    }
