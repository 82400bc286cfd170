// Ward pages: everything works without this file; with it they are live.

import { announce } from './arrivals.js';
import { Feed } from './feed.js';
import { parse, refresh, swap } from './live.js';
import { takeScans } from './scan.js';
import { takeOverForms } from './send.js';
import { localise } from './times.js';
import { offerTone } from './tone.js';

const AT_MOST_EVERY_MS = 700;
const MINUTES_RUN_MS = 20000;
const TYPED_MS = 180;

localise(document);
takeOverForms();
takeScans();
offerTone();
for (const form of document.querySelectorAll('form[data-filter]')) filterAsTyped(form);
for (const form of document.querySelectorAll('form[data-ask]')) askAsTyped(form);
if (document.body.dataset.signedIn === 'yes') follow();

function follow() {
  const bar = /** @type {HTMLElement} */ (document.getElementById('offline'));
  const live = document.querySelector('[data-live]') !== null;
  let shown = '';
  let due = 0;
  new Feed(({ entities }) => {
    announce(entities);
    const digest = whatMatters(entities);
    if (!live || digest === shown) return;
    const first = shown === '';
    shown = digest;
    if (due || first) {
      if (first) void refresh();
      return;
    }
    due = window.setTimeout(() => {
      due = 0;
      void refresh();
    }, AT_MOST_EVERY_MS);
  }, bar);
  if (live) setInterval(refresh, MINUTES_RUN_MS);
}

/**
 * What a person would notice. Robots move and estimates creep: those are no reason to fetch.
 * @param {import('./feed.js').Entities} entities
 */
function whatMatters(entities) {
  const deliveries = Object.entries(entities.delivery ?? {}).map(([id, delivery]) => [
    id,
    delivery.state,
    delivery.robot,
    delivery.opening,
    delivery.in_lift,
    delivery.late,
    delivery.rating,
    delivery.returning,
    delivery.waiting,
    delivery.eta && Math.ceil(delivery.eta.late / 60000),
  ]);
  return JSON.stringify([deliveries, entities.fleet?.fleet?.paused]);
}

/** @param {Element} form a search whose list is filtered on every key */
function filterAsTyped(form) {
  const input = /** @type {HTMLInputElement} */ (form.querySelector('input[type=search]'));
  const place = document.getElementById(form.getAttribute('data-filter') ?? '');
  /** @type {NodeListOf<HTMLElement>} */
  const found = place?.querySelectorAll('[data-search]') ?? document.querySelectorAll('#none');
  const all = [...found];
  const empty = /** @type {HTMLElement | null} */ (place?.querySelector('[data-empty]') ?? null);
  const filter = () => {
    const typed = input.value.toLowerCase().replace(/\s+/g, '');
    for (const item of all) item.hidden = !(item.dataset.search ?? '').includes(typed);
    if (empty) empty.hidden = all.some((item) => !item.hidden);
  };
  input.addEventListener('input', filter);
  form.addEventListener('submit', (event) => event.preventDefault());
}

/** @param {Element} element a search the server answers, on every pause of typing */
function askAsTyped(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  let asked = 0;
  let due = 0;
  const ask = async () => {
    const mine = ++asked;
    const typed = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    try {
      const answer = await fetch(`${form.action}?${typed}`, { cache: 'no-store' });
      const page = parse(await answer.text());
      if (mine !== asked || !answer.ok) return;
      history.replaceState(null, '', `?${typed}`); // what is fetched anew, or again, is this
      swap(page);
    } catch {
      // no network: the button still asks, and the bar says so
    }
  };
  form.addEventListener('input', () => {
    clearTimeout(due);
    due = window.setTimeout(ask, TYPED_MS);
  });
}
