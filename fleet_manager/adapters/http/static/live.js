// Keeps a server-rendered page new: fetches it again and swaps what changed.
// Never moves the focus, never loses what is being typed.

import { localise } from './times.js';

/**
 * Swap the `[data-live]` parts of this page for those of `page`.
 * @param {Document} page the same page, rendered again
 */
export function swap(page) {
  for (const fresh of page.querySelectorAll('[data-live]')) {
    const name = fresh.getAttribute('data-live');
    const old = /** @type {HTMLElement | null} */ (document.querySelector(`[data-live="${name}"]`));
    if (!old || keeps(old, /** @type {HTMLElement} */ (fresh))) continue;
    replace(old, /** @type {HTMLElement} */ (fresh));
  }
}

/**
 * A part somebody types in stays as it is while its form is still the right one.
 * @param {HTMLElement} old @param {HTMLElement} fresh
 */
function keeps(old, fresh) {
  return old.dataset.state !== undefined && old.dataset.state === fresh.dataset.state;
}

/** @param {HTMLElement} old @param {HTMLElement} fresh */
function replace(old, fresh) {
  localise(fresh);
  old.className = fresh.className;
  if (fresh.dataset.state) old.dataset.state = fresh.dataset.state;
  if (old.innerHTML === fresh.innerHTML) return;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  // the status line is rewritten only when its words change, so it is not read out again
  const said = old.querySelector('[role=status]');
  const says = fresh.querySelector('[role=status]');
  if (said && says) {
    if (said.textContent !== says.textContent) said.textContent = says.textContent;
    says.replaceWith(said);
  }
  old.replaceChildren(...fresh.childNodes);
  if (focused?.id) document.getElementById(focused.id)?.focus({ preventScroll: true });
  else if (focused instanceof HTMLAnchorElement) refocus(old, focused.getAttribute('href'));
}

/** @param {HTMLElement} part @param {string | null} href */
function refocus(part, href) {
  const same = [...part.querySelectorAll('a')].find((link) => link.getAttribute('href') === href);
  same?.focus({ preventScroll: true });
}

let fetching = false;
let again = false;

/** Fetch this page and swap it in. One at a time; a call meanwhile means once more. */
export async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(location.href, { cache: 'no-store' });
    if (answer.redirected) location.assign(answer.url);
    else if (answer.ok) swap(parse(await answer.text()));
  } catch {
    // no network: the bar says so, the page stays
  } finally {
    fetching = false;
    if (again) {
      again = false;
      setTimeout(refresh, 300);
    }
  }
}

/** @param {string} html */
export function parse(html) {
  return new DOMParser().parseFromString(html, 'text/html');
}
