// The operator's page: one map of all floors, the lists beside it, and what the buttons send.

import { Building } from './building.js';
import { Closures } from './closures.js';
import { put, say, svg } from './elements.js';
import { Feed } from './feed.js';
import { Shafts } from './lifts.js';
import { Lists } from './lists.js';
import { Robots } from './robots.js';
import { SpaceTime } from './space-time.js';
import { Waits } from './waits.js';
import { duration, known, loadPeople, loadWords, t } from './words.js';

const app = /** @type {HTMLElement} */ (document.getElementById('app'));
const bar = /** @type {HTMLElement} */ (document.getElementById('offline'));
bar.dataset.stale = app.dataset.stale;

loadPeople(JSON.parse(app.dataset.people ?? '{}'));

void start();

async function start() {
  const [map] = await Promise.all([fetch('/api/v1/map').then((answer) => answer.json()), loadWords()]);
  const building = new Building(map);
  const robots = new Robots(building, select);
  const waits = new Waits(building, robots);
  const why = (/** @type {string} */ id) => waits.text(id);
  const spaceTime = new SpaceTime(building, select);
  const open = spaceTime.open.bind(spaceTime);
  const shafts = new Shafts(building, (lift) => {
    if (closures.form.hidden) open({ lift }); // else the tap says which lift to close
  });
  const lists = new Lists(building, { select, command, open, why });
  const closures = new Closures(building, app.dataset.csrf ?? '');
  const root = draw(building, [closures.layer, spaceTime.layer, shafts.layer, robots.layer, waits.layer]);
  document.getElementById('map')?.append(waits.note);
  fitTo(root, building, robots);
  pickOn(root, building, spaceTime);
  closures.pickOn(root);
  root.addEventListener('click', (event) => {
    if (!(/** @type {Element} */ (event.target).closest('.robot'))) waits.dismiss();
  });
  /** @type {import('./feed.js').Entities} */
  let entities = {};
  let now = 0;
  let due = false;

  const feed = new Feed((news) => {
    entities = news.entities;
    now = news.now;
    if (news.set.robot || news.gone.robot) {
      waits.update(entities, now);
      robots.update(entities.robot ?? {}, now, why);
      lanes(building, entities.robot ?? {}, robots.selected);
    }
    if (news.set.lift || news.set.robot) shafts.update(entities.lift ?? {}, entities.robot ?? {});
    if (!due) {
      due = true; // lists are for reading: twice a second is enough
      setTimeout(() => {
        due = false;
        showLists();
      }, 500);
    }
  }, bar);
  setInterval(() => {
    now = Date.now() + feed.offset;
    robots.update(entities.robot ?? {}, now, why); // ages grow without news
    showLists();
  }, 2000);
  setInterval(() => waits.update(entities, Date.now() + feed.offset), 1000);

  function showLists() {
    lists.update(entities, now);
    spaceTime.update(entities.robot ?? {}, robots.selected);
    closures.update(entities, now);
    kpis(entities);
    mapSwap(entities.fleet?.fleet, map.version);
  }

  /** @param {string} id the robot to show in the map and in the lists */
  function select(id) {
    if (robots.selected === id) return;
    robots.selected = lists.selected = id;
    waits.update(entities, now);
    robots.update(entities.robot ?? {}, now, why);
    spaceTime.update(entities.robot ?? {}, id);
    const glyph = robots.glyphs.get(id);
    if (glyph && !glyph.group.contains(document.activeElement)) robots.layer.append(glyph.group);
    lanes(building, entities.robot ?? {}, id);
    lists.update(entities, now);
  }
}

/** @param {Building} building @param {SVGElement[]} layers what is drawn over it, the lowest first */
function draw(building, layers) {
  const root = svg('svg', { viewBox: `-1 0 ${building.width + 2} ${building.height}`, role: 'group' });
  put(root, 'aria-label', t('operator.map'));
  const ratio = (building.width + 2) / building.height;
  document.documentElement.style.setProperty('--ratio', ratio.toFixed(3));
  const arrow = svg('marker', {
    id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
    markerUnits: 'strokeWidth', orient: 'auto',
  });
  arrow.append(svg('path', { class: 'head', d: 'M0 0.500L8 4L0 7.500Z' }));
  const definitions = svg('defs');
  definitions.append(arrow);
  root.append(definitions, building.draw(), ...layers);
  document.getElementById('map')?.append(root);
  return root;
}

/**
 * While a way over time is open, a tap on the map says where it starts and ends.
 * @param {SVGElement} root @param {Building} building @param {SpaceTime} spaceTime
 */
