"""The one search of the request page: goods and places, by name in both languages, code, pinyin.

Every word that is typed has to be found in the goods or in the place. What is in the place comes
first: who types `pharmacy` wants the pharmacy, not all that it might send.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.http.choices import goods_of, search_text, text_of, ways
from fleet_manager.adapters.http.i18n import Words
from fleet_manager.domain.maps.model import Hospital, Station

#: What is typed is cut to this; no name is longer.
MAX_TYPED: Final = 64
#: Lines of an answer; who wants more types more.
MAX_FOUND: Final = 24


@dataclass(frozen=True, slots=True)
class Found:
    """Goods to have brought from another station, or to send to it: one line of the answer."""

    goods: str
    way: str
    station: Station


def find(
    hospital: Hospital, station: Station, typed: str, languages: Iterable[Words]
) -> list[Found]:
    """Return what `typed` may mean at a station, the most likely first."""
    words = typed.lower().split()
    if not words:
        return []
    names = {goods: text_of_goods(goods, languages) for goods in goods_of(hospital, station)}
    ranked: list[tuple[int, int, Found]] = []
    for goods, name in names.items():
        for way, others in ways(hospital, station, goods).items():
            for other in others:
                score = _score(words, name, search_text(other))
                if score is not None:
                    ranked.append((score, len(ranked), Found(goods, way, other)))
    return [found for _, _, found in sorted(ranked, key=lambda one: one[:2])[:MAX_FOUND]]


def text_of_goods(goods: str, languages: Iterable[Words]) -> str:
    """Return what a search looks in for a goods class."""
    names: Mapping[str, str] = {words.lang: words(f'goods.{goods}') for words in languages}
    zh = tuple(name for lang, name in names.items() if lang.startswith('zh'))
    en = tuple(name for lang, name in names.items() if not lang.startswith('zh'))
    return text_of(zh, (*en, goods))


def _score(words: list[str], goods: str, station: str) -> int | None:
    """Return how far down a line stands; None where a word is in neither."""
    if not all(word in goods or word in station for word in words):
        return None
    in_station = sum(word in station for word in words)
    begins = any(part.startswith(words[0]) for part in station.split())
    return -2 * in_station - begins
