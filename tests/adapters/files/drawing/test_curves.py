"""Curves with their intervals, as a picture."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from fleet_manager.adapters.files.drawing.curves import Curve, curves_svg

SVG = '{http://www.w3.org/2000/svg}'


def test_each_point_has_a_dot_with_its_figures_and_better_ones_lie_higher() -> None:
    curve = Curve('x & y', [(8, 0.91, 0.9, 0.93), (16, 0.99, 0.98, 1.0)])
    picture = ET.fromstring(curves_svg([curve], title='A <b>', across='robots', target=0.98))
    dots = picture.findall(f'{SVG}circle')
    tips = [dot.findtext(f'{SVG}title') for dot in dots]
    assert tips == [
        'x & y: 8: 91.00% (90.00% to 93.00%)',
        'x & y: 16: 99.00% (98.00% to 100.00%)',
    ]
    first, second = dots
    assert float(first.attrib['cx']) < float(second.attrib['cx'])
    assert float(first.attrib['cy']) > float(second.attrib['cy'])
    assert 'A <b>' in [text.text for text in picture.findall(f'{SVG}text')]


def test_one_point_and_a_share_of_nothing_are_drawn_on_the_sheet() -> None:
    picture = ET.fromstring(curves_svg([Curve('a', [(5, 0.0, 0.0, 1.0)])], title='', across='n'))
    (dot,) = picture.findall(f'{SVG}circle')
    assert 0 < float(dot.attrib['cy']) < 420
    assert 0 < float(dot.attrib['cx']) < 760
