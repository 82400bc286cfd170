"""A PNG has the size that was asked for, and no letters that are specks."""

from __future__ import annotations

import struct

import pytest

from fleet_manager.adapters.files.drawing import draw_png, draw_svg, png
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.model import Hospital


@pytest.mark.parametrize('width', [400, 1500])
def test_a_png_is_as_wide_as_asked_for(small: Hospital, width: int) -> None:
    picture = draw_png(small, [], lang='en', floors=['L1'], width=width)
    assert picture.startswith(b'\x89PNG\r\n\x1a\n')
    wide, high = struct.unpack('>II', picture[16:24])
    assert wide == width
    assert 0.5 < high / wide < 1


@pytest.mark.parametrize('width', [0, 199, 12_001])
def test_a_width_that_cannot_be_drawn_is_refused(small: Hospital, width: int) -> None:
    with pytest.raises(MapError, match='choose 200 to 12000 pixels'):
        draw_png(small, [], lang='en', width=width)


def test_letters_too_small_to_read_are_left_out(small: Hospital) -> None:
    every, few = (draw_svg(small, [], lang='en', smallest=least) for least in (0.0, 7.0))
    assert '>Data<' in every or '>Data cabinet<' in every
    assert '>Data<' not in few
    assert '>Data cabinet<' not in few
    assert '>Imaging<' in few


def test_without_a_chinese_font_names_are_english_and_the_picture_says_so(
    small: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def note_it(*, svg_string: str, width: int) -> bytes:
        drawn.append(svg_string)
        return b''

    monkeypatch.setattr(png, 'has_chinese_font', lambda: False)
    monkeypatch.setattr(png.resvg_py, 'svg_to_bytes', note_it)
    draw_png(small, [], lang='zh')
    assert 'No Chinese font on this machine: names are in English' in drawn[0]
    assert 'Pinewood Hospital' in drawn[0]
    assert '松林医院' not in drawn[0]
