// Even grids: staggered points, each as far from its neighbours as the next, inside an area. Pure
// numbers in units of a drawing; points are in its hundredths, as they are stored.
import { contains } from "./geometry.js";

// So many ways of laying one lattice over an area are tried in each direction.
const PHASES = 5;
// A grid drawn closer and closer until it holds enough points: by this much each time.
const CLOSER = 0.97;
const WIDEST = 1.5;

const ROW = Math.sqrt(3) / 2;

/** The area of a closed polygon, by the shoelace formula. */
export function areaOf(polygon) {
  let twice = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) twice += polygon[j][0] * polygon[i][1] - polygon[i][0] * polygon[j][1];
  return Math.abs(twice) / 2;
}

/**
 * The area of some regions of a drawing. A region that lies within another is asked first, so the
 * other ends where it begins.
 * @param {import("./types.js").Region[]} all  of the drawing, in the order in which a tap asks them
 * @param {Set<string>} ids
 */
export function areaOfRegions(all, ids) {
  return all.reduce((sum, region, at) => {
    if (!ids.has(region.id)) return sum;
    const within = all.slice(0, at).filter(({ polygon }) => polygon.every((point) => contains(region.polygon, point)));
    return sum + areaOf(region.polygon) - within.reduce((less, { polygon }) => less + areaOf(polygon), 0);
  }, 0);
}

/** Staggered points in a box, row by row, from this phase of the lattice on. */
function* lattice(box, apart, across, down) {
  const high = apart * ROW;
  let odd = false;
  for (let y = box.y + down * high; y <= box.y + box.height; y += high) {
    const shift = across + (odd ? 1 / 2 : 0);
    for (let x = box.x + (shift % 1) * apart; x <= box.x + box.width; x += apart) yield [Math.round(x * 100) / 100, Math.round(y * 100) / 100];
    odd = !odd;
  }
}

/**
 * The most points that lie `apart` from each other in an area.
 * @param {{x: number, y: number, width: number, height: number}} box  around the area
 * @param {number} apart
 * @param {(point: number[], apart: number) => boolean} fits  whether a point lies in it
 */
export function evenly(box, apart, fits) {
  let best = [];
  for (let across = 0; across < PHASES; across += 1) {
    for (let down = 0; down < PHASES; down += 1) {
      const points = [...lattice(box, apart, across / PHASES, down / PHASES)].filter((point) => fits(point, apart));
      if (points.length > best.length) best = points;
    }
  }
  return best;
}

/**
 * So many points, as far apart as the area lets them be; fewer where they would lie closer than `least`.
 * @param {number} area
 */
export function sharedOut(box, area, count, least, fits) {
  let points = [];
  for (let apart = Math.max(least, WIDEST * Math.sqrt(area / count / ROW)); apart >= least; apart *= CLOSER) {
    points = evenly(box, apart, fits);
    if (points.length >= count) return innermost(points, count);
  }
  return points;
}

/** The points nearest to the middle of them all, in their own order. */
function innermost(points, count) {
  const middle = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
  const far = (point) => Math.hypot(point[0] - middle[0], point[1] - middle[1]);
  const kept = new Set([...points].sort((a, b) => far(a) - far(b)).slice(0, count));
  return points.filter((point) => kept.has(point));
}

/** Points as a hand goes over them: row by row, there and back. */
export function inOrder(points) {
  const rows = [...new Set(points.map(([, y]) => y))].sort((a, b) => a - b);
  return rows.flatMap((row, at) => points.filter(([, y]) => y === row).sort((a, b) => (at % 2 ? b[0] - a[0] : a[0] - b[0])));
}

/** How far the two nearest points lie apart. */
export const spacingOf = (points) =>
  points.reduce((least, [x, y], at) => points.slice(0, at).reduce((so, [a, b]) => Math.min(so, Math.hypot(x - a, y - b)), least), Infinity);
