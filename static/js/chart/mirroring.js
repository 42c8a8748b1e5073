// Where a site lies on the other side: through the midline of its drawing, or on the drawing of the
// other side. What lies on the midline has no other side.
import { locate, REACH, sideOf } from "./anatomy.js";
import { fixed, hundredths } from "./exact.js";
import { movedTo } from "./moving.js";

/** The drawing that shows the other side: itself, or for a drawing of one side that of the other. */
export function twinOf(ref, maps) {
  const [id] = ref.split("@");
  const other = id.replace(/left|right/, (side) => (side === "left" ? "right" : "left"));
  return other === id ? ref : maps[other].ref;
}

/** A point, in hundredths, through the midline of its drawing, or as its twin shows it. */
export const across = (map, [x, y]) => [Math.round((map.midline === null ? 2 * map.viewBox[0] + map.viewBox[2] : 2 * map.midline) * 100) - x, y];

/** Whether a drawing holds a site within a region's reach of this place, given in hundredths. */
export const isTaken = (sites, map, [x, y]) =>
  sites.some((site) => site.map === map.ref && Math.hypot(hundredths(site.x) - x, hundredths(site.y) - y) <= REACH * map.scale * 100);

/**
 * What sites would be on the other side: planned, each with the muscle that its new place offers.
 * @param {object} with_
 * @param {import("./types.js").Site[]} with_.sites
 * @param {import("./types.js").Site[]} with_.there  what the chart holds: a place that is taken is not doubled
 * @param {(ref: string) => import("./types.js").BodyMap} with_.mapOf
 * @param {any} with_.catalogue
 * @param {{id: string, muscles: string[]}[]} with_.indications
 * @param {() => string} with_.uuid
 * @returns {{copies: import("./types.js").Site[], side: import("./types.js").Side | null, midline: number, taken: number, lost: number}}
 *   how many stay on the midline, find their place taken, or would lie where nothing can be planned
 */
export function mirrored({ sites, there, mapOf, catalogue, indications, uuid }) {
  const found = { copies: [], side: null, midline: 0, taken: 0, lost: 0 };
  for (const site of sites) {
    const map = mapOf(site.map);
    const at = [hundredths(site.x), hundredths(site.y)];
    const from = locate(map, at.map((value) => value / 100));
    if (sideOf(map, from.region, catalogue.muscles[site.muscle], at[0] / 100) === "midline") {
      found.midline += 1;
      continue;
    }
    const twin = mapOf(twinOf(site.map, catalogue.maps));
    const place = across(map, at);
    const [x, y] = place.map((value) => value / 100);
    const to = locate(twin, [x, y]);
    const plan = { ...site, state: "planned" };
    const { inside, asks, region, side, values } = movedTo({ catalogue, map: twin, site: plan, from, to, x, indications });
    // Whoever placed it here has read what stands of this place.
    const isAsked = asks && region?.warn !== from.region?.warn;
    if (!inside || isAsked || (!values.muscle && !values.other) || place.some((value) => value < 0)) found.lost += 1;
    else if (isTaken([...there, ...found.copies], twin, place)) found.taken += 1;
    else {
      const { volume_ml: _, ...rest } = plan;
      found.side ??= side;
      found.copies.push({ ...rest, key: uuid(), map: twin.ref, x: fixed(place[0]), y: fixed(place[1]), ...values, protocol: null, protocol_site: null, given_at: null });
    }
  }
  return found;
}