function pickOn(root, building, spaceTime) {
  root.addEventListener('click', (event) => {
    const screen = /** @type {SVGSVGElement} */ (root).getScreenCTM();
    if (!spaceTime.picking || !screen) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(screen.inverse());
    const node = building.nearest(point.x, point.y);
    if (node) spaceTime.pick(node);
  });
}

/** @param {SVGElement} root @param {Building} building @param {Robots} robots */
function fitTo(root, building, robots) {
  const fit = () => {
    const box = root.getBoundingClientRect();
    const metre = Math.min(box.width / (building.width + 2), box.height / building.height) || 1;
    building.fit(root, metre);
    robots.fit(metre);
  };
  new ResizeObserver(fit).observe(root);
  fit();
}

/** Colour the lanes robots may drive on now, and dash those they will ask for. */
function lanes(/** @type {Building} */ building, /** @type {Record<string, any>} */ robots, /** @type {string} */ selected) {
  /** @type {Map<string, string>} */
  const wanted = new Map();
  for (const kind of ['claimed', 'allocated']) {
    for (const [id, robot] of Object.entries(robots)) {
      for (const lane of robot[kind]) {
        wanted.set(lane, `lane ${kind}${id === selected ? ' chosen' : ''}`);
      }
    }
  }
  for (const [id, line] of building.laneLines) put(line, 'class', wanted.get(id) ?? 'lane');
}

/** @param {import('./feed.js').Entities} entities */
function kpis(entities) {
  const fleet = entities.fleet?.fleet;
  if (!fleet) return;
  const values = {
    robots: `${fleet.robots_available} / ${fleet.robots_total}`,
    open: fleet.deliveries_open,
    waiting: fleet.deliveries_waiting,
    longest: duration(fleet.longest_wait_ms),
    delivered: fleet.delivered_today,
    on_time: fleet.on_time === null ? '–' : `${Math.floor(fleet.on_time * 100)} %`,
    alerts: fleet.alerts_open,
    lift: fleet.lift_minutes,
  };
  for (const [name, value] of Object.entries(values)) {
    const place = document.querySelector(`[data-kpi=${name}] dd`);
    if (place) say(place, String(value));
  }
  document.querySelector('[data-kpi=alerts]')?.classList.toggle('attention', fleet.alerts_open > 0);
  const button = /** @type {HTMLElement} */ (document.getElementById('pause-fleet'));
  button.hidden = false;
  say(button, t(fleet.paused ? 'operator.resume_fleet' : 'operator.pause_fleet'));
  button.onclick = () => command(fleet.paused ? 'fleet/resume' : 'fleet/pause');
  const paused = /** @type {HTMLElement} */ (document.getElementById('fleet-paused'));
  paused.hidden = !fleet.paused;
}

/** Say what a change of the map waits for; on the new map this page begins again.
 * @param {any} fleet @param {string} shown the version of the map on this page
 */
function mapSwap(fleet, shown) {
  if (!fleet) return;
  if (fleet.map_version !== shown) location.reload();
  const banner = /** @type {HTMLElement} */ (document.getElementById('map-swap'));
  const text = swapText(fleet);
  banner.hidden = text === '';
  say(banner, text);
}

/** @param {any} fleet @returns {string} */
function swapText(fleet) {
  const late = fleet.robots_on_old_map;
  if (!fleet.map_swap) return late.length ? t('map_swap.robots', { robots: late.join(', ') }) : '';
  const [first, ...others] = fleet.map_swap.waits_for;
  if (!first) return t('map_swap.soon');
  const text = known(`map_hold.${first.code}`, 'map_swap.soon', named(first.params));
  const waits = others.length ? t('map_swap.more', { first: text, n: others.length }) : text;
  return t('map_swap.under_way', { waits });
}

/** @param {Record<string, string>} params @returns {Record<string, string>} */
function named(params) {
  const words = { ...params };
  if (params.why) words.why = known(`map_hold.why.${params.why}`, 'map_hold.why.other');
  if (params.state) words.state = known(`delivery.state.${params.state}`, 'map_hold.why.other');
  if (params.place) words.place = params.place.split(':').at(-1) ?? '';
  return words;
}

/** Post a command; say what went wrong. @param {string} path */
async function command(path) {
  const said = /** @type {HTMLElement} */ (document.getElementById('said'));
  try {
    const answer = await fetch(`/api/v1/${path}`, {
      method: 'POST',
      headers: { 'X-CSRF-Token': app.dataset.csrf ?? '' },
    });
    said.hidden = answer.ok;
    if (answer.ok) return;
    const { code, message } = (await answer.json()).error;
    if (code === 'confirm_first') location.assign('/confirm?next=/operator');
    else say(said, message);
  } catch {
    said.hidden = false;
    say(said, t('operator.failed'));
  }
}
