"""What is on F2: laboratories, theatres, intensive care."""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.generating.departments import (
    BEDSIDE,
    DAYTIME,
    THEATRE,
    Department,
    Stop,
    beds,
    hatches,
    many,
    plain,
    rooms,
    theatres,
)

TREATMENT: Final = {
    '0SW': Department(
        '检验科 Laboratory',
        rooms('lab', '标本接收 Specimen reception', '生化室 Chemistry', '血液室 Haematology'),
        rooms(
            'lab', '微生物室 Microbiology', '免疫室 Immunology', '分子诊断 PCR', '试剂库 Reagents'
        ),
        hatches(
            Stop('LAB', '检验科 Laboratory', 'lab', 1, ('supply',), ('specimen', 'supply')), 0, 2
        ),
    ),
    '0SC': Department(
        '输血科 Blood bank',
        rooms('lab', '发血窗口 Blood issue', '配血室 Cross-matching'),
        rooms('lab', '储血室 Blood store', '血浆融化 Plasma thawing'),
        hatches(
            Stop(
                'BB',
                '输血科 Blood bank',
                'lab',
                0,
                ('blood',),
                ('blood', 'specimen', 'supply'),
                badge=True,
            ),
            1,
        ),
    ),
    '0SE': Department(
        '病理科 Pathology',
        rooms('lab', '标本接收 Reception', '取材室 Grossing', '冰冻切片 Frozen sections'),
        rooms(
            'lab', '制片室 Slides', '诊断室 Diagnosis', '免疫组化 Staining', '档案室 Slide archive'
        ),
        (Stop('PAT', '病理科 Pathology', 'lab', 1, ('supply',), ('specimen', 'supply')),),
    ),
    '0KW': plain(
        '手术配套 Theatre support',
        'office',
        ('家属等候区 Family waiting', '谈话间 Talks', '麻醉门诊 Anaesthesia clinic'),
        ('更衣室 Changing', '刷手间 Scrub', '手术示教 Teaching'),
    ),
    '0KE': Department(
        '内镜中心 Endoscopy',
        (('内镜护士台 Endoscopy desk', 'nurse'), *many('clinic', '胃镜室 Gastroscopy', 2)),
        (('洗消间 Scope washing', 'utility'), *many('clinic', '肠镜室 Colonoscopy', 2)),
        (
            Stop(
                'ENDO',
                '内镜中心 Endoscopy',
                'clinic',
                2,
                ('specimen', 'supply'),
                ('drug', 'sterile', 'supply'),
                DAYTIME,
            ),
        ),
    ),
    '0NW': theatres('OR1', '手术部一区 Theatres 1', 1),
    '0NC': Department(
        '麻醉复苏室 Recovery',
        (('复苏护士站 Recovery nurses', 'nurse'), *many('icu', '复苏区 Recovery bay', 2)),
        many('icu', '复苏区 Recovery bay', 3, 3),
        (Stop('PACU', '麻醉复苏室 Recovery', 'icu', 0, *BEDSIDE, badge=True),),
        zone='clean',
    ),
    '0NE': beds('ICU1', '重症医学科 Intensive care', 'icu', 3),
    '1SW': beds('CCU', '心内重症监护 Coronary care', 'icu', 3),
    '1SC': plain(
        '示教中心 Teaching',
        'office',
        ('会议室 Meeting room', '阅片室 Film reading'),
        ('资料室 Library', '医生休息室 Doctors'),
    ),
    '1SE': beds('NICU', '新生儿重症监护 Neonatal intensive care', 'icu', 3),
    '1KW': plain(
        '家属区 Family area',
        'office',
        ('家属等候区 Family waiting', '探视间 Visitors'),
        ('谈话间 Talks', '休息室 Lounge'),
    ),
    '1KE': plain(
        '麻醉科 Anaesthesia',
        'office',
        ('麻醉科办公室 Anaesthesia office', '值班室 On call'),
        ('仪器室 Equipment', '教研室 Seminar'),
    ),
    '1NW': theatres('OR2', '手术部二区 Theatres 2', 9),
    '1NC': Department(
        '导管室 Catheter laboratory',
        (('导管室护士站 Catheter desk', 'nurse'), ('控制室 Control room', 'clinic')),
        many('theatre', '导管室 Catheter room', 2),
        (Stop('CATH', '导管室 Catheter laboratory', 'theatre', 0, *THEATRE, badge=True),),
        zone='clean',
    ),
    '1NE': beds('ICU2', '外科重症监护 Surgical intensive care', 'icu', 3),
    '0LW': beds('ICU3', '综合重症监护 General intensive care', 'icu', 3),
    '0LC': plain('中庭上空 Atrium', 'utility', ('中庭上空 Atrium',), ()),
    '0LE': beds('ICU4', '神经重症监护 Neuro intensive care', 'icu', 3),
}
