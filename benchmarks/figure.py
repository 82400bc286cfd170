"""A measured figure, and how it is written for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_ZH: Final = {
    'max': '最大',
    'mean': '平均',
    'bound': '下界',
    'first plan': '首个方案',
    'against alone': '相对单独打开',
    'real time': '实时',
    'RSS': '常驻内存',
    'PSS': '分摊内存',
    'all': '全部',
    'stat': '特急',
    'urgent': '加急',
    'routine': '普通',
    'scheduled': '定时',
    'wall time': '耗时',
    'CPU time': '处理器时间',
    'parcels a run': '每趟件数',
    'lifts used': '电梯占用',
    'busiest lift': '最忙电梯',
    'violations': '违规',
    'lost': '丢失',
    'uncompiled': '未编译',
    '1 robot': '1 台',
    '8 robots': '8 台',
    '20 robots': '20 台',
    'all together': '合计',
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `values` are named (`p50`, `p99`, `max`), or have the name '' where there is one only. All are
    in `unit`; a name in `units` has another one. `samples` is how many measurements it is of.
    """

    key: str
    en: str
    zh: str
    unit: str
    values: Mapping[str, float]
    samples: int = 1
    units: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str = 'en') -> str:
        """Return the values as one line."""
        parts = []
        for name, value in self.values.items():
            shown = _ZH.get(name, name) if language == 'zh' else name
            unit = self.units.get(name, self.unit)
            space = '' if unit in ('%', '×') else ' '
            parts.append(f'{shown} {_short(value)}{space}{unit}'.strip())
        return ' · '.join(parts)


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the smallest sample that `share` of all are not above. Never invents a value."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(samples: Sequence[float], *, factor: float = 1.0) -> dict[str, float]:
    """Return p50 and p99, and the maximum where there are too few samples for a p99."""
    values = {'p50': percentile(samples, 0.5) * factor}
    if len(samples) >= 50:
        values['p99'] = percentile(samples, 0.99) * factor
    else:
        values['max'] = max(samples) * factor
    return values


def _short(value: float) -> str:
    """Write three significant figures, without an exponent."""
    if value == 0:
        return '0'
    digits = 2 - math.floor(math.log10(abs(value)))
    return f'{round(value, digits):,.{max(0, min(digits, 2))}f}'
