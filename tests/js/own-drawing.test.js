import assert from "node:assert/strict";
import { test } from "node:test";

import { locate, sideOf } from "../../static/js/chart/anatomy.js";
import { asMap, asClosed, deleted, described, drawn, inserted, moved, onto, pointsOf, removed, scaleOf, sideOfShape } from "../../static/js/maps/polygons.js";

const VIEWS = {
  front: { near: "right", both: true },
  back: { near: "left", both: true },
  left: { near: "left", both: false },
};
const SIZE = { width: 400, height: 300 };
const PLAN = { view: "front", midline: 200, line: null, line_mm: "", outline: [], regions: [] };
const SQUARE = [[20, 20], [100, 20], [100, 100], [20, 100]];

const begun = (plan = PLAN) => ({ plan, open: null });
const around = (work, kind, points) => asClosed(points.reduce((each, point) => drawn(each, kind, point), work), VIEWS);

test("points become a shape when it is closed, and not before there are three", () => {
  const two = drawn(drawn(begun(), "outline", [1, 1]), "outline", [9, 1]);
  assert.equal(asClosed(two, VIEWS), two);

  const work = around(begun(), "outline", SQUARE);

  assert.deepEqual(work, { plan: { ...PLAN, outline: [SQUARE] }, open: null });
});

test("a region knows its side from where it is drawn", () => {
  const work = around(around(begun(), "regions", SQUARE), "regions", SQUARE.map(([x, y]) => [x + 250, y]));

  assert.deepEqual(work.plan.regions.map(({ side }) => side), ["right", "left"]);
  assert.equal(sideOfShape(PLAN, VIEWS, [[150, 0], [250, 0], [200, 50]]), "midline");
  assert.equal(sideOfShape({ ...PLAN, view: "back" }, VIEWS, SQUARE), "left");
  assert.equal(sideOfShape({ ...PLAN, view: "left" }, VIEWS, SQUARE), "left");
  assert.equal(sideOfShape({ ...PLAN, view: "" }, VIEWS, SQUARE), "");
  assert.equal(sideOfShape({ ...PLAN, midline: null }, VIEWS, SQUARE), "");
});

test("a point is moved, added and deleted, and the work before stays as it was", () => {
  const work = around(begun(), "outline", SQUARE);
  const spot = { kind: "outline", index: 0, point: 1 };

  assert.deepEqual(pointsOf(moved(work, spot, [120, 30]), spot)[1], [120, 30]);
  assert.deepEqual(pointsOf(inserted(work, spot, [110, 60]), spot)[2], [110, 60]);
  const less = deleted(work, spot);
  assert.deepEqual(pointsOf(less, spot), [[20, 20], [100, 100], [20, 100]]);
  assert.equal(deleted(less, spot), less);
  assert.deepEqual(removed(work, spot).plan.outline, []);
  assert.deepEqual(work.plan.outline, [SQUARE]);
});

test("the last point of an open shape can be taken back until nothing is open", () => {
  const one = drawn(begun(), "regions", [1, 1]);

  assert.deepEqual(deleted(one, { kind: "open", index: 0, point: 0 }), begun());
});

test("two taps make the scale line, and its millimetres the scale", () => {
  const work = drawn(drawn(begun(), "line", [100, 0]), "line", [300, 0]);

  assert.deepEqual(work.plan.line, [[100, 0], [300, 0]]);
  assert.equal(scaleOf({ ...work.plan, line_mm: "50" }), 4);
  assert.equal(scaleOf({ ...work.plan, line_mm: "62,5" }), 3.2);
  for (const said of ["", "0", "-5", "much"]) assert.equal(scaleOf({ ...work.plan, line_mm: said }), null);
  assert.equal(scaleOf({ ...PLAN, line_mm: "50" }), null);
});

test("a place stays on the drawing and goes to hundredths", () => {
  assert.deepEqual(onto(SIZE, [12.3456, -4]), [12.35, 0]);
  assert.deepEqual(onto(SIZE, [500, 301]), [400, 300]);
});

test("the trial asks the chart's own functions", () => {
  let work = around(begun({ ...PLAN, line: [[0, 0], [400, 0]], line_mm: "200" }), "outline", [[10, 10], [390, 10], [390, 290], [10, 290]]);
  work = around(work, "regions", SQUARE);
  work = described(work, 0, { label: "Brow", muscles: ["frontalis", "corrugator"] });

  const map = asMap(work.plan, VIEWS, SIZE);

  const hit = locate(map, [50, 50]);
  assert.deepEqual([hit.inside, hit.region.muscles[0]], [true, "frontalis"]);
  assert.equal(sideOf(map, hit.region, { side_rule: "region" }, 50), "right");
  assert.equal(locate(map, [107, 50]).region, map.regions[0]);
  assert.equal(locate(map, [150, 50]).region, null);
  assert.equal(locate(map, [5, 5]).inside, false);
});
