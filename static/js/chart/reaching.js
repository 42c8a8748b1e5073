// Which sites are meant when guidance or a needle is said of many at once: one that says something else
// keeps it.
import { ALL, ofMuscle } from "./inheriting.js";

/** @typedef {import("./inheriting.js").Field} Field */
/** @typedef {import("./inheriting.js").Levels} Levels */
/** @typedef {import("./types.js").Site} Site */

/** What all these sites say, or undefined where they differ. */
export function common(sites, field) {
  const values = new Set(sites.map((site) => site[field] || ""));
  return values.size === 1 ? [...values][0] : undefined;
}

/** What more than half of these sites say: it was said of all before the page was opened again. */
const most = (sites, field) => sites.map((site) => site[field]).find((value, _, all) => value && 2 * all.filter((each) => each === value).length > all.length);

/**
 * The sites that saying something of a muscle, or of all, reaches: those that say nothing, and those
 * that say what was said before on this level or above it.
 * @param {Site[]} sites
 * @param {Levels} levels
 * @param {Field} field
 * @param {string} muscle  or ALL
 */
export function reached(sites, levels, field, muscle) {
  const within = ofMuscle(sites, muscle).filter((site) => muscle !== ALL || levels[field][site.muscle] === undefined);
  const before = levels[field][muscle] ?? levels[field][ALL] ?? most(within, field);
  return within.filter((site) => !site[field] || site[field] === before);
}
