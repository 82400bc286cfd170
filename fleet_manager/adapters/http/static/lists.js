// The operator's lists: alerts, deliveries, robots, lifts. Words for everything the map shows.

import { html, icon, put, rows, say } from './elements.js';
import { fillLift, liftRow } from './lift-rows.js';
import { clock } from './times.js';
import { duration, known, named, person, t } from './words.js';

const HIGH = ['robot_stuck', 'lift_overdue', 'duplicate_robot', 'parcel_stranded'];
const LOW = ['not_loaded', 'opening_expired', 'malformed_report', 'battery_low'];
const SIGNS = { high: '▲ !!!', medium: '▲ !!', low: '▲ !' };
const ENDED = ['delivered', 'returned', 'cancelled', 'expired', 'stored', 'failed'];
const MOST_STOPS = 4;
const TONES = {
  accepted: 'waiting', assigned: 'moving', under_way: 'moving', waiting: 'attention',
  silent: 'attention', excluded: 'attention', paused: 'attention', never_seen: 'ended',
  to_pick_up: 'moving', to_hand_over: 'moving', in_lift: 'moving', waiting_lift: 'moving',
  waiting_door: 'moving', at_pick_up: 'act', at_hand_over: 'act', awaiting_load: 'act',
  loading: 'act', awaiting_receipt: 'act', opened: 'act', taken: 'act', porter_asked: 'attention',
  carried: 'moving', rescue_asked: 'attention', to_clean: 'moving', needs_cleaning: 'act',
};

/** @param {string} code @returns {'high' | 'medium' | 'low'} */
export function level(code) {
  if (HIGH.includes(code)) return 'high';
  return LOW.includes(code) ? 'low' : 'medium';
}

export class Lists {
  /**
   * @param {import('./building.js').Building} building
   * @param {{select: (id: string) => void, command: (path: string) => void,
   *   open: (along: {robot?: string, lift?: string}) => void, why: (id: string) => string}} actions
   */
  constructor(building, actions) {
    this.building = building;
    this.actions = actions;
    this.selected = '';
    /** @type {import('./feed.js').Entities} */
    this.entities = {};
    this.now = 0;
  }

  /** @param {import('./feed.js').Entities} entities @param {number} now server time */
  update(entities, now) {
    this.entities = entities;
    this.now = now;
    this.alerts(Object.entries(entities.alert ?? {}));
    this.deliveries(Object.entries(entities.delivery ?? {}));
    this.robots(Object.entries(entities.robot ?? {}));
    this.lifts(Object.entries(entities.lift ?? {}));
  }

  /** @param {[string, any][]} alerts */
  alerts(alerts) {
    const order = ['high', 'medium', 'low'];
    const weight = (/** @type {any} */ alert) =>
      (alert.acknowledged ? 10 : 0) + order.indexOf(level(alert.code));
    alerts.sort((a, b) => weight(a[1]) - weight(b[1]) || a[1].raised_at - b[1].raised_at);
    count('alerts', alerts.length);
    rows(element('alerts'), alerts, ([id]) => id, ([id]) => this.alertRow(id), (row, [, alert]) => {
      const how = level(alert.code);
      put(row, 'class', `alert ${how} ${alert.acknowledged ? 'seen' : ''}`);
      const subject = { ...alert.params, subject: this.subject(alert), code: alert.code };
      const text = (/** @type {string} */ part) =>
        known(`alert.${alert.code}.${part}`, `alert.other.${part}`, subject);
      fill(row, 'level', `${SIGNS[how]} ${t(`alert.level.${how}`)}`);
      fill(row, 'what', text('what'));
      fill(row, 'since', t('alert.since', { time: clock(alert.raised_at) }));
      fill(row, 'did', text('did'));
      fill(row, 'do', text('do'));
      const who = alert.acknowledged;
      fill(row, 'seen', who ? t('operator.acknowledged', { who: person(who) }) : '');
      part(row, 'acknowledge').hidden = Boolean(who);
    });
  }

  /** @param {string} id */
  alertRow(id) {
    const row = html('li', 'alert');
    const head = html('p', 'alert-head');
    head.append(span('level'), span('what'), span('since'));
    const button = this.button('acknowledge', 'operator.acknowledge', `alerts/${id}/acknowledge`);
    row.append(head, paragraph('did'), paragraph('do'), span('seen'), button);
    head.addEventListener('click', () => {
      const subject = this.entities.alert?.[id]?.subject;
      if (this.entities.robot?.[subject]) this.actions.select(subject);
    });
    return row;
  }

