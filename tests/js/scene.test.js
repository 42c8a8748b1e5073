// What the brush starts with, from the catalogue and from nothing else.
import assert from "node:assert/strict";
import test from "node:test";

import { brushSteps } from "../../static/js/chart/scene.js";

const catalogue = {
  products: { Strong: { steps: ["250", "500", "1000"] }, Weak: { steps: ["2.5", "5", "10"] } },
};
const indication = { brush_units: "5", brushes: { Weak: { units: "1.25", steps: ["1.25", "2.5", "5"] } } };
const scene = (product, indications) => ({
  catalogue,
  indications,
  chart: { preparations: [{ key: "a", product }] },
  hand: {},
});

test("with an indication the brush starts as the catalogue says of the two", () => {
  assert.deepEqual(brushSteps(scene("Weak", [indication])), { start: 125, steps: [125, 250, 500] });
});

test("without an indication it starts in the middle of what is usual with the product", () => {
  assert.equal(brushSteps(scene("Weak", [])).start, 500);
  assert.equal(brushSteps(scene("Strong", [])).start, 50_000);
});
