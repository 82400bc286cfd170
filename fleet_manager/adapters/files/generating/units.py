"""Who is on which ward floor: departments, their beds, and what else a tower holds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.files.generating.frame import LETTERS
from fleet_manager.adapters.files.generating.plan import PODIUM_FLOORS, Plan
from fleet_manager.adapters.files.generating.sheet import Words, numbered

#: Rooms with beds in a ward, and how many beds they may have.
BED_ROOMS: Final = 14
LEAST_IN_ROOM, MOST_IN_ROOM = 2, 4

#: From the lowest ward up; the first one is isolated. A department with many beds comes twice.
_DEPARTMENTS: Final = (
    '心血管内科 Cardiology',
    '呼吸与危重症医学科 Respiratory medicine',
    '神经内科 Neurology',
    '消化内科 Gastroenterology',
    '普外科 General surgery',
    '骨科 Orthopaedics',
    '肾内科 Nephrology',
    '内分泌科 Endocrinology',
    '血液内科 Haematology',
    '肿瘤内科 Medical oncology',
    '肝胆外科 Hepatobiliary surgery',
    '胃肠外科 Gastrointestinal surgery',
    '胸外科 Thoracic surgery',
    '心脏外科 Cardiac surgery',
    '神经外科 Neurosurgery',
    '泌尿外科 Urology',
    '妇科 Gynaecology',
    '产科 Obstetrics',
    '儿科 Paediatrics',
    '新生儿科 Neonatology',
    '风湿免疫科 Rheumatology',
    '老年医学科 Geriatrics',
    '康复医学科 Rehabilitation',
    '眼科 Ophthalmology',
    '耳鼻咽喉科 Otolaryngology',
    '口腔颌面外科 Oral surgery',
    '甲状腺外科 Thyroid surgery',
    '乳腺外科 Breast surgery',
    '血管外科 Vascular surgery',
    '烧伤整形科 Burns and plastic surgery',
    '放疗科 Radiotherapy',
    '脊柱外科 Spine surgery',
    '关节外科 Joint surgery',
    '皮肤科 Dermatology',
    '中医科 Chinese medicine',
    '疼痛科 Pain medicine',
    '全科医学科 General practice',
    '小儿外科 Paediatric surgery',
)
ISOLATED: Final = '感染病科 Infectious diseases'
_NOT_WARDS: Final = (
    ('日间诊疗中心 Day care', '诊疗室 Treatment room', 'clinic'),
    ('专家门诊 Specialist clinics', '诊室 Consulting room', 'clinic'),
    ('科研中心 Research', '实验室 Laboratory', 'lab'),
    ('教学培训中心 Teaching', '教室 Classroom', 'office'),
    ('行政办公区 Administration', '办公室 Office', 'office'),
    ('健康管理中心 Health management', '检查室 Examination room', 'clinic'),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """Half a floor of a tower. `beds` are those of each room, empty where it is no ward.

    `words` name it, `rooms` and `kind` say what its rooms are where they have no beds.
    """

    tower: int
    floor: int
    east: bool
    words: Words
    rooms: Words
    kind: str
    beds: tuple[int, ...] = ()
    isolated: bool = False

    @property
    def id(self) -> str:
        """The short id: `a7w` is tower A, seventh floor, west."""
        return f'{LETTERS[self.tower]}{self.floor}{self.side}'

    @property
    def phone(self) -> str:
        """The telephone of its nurse station or desk."""
        return f'{5 + self.tower}{self.floor:02d}{2 if self.east else 1}'

    @property
    def side(self) -> str:
        """`w` or `e`."""
        return 'e' if self.east else 'w'


def units(plan: Plan, chance: random.Random) -> list[Unit]:
    """Return the units of all towers from the lowest floor up: wards first, the rest above."""
    places = [
        (tower, floor, east)
        for floor in range(PODIUM_FLOORS + 1, plan.floors + 1)
        for tower in range(plan.towers)
        for east in (False, True)
    ]
    names = _ward_names(plan, chance)
    found = []
    for order, (tower, floor, east) in enumerate(places):
        if order < plan.wards:
            beds = plan.beds // plan.wards + (order < plan.beds % plan.wards)
            words = names[order]
            rooms = _rooms(beds, chance)
            isolated = words == ISOLATED
            found.append(
                Unit(tower, floor, east, words, '办公室 Office', 'office', rooms, isolated)
            )
        else:
            number, which = divmod(order - plan.wards, len(_NOT_WARDS))
            words, room, kind = _NOT_WARDS[which]
            many = plan.units - plan.wards > len(_NOT_WARDS)
            words = numbered(words, '区', number + 1) if many else words
            found.append(Unit(tower, floor, east, words, room, kind))
    return found


def _ward_names(plan: Plan, chance: random.Random) -> list[str]:
    """Return a department for each ward; those that come twice are numbered."""
    departments = [_DEPARTMENTS[order % len(_DEPARTMENTS)] for order in range(plan.wards)]
    chance.shuffle(departments)
    last_of_lowest = min(plan.wards, plan.towers * 2) - 1
    departments[last_of_lowest] = ISOLATED
    names, seen = [], dict.fromkeys(departments, 0)
    for words in departments:
        seen[words] += 1
        again = departments.count(words) > 1
        names.append(numbered(words, '病区', seen[words]) if again else words)
    return names


def _rooms(beds: int, chance: random.Random) -> tuple[int, ...]:
    """Share a ward's beds out: rooms alike but for one bed; with few beds some rooms have none."""
    rooms = min(BED_ROOMS, max(1, beds // LEAST_IN_ROOM))
    shares = [beds // rooms + (order < beds % rooms) for order in range(rooms)]
    chance.shuffle(shares)
    return (*shares, *[0] * (BED_ROOMS - rooms))
