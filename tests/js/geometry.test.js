import assert from "node:assert/strict";
import { test } from "node:test";

import { apart, bounds, contains, distanceTo, nearest, shaped, toMap, toPane, within, zoomed } from "../../static/js/chart/geometry.js";
import { halves, homeOf, portraitOf, sideWords } from "../../static/js/chart/framing.js";
import { drawing } from "./drawings.js";

const SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]];
const PANE = { width: 732, height: 463 };

test("a polygon contains what is inside it, dents left out", () => {
  const dented = [[0, 0], [10, 0], [10, 10], [5, 3], [0, 10]];

  assert.equal(contains(SQUARE, [5, 5]), true);
  assert.equal(contains(SQUARE, [10.01, 5]), false);
  assert.equal(contains(dented, [5, 6]), false);
  assert.equal(contains(dented, [1, 6]), true);
});

test("neighbours never share a point of their border", () => {
  const right = [[10, 0], [20, 0], [20, 10], [10, 10]];

  for (const y of [1, 5, 9.99]) assert.equal([SQUARE, right].filter((each) => contains(each, [10, y])).length, 1);
});

test("the distance to a polygon is to its nearest edge", () => {
  assert.equal(distanceTo(SQUARE, [13, 5]), 3);
  assert.equal(distanceTo(SQUARE, [13, 14]), 5);
  assert.equal(distanceTo(SQUARE, [9, 5]), 1);
});

test("where two reaches meet the nearest centre wins", () => {
  const items = [[100, 100], [120, 100]];
  const of = (item) => item;

  assert.deepEqual(nearest(items, of, [109, 100], 22), [100, 100]);
  assert.deepEqual(nearest(items, of, [111, 100], 22), [120, 100]);
  assert.equal(nearest(items, of, [60, 100], 22), undefined);
});

test("a point goes to the pane and comes back the same", () => {
  const view = shaped({ x: 20, y: 16, width: 200, height: 176 }, PANE);

  const back = toMap(view, PANE, toPane(view, PANE, [104, 95]));

  assert.ok(Math.hypot(back[0] - 104, back[1] - 95) < 1e-9);
});

test("a view has the pane's shape and shows the whole box", () => {
  const view = shaped({ x: 20, y: 16, width: 200, height: 176 }, PANE);

  assert.ok(Math.abs(view.width / view.height - PANE.width / PANE.height) < 1e-9);
  assert.ok(view.x <= 20 && view.x + view.width >= 220 && view.y <= 16 && view.y + view.height >= 192);
});

test("zooming keeps the point under the finger where it is", () => {
  const view = shaped({ x: 0, y: 0, width: 240, height: 345 }, PANE);
  const before = toPane(view, PANE, [104, 95]);

  const after = toPane(zoomed(view, 2.5, [104, 95]), PANE, [104, 95]);

  assert.ok(Math.hypot(before[0] - after[0], before[1] - after[1]) < 1e-9);
});

test("a view never leaves its frame", () => {
  const frame = { x: 0, y: 0, width: 200, height: 100 };

  assert.deepEqual(within({ x: 190, y: -20, width: 40, height: 20 }, frame), { x: 160, y: 0, width: 40, height: 20 });
  assert.deepEqual(within({ x: -50, y: -50, width: 400, height: 200 }, frame), frame);
});

test("every released drawing opens on its sites, inside the drawing's own bounds", async () => {
  for (const ref of ["head_anterior@1", "head_posterior@1", "head_left_lateral@1"]) {
    const map = await drawing(ref);
    const [x, y, width] = map.viewBox;
    const site = [x + width / 2, y + 100];

    const home = homeOf(map, [site]);

    assert.ok(home.x <= site[0] && home.x + home.width >= site[0]);
    assert.ok(home.y <= site[1] && home.y + home.height >= site[1]);
  }
});

test("a drawing of both underarms or hands has a pane for each side, right where it is drawn", async () => {
  for (const ref of ["axillae@1", "hands_palmar@1", "hands_dorsal@1"]) {
    assert.deepEqual(halves(await drawing(ref)).map((half) => half.side), ["right", "left"]);
  }
  assert.deepEqual(halves(await drawing("head_anterior@1")).map((half) => half.side), [null]);
});

test("the side words follow the view: two beside the midline, one where only that side shows", async () => {
  const face = await drawing("head_anterior@1");
  const back = await drawing("head_posterior@1");
  const profile = await drawing("head_left_lateral@1");
  const said = (map, view) => sideWords(map, view).map((word) => word.side);
  const all = ({ viewBox: [x, y, width, height] }) => ({ x, y, width, height });

  assert.deepEqual(said(face, all(face)), ["right", "left"]);
  assert.deepEqual(said(back, all(back)), ["left", "right"]);
  assert.deepEqual(said(face, { x: 130, y: 50, width: 40, height: 30 }), ["left"]);
  assert.deepEqual(said(profile, all(profile)), ["left"]);
});

test("a thumbnail is the upper part of a head and all of a limb", async () => {
  const [, , width, height] = portraitOf(await drawing("head_anterior@1"), [[104, 95]]);
  assert.ok(height < 345 && width === 240);

  const arms = await drawing("upper_limb_anterior@1");
  assert.deepEqual(portraitOf(arms, []), arms.viewBox);
});

test("the bounds of points are their smallest box", () => {
  assert.deepEqual(bounds([[3, 4], [1, 9]]), { x: 1, y: 4, width: 2, height: 5 });
});

test("each point knows its nearest neighbour, however many come to those before", () => {
  const points = Array.from({ length: 60 }, (_, index) => [(index * 37) % 61, (index * 53) % 47]);
  const plainly = (all) => all.map(([x, y], own) => Math.min(...all.map(([ox, oy], other) => (own === other ? Infinity : Math.hypot(ox - x, oy - y)))));

  const before = apart(points.slice(0, 50));

  assert.deepEqual(before.least, plainly(points.slice(0, 50)));
  assert.deepEqual(apart(points, before).least, plainly(points));
  assert.equal(apart(points.slice(0, 50), before), before);
  assert.deepEqual(apart(points.slice(1), before).least, plainly(points.slice(1)));
});
