"""What docs/dispatch.md says in tables is what the program does."""

from __future__ import annotations

from pathlib import Path

from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, GoodsClass, Urgency
from fleet_manager.domain.dispatch.plan_runs import _WEIGHTS, RATES
from fleet_manager.domain.units import MINUTE

PAGE = (Path(__file__).resolve().parents[3] / 'docs' / 'dispatch.md').read_text('utf-8')


def rows() -> dict[str, list[str]]:
    """Return the cells of each row of the page's tables by its first one."""
    lines = [line for line in PAGE.splitlines() if line.startswith('| ')]
    cells = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    return {first.strip('`'): rest for first, *rest in cells}


def told(goods: GoodsClass) -> list[str]:
    kind = ', **direct**' if goods.direct else ', **dirty**' if goods.dirty else ''
    apart = sorted(name for name in goods.apart if GOODS[name].dirty == goods.dirty)
    return [
        'STAT' if goods.urgency is Urgency.STAT else goods.urgency.value,
        f'{goods.box.value} {goods.litres}{kind}',
        'anything' if goods.direct else ', '.join(apart),
        f'{goods.load_limit // MINUTE} min',
        f'{goods.collect_reminder // MINUTE}, {goods.collect_limit // MINUTE} min',
    ]


def test_the_table_of_goods_is_that_of_the_program() -> None:
    assert {name: rows().get(name) for name in GOODS} == {
        name: told(goods) for name, goods in GOODS.items()
    }


def test_promises_are_those_of_the_program() -> None:
    found = rows()
    for urgency, promise in PROMISES.items():
        name = 'STAT' if urgency is Urgency.STAT else urgency.value
        within, outranks, weight = found[name]
        minutes = promise.within // MINUTE
        said = f'{minutes // 60} h' if minutes >= 120 else f'{minutes} min'
        assert within.endswith(said)
        assert outranks in ('', f'{promise.outranks // MINUTE} min')
        assert weight == str(_WEIGHTS[promise.rank])


def test_rates_are_those_dispatch_reckons_with() -> None:
    found = rows()
    weighed = {'time': RATES.time, 'soft': RATES.soft, 'late': RATES.late}
    plain = {'drive': RATES.drive, 'busy': RATES.busy}
    spans = {'crowd': RATES.crowd, 'turn': RATES.turn, 'move': RATES.move}
    assert {name: found[name][1] for name in weighed} == {
        name: f'{rate} × weight' for name, rate in weighed.items()
    }
    assert {name: found[name][1] for name in spans} == {
        name: f'{span // MINUTE} min' for name, span in spans.items()
    }
    assert found['once'][1] == f'{RATES.once // MINUTE} min × weight'
    assert {name: found[name][1] for name in plain} == {n: str(r) for n, r in plain.items()}
