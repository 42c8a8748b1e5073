// Where sites of a muscle go when nobody pointed: places of the indication's protocols, else evenly
// within the muscle's region. Always within the region, on the side asked for.
import { locate, sideOf } from "./anatomy.js";
import { bounds, contains } from "./geometry.js";
import { fixed, hundredths } from "./exact.js";

/** @typedef {import("./types.js").Side} Side */
/** @typedef {{map: string, x: string, y: string}} Place  on a released drawing */

// So many points of a region are tried along its longer side, and so often they are evened out.
const FINENESS = 48;
const ROUNDS = 12;

const refOf = (catalogue, map) => (map.includes("@") ? map : catalogue.maps[map].ref);

const isTaken = (sites, { map, x, y }) => sites.some((site) => site.map === map && hundredths(site.x) === hundredths(x) && hundredths(site.y) === hundredths(y));

/**
 * Free places that one protocol of these indications has for a muscle and side, or null where none
 * has enough. Those it lays unasked come first.
 * @returns {Place[] | null}
 */
export function protocolPlaces(catalogue, indications, sites, { muscle, side, count }) {
  const usual = indications.flatMap(({ default_protocol: id, protocols }) => [...new Set([id, ...protocols])].filter(Boolean));
  for (const id of usual) {
    const own = catalogue.protocols[id].sites.filter((site) => site.muscle === muscle && site.side === side);
    const places = [...own.filter((site) => !site.optional), ...own.filter((site) => site.optional)]
      .map(({ map, x, y }) => ({ map: refOf(catalogue, map), x: fixed(hundredths(x)), y: fixed(hundredths(y)) }))
      .filter((place) => !isTaken(sites, place));
    if (places.length >= count) return places.slice(0, count);
  }
  return null;
}

/** The drawings with a region for a muscle and side: the indications' own first, then where it is likeliest. */
export function drawingsFor(catalogue, indications, { muscle, side }) {
  const own = indications.flatMap(({ maps }) => maps).map((id) => id.split("@")[0]);
  const rank = (id) => {
    const ranks = Object.values(catalogue.regions[id] ?? {})
      .filter((region) => region.muscles.includes(muscle) && !region.warn && [side, "midline"].includes(region.side))
      .map((region) => region.muscles.indexOf(muscle) + (region.side === side ? 0 : 1));
    return Math.min(...ranks);
  };
  return Object.keys(catalogue.maps)
    .map((id) => ({ ref: catalogue.maps[id].ref, isOwn: own.includes(id), rank: rank(id) }))
    .filter((each) => each.rank < Infinity)
    .sort((a, b) => Number(b.isOwn) - Number(a.isOwn) || a.rank - b.rank)
    .map(({ ref }) => ref);
}

/**
 * So many places spread evenly over a muscle's region on one side; fewer or none where it has no room.
 * Sites that are there already keep their own part of it.
 * @param {import("./types.js").BodyMap} map
 * @param {{side_rule: string}} known  the muscle, as the catalogue knows it
 * @returns {Place[]}
 */
export function evenPlaces(map, known, sites, { muscle, side, count }) {
  const regions = map.regions.filter((region) => region.muscles.includes(muscle) && !region.warn && [side, "midline"].includes(region.side));
  const least = Math.min(...regions.map((region) => region.muscles.indexOf(muscle)));
  for (const region of regions.filter((each) => each.muscles.indexOf(muscle) === least)) {
    const points = pointsOf(map, region, known, side);
    if (points.length < count) continue;
    const there = sites.filter((site) => site.map === map.ref).map((site) => [Number(site.x), Number(site.y)]).filter((at) => contains(region.polygon, at));
    return spread(points, there, count).map(([x, y]) => ({ map: map.ref, x: fixed(Math.round(x * 100)), y: fixed(Math.round(y * 100)) }));
  }
  return [];
}

/** A fine grid of points that mean this region and side. */
function pointsOf(map, region, muscle, side) {
  const { x, y, width, height } = bounds(region.polygon);
  const step = Math.max(width, height) / FINENESS;
  const inHundredths = (value) => Math.round(value * 100) / 100;
  const found = [];
  // On the midline itself lies what is midline.
  const columns = side === "midline" && map.midline !== null ? [map.midline] : Array.from({ length: Math.floor(width / step) + 1 }, (_, at) => inHundredths(x + at * step));
  for (const px of columns) {
    for (let py = y; py <= y + height; py += step) {
      const point = /** @type {[number, number]} */ ([px, inHundredths(py)]);
      const at = locate(map, point);
      if (at.region === region && contains(region.polygon, point) && sideOf(map, region, muscle, px) === side) found.push(point);
    }
  }
  return found;
}

/** Centres of equal parts of these points; those of `fixedAt` are given and stay. */
function spread(points, fixedAt, count) {
  const far = ([ax, ay], [bx, by]) => (ax - bx) ** 2 + (ay - by) ** 2;
  const nearestTo = (point, among) => among.reduce((best, each) => (far(point, each) < far(point, best) ? each : best));
  const middle = (some) => nearestTo([some.reduce((sum, [x]) => sum + x, 0) / some.length, some.reduce((sum, [, y]) => sum + y, 0) / some.length], some);
  const centres = fixedAt.length ? [] : [middle(points)];
  const room = (point) => Math.min(...[...fixedAt, ...centres].map((each) => far(point, each)));
  while (centres.length < count) centres.push(points.reduce((best, each) => (room(each) > room(best) ? each : best)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const all = [...fixedAt, ...centres];
    const parts = all.map(() => []);
    for (const point of points) parts[all.indexOf(nearestTo(point, all))].push(point);
    centres.forEach((_, at) => {
      const part = parts[fixedAt.length + at];
      if (part.length) centres[at] = middle(part);
    });
  }
  // From the head down, and outwards from the middle of the sheet, as a hand goes.
  return centres.sort(([ax, ay], [bx, by]) => ay - by || ax - bx);
}
