// What differs between two charts, thing by thing. A chart that went through the server may write 5 as
// 5.00 or another zone's instant: that is no difference.
import { hundredths } from "./exact.js";

/** @typedef {import("./types.js").Chart} Chart */

/**
 * @typedef {object} Change  one thing of a chart: null is "not there"
 * @property {string} id
 * @property {"site" | "preparation" | "date" | "indications" | "codes"} thing
 * @property {any} before
 * @property {any} after
 */

const INSTANT = /^\d{4}-\d\d-\d\dT/;

/** Whether two values say the same. */
export function same(a, b) {
  if (a === b) return true;
  if ((a ?? "") === "" && (b ?? "") === "") return true;
  if (typeof a === "string" && typeof b === "string") {
    if (hundredths(a) !== null) return hundredths(a) === hundredths(b);
    return INSTANT.test(a) && INSTANT.test(b) && Date.parse(a) === Date.parse(b);
  }
  if (!a || !b || typeof a !== "object" || typeof b !== "object") return false;
  if (Array.isArray(a)) return a.length === b.length && a.every((item, index) => same(item, b[index]));
  return Object.keys({ ...a, ...b }).every((name) => same(a[name], b[name]));
}

/**
 * What was done between two charts.
 * @param {Chart} base
 * @param {Chart} mine
 * @returns {Change[]}
 */
export function changes(base, mine) {
  const found = [];
  for (const thing of ["date", "indications", "codes"]) {
    if (!same(base[thing], mine[thing])) {
      found.push({ id: thing, thing, before: base[thing], after: mine[thing] });
    }
  }
  for (const [thing, before, after] of [
    ["preparation", base.preparations, mine.preparations],
    ["site", base.sites, mine.sites],
  ]) {
    // What both begin with is not looked at.
    let from = 0;
    while (from < before.length && before[from] === after[from]) from += 1;
    const [was, is] = [before, after].map((list) => new Map(list.slice(from).map((item) => [item.key, item])));
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      const change = { id: key, thing, before: was.get(key) ?? null, after: is.get(key) ?? null };
      if (!same(change.before, change.after)) found.push(change);
    }
  }
  return found;
}

/**
 * The edit that makes one change on another chart than it was made on.
 * @param {Change} change
 * @returns {import("./types.js").Edit}
 */
export const again = ({ id, thing, after }) => (chart) => {
  const list = { site: "sites", preparation: "preparations" }[thing];
  if (!list) return { ...chart, [thing]: after };
  const there = chart[list].some(({ key }) => key === id);
  const kept = chart[list].map((item) => (item.key === id ? after : item)).filter(Boolean);
  return { ...chart, [list]: there || !after ? kept : [...kept, after] };
};

/** Whether two charts say the same. */
export const alike = (one, other) =>
  changes(one, other).length === 0 &&
  one.sites.every((site, index) => site.key === other.sites[index].key);
