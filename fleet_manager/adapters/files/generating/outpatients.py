"""What is on F3: day surgery, deliveries, clinics, offices."""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.generating.departments import (
    BEDSIDE,
    DAYTIME,
    THEATRE,
    Department,
    Stop,
    beds,
    clinic,
    hatches,
    many,
    plain,
    rooms,
)

OUTPATIENTS: Final = {
    '0SW': Department(
        '静脉用药调配中心 IV admixture',
        rooms('pharmacy', '成品发放 Dispatch', '贴签摆药 Labelling', '审方室 Checking'),
        rooms(
            'pharmacy',
            '普通药调配 Mixing',
            '抗肿瘤药调配 Cytotoxics',
            '营养液调配 Nutrition',
            '二级库 Stock',
        ),
        hatches(
            Stop(
                'PIV',
                '静脉用药调配中心 IV admixture',
                'pharmacy',
                1,
                ('drug',),
                ('drug', 'supply'),
                badge=True,
            ),
            0,
            2,
        ),
        zone='clean',
    ),
    '0SC': plain(
        '学术报告厅 Lecture hall',
        'office',
        ('前厅 Foyer', '贵宾室 Guests'),
        ('学术报告厅 Lecture hall',),
    ),
    '0SE': Department(
        '产房 Delivery suite',
        (
            ('助产士站 Midwives', 'nurse'),
            *many('theatre', '分娩室 Delivery room', 3),
            *many('ward', '待产室 Labour room', 3),
        ),
        (('产科手术室 Obstetric theatre', 'theatre'), *many('ward', '家化产房 Birthing room', 3)),
        (Stop('DEL', '产房 Delivery suite', 'theatre', 1, *BEDSIDE),),
    ),
    '0KW': plain(
        '医务办公 Medical offices',
        'office',
        ('医务科 Medical affairs', '护理部 Nursing office', '院感科 Infection control'),
        ('质控科 Quality', '药学部 Pharmacy office', '随访中心 Follow-up'),
    ),
    '0KE': plain(
        '康复治疗 Therapy',
        'clinic',
        ('运动治疗 Physiotherapy', '作业治疗 Occupational therapy'),
        ('言语治疗 Speech therapy', '理疗室 Electrotherapy'),
    ),
    '0NW': Department(
        '日间手术中心 Day surgery',
        (
            ('日间护士站 Day surgery nurses', 'nurse'),
            *many('theatre', '日间手术室 Day theatre', 4),
        ),
        many('ward', '日间病房 Day ward', 6),
        (Stop('DSU', '日间手术中心 Day surgery', 'theatre', 1, *THEATRE, DAYTIME, badge=True),),
        zone='clean',
    ),
    '0NC': clinic('DENT', '口腔科 Dentistry', 2, place=0),
    '0NE': beds('HD', '血液净化中心 Dialysis', 'clinic', 3),
    '1SW': clinic('EYE', '眼科门诊 Eye clinic', 4),
    '1SC': plain(
        '图书馆 Library',
        'office',
        ('阅览室 Reading room', '电子阅览 Computers'),
        ('书库 Stacks', '研讨室 Seminar'),
    ),
    '1SE': clinic('ENT', '耳鼻喉门诊 Ear, nose and throat', 4),
    '1KW': plain(
        '职能部门 Administration',
        'office',
        ('人事科 Personnel', '财务科 Finance', '院办 Directorate'),
        ('科教科 Research office', '宣传科 Communication', '信息科 Information'),
    ),
    '1KE': plain(
        '培训中心 Training',
        'office',
        ('模拟病房 Skills ward', '模拟手术室 Skills theatre'),
        ('教室1 Classroom 1', '教室2 Classroom 2'),
    ),
    '1NW': clinic('DER', '皮肤科门诊 Skin clinic', 4),
    '1NC': plain(
        '生殖医学 Fertility',
        'clinic',
        ('取卵室 Retrieval', '诊室 Consulting room'),
        ('胚胎实验室 Embryology', '冷冻室 Cryo store'),
    ),
    '1NE': clinic('ONC', '肿瘤门诊 Oncology clinic', 4),
    '0LW': clinic('REH', '康复门诊 Rehabilitation clinic', 4),
    '0LC': plain('中庭上空 Atrium', 'utility', ('中庭上空 Atrium',), ()),
    '0LE': clinic('PSY', '心理门诊 Mental health', 4),
}
