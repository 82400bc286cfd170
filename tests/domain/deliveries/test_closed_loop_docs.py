"""docs/closed-loop.md shows the tables of the code. `python -m` this module writes it anew."""

from __future__ import annotations

from pathlib import Path

from fleet_manager.domain.deliveries.goods import A_MOMENT, GOODS, GoodsClass, PutOff
from fleet_manager.domain.deliveries.lifecycle import ENDS, TRANSITIONS, diagram
from fleet_manager.domain.units import MINUTE

PAGE = Path(__file__).parents[3] / 'docs' / 'closed-loop.md'


def later(rule: PutOff) -> str:
    return f'{rule.times} × {rule.span // MINUTE}{"" if rule.extends else "!"}'


COLUMNS = (
    *('class', 'load', 'reminder', 'next contact', 'back', 'open', 'put off', 'signs', 'count'),
    'kept at',
    'left behind',
)
TIMES = (
    'Times in minutes: how long a robot waits to be loaded, until it reminds, until the next '
    'contact\nis called, until it goes back, and how long a compartment may stand open; how often '
    'and how\nlong it may be put off, `!` where it goes back no later for that. What is STAT: '
    f'{later(A_MOMENT)}.'
)
BEGIN, END = '<!-- made: begin -->\n', '<!-- made: end -->\n'


def made() -> str:
    """Return what the page says between its marks."""
    rows = [
        f'| `{before}` | `{event.__name__}` | `{then}`{" (end)" if then in ENDS else ""} |'
        for (before, event), then in TRANSITIONS.items()
    ]
    goods = [
        f'| {" | ".join(COLUMNS)} |',
        '|---' * len(COLUMNS) + '|',
        *map(row, GOODS.values()),
    ]
    table = ['| state | event | next |', '|---|---|---|', *rows]
    parts = [
        '## The picture',
        f'```mermaid\n{diagram()}\n```',
        '## The table',
        '\n'.join(table),
        '## The rules of goods',
        TIMES,
        '\n'.join(goods),
    ]
    return '\n\n'.join(['', *parts, '']).lstrip('\n')


def row(goods: GoodsClass) -> str:
    limits = (goods.load_limit, goods.collect_reminder, goods.collect_contact)
    times = [f'{span // MINUTE}' for span in (*limits, goods.collect_limit, goods.open_limit)]
    signs = 'two open' if goods.two_people else 'two receive' if goods.two_signatures else 'one'
    back = 'back to the sender' if goods.may_return else 'to a safe place'
    kept = f'{goods.kept_at[0]:g}–{goods.kept_at[1]:g} °C' if goods.kept_at else ''
    left = f'{back}, {"porters may open" if goods.porters_open else "only its station opens"}'
    times.append(later(goods.put_off))
    return f'| {goods.id} | {" | ".join(times)} | {signs} | {goods.count} | {kept} | {left} |'


def page() -> str:
    text = PAGE.read_text('utf-8')
    head, rest = text.split(BEGIN)
    return f'{head}{BEGIN}\n{made()}\n{END}{rest.split(END)[1]}'


def test_the_page_shows_the_tables_of_the_code() -> None:
    hint = 'python -m tests.domain.deliveries.test_closed_loop_docs'
    assert PAGE.read_text('utf-8') == page(), hint


if __name__ == '__main__':
    PAGE.write_text(page(), 'utf-8')
