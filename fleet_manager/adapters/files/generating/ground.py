"""What is on F1: where patients come in."""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.generating.departments import (
    Department,
    Stop,
    clinic,
    hatches,
    many,
    plain,
    rooms,
)

GROUND: Final = {
    '0SW': Department(
        '门诊药房 Outpatient pharmacy',
        rooms('pharmacy', '发药窗口 Counters', '调剂室 Dispensary', '用药咨询 Advice'),
        rooms(
            'pharmacy',
            '中药房 Herbal dispensary',
            '西药周转库 Drug stock',
            '急诊药房 Night pharmacy',
        ),
        hatches(
            Stop(
                'OPH',
                '门诊药房 Outpatient pharmacy',
                'pharmacy',
                1,
                ('drug', 'controlled', 'supply'),
                ('drug', 'supply'),
            ),
            2,
        ),
    ),
    '0SE': Department(
        '急诊科 Emergency',
        (
            ('急诊护士站 Emergency nurses', 'nurse'),
            ('分诊台 Triage', 'nurse'),
            *many('clinic', '急诊诊室 Emergency room', 3),
            ('清创室 Wound care', 'clinic'),
            ('洗胃室 Gastric lavage', 'clinic'),
        ),
        (
            ('抢救大厅 Resuscitation', 'clinic'),
            ('急诊手术室 Emergency theatre', 'theatre'),
            ('救护车入口 Ambulance entrance', 'clinic'),
        ),
        (
            Stop(
                'ER',
                '急诊科 Emergency',
                'emergency',
                1,
                ('specimen', 'supply'),
                ('drug', 'controlled', 'blood', 'sterile', 'meal', 'supply', 'linen'),
            ),
        ),
        zone='no_go',
    ),
    '0KW': Department(
        '挂号收费处 Registration',
        rooms('office', '挂号窗口 Registration', '收费窗口 Cashier', '医保办公室 Insurance'),
        rooms(
            'office', '出入院处 Admissions', '病案复印 Record copies', '客服中心 Patient service'
        ),
    ),
    '0KE': Department(
        '急诊检验 Emergency laboratory',
        (
            *rooms('lab', '标本接收 Specimens', '急诊检验室 Rapid tests'),
            ('心电图室 ECG', 'clinic'),
        ),
        (*rooms('clinic', '石膏室 Plaster', '超声室 Ultrasound'), ('更衣室 Changing', 'office')),
        (
            Stop(
                'ELAB',
                '急诊检验 Emergency laboratory',
                'lab',
                0,
                ('supply',),
                ('specimen', 'supply'),
            ),
        ),
    ),
    '0NW': Department(
        '放射科 Imaging',
        (
            ('登记台 Imaging desk', 'nurse'),
            *many('clinic', '拍片室 X-ray', 3),
            *many('clinic', '操作间 Control room', 2),
        ),
        (*many('clinic', '磁共振 MRI', 2), *many('clinic', 'CT室 CT', 3)),
        (
            Stop(
                'IMG',
                '放射科 Imaging',
                'clinic',
                1,
                ('supply',),
                ('drug', 'supply'),
                ('07:00-22:00',),
            ),
        ),
        zone='no_go',
    ),
    '0NC': Department(
        '输液中心 Infusion centre',
        (
            ('护士站 Nurses', 'nurse'),
            ('配药室 Mixing', 'pharmacy'),
            ('注射室 Injections', 'clinic'),
        ),
        many('clinic', '输液区 Infusion bay', 3),
        (
            Stop(
                'INF',
                '输液中心 Infusion centre',
                'clinic',
                0,
                ('specimen', 'supply'),
                ('drug', 'supply'),
                ('07:30-22:00',),
            ),
        ),
    ),
    '0NE': Department(
        '急诊留观 Emergency observation',
        (
            ('护士站 Nurses', 'nurse'),
            *many('ward', '留观室 Observation', 6),
        ),
        (
            ('急诊重症 Emergency intensive care', 'icu'),
            *many('clinic', '隔离诊室 Fever clinic', 3),
        ),
        (
            Stop(
                'EOB',
                '急诊留观 Emergency observation',
                'emergency',
                1,
                ('specimen', 'supply'),
                ('drug', 'controlled', 'blood', 'sterile', 'meal', 'supply', 'linen'),
            ),
        ),
    ),
    '1SW': clinic('OP3', '儿科门诊 Paediatric clinic', 4),
    '1SC': Department(
        '采血中心 Blood sampling',
        rooms('clinic', '采血窗口 Sampling', '标本发送 Dispatch', '候诊区 Waiting'),
        rooms('clinic', '糖耐量室 Glucose tests', '休息区 Rest area'),
        (
            Stop(
                'PHL',
                '采血中心 Blood sampling',
                'clinic',
                0,
                ('specimen',),
                ('supply',),
                ('06:30-16:00',),
            ),
        ),
    ),
    '1SE': clinic('OP4', '妇产科门诊 Obstetric clinic', 4),
    '1KW': plain(
        '超声科 Ultrasound',
        'clinic',
        ('超声室1 Ultrasound 1', '超声室2 Ultrasound 2', '超声室3 Ultrasound 3'),
        ('超声室4 Ultrasound 4', '登记台 Desk', '超声室5 Ultrasound 5'),
    ),
    '1KE': plain(
        '心功能科 Heart function',
        'clinic',
        ('心电图室1 ECG 1', '心电图室2 ECG 2', '平板运动室 Treadmill'),
        ('动态心电 Holter', '肺功能室 Lung function', '登记台 Desk'),
    ),
    '1NW': clinic('OP5', '中医科门诊 Chinese medicine clinic', 4),
    '1NC': plain(
        '北门厅 North entrance',
        'office',
        ('北门厅 North entrance', '咨询台 Information'),
        ('便利店 Shop', '花店 Flowers'),
    ),
    '1NE': clinic('HCK', '体检中心 Health checks', 4),
    '0LW': clinic('OP1', '内科门诊 Medical clinic', 4),
    '0LC': plain(
        '中庭花园 Courtyard',
        'utility',
        ('下沉花园 Garden',),
        ('咖啡厅 Café', '母婴室 Baby room'),
    ),
    '0LE': clinic('OP2', '外科门诊 Surgical clinic', 4),
}
