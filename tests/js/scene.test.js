// What the brush starts with, from the catalogue and from nothing else.
import assert from "node:assert/strict";
import test from "node:test";

import { brushSteps, sideUndrawn } from "../../static/js/chart/scene.js";

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

test("while its drawing is on its way a site is on the side that the server or its plan says, or on none", () => {
  const planned = { id: "T1", map: "head", x: "10.00", y: "20.00", side: "left" };
  const known = { maps: { head: { ref: "head@1" } }, protocols: { P: { sites: [planned] } } };
  const site = { key: "a", map: "head@1", x: "10", y: "20", protocol: "P", protocol_site: "T1" };

  assert.equal(sideUndrawn(known, { sites: { a: { side: "right" } } }, site), "right");
  assert.equal(sideUndrawn(known, {}, site), "left");
  assert.equal(sideUndrawn(known, {}, { ...site, x: "11" }), "unknown");
  assert.equal(sideUndrawn(known, {}, { ...site, protocol: null, protocol_site: null }), "unknown");
});
