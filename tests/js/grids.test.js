import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";

import { locate } from "../../static/js/chart/anatomy.js";
import { bounds, contains } from "../../static/js/chart/geometry.js";
import { areaOf, areaOfRegions, evenly, inOrder, sharedOut, spacingOf } from "../../static/js/chart/grids.js";
import { shares } from "../../static/js/chart/blocks.js";
import { drawing } from "./drawings.js";

// Points are stored in hundredths, so two may come this much nearer than they were laid.
const ROUNDED = 0.015;

/** The same numbers for the same seed, between 0 and 1. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

/** A closed line as a hand draws one: round about, and not quite. */
function drawn(next) {
  const [x, y, wide] = [100 + 100 * next(), 100 + 100 * next(), 20 + 60 * next()];
  const length = 12 + Math.floor(30 * next());
  return Array.from({ length }, (_, at) => {
    const turn = (at / length) * 2 * Math.PI;
    const far = wide * (0.6 + 0.4 * next());
    return [x + far * Math.cos(turn), y + far * Math.sin(turn)];
  });
}

test("every point of a grid lies inside, no two nearer than they are asked to", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const next = numbers(seed);
    const polygon = drawn(next);
    const apart = 5 + 15 * next();
    const points = evenly(bounds(polygon), apart, (point) => contains(polygon, point));
    assert.ok(points.every((point) => contains(polygon, point)), `seed ${seed}`);
    assert.ok(spacingOf(points) >= apart - ROUNDED, `seed ${seed}`);
    // An area of many such points holds about as many as it has room for.
    const room = areaOf(polygon) / (apart ** 2 * Math.sqrt(3) / 2);
    if (room > 20) assert.ok(points.length > room * 0.75, `seed ${seed}: ${points.length} of ${room}`);
  }
});

test("as many points as are asked for, all inside, evenly apart, and the dose over them is exact", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const next = numbers(seed);
    const polygon = drawn(next);
    const count = 1 + Math.floor(40 * next());
    const area = areaOf(polygon);
    const points = sharedOut(bounds(polygon), area, count, 1, (point) => contains(polygon, point));
    assert.equal(points.length, count, `seed ${seed}`);
    assert.ok(points.every((point) => contains(polygon, point)));
    if (count > 4) assert.ok(spacingOf(points) > 0.6 * Math.sqrt(area / count), `seed ${seed}`);

    const total = count + Math.floor(10000 * next());
    const doses = shares(total, count);
    assert.equal(doses.reduce((sum, dose) => sum + dose, 0), total);
    assert.ok(doses.every((dose, at) => at === 0 || (doses[at - 1] - dose <= 1 && doses[at - 1] >= dose)));
  }
});

test("where there is no room, there are fewer points and none too near", () => {
  const square = [[0, 0], [10, 0], [10, 10], [0, 10]];
  const points = sharedOut(bounds(square), areaOf(square), 50, 5, (point) => contains(square, point));
  assert.ok(points.length > 0 && points.length < 50);
  assert.ok(spacingOf(points) >= 5 - ROUNDED);
});

test("a hand goes over the points row by row, there and back", () => {
  assert.deepEqual(inOrder([[1, 2], [3, 1], [2, 2], [1, 1], [3, 2], [2, 1]]), [[1, 1], [2, 1], [3, 1], [3, 2], [2, 2], [1, 2]]);
});

test("a polygon's area is that of its triangles", () => {
  assert.equal(areaOf([[0, 0], [4, 0], [4, 3]]), 6);
  assert.equal(areaOf([[4, 3], [4, 0], [0, 0]]), 6);
  for (let seed = 1; seed <= 20; seed += 1) {
    const polygon = drawn(numbers(seed));
    const counted = raster(bounds(polygon), 0.5, (point) => contains(polygon, point));
    assert.ok(Math.abs(areaOf(polygon) - counted) < 0.02 * counted + 2, `seed ${seed}`);
  }
});

test("an area of regions is what taps find of them, in life-size square millimetres", async () => {
  const names = (await readdir(new URL("../../static/bodymaps/", import.meta.url))).filter((name) => name.endsWith(".json"));
  const palms = await drawing("hands_palmar@1");
  const axillae = await drawing("axillae@1");
  assert.ok(names.includes("axillae@1.json"));
  for (const [map, ids] of [
    [axillae, ["axillary_vault_R"]],
    [axillae, ["axilla_margin_R"]],
    [palms, ["thenar_R", "central_palm_R", "distal_palm_R", "hypothenar_R"]],
  ]) {
    const own = new Set(ids);
    const box = bounds(map.regions.filter(({ id }) => own.has(id)).flatMap(({ polygon }) => polygon));
    const counted = raster(box, 0.5, (point) => map.regions.find(({ polygon }) => contains(polygon, point)) && own.has(locate(map, point).region?.id));
    assert.ok(Math.abs(areaOfRegions(map.regions, own) - counted) < 0.03 * counted, `${ids}: ${areaOfRegions(map.regions, own)} and ${counted}`);
  }
  assert.equal(Math.round(areaOfRegions(axillae.regions, new Set(["axillary_vault_R"])) / 100), 30);
});

function raster({ x, y, width, height }, step, fits) {
  let sum = 0;
  for (let down = y + step / 2; down < y + height; down += step) {
    for (let across = x + step / 2; across < x + width; across += step) if (fits([across, down])) sum += step ** 2;
  }
  return sum;
}
