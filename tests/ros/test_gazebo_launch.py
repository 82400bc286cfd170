"""`launch/gazebo.launch.py`: what it would start is started, without ROS's launch.

A stand-in for the command `gz` runs the world, and one for `ros2` takes the bridge's place.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.ros.launching import started

pytestmark = [pytest.mark.ros, pytest.mark.timeout(120)]

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = ROOT / 'tests' / 'robot_nodes' / 'gazebo' / 'gz_stand_in.py'


def wait_for(condition: Callable[[], Any], running: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + 60.0
    while not condition():
        assert all(process.poll() is None for process in running), 'a program ended'
        assert time.monotonic() < deadline, 'it did not come about in time'
        time.sleep(0.2)


def last_truth(file: Path) -> dict[str, Any]:
    lines = file.read_text('utf-8').splitlines(keepends=True) if file.exists() else []
    whole = [line for line in lines if line.endswith('\n')]
    return json.loads(whole[-1]) if whole else {}


def is_ready(port: str) -> bool:
    try:
        return httpx.get(f'http://127.0.0.1:{port}/readyz', timeout=1.0).status_code == 200
    except httpx.HTTPError:
        return False


def test_it_starts_gz_sim_the_bridge_the_building_the_robots_and_the_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PYTHONPATH', str(ROOT))
    monkeypatch.setenv('GZ_PARTITION', f'test-{os.getpid()}')
    monkeypatch.setenv('ROS_DOMAIN_ID', str(20 + random.randrange(80)))
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    commands = tmp_path / 'bin'
    commands.mkdir()
    for name, script in (
        ('gz', f'exec {sys.executable} {STAND_IN} "$@"'),
        ('ros2', f'echo "$@" > {tmp_path}/bridged; exec sleep 1000'),
    ):
        (commands / name).write_text(f'#!/bin/sh\n{script}\n')
        (commands / name).chmod(0o755)
    monkeypatch.setenv('PATH', str(commands), prepend=os.pathsep)
    state, port = tmp_path / 'state', str(18_000 + os.getpid() % 10_000)
    processes = started(
        'gazebo.launch.py',
        monkeypatch,
        robots='r1,r2',
        speed='4.0',
        port=port,
        state_dir=str(state),
    )
    running: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / 'log').open('wb')
    try:
        running.extend(
            subprocess.Popen(
                process.cmd, env={**os.environ, **process.additional_env}, stdout=log, stderr=log
            )
            for process in processes
        )
        wait_for(lambda: last_truth(state / 'truth.jsonl').get('seconds', 0.0) > 1.0, running)
        wait_for(lambda: is_ready(port), running)
    finally:
        for program in running:
            program.terminate()
        for program in running:
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        log.close()
    assert set(last_truth(state / 'truth.jsonl')['robots']) == {'r1', 'r2'}
    _, *options, file = (tmp_path / 'bridged').read_text().replace(':=', ' ').split()
    assert options[:2] == ['ros_gz_bridge', 'parameter_bridge']
    assert yaml.safe_load(Path(file).read_text('utf-8'))
