// What is drawn on a drawing of the clinic's own, as values: `work` ⇒ `work`, nothing of the page.
import { bodyMap } from "../chart/drawings.js";

/** @typedef {import("../chart/types.js").Point} Point */

/**
 * @typedef {object} Work
 * @property {any} plan  as it is kept: facts, `outline` (polygons), `regions` (each with a polygon)
 * @property {{kind: "outline" | "regions" | "line", points: Point[]} | null} open  not closed yet
 */

/** @typedef {{kind: "outline" | "regions" | "open" | "line", index: number, point: number}} Spot  one point */

const hundredth = (number) => Math.round(number * 100) / 100;

/** A place within the drawing, to hundredths. @returns {Point} */
export const onto = ({ width, height }, [x, y]) => [
  hundredth(Math.min(width, Math.max(0, x))),
  hundredth(Math.min(height, Math.max(0, y))),
];

const replaced = (list, index, item) => list.map((each, at) => (at === index ? item : each));

/** The points of a shape. @returns {Point[]} */
export function pointsOf({ plan, open }, { kind, index }) {
  if (kind === "open") return open?.points ?? [];
  if (kind === "line") return plan.line ?? [];
  const shape = plan[kind][index];
  return kind === "regions" ? (shape?.polygon ?? []) : (shape ?? []);
}

/** @returns {Work} */
function withPoints(work, { kind, index }, points) {
  if (kind === "open") return { ...work, open: points.length ? { ...work.open, points } : null };
  const plan = { ...work.plan };
  if (kind === "line") plan.line = points;
  else plan[kind] = replaced(plan[kind], index, kind === "regions" ? { ...plan.regions[index], polygon: points } : points);
  return { ...work, plan };
}

/** One more point of the shape being drawn; the second one ends a line. @returns {Work} */
export function drawn(work, kind, point) {
  const points = work.open?.kind === kind ? [...work.open.points, point] : [point];
  if (kind === "line" && points.length === 2) return { plan: { ...work.plan, line: points }, open: null };
  return { ...work, open: { kind, points } };
}

/** The shape being drawn, closed; as it was while it has fewer than three points. @returns {Work} */
export function asClosed(work, views) {
  const { plan, open } = work;
  if (!open || open.kind === "line" || open.points.length < 3) return work;
  const shape = open.kind === "regions"
    ? { label: "", side: sideOfShape(plan, views, open.points), muscles: [], polygon: open.points }
    : open.points;
  return { plan: { ...plan, [open.kind]: [...plan[open.kind], shape] }, open: null };
}

/** @returns {Work} */
export const moved = (work, spot, point) => withPoints(work, spot, replaced(pointsOf(work, spot), spot.point, point));

/** A point more, after the one of the spot. @returns {Work} */
export const inserted = (work, spot, point) => withPoints(work, spot, pointsOf(work, spot).toSpliced(spot.point + 1, 0, point));

/** Without a point; a closed shape keeps three. @returns {Work} */
export function deleted(work, spot) {
  const points = pointsOf(work, spot);
  if (spot.kind === "line" || (spot.kind !== "open" && points.length <= 3)) return work;
  return withPoints(work, spot, points.toSpliced(spot.point, 1));
}

/** Without a whole shape. @returns {Work} */
export const removed = ({ plan, open }, { kind, index }) => ({ plan: { ...plan, [kind]: plan[kind].toSpliced(index, 1) }, open });

/** A region with something else said of it. @returns {Work} */
export const described = ({ plan, open }, index, said) => ({
  plan: { ...plan, regions: replaced(plan.regions, index, { ...plan.regions[index], ...said }) },
  open,
});

/** The patient's side a shape lies on; midline where it reaches over it, nothing while not known. */
export function sideOfShape(plan, views, points) {
  const view = views[plan.view];
  if (!view) return "";
  if (!view.both) return view.near;
  if (plan.midline === null) return "";
  const xs = points.map(([x]) => x);
  const other = view.near === "left" ? "right" : "left";
  if (Math.max(...xs) <= plan.midline) return view.near;
  return Math.min(...xs) >= plan.midline ? other : "midline";
}

/** Map units in one life-size millimetre, or null while it is not known. */
export function scaleOf({ line, line_mm: said }) {
  const mm = Number(said.replace(",", "."));
  if (!line || !(mm > 0)) return null;
  const [[ax, ay], [bx, by]] = line;
  return Math.hypot(bx - ax, by - ay) / mm || null;
}

/** The plan as the chart will read it once it is released. */
export function asMap(plan, views, { width, height }) {
  const view = views[plan.view];
  return bodyMap(
    {
      ref: "draft",
      life_size_scale: scaleOf(plan) ?? 1,
      midline_x: view?.both ? plan.midline : null,
      viewer_left: view?.near,
      view_box: [0, 0, width, height],
      outline: plan.outline,
      regions: plan.regions.map((region, index) => ({ ...region, id: String(index) })),
    },
    {},
  );
}
