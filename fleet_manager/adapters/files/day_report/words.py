"""The words of the report, in both languages. What a person named comes from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Key -> English, Chinese. Placeholders are filled by `said`.
TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    # head
    'report': ('Simulated day', '模拟日报告'),
    'to_main': ('To the figures', '跳到正文'),
    'light': ('Light or dark', '明暗'),
    'seed': ('seed {seed}', '种子 {seed}'),
    'dispatch': ('dispatch: {name}', '调度策略：{name}'),
    'span': ('{begin} to {end}', '{begin} 至 {end}'),
    'robots_n': ('{n} robots', '{n} 台机器人'),
    'lifts_n': ('{n} lifts', '{n} 部电梯'),
    'partial': (
        'Broken off at {time}: the figures are those until then.',
        '{time} 提前中止：以下为截至该时刻的数据。',
    ),
    # verdict
    'v_good': ('Went as it must', '达到要求'),
    'v_missed': ('Missed its targets', '未达目标'),
    'v_bad': ('Rules were broken', '出现违规'),
    'v_on_time': (
        '{share} of {n} deliveries arrived as promised.',
        '{n} 件中有 {share} 按承诺时间送达。',
    ),
    'v_on_time_target': (
        '{share} of {n} deliveries arrived as promised; the target is {target}.',
        '{n} 件中有 {share} 按承诺时间送达，目标 {target}。',
    ),
    'v_urgent': (
        'Of STAT and urgent ones {share}; the target is {target}.',
        '其中特急与加急 {share}，目标 {target}。',
    ),
    'v_nothing_due': ('Nothing was due yet.', '尚无到期的配送。'),
    'v_late': (
        '{n} came late or not at all. Most frequent reason: {cause} ({k} of {n}).',
        '{n} 件迟到或未送达，最主要原因：{cause}（{k}/{n}）。',
    ),
    'v_none_late': ('None was late.', '没有迟到。'),
    'v_safe': ('Nothing was lost and no rule was broken.', '无一丢失，无违规。'),
    'v_unsafe': (
        'Rules broken: {violations}. Deliveries lost: {lost}.',
        '违规 {violations} 次，丢失 {lost} 件。',
    ),
    'v_open': ('{n} were still open at the end.', '结束时仍有 {n} 件未完成。'),
    'violations': ('Violations', '违规'),
    'violations_more': ('… and {n} more', '…… 另有 {n} 条'),
    'c_overlaps': ('robots overlapped: {n}', '机器人重叠：{n}'),
    'c_deadlocks': ('robots blocked each other for ever: {n}', '相互死锁：{n}'),
    'c_gaps': ('gaps in custody: {n}', '交接链断点：{n}'),
    'c_lost': ('lost deliveries: {n}', '丢失：{n}'),
    'unmet': ('What did not hold', '未满足的要求'),
    # tiles
    'k_on_time': ('On time, all', '准时率（全部）'),
    'k_urgent': ('On time, STAT and urgent', '准时率（特急与加急）'),
    'k_delivered': ('Delivered', '已送达'),
    'k_lost': ('Lost · rules broken', '丢失 · 违规'),
    'k_p95': ('95 % of STAT and urgent arrive within', '95 % 的特急与加急在此时间内送达'),
    'k_lifts': ('Busiest lift', '最忙电梯'),
    'k_batch': ('Parcels a run', '每趟件数'),
    'k_alerts': ('Alerts an hour', '每小时告警'),
    'k_eta': ('Came before the late estimate', '在预计晚到时间前到达'),
    'k_empty': ('Metres driven empty', '空驶里程占比'),
    't_at_least': ('target ≥ {n}', '目标 ≥ {n}'),
    't_at_most': ('target ≤ {n}', '目标 ≤ {n}'),
    't_between': ('target {a} to {b}', '目标 {a} 至 {b}'),
    't_of': ('of {n} accepted', '共受理 {n} 件'),
    't_lift': ('robots had {lift}', '{lift} 归机器人使用'),
    't_replans': ('{n} replans a delivery', '每件重新规划 {n} 次'),
    't_promise': ('promise {n} min', '承诺 {n} 分钟'),
    't_metres': ('of {n} km', '共 {n} 公里'),
    'met': ('met', '达标'),
    'missed': ('missed', '未达标'),
    # sections
    's_classes': ('On time by class', '各类别准时率'),
    's_classes_note': (
        (
            'On time: the robot stands at the addressee by the promised time. Minutes count from '
            'when it was asked for, or from the earliest time to come for it.'
        ),
        '准时：在承诺时间前机器人到达收件站点。分钟数从请求时刻（或最早取件时刻）起算。',
    ),
    's_hours': ('Deliveries by hour', '各小时配送'),
    's_hours_note': (
        'By the hour in which they were ready to be carried.',
        '按可开始配送的小时统计。',
    ),
    's_spread': ('How long they took', '送达用时分布'),
    's_spread_note': (
        'Minutes until the robot stood at the addressee. Dashed: the promise.',
        '至机器人到达收件站点的分钟数；虚线为承诺时间。',
    ),
    's_lifts': ('Lifts', '电梯'),
    's_lifts_note': (
        (
            'Share of the time in which a session of a robot held the lift, and how long robots '
            'stood in front of it.'
        ),
        '机器人占用电梯的时间占比，以及机器人在电梯前等候的时间。',
    ),
    's_lift_hours': (
        'How much of each hour robots held each lift, in %',
        '各小时机器人占用电梯的百分比',
    ),
    's_lift_waits': (
        'Minutes that 95 % of waits in front of each lift stayed below, by hour',
        '各小时电梯前等候时间的 95 % 分位（分钟）',
    ),
    's_board': ('Lifts in the busiest hour, {hour}', '最忙一小时的电梯（{hour}）'),
    's_board_note': (
        (
            'Each row is a lift, time goes to the right. Full bars: a robot boards, rides, '
            'leaves. Thin bars below: robots that stand in front of it and wait.'
        ),
        '每行一部电梯，时间向右。实心条：机器人进梯、乘梯、出梯；下方细条：机器人在梯前等候。',
    ),
    's_strings': ('Floors in the busiest hour, {hour}', '最忙一小时的楼层走行（{hour}）'),
    's_strings_note': (
        (
            'Each coloured line is a robot on a floor, thick while it stands; thin grey lines are '
            'rides.'
        ),
        '每条彩线是一台在该楼层的机器人，粗线为停车；灰色细线为乘梯。',
    ),
    's_worst': ('The way of {delivery}', '{delivery} 的经过'),
    's_worst_late': (
        'It was the latest one: {late} min after its promise.',
        '迟到最久的一件：晚于承诺 {late} 分钟。',
    ),
    's_worst_slow': (
        'None was late; this one took longest, {took} min.',
        '没有迟到；这一件用时最长，{took} 分钟。',
    ),
    's_worst_note': (
        (
            'How far its robot {robot} drove, over time. Level: it stands; the longest stands are '
            'numbered. Grey: before it was given this delivery.'
        ),
        '机器人 {robot} 随时间行驶的距离；水平表示停车，最长的几次停车有编号；灰色为接单之前。',
    ),
    's_heat': ('Where robots waited', '机器人等候地点'),
    's_heat_note': (
        (
            'The area of a circle is the time robots stood there for others, a lift or a door: '
            '{total} h in all, {most} min in the largest one.'
        ),
        '圆面积表示机器人在该处等候他车、电梯或门的时间，总计 {total} 小时，最大者 {most} 分钟。',
    ),
    's_heat_rest': ('Other floors', '其他楼层'),
    's_causes': ('Why deliveries were late', '迟到原因'),
    's_causes_note': (
        (
            'The reason of a late delivery is the largest part of its time that other plans could '
            'have saved. On the right: what their time went into, on average.'
        ),
        '迟到原因取其用时中可避免的最大部分；右侧为平均用时构成。',
    ),
    's_robots': ('Robots', '机器人'),
    's_robots_note': (
        'Busy: serves a delivery or is being cleaned. Metres with and without a parcel inside.',
        '忙碌：正在执行配送或清洁。里程按是否载货区分。',
    ),
    's_late': ('Late ones', '迟到清单'),
    's_late_note': ('The latest first.', '按迟到时长排序。'),
    's_late_more': (
        '{n} more are in the JSON file of this day.',
        '其余 {n} 件见当日 JSON 文件。',
    ),
    's_faults': ('What went wrong on purpose', '注入的故障'),
    's_no_faults': ('Nothing: this was a day without faults.', '无：当日未注入故障。'),
    's_sometimes': ('Situations that came about', '出现过的情形'),
    's_never': ('{n} others did not come about', '另有 {n} 种未出现'),
    's_again': ('The same day again', '重现这一天'),
    's_again_note': (
        'Same seed, same journal, byte for byte.',
        '相同种子得到逐字节相同的日志。',
    ),
    # table heads and units
    'h_late_n': ('late', '迟到'),
    'h_class': ('class', '类别'),
    'h_n': ('n', '件数'),
    'h_on_time': ('on time', '准时率'),
    'h_arrival': ('min to arrival', '到达用时（分）'),
    'h_signature': ('min to signature', '签收用时（分）'),
    'h_p50': ('half', '中位'),
    'h_p95': ('95 %', '95 %'),
    'h_max': ('longest', '最长'),
    'h_lift': ('lift', '电梯'),
    'h_rides': ('rides', '乘梯次数'),
    'h_used': ('used', '占用率'),
    'h_wait': ('wait, min', '等候（分）'),
    'h_outcomes': ('how sessions ended', '会话结果'),
    'h_robot': ('robot', '机器人'),
    'h_busy': ('time', '时间'),
    'h_metres': ('km', '公里'),
    'h_parcels': ('parcels', '件数'),
    'h_runs': ('runs', '趟数'),
    'h_battery': ('lowest battery', '最低电量'),
    'h_delivery': ('delivery', '配送'),
    'h_asked': ('ready at', '可取时间'),
    'h_way': ('from → to', '从 → 到'),
    'h_late': ('late, min', '迟到（分）'),
    'h_why': ('why', '原因'),
    'h_place': ('place', '地点'),
    'h_waited': ('waited, min', '等候（分）'),
    'h_fault': ('fault', '故障'),
    'h_times': ('times', '次数'),
    'hour': ('hour of the day', '时刻'),
    'deliveries': ('deliveries', '件数'),
    'minutes': ('minutes', '分钟'),
    'metres': ('metres driven', '行驶距离（米）'),
    'on_time': ('on time', '准时'),
    'late': ('late', '迟到'),
    'busy': ('busy', '忙碌'),
    'charging': ('charging', '充电'),
    'idle': ('idle', '空闲'),
    'loaded': ('with parcels', '载货'),
    'empty': ('empty', '空驶'),
    'riding': ('in the car', '乘梯'),
    'waiting': ('waiting', '等候'),
    'asked': ('asked for', '请求'),
    'assigned': ('robot assigned', '派车'),
    'loaded_at': ('loaded', '装载'),
    'promised': ('promised', '承诺'),
    'arrived': ('arrived', '到达'),
    'min': ('{n} min', '{n} 分钟'),
    'all': ('all', '全部'),
    'no_robot': ('none', '无'),
    # urgencies
    'u_stat': ('STAT', '特急'),
    'u_urgent': ('urgent', '加急'),
    'u_routine': ('routine', '普通'),
    'u_scheduled': ('scheduled', '定时'),
    # goods
    'g_drug': ('medicine', '药品'),
    'g_controlled': ('controlled medicine', '麻精药品'),
    'g_blood': ('blood', '血液'),
    'g_specimen': ('specimens', '标本'),
    'g_sterile': ('sterile sets', '无菌包'),
    'g_meal': ('meals', '餐食'),
    'g_supply': ('supplies', '物资'),
    'g_linen': ('clean linen', '洁净被服'),
    'g_soiled': ('soiled linen', '污染被服'),
    'g_waste': ('waste', '废弃物'),
    # causes: what one reads in a list, and in a sentence with minutes
    'cause_robot': ('no robot was free', '没有空闲机器人'),
    'cause_coming': ('the robot came from far', '机器人距离远'),
    'cause_lift': ('the lift', '等候电梯'),
    'cause_ride': ('the ride in the lift', '乘梯时间长'),
    'cause_blocked': ('others or a door in the way', '他车或门阻挡'),
    'cause_turn': ('its station was taken', '站点被占用'),
    'cause_staff': ('nobody came to load', '无人装载'),
    'cause_loading': ('loading took long', '装载时间长'),
    'cause_other_stops': ('other stops of the run', '同趟其他站点'),
    'cause_driving': ('the way is long', '路程远'),
    'cause_fault': ('a fault', '故障'),
    'cause_porter': ('the porter', '人工运送'),
    'why_robot': ('{n} min until a robot was free', '{n} 分钟等空闲机器人'),
    'why_coming': ('{n} min until it came', '{n} 分钟前往取件'),
    'why_lift': ('{n} min in front of lifts', '{n} 分钟等电梯'),
    'why_ride': ('{n} min in lifts', '{n} 分钟乘梯'),
    'why_blocked': ('{n} min behind others or doors', '{n} 分钟被他车或门阻挡'),
    'why_turn': ('{n} min until its station was free', '{n} 分钟等站点空出'),
    'why_staff': ('{n} min until somebody loaded', '{n} 分钟等人装载'),
    'why_loading': ('{n} min loading', '{n} 分钟装载'),
    'why_other_stops': ('{n} min for other stops', '{n} 分钟用于其他站点'),
    'why_driving': ('{n} min driving', '{n} 分钟行驶'),
    'why_fault': ('{n} min for a fault', '{n} 分钟故障'),
    'why_porter': ('{n} min with porters', '{n} 分钟人工运送'),
    # groups of causes, for bars
    'p_robot': ('no robot', '等机器人'),
    'p_lift': ('lifts', '电梯'),
    'p_blocked': ('others, doors', '他车、门'),
    'p_staff': ('staff, loading', '人员、装载'),
    'p_stops': ('other stops', '其他站点'),
    'p_driving': ('driving', '行驶'),
    'p_fault': ('faults', '故障'),
    'p_porter': ('porters', '人工'),
    # how lift sessions ended
    'o_done': ('ridden', '乘坐'),
    'o_full': ('full', '满员'),
    'o_refused': ('served others', '服务他人'),
    'o_timed_out': ('did not come', '未到'),
    'o_mode_lost': ('took no robots', '不接受机器人'),
    'o_abandoned': ('given up', '放弃'),
    'o_opened': ('opened', '开门'),
    # faults
    'f_robot_dies': ('a robot died', '机器人宕机'),
    'f_robot_restarts': ('a robot restarted', '机器人重启'),
    'f_robot_cut': ('a robot lost the network', '机器人断网'),
    'f_robot_blocked': ('something stood in a robot’s way', '机器人被挡'),
    'f_robot_teleports': ('a robot jumped to another place', '机器人定位跳变'),
    'f_robot_nonsense': ('a robot reported nonsense', '机器人上报异常'),
    'f_robot_twice': ('two robots under one name', '机器人重名'),
    'f_robot_clock': ('a robot’s clock was wrong', '机器人时钟错误'),
    'f_battery_falls': ('a battery collapsed', '电池骤降'),
    'f_charger_dead': ('a charger was dead', '充电桩失效'),
    'f_door_stays_open': ('a compartment stayed open', '柜门未关'),
    'f_lift_stuck': ('a lift was stuck', '电梯困停'),
    'f_lift_held': ('a lift was held', '电梯被占住'),
    'f_lift_restarts': ('a lift controller restarted', '电梯控制器重启'),
    'f_lift_out': ('a lift was out of service', '电梯停用'),
    'f_lift_wrong_floor': ('a lift opened on a wrong floor', '电梯错层开门'),
    'f_door_stuck': ('a door was stuck', '门卡住'),
    'f_bed_in_corridor': ('a bed stood in a corridor', '走廊停放病床'),
    'f_fire': ('a fire alarm', '火警'),
    'f_power_cut': ('a power cut', '停电'),
    'f_network_cut': ('the network was down', '网络中断'),
    'f_network_flood': ('the network was flooded', '网络拥塞'),
    'f_manager_crashes': ('the fleet manager crashed', '调度程序崩溃'),
    'f_manager_freezes': ('the fleet manager froze', '调度程序卡死'),
    'f_zone_closed': ('a zone was closed', '区域封闭'),
    'f_double_click': ('somebody clicked twice', '重复点击'),
    # places
    'at_lift': ('at lift {lift}, {floor}', '{floor} {lift} 梯前'),
    'on_floor': ('{room}, {floor}', '{floor} {room}'),
    # the same day again
    'version': ('version', '版本'),
    'map_version': ('map', '地图'),
    'journal': ('journal sha256', '日志 sha256'),
    'size': (
        (
            '{events} events, {ticks} turns of the manager, {wall} s of computing ({pace} × real '
            'time)'
        ),
        '{events} 个事件，{ticks} 轮调度，计算 {wall} 秒（实时的 {pace} 倍）',
    ),
    # comparison
    'compared': ('Days compared', '多日对比'),
    'x_day': ('day', '方案'),
    'x_late': ('late', '迟到'),
    'x_lift': ('busiest lift', '最忙电梯'),
    'x_km': ('km a parcel', '每件公里'),
    'x_robots': ('robots', '机器人'),
    'x_busy': ('robots busy', '机器人忙碌率'),
    'x_on_time': ('On time', '准时率'),
    'x_urgent': ('On time, STAT and urgent', '特急与加急准时率'),
    'x_p95': ('Minutes to arrival, 95 %', '95 % 到达用时（分）'),
    'x_urgent_only': (
        'Of STAT and urgent, the slower of the two.',
        '特急与加急中较慢的一类。',
    ),
    'x_causes': ('Late ones by reason', '迟到件数与原因'),
    'x_all': ('All figures', '全部数据'),
    'x_safe': ('lost · violations', '丢失 · 违规'),
    'x_batch': ('parcels a run', '每趟件数'),
}


def said(key: str, /, **params: object) -> tuple[str, str]:
    """Return a text in English and in Chinese. Raises KeyError for an unknown key: a bug."""
    english, chinese = TEXTS[key]
    return english.format(**params), chinese.format(**params)


def known(prefix: str, name: str) -> tuple[str, str]:
    """Return the text for a name of the program, or the name itself where there is none."""
    return TEXTS.get(f'{prefix}_{name}', (name, name))
