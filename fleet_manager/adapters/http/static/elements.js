// The few lines that make and keep elements; rows are kept, so that the focus stays.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {string} name @param {Record<string, string | number>} [attributes] @param {string} [text]
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * @param {string} name @param {string} [className] @param {string} [text]
 * @returns {HTMLElement}
 */
export function html(name, className = '', text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** @param {string} id */
export function icon(id) {
  const element = svg('svg', { class: 'icon', 'aria-hidden': 'true' });
  element.append(svg('use', { href: `/static/icons.svg#${id}` }));
  return element;
}

/** Write text only where it differs. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {string} name @param {string} value */
export function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Keep one row for each item, in their order. Rows that stay are moved only when they must be.
 * @template T
 * @param {Element} list
 * @param {T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => HTMLElement} create
 * @param {(row: HTMLElement, item: T) => void} update
 */
export function rows(list, items, key, create, update) {
  const old = new Map([...list.children].map((row) => [row.getAttribute('data-key'), row]));
  let place = list.firstElementChild;
  for (const item of items) {
    const id = key(item);
    let row = /** @type {HTMLElement | undefined} */ (old.get(id));
    old.delete(id);
    if (!row) {
      row = create(item);
      row.setAttribute('data-key', id);
    }
    update(row, item);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of old.values()) row.remove();
}
