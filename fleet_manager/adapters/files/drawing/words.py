"""The words on a drawn map, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from fleet_manager.domain.maps.model import Name

Lang = Literal['en', 'zh']
LANGUAGES: Final[tuple[Lang, ...]] = ('en', 'zh')

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    # families of rooms
    'way': ('Corridors, lobbies', '走廊与门厅'),
    'robots': ('Robots, hand-over', '机器人与交接'),
    'care': ('Wards, nurses', '病房与护士站'),
    'intensive': ('ICU, theatres', '重症与手术'),
    'visits': ('Clinics', '门诊诊室'),
    'medicine': ('Pharmacy, laboratory', '药房与检验'),
    'sterile': ('Sterile supply', '消毒供应'),
    'logistics': ('Kitchen, stores, laundry', '厨房、库房与洗衣'),
    'refuse': ('Waste', '污物'),
    'service': ('Offices, utilities', '办公与设备'),
    'vertical': ('Stairs, shafts', '楼梯与井道'),
    # kinds of room
    'r-corridor': ('corridor', '走廊'),
    'r-lobby': ('lobby', '大厅'),
    'r-lift_lobby': ('lift lobby', '电梯厅'),
    'r-handover': ('hand-over place', '交接处'),
    'r-robot': ('robots', '机器人区'),
    'r-ward': ('ward', '病房'),
    'r-nurse': ('nurse station', '护士站'),
    'r-icu': ('intensive care', '重症监护'),
    'r-theatre': ('theatre', '手术室'),
    'r-clinic': ('clinic', '诊室'),
    'r-pharmacy': ('pharmacy', '药房'),
    'r-lab': ('laboratory', '检验科'),
    'r-kitchen': ('kitchen', '厨房'),
    'r-sterile': ('sterile supply', '消毒供应'),
    'r-store': ('store', '库房'),
    'r-laundry': ('laundry', '洗衣房'),
    'r-waste': ('waste', '污物间'),
    'r-office': ('office', '办公室'),
    'r-utility': ('utility room', '设备间'),
    'r-toilet': ('toilet', '卫生间'),
    'r-stairs': ('stairs', '楼梯'),
    'r-lift_shaft': ('lift shaft', '电梯井'),
    # zones
    'z-clean': ('Clean zone', '清洁区'),
    'z-dirty': ('Dirty zone', '污染区'),
    'z-isolation': ('Isolation', '隔离区'),
    'z-public': ('Public area', '公共区'),
    'z-quiet': ('Quiet hours', '静音时段区'),
    'z-no_go': ('No robots', '禁行区'),
    'z-fire_compartment': ('Fire compartment', '防火分区'),
    'z-egress': ('Egress route', '疏散通道'),
    'z-refuge': ('Fire refuge', '避难区'),
    'z_robots': ('robots: {n} at most', '机器人最多 {n} 台'),
    # nodes
    'n-way': ('Waypoint', '途经点'),
    'n-parking': ('Parking bay', '停靠位'),
    'n-charger': ('Charger', '充电位'),
    'n-cleaning': ('Cleaning bay', '清洁位'),
    'n-station': ('Station', '站点'),
    'n-lift_wait': ('Waits for the lift', '候梯位'),
    'n-lift_exit': ('Leaves the lift', '出梯位'),
    # lanes
    'lane': ('Lane', '车道'),
    'one_way': ('One-way lane', '单向车道'),
    'restricted': ('Some robots only', '限部分机器人'),
    'only': ('only {types}', '仅限 {types}'),
    'width': ('{m} m wide', '宽 {m} 米'),
    'door_on': ('door {door}', '门 {door}'),
    # doors
    'sliding': ('sliding', '推拉门'),
    'hinged': ('hinged', '平开门'),
    'd-sliding': ('Sliding door', '推拉门'),
    'd-hinged': ('Hinged door', '平开门'),
    'automatic': ('Opens on request', '自动开启'),
    'opens': ('opens on request', '自动开启'),
    'by_hand': ('opened by a person', '人工开启'),
    'fire': ('Fire door', '防火门'),
    'badge': ('Badge', '刷卡'),
    # lifts
    'lift_key': ('Lift, heavy line: door', '电梯，粗线为门'),
    'passes': ('passes this floor', '此层不停'),
    'clean_goods': ('clean goods', '洁梯'),
    'dirty_goods': ('dirty goods', '污梯'),
    'clean_badge': ('C', '洁'),
    'dirty_badge': ('D', '污'),
    'public_badge': ('P', '客'),
    'clean_key': ('Clean goods', '洁梯'),
    'dirty_key': ('Dirty goods', '污梯'),
    'public_key': ('Shared with the public', '公众共用'),
    'public': ('shared with the public', '公众共用'),
    'cabin': ('car {w} × {d} m', '轿厢 {w} × {d} 米'),
    'front': ('front door here', '此层开前门'),
    'rear': ('rear door here', '此层开后门'),
    'floors_served': ('stops: {floors}', '停靠：{floors}'),
    # stations
    'sends': ('sends {goods}', '发出 {goods}'),
    'takes': ('takes {goods}', '接收 {goods}'),
    'hours': ('open {hours}', '开放 {hours}'),
    'phone': ('phone {phone}', '电话 {phone}'),
    'home': ('home of {robot}', '{robot} 的驻位'),
    # resources
    'group': ('Lane group (one at a time)', '车道组（一次一台）'),
    'group_of': ('lane group {id}: {n} lanes, {m} m', '车道组 {id}：{n} 段，{m} 米'),
    'conflict': ('Too close: one at a time', '间距不足：一次一台'),
    'conflict_of': ('{one} and {other}: one robot at a time', '{one} 与 {other}：一次一台'),
    'articulation': ('Only way past', '必经之处'),
    'articulation_of': ('{node}: the only way past', '{node}：必经之处'),
    # problems
    'error': ('error', '错误'),
    'warning': ('warning', '警告'),
    'problems': ('Problems', '问题'),
    'no_problems': ('No problem was found', '未发现问题'),
    'more': (
        '… and {n} more: `fleet map check` lists all',
        '…… 另有 {n} 个：用 `fleet map check` 查看',
    ),
    'partial': (
        'Incomplete: {n} parts of the map could not be read and are not drawn',
        '不完整：地图有 {n} 处无法读取，未绘出',
    ),
    'no_font': ('No Chinese font on this machine: names are in English', ''),
    # the sheet
    'stations': ('stations {n}', '{n} 个站点'),
    'counts': (
        'floors {floors} · nodes {nodes} · lifts {lifts} · stations {stations} · robots {robots}',
        '{floors} 层 · {nodes} 个节点 · {lifts} 部电梯 · {stations} 个站点 · {robots} 台机器人',
    ),
    'version': ('map {version}', '地图 {version}'),
    'section': ('Section: which lift stops where', '剖面：电梯停靠楼层'),
    # the page
    'to_lists': ('To the lists', '跳到列表'),
    'light': ('Light or dark', '明暗'),
    'map_label': (
        'Map: arrow keys move, + and - zoom, 0 shows everything',
        '地图：方向键移动，+ 和 - 缩放，0 显示全部',
    ),
    'nearer': ('Zoom in', '放大'),
    'farther': ('Zoom out', '缩小'),
    'whole': ('Show everything', '显示全部'),
    'find': ('Find a place', '查找地点'),
    'nothing': ('Nothing of that name', '没有匹配的地点'),
    'floors': ('Floors', '楼层'),
    'layers': ('Layers', '图层'),
    'layer_rooms': ('Rooms', '房间'),
    'layer_names': ('Names', '名称'),
    'layer_zones': ('Zones', '区域'),
    'layer_graph': ('Graph, doors', '路网与门'),
    'layer_resources': ('Lane groups', '车道组'),
    'layer_conflicts': ('Conflicts', '冲突'),
    'layer_problems': ('Problems', '问题'),
    'key': ('Key', '图例'),
    # goods
    'goods_drug': ('medicine', '药品'),
    'goods_controlled': ('controlled drugs', '麻精药品'),
    'goods_blood': ('blood', '血液'),
    'goods_specimen': ('specimens', '标本'),
    'goods_sterile': ('sterile sets', '无菌包'),
    'goods_meal': ('meals', '餐食'),
    'goods_supply': ('supplies', '物资'),
    'goods_linen': ('linen', '被服'),
    'goods_soiled': ('soiled linen', '污染布草'),
    'goods_waste': ('waste', '废弃物'),
}


def word(key: str, lang: Lang, /, **params: object) -> str:
    """Return the text of `key` with its placeholders filled. Raises KeyError: a bug."""
    text = _TEXTS[key][LANGUAGES.index(lang)]
    return text.format(**params) if params else text


def named(name: Name, lang: Lang) -> str:
    """Return a place's name in one language."""
    return name.zh if lang == 'zh' else name.en
