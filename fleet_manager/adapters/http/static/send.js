// Forms that survive a lost network: what was typed stays, and nothing is sent twice.

import { parse, swap } from './live.js';
import { localise } from './times.js';

/** Take over every form with `data-send`, now and later; `data-go` leads where the answer does. */
export function takeOverForms() {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute('data-send')) return;
    event.preventDefault();
    if (form.getAttribute('aria-busy') === 'true') return; // a double tap
    void send(form, event.submitter);
  });
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function send(form, button) {
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form, button)));
  form.setAttribute('aria-busy', 'true');
  try {
    const address = button?.getAttribute('formaction') ?? form.action;
    const answer = await fetch(address, { method: 'POST', body, cache: 'no-store' });
    show(answer, await answer.text(), form);
  } catch {
    tell(problem()?.dataset.failed ?? '');
  } finally {
    form.removeAttribute('aria-busy');
  }
}

/** @param {Response} answer @param {string} html @param {HTMLFormElement} form */
function show(answer, html, form) {
  const page = parse(html);
  const refused = page.querySelector('#problem:not([hidden]) p') ?? page.querySelector('.error p');
  if (!answer.ok && refused) {
    const pin = /** @type {HTMLInputElement | null} */ (form.querySelector('#pin'));
    if (pin && answer.status !== 503) pin.value = '';
    const key = /** @type {HTMLInputElement | null} */ (page.querySelector('[name=key]'));
    const mine = /** @type {HTMLInputElement | null} */ (form.querySelector('[name=key]'));
    if (key && mine) mine.value = key.value;
    swap(page);
    tell(refused.textContent ?? '');
    return;
  }
  const goes = answer.redirected && form.hasAttribute('data-go');
  if (goes || new URL(answer.url).pathname !== location.pathname) {
    location.assign(answer.url);
    return;
  }
  tell('');
  swap(page);
  localise(document);
}

function problem() {
  return document.getElementById('problem');
}

/** @param {string} text */
function tell(text) {
  const box = problem();
  if (!box) return;
  box.hidden = text === '';
  const line = box.querySelector('p');
  if (line && line.textContent !== text) line.textContent = text;
}
