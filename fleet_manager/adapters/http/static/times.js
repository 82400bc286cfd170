// Times on pages are this device's local time, 24 h.

/** @param {number} at milliseconds UTC @returns {string} */
export function clock(at) {
  const time = new Date(at);
  return `${pad(time.getHours())}:${pad(time.getMinutes())}`;
}

/** @param {number} at @returns {string} with seconds */
export function clockSeconds(at) {
  return `${clock(at)}:${pad(new Date(at).getSeconds())}`;
}

/**
 * Rewrite the times of today below `root`; the server wrote them in its own zone.
 * @param {ParentNode} root
 */
export function localise(root) {
  const today = new Date().toDateString();
  for (const element of root.querySelectorAll('time[data-at]')) {
    const at = Number(element.getAttribute('data-at'));
    if (new Date(at).toDateString() === today) element.textContent = clock(at);
  }
}

/** @param {number} n */
function pad(n) {
  return String(n).padStart(2, '0');
}