  /** What an alert is about, in words. @param {any} alert */
  subject(alert) {
    const id = alert.subject;
    if (this.entities.robot?.[id]) return t('robot.label', { name: this.entities.robot[id].name });
    const place = this.building.lifts.get(id) ?? this.building.doors.get(id);
    if (place) return named(place.name);
    if (alert.code === 'account_locked') return alert.params.name ?? this.sharedBy(id);
    const delivery = this.entities.delivery?.[id];
    return delivery ? t('delivery.number', { number: delivery.number }) : id;
  }

  /** Who share an account: a station, or all of a role. @param {string} account */
  sharedBy(account) {
    const station = this.building.stations.get(account);
    return station ? named(station.name) : known(`role.${account}`, account);
  }

  /** @param {[string, any][]} all */
  deliveries(all) {
    const open = all.filter(([, delivery]) => !ENDED.includes(delivery.state));
    open.sort(([a, x], [b, y]) =>
      Number(y.late) - Number(x.late) || x.times.accepted - y.times.accepted || (a < b ? -1 : 1));
    count('deliveries', open.length);
    rows(element('deliveries'), open, ([id]) => id, ([id, d]) => this.deliveryRow(id, d), (row, [, d]) => {
      row.classList.toggle('selected', d.robot !== null && d.robot === this.selected);
      tag(row, known(`delivery.state_back.${d.returning ? d.state : ''}`, `delivery.state.${d.state}`), d.state);
      fill(row, 'late', d.late ? t('delivery.late') : '');
      const robot = d.robot ? this.entities.robot?.[d.robot]?.name ?? d.robot : '';
      fill(row, 'robot', robot);
      fill(row, 'eta', d.eta ? between(d.eta) : '');
      fill(row, 'why', d.waiting ? this.waiting(d.waiting) : '');
      fill(row, 'promised', `${t('delivery.promised')} ${clock(d.promised_at)}`);
    });
  }

  /** @param {string} id @param {any} delivery */
  deliveryRow(id, delivery) {
    const row = html('li', 'row');
    const link = /** @type {HTMLAnchorElement} */ (
      html('a', 'number', t('delivery.number', { number: delivery.number })));
    link.href = `/deliveries/${id}`;
    const ends = ['sender', 'recipient'].map((end) => {
      const station = this.building.stations.get(delivery[end]);
      return station ? named(station.name) : delivery[end];
    });
    const head = html('p', 'row-head');
    head.append(icon(delivery.goods), link, html('strong', '', t(`goods.${delivery.goods}`)), span('late'), span('tag'));
    const way = html('p', 'row-way', ends.join(' → '));
    const foot = html('p', 'row-foot');
    foot.append(span('robot'), span('eta'), span('promised'), span('why'));
    row.append(head, way, foot);
    row.addEventListener('click', () => {
      const robot = this.entities.delivery?.[id]?.robot;
      if (robot) this.actions.select(robot);
    });
    return row;
  }

  /** @param {{code: string, params: Record<string, string>}} waiting */
  waiting(waiting) {
    const { robot = '', lift = '' } = waiting.params;
    return known(`waiting.${waiting.code}`, 'waiting.other', {
      robot: this.entities.robot?.[robot]?.name ?? robot,
      lift: this.building.lifts.has(lift) ? named(this.building.lifts.get(lift).name) : lift,
    });
  }

  /** @param {[string, any][]} robots */
  robots(robots) {
    count('robots', robots.length);
    rows(element('robots'), robots, ([id]) => id, ([id]) => this.robotRow(id), (row, [id, robot]) => {
      row.classList.toggle('selected', id === this.selected);
      const name = part(row, 'name');
      say(name, robot.name);
      put(name, 'aria-pressed', String(id === this.selected));
      tag(row, t(`robot.state.${robot.state}`), robot.state);
      const percent = robot.battery === null ? '–' : Math.round(robot.battery * 100);
      const charges = robot.charging && robot.state !== 'charging';
      const charging = charges ? ` · ${t('robot.charging')}` : '';
      fill(row, 'battery', t('robot.battery', { percent }) + charging);
      fill(row, 'where', this.actions.why(id) || this.where(robot));
      fill(row, 'run', this.run(robot.stops));
      part(row, 'cleaned').hidden = robot.state !== 'needs_cleaning';
      part(row, 'pause').hidden = robot.paused || robot.excluded !== null;
      part(row, 'resume').hidden = !robot.paused || robot.excluded !== null;
      part(row, 'readmit').hidden = robot.excluded === null;
    });
  }

