// What a protocol lays: sites, limb and units.
import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, asksForWeight, blockSets, byWeight, planned, shares } from "../../static/js/chart/blocks.js";
import { due, extras, isFree, limbsOf, unfolded } from "../../static/js/chart/laying.js";
import { chart, planned as plannedSite } from "./samples.js";

const columns = ["id", "map", "x", "y", "muscle", "side", "units", "depth", "optional"];
const row = (id, side, x, units, optional = 0) => [id, "upper_limb_anterior@1", x, "124.00", "biceps_brachii", side, units, "IM", optional];
const block = (values = {}) => ({
  title: "Biceps brachii", indication: "upper_limb_spasticity", product: "BOTOX", per_limb: true, ages: "adult", from_age: 18, to_age: null, muscle: "biceps_brachii",
  sites: [row("1_R", "right", "103.00", "30"), row("2_R", "right", "94.00", "30"), row("3_R", "right", "97.00", "15", 1), row("1_L", "left", "217.00", "30"), row("2_L", "left", "226.00", "30"), row("3_L", "left", "223.00", "15", 1)],
  ...values,
});
const child = () => block({ ages: "child", from_age: 2, to_age: 17, per_kg: ["1.5", "3"], sites: block().sites.map((site) => site.with(6, null)) });
const catalogue = (protocols) => unfolded({ site_columns: columns, protocols });
const one = (protocol) => catalogue({ it: protocol }).protocols.it;
const units = (sites) => sites.map((site) => site.units);

test("a block of a limb lays the fewest sites of the limb that is treated", () => {
  const left = planned(one(block()), { side: "left", brush: 500 });

  assert.deepEqual(left.map(({ id }) => id), ["1_L", "2_L"]);
  assert.deepEqual(units(left), ["30", "30"]);
  assert.deepEqual(due(one(block())), []);
});

test("a pattern that is not laid by limb lays both sides", () => {
  const pattern = one(block({ per_limb: undefined }));

  assert.deepEqual(due(pattern).map(({ id }) => id), ["1_R", "2_R", "1_L", "2_L"]);
});

test("a child's block is the low end of units per kg times the weight, shared exactly", () => {
  const small = planned(one(child()), { side: "right", weight: "14.3", brush: 500 });

  assert.equal(byWeight(one(child()), "14.3"), 2145);
  assert.deepEqual(units(small), ["10.73", "10.72"]);
});

test("units by weight are rounded down, never up", () => {
  assert.equal(byWeight(one({ ...child(), per_kg: ["0.5", "1"] }), "14.33"), 716);
  assert.equal(byWeight(one({ ...child(), per_kg: ["0.5", "1"] }), "14.34"), 717);
});

test("without a weight a child's block waits, an adult's does not", () => {
  assert.equal(asksForWeight(one(child()), null), true);
  assert.equal(asksForWeight(one(child()), "20"), false);
  assert.equal(asksForWeight(one(block()), null), false);
  assert.equal(byWeight(one(child()), null), null);
});

test("a site without a stated dose takes the brush", () => {
  const unknown = one(block({ sites: [row("1_L", "left", "217.00", null), row("2_L", "left", "226.00", "12.5")] }));

  assert.deepEqual(units(planned(unknown, { side: "left", brush: 1000 })), ["10", "12.5"]);
});

test("a site that is asked for has its own share, or the least share by weight", () => {
  assert.equal(asked(one(block()), "3_L", { brush: 500 }).units, "15");
  assert.equal(asked(one(child()), "3_L", { weight: "20", brush: 500 }).units, "10");
});

test("a dose is shared larger parts first and adds up", () => {
  assert.deepEqual(shares(5000, 15), [...Array(5).fill(334), ...Array(10).fill(333)]);
  assert.deepEqual(shares(6000, 2), [3000, 3000]);
});

test("more sites are offered on the limb that holds the block, until they are on the chart", () => {
  const known = catalogue({ it: block() });
  const indications = [{ protocols: ["it"] }];
  const laid = plannedSite({ protocol: "it", protocol_site: "1_L", map: "upper_limb_anterior@1", x: "217.00", y: "124.00" });
  const third = plannedSite({ key: "b", protocol: "it", protocol_site: "3_L", map: "upper_limb_anterior@1", x: "223.00", y: "124.00" });
  const offered = (sites) => extras(chart({ sites }), known, indications).map(({ site }) => site.id);

  assert.deepEqual(offered([]), []);
  assert.deepEqual(offered([laid]), ["3_L"]);
  assert.deepEqual(offered([laid, third]), []);
  // Given elsewhere than the protocol puts it, it is on the chart all the same.
  assert.deepEqual(offered([laid, { ...third, x: "222.00", y: "140.00" }]), []);
  assert.deepEqual([...limbsOf(chart({ sites: [laid] }), "it", known.protocols.it)], ["left"]);
});

test("what stands beside a pattern is offered where that pattern is laid", () => {
  const base = block({ per_limb: undefined });
  const beside = { ...base, add_on_to: "base", sites: [row("T5_L", "left", "10.00", "5", 1)] };
  const known = catalogue({ base, beside });
  const laid = plannedSite({ protocol: "base", protocol_site: "1_L", map: "upper_limb_anterior@1", x: "217.00", y: "124.00" });
  const offered = (sites) => extras(chart({ sites }), known, [{ protocols: ["base", "beside"] }]).map(({ protocol, site }) => `${protocol} ${site.id}`);

  assert.deepEqual(offered([]), []);
  assert.deepEqual(offered([laid]), ["base 3_R", "base 3_L", "beside T5_L"]);
});

test("a place is free until a protocol's site lies there", () => {
  const site = { map: "upper_limb_anterior@1", x: "217.00", y: "124.00" };

  assert.equal(isFree(chart(), site), true);
  assert.equal(isFree(chart({ sites: [plannedSite({ ...site, protocol: null })] }), site), true);
  assert.equal(isFree(chart({ sites: [plannedSite({ ...site, protocol: "it" })] }), site), false);
});

test("the sets of blocks come with those for the patient's age first", () => {
  const known = catalogue({ a: block(), b: block(), c: child() });
  const sets = (age) => blockSets(known, [{ protocols: ["a", "b", "c"] }], age).map(({ ages, fits, ids }) => [ages, fits, ids.join("")]);

  assert.deepEqual(sets(18), [["adult", true, "ab"], ["child", false, "c"]]);
  assert.deepEqual(sets(17), [["child", true, "c"], ["adult", false, "ab"]]);
  assert.deepEqual(sets(1), [["adult", false, "ab"], ["child", false, "c"]]);
});
