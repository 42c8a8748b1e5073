// What a place on a drawing is: its region, the muscles it may mean, the patient's own side.
// The server settles all of this again from what it stores; here it is shown at once.
import { contains, distanceTo } from "./geometry.js";

/** @typedef {import("./types.js").BodyMap} BodyMap */
/** @typedef {import("./types.js").Region} Region */

// A tap beside a region still means it, up to this many life-size millimetres.
export const REACH = 4;

/**
 * The region under a point: the first in order that contains it, else the nearest within reach.
 * @param {BodyMap} map
 * @returns {{region: Region | null, inside: boolean}} inside: whether the point is on the body
 */
export function locate(map, point) {
  const hit = map.regions.find((region) => contains(region.polygon, point));
  if (hit) return { region: hit, inside: true };
  if (!map.outline.some((polygon) => contains(polygon, point))) return { region: null, inside: false };
  let region = null;
  let least = Infinity;
  for (const each of map.regions) {
    const far = distanceTo(each.polygon, point);
    if (far <= REACH * map.scale && far < least) [region, least] = [each, far];
  }
  return { region, inside: true };
}

/**
 * The patient's own side of a place: the muscle's rule wins over the region's side, and that over
 * which side of the midline it is on.
 * @param {BodyMap} map
 * @returns {import("./types.js").Side}
 */
export function sideOf(map, region, muscle, x) {
  if (muscle?.side_rule === "midline") return "midline";
  if (region?.side && region.side !== "midline") return region.side;
  if (region?.side === "midline" && !muscle) return "midline";
  if (map.midline === null) return map.viewerLeft;
  if (x === map.midline) return "midline";
  const other = map.viewerLeft === "left" ? "right" : "left";
  return x < map.midline ? map.viewerLeft : other;
}

/**
 * Which muscle a tap means: the one last chosen in this region today, else the first that an
 * indication of this session uses, else none, and it is asked.
 * @param {Region | null} region
 * @param {{remembered?: string, indications: {id: string, muscles: string[]}[]}} today
 * @returns {{muscle: string | null, indication: string | null}}
 */
export function meant(region, { remembered, indications }) {
  const offered = region?.muscles ?? [];
  const serves = (muscle) => indications.find((each) => each.muscles.includes(muscle))?.id ?? null;
  if (remembered && offered.includes(remembered)) {
    return { muscle: remembered, indication: serves(remembered) };
  }
  for (const { id, muscles } of indications) {
    const muscle = offered.find((each) => muscles.includes(each));
    if (muscle) return { muscle, indication: id };
  }
  return { muscle: null, indication: null };
}
