// What an addendum corrects of signed sites, as values: no page, no drawing.
import { sideOf } from "./chart/anatomy.js";
import { wayOf } from "./chart/directions.js";
import { fixed, hundredths, plain } from "./chart/exact.js";

/**
 * @typedef {object} Signed  a site as it stands in the note
 * @property {number} number
 * @property {string} key
 * @property {string} map
 * @property {string} x
 * @property {string} y
 * @property {string | null} muscle
 * @property {string | null} other
 * @property {string | null} side
 * @property {string} units
 * @property {string | null} product
 */

/** @typedef {Partial<{x: string, y: string, muscle: string | null, other: string | null, units: string, state: string}>} Difference */

const FIELDS = ["x", "y", "muscle", "other", "units", "state"];

/** The site as it is corrected. @param {Signed} site @param {Difference} [difference] */
export const asCorrected = (site, difference) => ({ ...site, state: "given", ...difference });

/**
 * The corrections with one more; what comes back to what was signed is none.
 * @param {Map<string, Difference>} corrections
 * @param {Signed} site
 * @param {Difference} change
 */
export function corrected(corrections, site, change) {
  const next = { ...corrections.get(site.key), ...change };
  const signed = asCorrected(site);
  const differs = FIELDS.filter((field) => field in next && next[field] !== signed[field]);
  const all = new Map(corrections);
  all.delete(site.key);
  if (differs.length) all.set(site.key, Object.fromEntries(differs.map((field) => [field, next[field]])));
  return all;
}

/** What the form sends of it. @param {Map<string, Difference>} corrections */
export const asSent = (corrections) =>
  corrections.size ? JSON.stringify([...corrections].map(([key, difference]) => ({ key, ...difference }))) : "";

/** What a form that came back had sent. @returns {Map<string, Difference>} */
export const asRead = (sent) => new Map((sent ? JSON.parse(sent) : []).map(({ key, ...difference }) => [key, difference]));

/** A place in map units as the form sends it. */
export const place = ([x, y]) => ({ x: fixed(Math.round(x * 100)), y: fixed(Math.round(y * 100)) });

/**
 * How far a site was moved, in whole life-size mm, and which way across (`wayOf`).
 * @param {import("./chart/types.js").BodyMap} map
 * @returns {{across: number, down: number, isDown: boolean, way: import("./chart/directions.js").Way}}
 */
export function farFrom(map, site, now) {
  const across = Math.round((Number(now.x) - Number(site.x)) / map.scale);
  const down = Math.round((Number(now.y) - Number(site.y)) / map.scale);
  return { across: Math.abs(across), down: Math.abs(down), isDown: down > 0, way: wayOf(map, [Number(site.x), Number(site.y)], Number(now.x)) };
}

/** What the site is where it was dragged to: its muscle where it still lies there, else what is offered. */
export function named(map, spot, site, now, muscles) {
  const offered = spot.region?.muscles ?? [];
  if (now.muscle === null || offered.includes(now.muscle)) return {};
  const muscle = offered.includes(site.muscle) ? site.muscle : offered[0] ?? null;
  return muscle ? { muscle, other: null } : { muscle: null, other: muscles[now.muscle]?.label ?? now.other };
}

/** The patient's side of a corrected site. */
export const sideNow = (map, spot, now, muscles) => sideOf(map, spot.region, muscles[now.muscle], Number(now.x));

/** Units given of each product, "BOTOX" → "155". */
export function given(sites, corrections) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const site of sites) {
    const now = asCorrected(site, corrections.get(site.key));
    if (now.state === "given") sums.set(site.product ?? "", (sums.get(site.product ?? "") ?? 0) + (hundredths(now.units) ?? 0));
  }
  return new Map([...sums].map(([product, units]) => [product, plain(units)]));
}
