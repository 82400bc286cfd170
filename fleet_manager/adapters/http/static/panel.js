// The screen on a robot: a keypad for those without a keyboard, live, and empty when it is not.

import { Feed } from './feed.js';
import { refresh } from './live.js';
import { takeOverForms } from './send.js';
import { localise } from './times.js';

const AT_MOST_EVERY_MS = 400;
const MINUTES_RUN_MS = 15000;
const TYPED_LASTS_MS = 45000; // who typed half a PIN and left has gone

let typedAt = 0;
/** The field the keypad types into: the last one somebody was in. */
let chosen = 'pin';

localise(document);
takeOverForms();
keypads();
new MutationObserver(keypads).observe(document.body, { childList: true, subtree: true });
document.addEventListener('click', press);
document.addEventListener('focusin', (event) => {
  if (event.target instanceof HTMLInputElement) chosen = event.target.id;
});
document.addEventListener('input', () => (typedAt = Date.now()));
setInterval(forget, 1000);
const todo = /** @type {HTMLElement | null} */ (document.querySelector('[data-feed].todo'));
if (todo) follow(todo.dataset.feed ?? '');

/** @param {string} path where this robot's feed is */
function follow(path) {
  const bar = /** @type {HTMLElement} */ (document.getElementById('offline'));
  let shown = '';
  let due = 0;
  const news = ({ entities }) => {
    const digest = JSON.stringify([entities.robot, entities.delivery]);
    if (digest === shown || due) return;
    due = window.setTimeout(() => {
      due = 0;
      shown = digest;
      void refresh();
    }, AT_MOST_EVERY_MS);
  };
  new Feed(/** @type {any} */ (news), bar, path);
  setInterval(refresh, MINUTES_RUN_MS);
}

function keypads() {
  for (const keypad of document.querySelectorAll('.keypad[hidden]')) {
    keypad.removeAttribute('hidden');
    // a badge reader is a keyboard: it types where the focus is
    if (document.activeElement === document.body) document.getElementById('pin')?.focus();
  }
}

/** @param {MouseEvent} event a key of the keypad */
function press(event) {
  const key = /** @type {Element} */ (event.target).closest('.keypad button');
  const named = document.getElementById(chosen) ?? document.getElementById('pin');
  const pin = /** @type {HTMLInputElement | null} */ (named);
  if (!(key instanceof HTMLButtonElement) || !pin) return;
  pin.value = key.value ? pin.value + key.value : pin.value.slice(0, -1);
  typedAt = Date.now();
}

function forget() {
  if (Date.now() - typedAt < TYPED_LASTS_MS) return;
  for (const typed of document.querySelectorAll('.pin input[type=password]')) {
    /** @type {HTMLInputElement} */ (typed).value = '';
  }
}
