"""Draws hospital maps for people: as an SVG picture, as one self-contained page, as a PNG."""

from fleet_manager.adapters.files.drawing.folder import draw_folder
from fleet_manager.adapters.files.drawing.html import draw_html
from fleet_manager.adapters.files.drawing.png import draw_png, has_chinese_font
from fleet_manager.adapters.files.drawing.svg import draw_svg

__all__ = ['draw_folder', 'draw_html', 'draw_png', 'draw_svg', 'has_chinese_font']
