// What part of a drawing is shown: its panes, where it opens, which side words stand beside it.
import { bounds, padded } from "./geometry.js";

/** @typedef {import("./types.js").BodyMap} BodyMap */

// Where a drawing opens, in life-size millimetres: at least so much height, so much room around the
// sites, and the top of the body where it is no further off than this.
const HEIGHT = 170;
const ROOM = 30;
const HEADROOM = 130;

const asView = ([x, y, width, height]) => ({ x, y, width, height });

/** The panes of a drawing: its two zoomed views, its two halves if they are apart, or all of it. */
export function halves(map) {
  const frame = asView(map.viewBox);
  const half = frame.width / 2;
  const both = [
    { ...frame, width: half },
    { ...frame, x: frame.x + half, width: half },
  ];
  const sides = [map.viewerLeft, map.viewerLeft === "left" ? "right" : "left"];
  const zooms = Object.values(map.zoomViews ?? {}).map(asView).sort((a, b) => a.x - b.x);
  if (zooms.length === 2) return both.map((each, index) => ({ frame: each, home: zooms[index], side: sides[index] }));
  const apart = map.midline !== null && map.outline.length === 2 && half / frame.height > 0.6;
  if (apart) return both.map((each, index) => ({ frame: each, home: each, side: sides[index] }));
  return [{ frame, home: null, side: null }];
}

/** Where a drawing opens: its sites with room around them, or all of it while there are none. */
export function homeOf(map, points) {
  if (points.length === 0) return asView(map.viewBox);
  const box = padded(bounds(points), ROOM * map.scale);
  const top = bounds(map.outline.flat()).y - 4 * map.scale;
  const bottom = box.y + box.height;
  const y = box.y - top < HEADROOM * map.scale ? Math.min(top, box.y) : box.y;
  return { ...box, y, height: Math.max(bottom - y, HEIGHT * map.scale) };
}

/** The part of a drawing that its thumbnail shows: nearly square from the top, if that holds the sites. */
export function portraitOf(map, points) {
  const [x, y, width, height] = map.viewBox;
  const less = Math.min(height, width * 1.1);
  return map.scale === 1 && points.every((point) => point[1] <= y + less) ? [x, y, width, less] : map.viewBox;
}

/** Right and Left beside the body, only for the sides that the view shows, and below what names a site. */
export function sideWords(map, view) {
  const y = view.y + view.height * 0.8;
  const [near, far] = [view.x + view.width * 0.14, view.x + view.width * 0.86];
  if (map.midline === null) return [{ side: map.viewerLeft, at: [near, y], anchor: "middle" }];
  const other = map.viewerLeft === "left" ? "right" : "left";
  const words = [];
  if (view.x < map.midline) words.push({ side: map.viewerLeft, at: [Math.min(near, map.midline), y], anchor: "middle" });
  if (view.x + view.width > map.midline) words.push({ side: other, at: [Math.max(far, map.midline), y], anchor: "middle" });
  return words;
}
