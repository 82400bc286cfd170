// Says on every page of a ward that a robot waits there, also while something is typed: nothing is
// fetched, nothing moves, the focus stays where it is.

const WAITS = { awaiting_load: ['origin', 'load'], awaiting_receipt: ['goal', 'collect'] };

/** @type {Set<string>} what was said, or put aside, and has not ended since */
const said = new Set();

/**
 * Say what began to wait here and clear what waits no more. The ward's own page and the page of the
 * delivery say it themselves.
 * @param {import('./feed.js').Entities} entities
 */
export function announce(entities) {
  const box = document.getElementById('arrived');
  if (!box || document.querySelector('[data-tone]')) return;
  const waiting = Object.entries(entities.delivery ?? {})
    .filter(([id, delivery]) => deedAt(box, delivery) && !location.pathname.endsWith(`/${id}`));
  const now = new Set(waiting.map(([id, delivery]) => `${id} ${delivery.state}`));
  for (const line of box.querySelectorAll('p')) {
    if (!now.has(line.dataset.about ?? '')) line.remove();
  }
  for (const about of said) if (!now.has(about)) said.delete(about);
  for (const [id, delivery] of waiting) {
    const about = `${id} ${delivery.state}`;
    if (said.has(about)) continue;
    said.add(about);
    const robot = entities.robot?.[delivery.robot]?.name ?? delivery.robot;
    box.append(lineOf(box, about, id, words(box, delivery, robot)));
  }
}

/** @param {HTMLElement} box @param {Record<string, any>} delivery @returns {string} */
function deedAt(box, delivery) {
  const [end, deed] = WAITS[/** @type {keyof typeof WAITS} */ (delivery.state)] ?? [];
  return end && delivery[end] === box.dataset.station ? deed : '';
}

/** @param {HTMLElement} box @param {Record<string, any>} delivery @param {string} robot */
function words(box, delivery, robot) {
  const text = box.dataset[deedAt(box, delivery)] ?? '';
  return text.replace('{robot}', robot).replace('{n}', String(delivery.number));
}

/** @param {HTMLElement} box @param {string} about @param {string} id @param {string} text */
function lineOf(box, about, id, text) {
  const line = document.createElement('p');
  line.dataset.about = about;
  const link = document.createElement('a');
  link.href = `/deliveries/${encodeURIComponent(id)}`;
  link.target = '_blank'; // what is being typed stays
  link.rel = 'noopener';
  link.textContent = text;
  const aside = document.createElement('button');
  aside.type = 'button';
  aside.className = 'quiet';
  aside.textContent = box.dataset.aside ?? '';
  aside.addEventListener('click', () => line.remove());
  line.append(link, aside);
  return line;
}
