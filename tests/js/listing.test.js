import assert from "node:assert/strict";
import { test } from "node:test";

import { givenBySide, listing } from "../../static/js/chart/listing.js";
import { chart, planned, preparation, site, vial } from "./samples.js";

const groupsOf = (...from) => listing(...from).groups;
const sideBy = (sides) => (each) => sides[each.key];

test("a muscle has its right, middle and left, given of all", () => {
  const made = chart({ sites: [site({ key: "r" }), planned({ key: "l" }), site({ key: "p", muscle: "procerus" })] });

  const [corrugator, procerus] = groupsOf(made, sideBy({ r: "right", l: "left", p: "midline" }));

  assert.deepEqual(corrugator.sides, { right: { given: 500, all: 500 }, midline: null, left: { given: 0, all: 500 } });
  assert.deepEqual([corrugator.given, corrugator.rows.length], [1, 2]);
  assert.deepEqual(procerus.sides.midline, { given: 500, all: 500 });
});

test("sites are numbered in injection order and named by side", () => {
  const made = chart({ sites: [site({ key: "a" }), site({ key: "b" }), site({ key: "c" })] });

  const [group] = groupsOf(made, sideBy({ a: "right", b: "right", c: "left" }));

  assert.deepEqual(group.rows.map(({ number, side, ordinal }) => [number, side, ordinal]), [[1, "right", 1], [2, "right", 2], [3, "left", null]]);
});

test("many sites on a side give each side a line of its own", () => {
  const sites = Array.from({ length: 20 }, (_, index) => planned({ key: String(index), muscle: "axilla", units: "5" }));
  const groups = groupsOf(chart({ sites }), (each) => (Number(each.key) < 10 ? "right" : "left"));

  assert.deepEqual(groups.map(({ side, rows }) => [side, rows.length]), [["right", 10], ["left", 10]]);
});

test("one muscle given two products has two lines", () => {
  const made = chart({
    preparations: [preparation(), preparation({ key: "d", product: "Dysport", vials: [vial({ key: "dv" })] })],
    sites: [site({ key: "a", preparation: "prep" }), site({ key: "b", preparation: "d", units: "50" })],
  });

  const groups = groupsOf(made, () => "right");

  assert.deepEqual(groups.map((group) => [group.product, group.sides.right.given]), [["BOTOX", 500], ["Dysport", 5000]]);
  assert.deepEqual(givenBySide(groups).map((line) => [line.product, line.all]), [["BOTOX", 500], ["Dysport", 5000]]);
});

test("made from the list before, a list is the same as made anew", () => {
  const sites = Array.from({ length: 30 }, (_, index) => site({ key: String(index), muscle: ["corrugator", "frontalis", "procerus"][index % 3] }));
  const side = (each) => (Number(each.key) % 2 ? "left" : "right");
  const plainly = ({ groups }) => groups.map(({ rows, ...line }) => ({ ...line, rows: rows.map(({ group: _, ...row }) => row) }));
  const first = listing(chart({ sites }), side);
  const changed = [
    [...sites, site({ key: "30", muscle: "frontalis" })],
    sites.slice(1),
    sites.map((each) => (each.key === "4" ? planned({ key: "4", muscle: "temporalis" }) : each)),
    [...sites.slice(0, 12), ...sites.slice(13)],
    [],
  ];

  for (const now of changed) {
    const made = chart({ sites: now });
    const again = listing(made, side, first);
    assert.deepEqual(plainly(again), plainly(listing(made, side)));
    assert.deepEqual(plainly(listing(made, side, first, true)), plainly(again));
    assert.deepEqual(again.inOrder.map(({ site: each, number, group }) => [each, number, group.rows.some((row) => row.site === each)]), now.map((each, index) => [each, index + 1, true]));
  }
});

test("a side that became known is asked for again, unless it stands", () => {
  const made = chart({ sites: [site({ key: "a" })] });
  const before = listing(made, () => "unknown");

  assert.equal(listing(made, () => "left", before).inOrder[0].side, "left");
  assert.equal(listing(made, () => "left", before, true).inOrder[0].side, "unknown");
});

test("what was given on a side that is not known yet counts in all, and on no side", () => {
  const made = chart({ sites: [site({ key: "a" }), site({ key: "b" })] });

  const groups = groupsOf(made, (each) => (each.key === "a" ? "right" : "unknown"));

  const [line] = givenBySide(groups);
  assert.deepEqual([line.right, line.midline, line.left, line.all], [500, 0, 0, 1000]);
});
