"""Words: gettext catalogs, one for each language.

The ids are keys (`delivery.state.accepted`), so a text missing in one language is a failed test
and never a sentence in the wrong language. Placeholders are written `{name}`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from fleet_manager.domain.personal import ERASED, told_apart_by

LOCALES: Final = Path(__file__).parent / 'locales'

#: HTML language tag -> folder of its catalog. The first is used when a browser asks for neither.
LANGUAGES: Final[Mapping[str, str]] = {'en': 'en', 'zh-CN': 'zh_CN'}
DEFAULT: Final = 'en'


@dataclass(frozen=True, slots=True)
class Words:
    """All texts of one language."""

    lang: str
    texts: Mapping[str, str]
    as_json: bytes
    etag: str

    def __call__(self, key: str, /, **params: object) -> str:
        """Return the text of `key` with its placeholders filled. Raises KeyError: a bug."""
        text = self.texts[key]
        return text.format_map(_Params(params)) if params else text

    def or_as_is(self, beginning: str, code: str, /) -> str:
        """Return the text of a code, or what stands there where it is no code but typed."""
        return self.texts.get(f'{beginning}{code}', code)

    def kept(self, text: str, /) -> str:
        """Return a name or text of the journal, or in words that it was erased."""
        if text == ERASED:
            return self('personal.erased')
        who = told_apart_by(text)
        return self('personal.person', who=who) if who else text

    def plural(self, beginning: str, n: int, /, **params: object) -> str:
        """Return the text `beginning` + `one` or `other`, as the language counts `n` things."""
        locale = Locale.parse(LANGUAGES[self.lang])
        shown = format_decimal(n, locale=locale)
        return self(f'{beginning}{locale.plural_form(n)}', n=shown, **params)

    def known(self, key: str, otherwise: str, /, **params: object) -> str:
        """Return the text of `key`, or of `otherwise` where a code is newer than the catalog."""
        return self(key if key in self.texts else otherwise, **params)


class _Params(dict[str, object]):
    """Placeholders; one that nobody filled reads as a dash instead of failing the page."""

    def __missing__(self, key: str) -> str:
        return '–'


@cache
def load(folder: Path = LOCALES) -> Mapping[str, Words]:
    """Read every catalog, once a process."""
    return {lang: _load_one(lang, folder / name) for lang, name in LANGUAGES.items()}


def _load_one(lang: str, folder: Path) -> Words:
    with (folder / 'LC_MESSAGES' / 'messages.po').open('rb') as file:
        catalog = read_po(file, locale=folder.name)
    messages = [message for message in catalog if message.id]
    texts = {str(one.id): str(one.id if one.fuzzy else one.string or one.id) for one in messages}
    body = json.dumps(texts, ensure_ascii=False, separators=(',', ':')).encode()
    return Words(lang, texts, body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')


def choose(cookie: str | None, accept: str) -> str:
    """Return the language of a visit: the cookie's, else the best of Accept-Language."""
    if cookie is not None and cookie in LANGUAGES:
        return cookie
    for wanted in _by_preference(accept):
        for lang in LANGUAGES:
            if wanted.split('-')[0] == lang.split('-')[0]:
                return lang
    return DEFAULT


def _by_preference(accept: str) -> Iterable[str]:
    """Return the tags of an Accept-Language header, the most wanted first."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept[:200].lower().split(',')):
        tag, _, quality = part.strip().partition(';q=')
        try:
            weight = float(quality or '1')
        except ValueError:
            continue
        if weight > 0:
            ranked.append((-weight, place, tag))
    return [tag for _, _, tag in sorted(ranked)]
