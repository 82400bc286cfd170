"""The one-page guides of docs/guides, as pages: each in the visitor's language.

Only what the guides use is understood: headings, paragraphs, lists, tables, bold, code, links
between guides. Everything is escaped; a line that is nothing else is a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

FOLDER: Final = Path(__file__).parents[3] / 'docs' / 'guides'
#: Each is `<name>.md` in English and `<name>.zh.md` in Chinese.
GUIDES: Final = ('nurse', 'pharmacist', 'desk', 'porter')

_ITEM: Final = re.compile(r'(\d+\.|-) ')


def load(name: str, lang: str) -> tuple[str, Markup]:
    """Return the title and the body of a guide. Raises KeyError for one there is not."""
    if name not in GUIDES:
        raise KeyError(name)
    file = FOLDER / (f'{name}.zh.md' if lang == 'zh-CN' else f'{name}.md')
    title, _, rest = file.read_text('utf-8').partition('\n')
    return title.removeprefix('# '), Markup('\n').join(_block(b) for b in _blocks(rest))


def _blocks(text: str) -> Iterator[list[str]]:
    for block in re.split(r'\n\s*\n', text.strip()):
        if not block.startswith('!['):  # a picture of the page one is on
            yield block.split('\n')


def _block(lines: list[str]) -> Markup:
    first = lines[0]
    if first.startswith('## '):
        return Markup('<h2>{}</h2>').format(_inline(first[3:]))
    if first.startswith('|'):
        return _table(lines)
    if _ITEM.match(first):
        kind = 'ul' if first.startswith('-') else 'ol'
        items = Markup('').join(Markup('<li>{}</li>').format(_inline(i)) for i in _items(lines))
        return Markup('<{0}>{1}</{0}>').format(kind, items)
    return Markup('<p>{}</p>').format(_inline(' '.join(lines)))


def _items(lines: list[str]) -> list[str]:
    """Return the items of a list; a line that begins none goes on with the one before."""
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(_ITEM.sub('', line, count=1))
        else:
            items[-1] += f' {line.strip()}'
    return items


def _table(lines: list[str]) -> Markup:
    head, _, *rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]
    top = Markup('').join(Markup('<th scope="col">{}</th>').format(_inline(c)) for c in head)
    body = Markup('').join(
        Markup('<tr>{}</tr>').format(
            Markup('').join(Markup('<td>{}</td>').format(_inline(c)) for c in row)
        )
        for row in rows
    )
    return Markup('<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>').format(top, body)


def _inline(text: str) -> Markup:
    safe = str(escape(text))
    safe = re.sub(r'\*\*(.+?)\*\*', r'<strong>\1</strong>', safe)
    safe = re.sub(r'(?<!\*)\*([^*]+)\*(?!\*)', r'<em>\1</em>', safe)
    safe = re.sub(r'`(.+?)`', r'<code>\1</code>', safe)
    links = r'\[([^\]]+)\]\((\w+)(?:\.zh)?\.md\)'
    return Markup(re.sub(links, r'<a href="/guide/\2">\1</a>', safe))  # noqa: S704 - escaped above