  /** @param {string} id */
  robotRow(id) {
    const row = html('li', 'row');
    const head = html('p', 'row-head');
    const name = html('button', 'name');
    name.dataset.part = 'name';
    name.addEventListener('click', () => this.actions.select(id));
    name.addEventListener('focus', () => this.actions.select(id));
    head.append(name, span('tag'), span('battery'));
    const buttons = html('span', 'buttons');
    for (const verb of ['pause', 'resume', 'readmit']) {
      buttons.append(this.button(verb, `operator.${verb}`, `robots/${id}/${verb}`));
    }
    buttons.append(this.button('cleaned', 'operator.cleaned', `robots/${id}/cleaned`));
    buttons.append(overTime(() => this.actions.open({ robot: id })));
    row.append(head, paragraph('where'), paragraph('run'), buttons);
    return row;
  }

  /** Where a robot goes, or what is wrong with it. @param {any} robot @returns {string} */
  where(robot) {
    if (robot.excluded !== null) return t('robot.excluded', { reason: robot.excluded });
    if (robot.heard === null) return t('robot.never_heard');
    if (robot.link !== 'ok') return t('robot.heard', { age: duration(this.now - robot.heard) });
    const station = this.building.stations.get(robot.goal_station);
    if (station) return t('robot.to', { place: named(station.name) });
    return robot.node ? this.building.placeName(`node:${robot.node}`) : '';
  }

  /**
   * What its run still has to do, a station at a time.
   * @param {{purpose: string, station: string}[]} stops @returns {string}
   */
  run(stops) {
    /** @type {{purpose: string, station: string, n: number}[]} */
    const visits = [];
    for (const { purpose, station } of stops) {
      const last = visits.at(-1);
      if (last?.station === station && last.purpose === purpose) last.n += 1;
      else visits.push({ purpose, station, n: 1 });
    }
    const texts = visits.slice(0, MOST_STOPS).map(({ purpose, station, n }) => {
      const place = this.building.stations.get(station);
      return t(`robot.stop.${purpose}`, { place: place ? named(place.name) : station, n });
    });
    if (visits.length > MOST_STOPS) texts.push('…');
    return texts.length ? t('robot.run', { stops: texts.join(' → ') }) : '';
  }

  /** @param {[string, any][]} lifts */
  lifts(lifts) {
    const create = (/** @type {[string, any]} */ [id]) => liftRow(
      () => this.actions.open({ lift: id }), () => this.actions.command(`lifts/${id}/release`));
    rows(element('lifts'), lifts, ([id]) => id, create, (row, [id, lift]) => fillLift(row, id, lift, this));
  }

  /** @param {string} name @param {string} label @param {string} path */
  button(name, label, path) {
    const button = html('button', '', t(label));
    button.dataset.part = name;
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      this.actions.command(path);
    });
    return button;
  }
}

/** A button that opens places over time. @param {() => void} open */
function overTime(open) {
  const button = html('button', '', t('space_time.button'));
  button.dataset.part = 'over-time';
  button.addEventListener('click', open);
  return button;
}

/** @param {{early: number, late: number}} eta */
function between(eta) {
  const [early, late] = [clock(eta.early), clock(eta.late)];
  return early === late ? late : `${early}–${late}`;
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} name */
function span(name) {
  const made = html('span', name);
  made.dataset.part = name;
  return made;
}

/** @param {string} name */
function paragraph(name) {
  const made = html('p', name);
  made.dataset.part = name;
  return made;
}

/** @param {Element} row @param {string} name */
function part(row, name) {
  return /** @type {HTMLElement} */ (row.querySelector(`[data-part=${name}]`));
}

/** @param {Element} row @param {string} name @param {string} text */
function fill(row, name, text) {
  const place = part(row, name);
  say(place, text);
  place.hidden = text === '';
}

/** @param {Element} row @param {string} text @param {string} state */
function tag(row, text, state) {
  const place = part(row, 'tag');
  say(place, text);
  put(place, 'class', `tag ${/** @type {Record<string, string>} */ (TONES)[state] ?? ''}`);
}

/** @param {string} what @param {number} n */
function count(what, n) {
  const place = document.querySelector(`[data-count=${what}]`);
  if (place) say(place, String(n));
  const empty = /** @type {HTMLElement | null} */ (document.querySelector(`[data-empty=${what}]`));
  if (empty) empty.hidden = n > 0;
}
