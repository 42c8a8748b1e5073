import assert from "node:assert/strict";
import { test } from "node:test";

import { facts } from "../../static/js/chart/clashstrip.js";
import { changeSite, give } from "../../static/js/chart/edits.js";
import { merge } from "../../static/js/chart/merge.js";
import { fetchMerging } from "../../static/js/chart/merging.js";
import { chart, planned, preparation, site } from "./samples.js";
import { eitherDose, eitherSide, eitherWay, orElse } from "../../static/js/chart/undecided.js";
import { together } from "../../static/js/chart/whole.js";

await fetchMerging();

const AT = "2026-11-23T15:43:00Z";
const PRODUCTS = { BOTOX: { sizes: [], dilutions: [] } };
const CATALOGUE = {
  needles: {},
  products: PRODUCTS,
  protocols: {},
  indications: {},
  muscles: { trapezius: { label: "Trapezius" } },
  maps: { head_posterior: { tab: "Back" }, head_anterior: { tab: "Front" } },
};
const BODY = [[[0, 0], [480, 0], [480, 425], [0, 425]]];
const MAP = { scale: 1, midline: 240, viewerLeft: "left", outline: BODY };

const drawn = (key, more = {}) => planned({ key, preparation: "prep", map: "head_posterior@1", muscle: "trapezius", x: "330.00", y: "281.00", ...more });
const start = chart({ preparations: [preparation()], sites: [drawn("a"), drawn("b", { state: "given", given_at: AT, units: "20" })] });

function scene(mine, theirs, map = MAP) {
  const { chart: now, conflicts } = merge(start, mine, theirs);
  return { chart: now, conflicts, catalogue: CATALOGUE, drawings: { get: () => map }, undecided: eitherWay(now, conflicts, PRODUCTS) };
}

test("one open site makes two figures, more than one a least and a most", () => {
  const gave = give("a", AT)(changeSite("a", { units: "7.5" })(start));
  const one = scene(gave, changeSite("a", { x: "310.00" })(start));
  assert.deepEqual(one.undecided, new Map([["BOTOX", [2750, 2000]]]));
  assert.equal(orElse(one, { product: "BOTOX", given: 2750 }), "or 20 U, 1 to decide");

  const two = scene(together(changeSite("b", { units: "25" }))(gave), together(changeSite("a", { x: "310.00" }), changeSite("b", { units: "10" }))(start));
  assert.equal(two.conflicts.length, 2);
  assert.equal(orElse(two, { product: "BOTOX", given: 1750 }), "10 U to 32.5 U, 2 to decide");
});

test("given twice may be one injection or two", () => {
  const twice = scene(give("a", AT)(start), give("a", "2026-11-23T15:50:00Z")(start));

  assert.deepEqual(twice.undecided.get("BOTOX"), [2500, 3000]);
});

test("without anything open there is one figure", () => {
  assert.deepEqual(scene(start, start).undecided, new Map([["BOTOX", [2000]]]));
});

test("a row and the line above the picture say both", () => {
  const [conflict] = scene(give("a", AT)(changeSite("a", { units: "7.5" })(start)), changeSite("a", { x: "310.00" })(start)).conflicts;

  assert.equal(eitherDose(conflict), "7.5 or 5 U");
  assert.equal(eitherSide(conflict), "A 7.5 U given · B 5 U planned");
  assert.equal(eitherDose({ mine: site({ units: "5" }), theirs: null }), "5 U");
  assert.equal(eitherSide({ mine: null, theirs: site() }), "A deleted · B 5 U given");
});

test("what differs stands side by side, a place by its millimetres from the other", () => {
  const shown = scene(give("a", AT)(changeSite("a", { units: "7.5" })(start)), changeSite("a", { x: "316.10", y: "273.40" })(start));

  assert.deepEqual(facts(shown, shown.conflicts[0], "UTC"), [
    ["State", "given 15:43", "planned"],
    ["Units", "7.5 U, 0.15 mL", "5 U, 0.1 mL"],
    ["Where", "as placed", "16 mm medial"],
  ]);
});

test("across the midline, or between two hands, nothing is called medial", () => {
  const whereOf = (x, map) => {
    const shown = scene(give("a", AT)(start), changeSite("a", { x, y: "281.00" })(start), map);
    return facts(shown, shown.conflicts[0], "UTC").find(([what]) => what === "Where").at(-1);
  };
  const hands = { ...MAP, outline: [[[0, 0], [200, 0], [200, 425], [0, 425]], [[280, 0], [480, 0], [480, 425], [280, 425]]] };

  assert.equal(whereOf("320.00", MAP), "10 mm medial");
  assert.equal(whereOf("160.00", MAP), "170 mm away");
  assert.equal(whereOf("320.00", hands), "10 mm away");
});

test("a deleted side says that alone", () => {
  const shown = scene(give("a", AT)(start), { ...start, sites: start.sites.slice(1) });

  assert.deepEqual(facts(shown, shown.conflicts[0], "UTC").map(([, , theirs]) => theirs), ["deleted", null]);
});
