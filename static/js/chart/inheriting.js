// What was said of many sites at once, guidance and needle, of all or of a muscle, and what a new site
// takes from it. Nobody's silence becomes a statement. Which sites such a word reaches is in reaching.js.

/** @typedef {import("./types.js").Site} Site */
/** @typedef {"guidance" | "needle"} Field */
/** @typedef {Record<Field, Record<string, string>>} Levels  what was said, by muscle; "" is said of all, and a value of "" unsays */

export const ALL = "";
const FIELDS = /** @type {const} */ (["guidance", "needle"]);

/** @returns {Levels} */
export const nothingSaid = () => ({ guidance: {}, needle: {} });

/** The sites of a muscle, or ALL. */
export const ofMuscle = (sites, muscle) => sites.filter((site) => muscle === ALL || site.muscle === muscle);

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
    const there = ofMuscle(sites, level);
    // Taken back, it is said no more.
    if (!there.length || there.some((site) => site[field] === value)) found[field] = value;
  }
  return found;
}
