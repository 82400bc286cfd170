"""How figures are summed up and published; measuring itself is `make bench`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.figure import Figure, percentile, spread
from benchmarks.machine import Machine

MACHINE = Machine('some CPU', 2, 24.0, 'some Linux', '3.11.7')
OTHER = Machine('another CPU', 8, 64.0, 'some Linux', '3.11.7')
TAP = Figure('assignment.accepted', 'Tap', '点击', 'ms', {'p50': 12.34, 'p99': 40.0}, 60)
MARKED = '# Fleet\n\n<!-- figures -->\nold\n<!-- /figures -->\nend\n'


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(report, 'ROOT', tmp_path)
    monkeypatch.setattr(report, 'RESULTS', tmp_path / 'results.json')
    return tmp_path


@pytest.mark.parametrize(
    ('share', 'value'), [(0.5, 50), (0.99, 99), (1.0, 100), (0.01, 1), (0.0, 1)]
)
def test_a_percentile_is_a_sample_that_was_measured(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value


def test_few_samples_have_a_maximum_and_no_p99() -> None:
    assert spread([3.0, 1.0, 2.0]) == {'p50': 2.0, 'max': 3.0}
    assert set(spread([1.0] * 50)) == {'p50', 'p99'}


@pytest.mark.parametrize(
    ('value', 'text'),
    [(0.0, '0 s'), (0.0123, '0.01 s'), (1.234, '1.23 s'), (12.34, '12.3 s'), (36_490, '36,500 s')],
)
def test_three_significant_figures_are_enough(value: float, text: str) -> None:
    assert Figure('k', 'e', 'z', 's', {'': value}).text() == text


def test_the_table_replaces_what_is_between_the_markers_in_both_languages(root: Path) -> None:
    for name in ('README.md', 'README.zh.md'):
        (root / name).write_text(MARKED)
    report.keep('assignment', [TAP], MACHINE, quick=False, busy=False)
    assert report.publish() == ['README.md', 'README.zh.md']
    english = (root / 'README.md').read_text()
    assert english.startswith('# Fleet\n\n<!-- figures -->\n| measured | result |\n|---|---|\n')
    assert '| Tap | p50 12.3 ms · p99 40.0 ms |\n' in english
    assert 'some CPU, 2 cores, 24 GB, some Linux, Python 3.11.7' in english
    assert english.endswith('<!-- /figures -->\nend\n')
    assert '| 点击 | p50 12.3 ms · p99 40.0 ms |' in (root / 'README.zh.md').read_text()
    report.publish()
    assert (root / 'README.md').read_text() == english


def test_a_readme_without_markers_is_left_alone(root: Path) -> None:
    (root / 'README.md').write_text('# Fleet\n')
    report.keep('assignment', [TAP], MACHINE, quick=False, busy=False)
    assert report.publish() == []
    assert (root / 'README.md').read_text() == '# Fleet\n'


def test_figures_of_another_machine_never_stand_in_the_same_table(root: Path) -> None:
    (root / 'README.md').write_text(MARKED)
    report.keep('assignment', [TAP], OTHER, quick=False, busy=False)
    report.keep(
        'store', [Figure('s', 'Commit', '提交', 'ms', {'': 4.0})], MACHINE, quick=False, busy=False
    )
    report.publish()
    tables = (root / 'README.md').read_text().split('| measured | result |')[1:]
    assert len(tables) == 2
    for table, title, machine in zip(tables, ('Tap', 'Commit'), (OTHER, MACHINE), strict=True):
        assert [one for one in ('Tap', 'Commit') if f'| {one} |' in table] == [title]
        assert str(machine) in table


def test_the_table_says_when_samples_were_few_or_the_machine_was_busy(root: Path) -> None:
    (root / 'README.md').write_text(MARKED)
    report.keep('assignment', [TAP], MACHINE, quick=True, busy=True)
    report.publish()
    text = (root / 'README.md').read_text()
    assert 'few samples' in text
    assert 'other work' in text


@pytest.mark.parametrize('name', report.ORDER)
def test_every_benchmark_says_what_exactly_it_measures(name: str) -> None:
    module = import_module(f'benchmarks.{name}')
    assert callable(module.run)
    assert len((module.__doc__ or '').split()) > 25
