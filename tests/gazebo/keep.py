"""Keeps what explains a failed drive: logs, journal, MCAP, a picture of its last second."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

from fleet_manager.entry.gazebo.kept import (
    hospital_of_drive,
    lines_of_drive,
    truth_of_drive,
    walkers_of_drive,
)
from robot_nodes.gazebo.build import build_scene
from robot_nodes.gazebo.plan import draw_world
from robot_nodes.gazebo.record import write_mcap

#: Below the repository, and not under version control.
KEPT = Path(__file__).resolve().parents[2] / 'build' / 'gazebo'


def keep(test: str, state: Path, *, seed: str, factor: float) -> Path:
    """Keep a drive under the name of a test; return the folder."""
    folder = KEPT / re.sub(r'[^A-Za-z0-9]+', '-', test.rpartition('/')[2]).strip('-')
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(state / 'logs', folder / 'logs')
    for name in ('truth.jsonl', 'world.sdf', 'gazebo.log', 'hospital.json', 'walkers.json'):
        if (state / name).is_file():
            shutil.copy(state / name, folder / name)
    journal = lines_of_drive(state)
    with (folder / 'journal.jsonl').open('w', encoding='utf-8') as out:
        for at, kind, body in journal:
            out.write(json.dumps({'at': at, 'kind': kind, 'body': body}) + '\n')
    scene = build_scene(hospital_of_drive(state, None), walkers=walkers_of_drive(state))
    truth = truth_of_drive(state)
    write_mcap(folder / 'drive.mcap', scene, truth, journal)
    if truth and (state / 'world.sdf').is_file():
        world = ET.parse(state / 'world.sdf')
        for model in world.iter('model'):
            for name, (x, y, z, yaw, *_) in truth[-1]['robots'].items():
                if model.get('name') == scene.robots[name].model:
                    pose = model.find('pose')
                    assert pose is not None
                    pose.text = f'{x} {y} {z} 0 0 {yaw}'
        for level, drawing in draw_world(ET.tostring(world.getroot(), encoding='unicode')).items():
            (folder / f'last_second_{level}.svg').write_text(drawing, encoding='utf-8')
    (folder / 'reproduce.txt').write_text(
        f'FLEET_GAZEBO_SEED={seed} .venv/bin/pytest "{test}"\n'
        f'{factor:.1f} x real time; open drive.mcap in Lichtblick or Foxglove\n',
        encoding='utf-8',
    )
    return folder
