import assert from "node:assert/strict";
import { test } from "node:test";

import { alike, changes } from "../../static/js/chart/changes.js";
import { chart, planned, preparation, site, vial } from "./samples.js";

test("a chart that went through the server is the same chart", () => {
  const mine = chart({ preparations: [preparation()], sites: [site({ units: "5", other: null })] });
  const theirs = JSON.parse(JSON.stringify(mine));
  theirs.sites[0] = { ...theirs.sites[0], units: "5.00", other: "", given_at: "2026-11-23T10:36:00-05:00" };
  theirs.preparations[0].diluent_ml = "4.00";

  assert.deepEqual(changes(mine, theirs), []);
  assert.equal(alike(mine, theirs), true);
});

test("another injection order is another chart", () => {
  const sites = [site({ key: "a" }), site({ key: "b" })];

  assert.equal(alike(chart({ sites }), chart({ sites: sites.toReversed() })), false);
});

test("what was added, changed and removed is told apart", () => {
  const base = chart({ sites: [planned({ key: "a" }), planned({ key: "b" })] });
  const mine = chart({ date: "2026-11-22", sites: [site({ key: "a" }), site({ key: "c" })] });

  const found = changes(base, mine).map(({ id, before, after }) => [id, Boolean(before), Boolean(after)]);

  assert.deepEqual(found, [["date", true, true], ["a", true, true], ["b", true, false], ["c", false, true]]);
});

test("a vial's lot is a change of its preparation", () => {
  const base = chart({ preparations: [preparation({ vials: [vial({ lot: "" })] })] });

  const [change] = changes(base, chart({ preparations: [preparation()] }));

  assert.equal(change.thing, "preparation");
});
