"""Maps: how long the reference hospital takes to check and compile, and a clinic to import.

The reference hospital is `maps/general_hospital`, 2,000 beds. The clinic is that of Open-RMF's
demos; its file is not part of this repository: `FLEET_RMF_MAPS` names the folder that has it, and
without it that line is left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, spread
from benchmarks.running_demo import ROOT
from fleet_manager.adapters.files.compiled import load_compiled, save_compiled
from fleet_manager.adapters.files.drawing import draw_svg
from fleet_manager.adapters.files.hospital import check_folder, load_hospital
from fleet_manager.adapters.files.importing import import_rmf
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.settings import SHIPPED_MAPS

REFERENCE: Final = SHIPPED_MAPS / 'general_hospital'
#: Where the maps of Open-RMF's demos are, as the tests look for them.
RMF_MAPS: Final = Path(os.environ.get('FLEET_RMF_MAPS', ROOT.parent / 'shared/data/rmf_maps'))

#: Prints what a program's memory grows by, in MB, when it has the reference hospital compiled.
_GROWTH: Final = """
import sys
from pathlib import Path
import psutil
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.maps.compile import compile_hospital
before = psutil.Process().memory_info().rss
hospital = load_hospital(Path(sys.argv[1]))
compiled = compile_hospital(hospital)
print((psutil.Process().memory_info().rss - before) / 1e6)
"""


def run(quick: bool) -> list[Figure]:
    times = 3 if quick else 10
    hospital = load_hospital(REFERENCE)
    size = f'{len(hospital.nodes):,} nodes, {len(hospital.floors)} floors'
    with tempfile.TemporaryDirectory() as folder:
        save_compiled(Path(folder), compile_hospital(hospital))
        cached = _times(lambda: load_compiled(Path(folder), hospital), times)
    found = [
        (
            'check',
            f'`fleet map check` of the reference hospital ({size}), from its files',
            f'参考医院（{size}）从文件到 `fleet map check` 结果',
            _times(lambda: check_folder(REFERENCE), times),
        ),
        (
            'compile',
            'Compile it: graph, lane groups, conflicts, articulation points',
            '编译：导航图、车道组、冲突、割点',
            _compile_times(hospital, times),
        ),
        ('cached', 'The same from the cache', '同上，取自缓存', cached),
        (
            'draw',
            'Draw all its floors as SVG',
            '将全部楼层绘制为 SVG',
            _times(lambda: draw_svg(hospital, [], lang='en'), times),
        ),
    ]
    clinic = RMF_MAPS / 'clinic.building.yaml'
    if clinic.is_file():
        text = clinic.read_text()
        found.append(
            (
                'import',
                'Import Open-RMF’s clinic (784 vertices, 2 floors), repairs included',
                '导入 Open-RMF 诊所地图（784 个顶点，2 层），含修复',
                _times(lambda: import_rmf(text, name='clinic'), times),
            )
        )
    else:
        print(f'(no {clinic}: import is not measured)', end=' ')
    figures = [
        Figure(f'maps.{key}', en, zh, 'ms', spread(took, factor=1e3), len(took))
        for key, en, zh, took in found
    ]
    figures.append(
        Figure(
            'maps.memory',
            'Memory of the reference hospital, compiled',
            '参考医院（已编译）占用内存',
            'MB',
            {'': _growth()},
        )
    )
    return figures


def _compile_times(hospital: Hospital, times: int) -> list[float]:
    """Each time as another version, because one that is known is not compiled again."""
    versions = iter([replace(hospital, version=f'{n}') for n in range(times)])
    return _times(lambda: compile_hospital(next(versions)), times)


def _times(work: Callable[[], object], times: int) -> list[float]:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return took


def _growth() -> float:
    command = [sys.executable, '-c', _GROWTH, str(REFERENCE)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
