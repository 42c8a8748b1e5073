// What is said of many sites at once, guidance and needle: of all, or of a muscle. A site that says
// something else keeps it, and nobody's silence becomes a statement.

/** @typedef {import("./types.js").Site} Site */
/** @typedef {"guidance" | "needle"} Field */
/** @typedef {Record<Field, Record<string, string>>} Levels  what was said, by muscle; "" is said of all, and a value of "" unsays */

export const ALL = "";
const FIELDS = /** @type {const} */ (["guidance", "needle"]);

/** @returns {Levels} */
export const nothingSaid = () => ({ guidance: {}, needle: {} });

const of = (sites, muscle) => sites.filter((site) => muscle === ALL || site.muscle === muscle);

/** What all these sites say, or undefined where they differ. */
export function common(sites, field) {
  const values = new Set(sites.map((site) => site[field] || ""));
  return values.size === 1 ? [...values][0] : undefined;
}

/** What more than half of these sites say: it was said of all before the page was opened again. */
const most = (sites, field) => sites.map((site) => site[field]).find((value, _, all) => value && 2 * all.filter((each) => each === value).length > all.length);

/**
 * What a new site of a muscle says: what was said of its muscle, else of all, and still stands there.
 * @param {Site[]} sites  that are on the chart
 * @param {Levels} levels
 */
export function inherited(sites, levels, muscle) {
  const found = {};
  for (const field of FIELDS) {
    const level = levels[field][muscle] === undefined ? ALL : muscle;
    const value = levels[field][level];
    if (!value) continue;
    const there = of(sites, level);
    // Taken back, it is said no more.
    if (!there.length || there.some((site) => site[field] === value)) found[field] = value;
  }
  return found;
}

/**
 * The sites that saying something of a muscle, or of all, reaches: those that say nothing, and those
 * that say what was said before on this level or above it.
 * @param {Site[]} sites
 * @param {Levels} levels
 * @param {Field} field
 * @param {string} muscle  or ALL
 */
export function reached(sites, levels, field, muscle) {
  const within = of(sites, muscle).filter((site) => muscle !== ALL || levels[field][site.muscle] === undefined);
  const before = levels[field][muscle] ?? levels[field][ALL] ?? most(within, field);
  return within.filter((site) => !site[field] || site[field] === before);
}
