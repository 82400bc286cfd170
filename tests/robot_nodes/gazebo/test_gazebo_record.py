"""A drive as MCAP, read back with the library that viewers use."""

from __future__ import annotations

import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from mcap.reader import make_reader

from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.record import FRAME, write_mcap
from tests.robot_nodes.gazebo.ward import WARD

BEGIN = 1_767_571_200_000
YAW = 0.5


def moment(step: int) -> dict[str, Any]:
    """Return a line of truth.jsonl: r1 drives along x, the door opens."""
    return {
        'at': BEGIN + 200 * step,
        'seconds': 0.2 * step,
        'wall': 0.0,
        'robots': {'r1': [0.1 * step, 2.0, 0.0, YAW, 'F1', '']},
        'lifts': {},
        'doors': {'door': step / 4},
        'walkers': {},
    }


TRUTH = [moment(step) for step in range(5)]
JOURNAL = [
    (BEGIN + 650, 'NodeReached', {'robot': 'r1', 'sequence': 2}),
    (BEGIN + 150, 'RobotPlaced', {'robot': 'r1', 'name': '一号'}),
]


@pytest.fixture
def drive(tmp_path: Path) -> bytes:
    out = tmp_path / 'drive.mcap'
    assert write_mcap(out, WARD, TRUTH, JOURNAL) == 1 + 2 * len(TRUTH) + len(JOURNAL)
    return out.read_bytes()


def messages(drive: bytes, topic: str) -> list[tuple[int, dict[str, Any]]]:
    """Return (UTC ms, message) of a topic, as they stand in the file."""
    reader = make_reader(io.BytesIO(drive))
    found = reader.iter_messages(topics=[topic], log_time_order=False)
    return [(one.log_time // 1_000_000, json.loads(one.data)) for _, _, one in found]


def test_topics_have_the_schemas_that_viewers_know(drive: bytes) -> None:
    summary = make_reader(io.BytesIO(drive)).get_summary()
    assert summary is not None
    topics = {
        one.topic: (one.message_encoding, summary.schemas[one.schema_id].name)
        for one in summary.channels.values()
    }
    assert topics == {
        '/scene': ('json', 'foxglove.SceneUpdate'),
        '/journal': ('json', 'foxglove.Log'),
        '/truth': ('json', 'hospital_fleet.Truth'),
    }
    for schema in summary.schemas.values():
        assert schema.encoding == 'jsonschema'
        assert json.loads(schema.data)['type'] == 'object'


def test_messages_stand_in_the_order_of_their_times(drive: bytes) -> None:
    reader = make_reader(io.BytesIO(drive))
    times = [one.log_time for _, _, one in reader.iter_messages(log_time_order=False)]
    assert times == sorted(times)
    assert times[0] == BEGIN * 1_000_000


def test_robots_and_doors_are_where_they_truly_were(drive: bytes) -> None:
    scenes = messages(drive, '/scene')[1:]
    assert [at for at, _ in scenes] == [one['at'] for one in TRUTH]
    for step, (_, scene) in enumerate(scenes):
        entities = {one['id']: one for one in scene['entities']}
        assert set(entities) == {'robot r1', 'door door'}
        robot = entities['robot r1']
        assert robot['frame_id'] == FRAME
        (cube,) = robot['cubes']
        pose, body = cube['pose'], WARD.robots[next(iter(WARD.robots))]
        assert pose['position'] == {'x': 0.1 * step, 'y': 2.0, 'z': body.height / 2}
        assert 2 * math.asin(pose['orientation']['z']) == pytest.approx(YAW)
        assert cube['size'] == {'x': body.length, 'y': body.width, 'z': body.height}
        assert robot['texts'][0]['text'] == 'r1'
    widths = [one['entities'][1]['cubes'][0]['size']['x'] for _, one in scenes]
    assert widths == sorted(widths, reverse=True)


def test_the_truth_is_there_as_it_was_written(drive: bytes) -> None:
    assert messages(drive, '/truth') == [(one['at'], one) for one in TRUTH]


def test_the_journal_is_told_with_its_times_and_in_any_language(drive: bytes) -> None:
    lines = messages(drive, '/journal')
    assert [(at, line['name']) for at, line in lines] == [
        (BEGIN + 150, 'RobotPlaced'),
        (BEGIN + 650, 'NodeReached'),
    ]
    _, first = lines[0]
    assert first['message'] == 'RobotPlaced {"robot": "r1", "name": "一号"}'
    assert first['timestamp'] == {'sec': BEGIN // 1_000, 'nsec': 150_000_000}


def test_without_the_library_it_is_said_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, 'mcap.writer', None)
    with pytest.raises(EngineError, match='^MCAP files need the package mcap: pip install mcap$'):
        write_mcap(tmp_path / 'drive.mcap', WARD, TRUTH, JOURNAL)
    assert not (tmp_path / 'drive.mcap').exists()
