// Where a point lies, in map units, and which part of a map a pane shows. Pure numbers, no page.

/** @typedef {import("./types.js").Point} Point */

/**
 * @typedef {object} View  the part of a map that a pane shows
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/** Whether a closed polygon contains a point, by the even-odd rule; the server computes the same. */
export function contains(polygon, [x, y]) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [ax, ay] = polygon[j];
    const [bx, by] = polygon[i];
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
  }
  return inside;
}

/** How far a point lies from a polygon's edge. */
export function distanceTo(polygon, [x, y]) {
  let nearest = Infinity;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [ax, ay] = polygon[j];
    const [bx, by] = polygon[i];
    const dx = bx - ax;
    const dy = by - ay;
    const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
    const share = Math.max(0, Math.min(1, along));
    nearest = Math.min(nearest, Math.hypot(x - ax - share * dx, y - ay - share * dy));
  }
  return nearest;
}

/** The smallest box around points, as a view. @returns {View} */
export function bounds(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

/** The item whose point is nearest to `[x, y]` and within reach, or undefined. */
export function nearest(items, pointOf, [x, y], reach) {
  let best;
  let least = reach;
  for (const item of items) {
    const [px, py] = pointOf(item);
    const far = Math.hypot(px - x, py - y);
    if (far <= least) [best, least] = [item, far];
  }
  return best;
}

/**
 * How far each point's nearest neighbour is. Along x none looks further than the nearest it has found;
 * where points only came to those of `before`, only these look round.
 * @param {Point[]} points
 * @param {{points: Point[], least: number[]}} [before]
 * @returns {{points: Point[], least: number[]}}
 */
export function apart(points, before) {
  const far = (one, other) => Math.hypot(points[one][0] - points[other][0], points[one][1] - points[other][1]);
  if (before?.points.every((point, index) => point === points[index])) {
    if (before.points.length === points.length) return before;
    const least = [...before.least];
    for (let own = least.length; own < points.length; own += 1) {
      let mine = Infinity;
      for (let other = 0; other < own; other += 1) {
        const between = far(own, other);
        if (between < mine) mine = between;
        if (between < least[other]) least[other] = between;
      }
      least.push(mine);
    }
    return { points, least };
  }
  const least = points.map(() => Infinity);
  const order = [...points.keys()].sort((one, other) => points[one][0] - points[other][0]);
  order.forEach((own, at) => {
    for (const step of [-1, 1]) {
      for (let i = at + step; i >= 0 && i < order.length; i += step) {
        if (Math.abs(points[order[i]][0] - points[own][0]) >= least[own]) break;
        least[own] = Math.min(least[own], far(own, order[i]));
      }
    }
  });
  return { points, least };
}

/** A box with room around it. @returns {View} */
export const padded = (box, by) => ({
  x: box.x - by,
  y: box.y - by,
  width: box.width + 2 * by,
  height: box.height + 2 * by,
});

/** The smallest view that shows what either shows. @returns {View} */
export function union(one, other) {
  if (!other) return one;
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return {
    x,
    y,
    width: Math.max(one.x + one.width, other.x + other.width) - x,
    height: Math.max(one.y + one.height, other.y + other.height) - y,
  };
}

/** A view moved, and cut where it must be, to lie within a frame. @returns {View} */
export function within(view, frame) {
  const width = Math.min(view.width, frame.width);
  const height = Math.min(view.height, frame.height);
  const put = (start, size, low, room) => Math.max(low, Math.min(start, low + room - size));
  return {
    x: put(view.x + (view.width - width) / 2, width, frame.x, frame.width),
    y: put(view.y + (view.height - height) / 2, height, frame.y, frame.height),
    width,
    height,
  };
}

/** The smallest view of a pane's shape that shows the whole box. @returns {View} */
export function shaped(box, pane) {
  const scale = Math.min(pane.width / box.width, pane.height / box.height);
  const width = pane.width / scale;
  const height = pane.height / scale;
  return { x: box.x - (width - box.width) / 2, y: box.y - (height - box.height) / 2, width, height };
}

/** A view brought closer (factor above 1) about a point of the map that stays where it is. @returns {View} */
export const zoomed = (view, factor, [x, y]) => ({
  x: x - (x - view.x) / factor,
  y: y - (y - view.y) / factor,
  width: view.width / factor,
  height: view.height / factor,
});

/** Pane pixels → map units. @returns {Point} */
export const toMap = (view, pane, [px, py]) => [
  view.x + (px / pane.width) * view.width,
  view.y + (py / pane.height) * view.height,
];

/** Map units → pane pixels. @returns {Point} */
export const toPane = (view, pane, [x, y]) => [
  ((x - view.x) / view.width) * pane.width,
  ((y - view.y) / view.height) * pane.height,
];
