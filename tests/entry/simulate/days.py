"""Small days for tests of `fleet simulate`."""

from __future__ import annotations

from pathlib import Path

from fleet_manager.entry.settings import SHIPPED_MAPS

#: Eight deliveries in half an hour, nothing goes wrong.
QUIET = f"""
title: {{zh: 安静, en: Quiet}}
hospital: {SHIPPED_MAPS / 'small_hospital'}
fleet: {{robots: 4, battery: [90%, 100%]}}
starts: '09:00'
lasts: 30min
calm: 2h
lift_people: {{service: {{trips: {{0-24: 0}}, held: 0, step_in: 0}}}}
demand:
  requests:
    - {{at: '09:01', goods: drug, sender: pharmacy, recipient: n2w}}
    - {{at: '09:02', goods: specimen, sender: n2e, recipient: lab}}
    - {{at: '09:03', goods: blood, sender: lab, recipient: theatre}}
    - {{at: '09:05', goods: supply, sender: stores, recipient: n3e}}
    - {{at: '09:09', goods: sterile, sender: cssd, recipient: theatre}}
    - {{at: '09:12', goods: specimen, sender: n3w, recipient: lab}}
    - {{at: '09:15', goods: drug, sender: pharmacy, recipient: n3w}}
    - {{at: '09:20', goods: supply, sender: n2w, recipient: stores}}
expect: {{on_time: 100%, on_time_urgent: 100%, still_open: 0}}
"""
#: One robot for forty parcels at once, a compartment each, and a fault or two: most come too late.
LATE = f"""
title: {{zh: 迟到, en: Late}}
hospital: {SHIPPED_MAPS / 'small_hospital'}
fleet: {{robots: 1, battery: [90%, 100%]}}
starts: '09:00'
lasts: 20min
calm: 3h
demand:
  goods: {{supply: {{count: 120, hours: {{9-10: 1}}}}}}
faults:
  - {{kind: double_click, per_day: 300}}
  - {{kind: robot_blocked, per_day: 300, lasts: [20s, 30s, 60s]}}
expect: {{on_time: 90%}}
"""


def write(folder: Path, text: str, name: str = 'quiet') -> Path:
    file = folder / f'{name}.yaml'
    file.write_text(text, 'utf-8')
    return file
