"""What is in the basement: what a hospital lives on."""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.generating.departments import (
    DAYTIME,
    Department,
    Stop,
    hatches,
    many,
    plain,
    rooms,
)

_CAR_PARK: Final = Department(
    '地下车库 Car park',
    many('utility', '车位 Parking row', 3),
    many('utility', '车位 Parking row', 3, 4),
)

BASEMENT: Final = {
    '0SW': Department(
        '营养厨房 Central kitchen',
        (
            *rooms('kitchen', '配餐流水线 Tray line', '特殊膳食间 Special diets'),
            ('餐具回收间 Tray return', 'utility'),
        ),
        rooms(
            'kitchen', '冷库 Cold store', '粗加工间 Preparation', '烹饪间 Cooking', '面点间 Pastry'
        ),
        hatches(
            Stop('KIT', '营养厨房 Central kitchen', 'kitchen', 1, ('meal',), ('supply',)), 0, 2
        ),
    ),
    '0SC': Department(
        '中心库房 Central stores',
        rooms('store', '发货区 Issue', '办公用品库 Stationery', '耗材库 Consumables'),
        rooms('store', '设备库 Equipment store', '高架库 High-bay store'),
        hatches(Stop('STO', '中心库房 Central stores', 'stores', 0, ('supply',), ('supply',)), 1),
    ),
    '0SE': Department(
        '收货区 Goods receiving',
        (
            *rooms('store', '验收区 Inspection', '周转箱区 Crates'),
            ('收货办公室 Receiving office', 'office'),
        ),
        many('store', '卸货平台 Loading dock', 4),
        (Stop('RCV', '收货区 Goods receiving', 'stores', 1, ('supply',), ('supply',)),),
    ),
    '0KW': Department(
        '药库 Pharmacy store',
        rooms('pharmacy', '药品发放 Drug issue', '西药库 Drug store', '大输液库 Infusions'),
        rooms('pharmacy', '冷链药库 Cold chain', '麻精药库 Controlled drugs', '中药库 Herbs'),
        hatches(
            Stop(
                'PHS',
                '药库 Pharmacy store',
                'pharmacy',
                0,
                ('drug', 'controlled', 'supply'),
                ('drug', 'supply'),
                badge=True,
            ),
            2,
        ),
        zone='clean',
    ),
    '0KE': Department(
        '消毒供应中心 Sterile supply',
        (
            *rooms('sterile', '无菌发放 Sterile issue', '无菌存放 Sterile store'),
            *rooms('sterile', '检查包装 Packing'),
        ),
        rooms('sterile', '灭菌区 Sterilisers', '清洗区 Washing', '去污区 Decontamination'),
        hatches(
            Stop(
                'CSSD',
                '消毒供应中心 Sterile supply',
                'cssd',
                0,
                ('sterile',),
                ('sterile', 'supply'),
                badge=True,
            ),
            2,
        ),
        zone='clean',
    ),
    '0NW': Department(
        '洗衣房 Laundry',
        rooms(
            'laundry',
            '洁净布草发放 Clean linen issue',
            '折叠间 Folding',
            '污染布草接收 Soiled linen',
        ),
        rooms('laundry', '烘干间 Dryers', '洗涤间 Washers', '分拣间 Sorting'),
        (
            Stop('LDC', '洁净布草 Clean linen', 'laundry', 0, ('linen',), ('supply',)),
            Stop('LDS', '污染布草 Soiled linen', 'laundry', 2, (), ('soiled',)),
        ),
    ),
    '1SW': plain(
        '暖通机房 Ventilation plant',
        'utility',
        ('空调机房1 Air handling 1', '空调机房2 Air handling 2', '控制室 Control room'),
        ('冷冻机房 Chillers', '水泵房 Pumps'),
    ),
    '1SC': plain(
        '医用气体 Medical gases',
        'utility',
        ('氧气站 Oxygen', '负压吸引站 Vacuum'),
        ('压缩空气 Compressed air', '汇流排间 Manifolds'),
    ),
    '1SE': plain(
        '变配电 Power supply',
        'utility',
        ('低压配电室 Switchgear', '值班室 Duty room', 'UPS间 Batteries'),
        ('变压器室 Transformers', '柴油发电机房 Generators'),
    ),
    '1KW': plain(
        '病案库 Archive',
        'store',
        ('病案库1 Archive 1', '病案库2 Archive 2'),
        ('影像档案库 Film archive', '病案库3 Archive 3'),
    ),
    '1KE': Department(
        '医学工程科 Medical engineering',
        rooms('office', '接待台 Desk', '维修间 Workshop', '计量室 Calibration'),
        rooms('store', '备件库 Spare parts', '设备调配中心 Equipment pool'),
        (
            Stop(
                'ENG',
                '医学工程科 Medical engineering',
                'stores',
                0,
                ('supply',),
                ('supply',),
                DAYTIME,
            ),
        ),
    ),
    '1NW': _CAR_PARK,
    '1NE': _CAR_PARK,
    '0LW': plain(
        '职工服务 Staff services',
        'office',
        ('男更衣室 Changing, men', '女更衣室 Changing, women', '工服发放 Uniforms'),
        ('淋浴间 Showers', '职工餐厅 Staff canteen'),
    ),
    '0LC': plain(
        '信息中心 Data centre',
        'utility',
        ('机房 Server room', '监控室 Monitoring'),
        ('UPS间 Batteries', '备件库 Spares'),
    ),
    '0LE': _CAR_PARK,
}
