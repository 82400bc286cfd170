"""Pages about simulated days that people look at: one day, or several beside each other."""

from fleet_manager.adapters.files.day_report.compare import draw_comparison
from fleet_manager.adapters.files.day_report.page import draw_day

__all__ = ['draw_comparison', 'draw_day']
