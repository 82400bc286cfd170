// What is at a point of the plan: measured on the map, so that a finger need not hit a thin line.

import { apart, cornersOf, inside, laneId, laneOf, lineOf, nearestOn } from './map.js';

/**
 * @typedef {import('./map.js').Point} Point
 * @typedef {{floor: import('./map.js').Floor, data: import('./map.js').Hospital,
 *   selected: import('./map.js').Thing | null}} Shown
 */

/**
 * The nearest thing of a kind, without its floor, or null.
 * @param {string} kind @param {Point} at @param {number} far metres @param {Shown} shown
 * @returns {any}
 */
export function nearest(kind, at, far, { floor, data, selected }) {
  switch (kind) {
    case 'node': return named(kind, closest(floor.nodes, at, far));
    case 'door': return named(kind, closest(floor.doors ?? [], at, far));
    case 'bend': {
      if (!selected || !['lane', 'bend'].includes(selected.kind)) return null;
      const via = laneOf(floor, selected.id)?.via ?? [];
      const index = closest(via.map((point, n) => [String(n), { at: point }]), at, far);
      return index && { kind, id: selected.id, index: Number(index) };
    }
    case 'lane': {
      let [best, least] = ['', far];
      for (const lane of floor.lanes) {
        const away = nearestOn(lineOf(floor, lane), at).apart;
        if (away < least) [best, least] = [laneId(lane), away];
      }
      return named(kind, best);
    }
    case 'lift': {
      const under = [...(data.lifts ?? [])].find(([, lift]) => (
        Math.abs(at[0] - lift.at[0]) < lift.cabin[0] / 2 && Math.abs(at[1] - lift.at[1]) < lift.cabin[1] / 2));
      return named(kind, under?.[0]);
    }
    default: {
      const under = [...floor.rooms].filter(([, room]) => inside(at, cornersOf(room)));
      return named('room', under.pop()?.[0]);
    }
  }
}

/** @param {Iterable<[string, {at: Point}]>} things @param {Point} at @param {number} far */
function closest(things, at, far) {
  let [best, least] = ['', far];
  for (const [id, one] of things) {
    const away = apart(one.at, at);
    if (away < least) [best, least] = [id, away];
  }
  return best;
}

/** @param {string} kind @param {string | undefined} id */
function named(kind, id) {
  return id ? { kind, id } : null;
}
