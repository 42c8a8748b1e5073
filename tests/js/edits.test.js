import assert from "node:assert/strict";
import { test } from "node:test";

import * as edits from "../../static/js/chart/edits.js";
import { freeze } from "../../static/js/chart/store.js";
import { chart, planned, preparation, site, vial } from "./samples.js";
import * as whole from "../../static/js/chart/whole.js";

const NOW = "2026-11-23T15:40:00Z";
const keys = (of) => of.sites.map((each) => each.key);

test("a site given a second time keeps its first time", () => {
  const start = freeze(chart({ sites: [planned({ key: "a" })] }));

  const once = edits.give("a", NOW)(start);
  const twice = edits.give("a", "2026-11-23T17:00:00Z")(once);

  assert.equal(once.sites[0].state, "given");
  assert.equal(twice, once);
});

test("giving all leaves the time of what was given before", () => {
  const start = freeze(chart({ sites: [site({ key: "a" }), planned({ key: "b" })] }));

  const after = edits.giveAll(NOW)(start);

  assert.equal(after.sites[0].given_at, "2026-11-23T15:36:00Z");
  assert.equal(after.sites[1].given_at, NOW);
});

test("of several sites those named are given, changed or deleted, and nothing else", () => {
  const start = freeze(chart({ sites: [site({ key: "a" }), planned({ key: "b" }), planned({ key: "c" })] }));

  assert.deepEqual(edits.giveThese(new Set(["a", "b"]), NOW)(start).sites.map(({ given_at }) => given_at), ["2026-11-23T15:36:00Z", NOW, null]);
  assert.deepEqual(keys(whole.removeThese(new Set(["a", "c"]))(start)), ["b"]);
  const dearer = whole.changeThese(new Map([["b", { units: "7.5" }], ["a", { units: "5" }]]))(start);
  assert.deepEqual(dearer.sites.map(({ units }) => units), ["5", "7.5", "5"]);
  assert.equal(dearer.sites[0], start.sites[0]);
  for (const nothing of [edits.giveThese(new Set(["a"]), NOW), whole.removeThese(new Set()), whole.changeThese(new Map())]) assert.equal(nothing(start), start);
});

test("what is taken back is planned again and has no time", () => {
  const after = edits.takeBack("a")(freeze(chart({ sites: [site({ key: "a" })] })));

  assert.deepEqual([after.sites[0].state, after.sites[0].given_at], ["planned", null]);
});

test("laying a protocol twice lays each of its sites once", () => {
  const sites = [
    planned({ key: "1", protocol: "P", protocol_site: "C_R" }),
    planned({ key: "2", protocol: "P", protocol_site: "C_L" }),
  ];
  const once = whole.layProtocol("P", sites)(freeze(chart()));
  const twice = whole.layProtocol("P", sites.map((each) => ({ ...each, key: `${each.key}b` })))(once);

  assert.deepEqual(keys(once), ["1", "2"]);
  assert.equal(twice, once);
});

test("lifting a protocol keeps what was given and what was placed by hand", () => {
  const start = freeze(
    chart({
      sites: [
        site({ key: "given", protocol: "P" }),
        planned({ key: "laid", protocol: "P" }),
        planned({ key: "hand" }),
        planned({ key: "elsewhere", protocol: "Q", indication: "axillary_hyperhidrosis" }),
      ],
    }),
  );

  assert.deepEqual(keys(whole.liftPlanned("chronic_migraine")(start)), ["given", "hand", "elsewhere"]);
});

test("an indication that given sites serve cannot be dropped", () => {
  const start = freeze(chart({ sites: [site()] }));

  assert.equal(whole.toggleIndication("chronic_migraine", [])(start), start);
});

test("dropping an indication takes its plan and its codes with it", () => {
  const start = freeze(chart({ codes: ["G43.709", "L74.510"], sites: [planned({ protocol: "P" })] }));

  const after = whole.toggleIndication("chronic_migraine", ["G43.709"])(start);

  assert.deepEqual([after.indications, after.codes, after.sites], [[], ["L74.510"], []]);
});

test("the first vial is what sites without one draw on, if it fits them", () => {
  const start = freeze(chart({ sites: [planned({ key: "a" }), planned({ key: "b", protocol: "Q" })] }));

  const after = whole.addPreparation(preparation(), (each) => each.protocol !== "Q")(start);

  assert.deepEqual(after.sites.map((each) => each.preparation), ["prep", null]);
});

test("a preparation taken off leaves its sites without one", () => {
  const start = freeze(chart({ preparations: [preparation()], sites: [site({ preparation: "prep" })] }));

  const after = whole.removePreparation("prep")(start);

  assert.deepEqual([after.preparations, after.sites[0].preparation], [[], null]);
});

test("the last vial of a preparation takes it along", () => {
  const start = freeze(chart({ preparations: [preparation({ vials: [vial({ key: "one" }), vial({ key: "two" })] })] }));

  const less = whole.removeVial("one")(start);

  assert.deepEqual(less.preparations[0].vials.map((each) => each.key), ["two"]);
  assert.deepEqual(whole.removeVial("two")(less).preparations, []);
});

test("the rest is discarded to the hundredth, vial by vial", () => {
  const start = freeze(
    chart({
      preparations: [preparation({ vials: [vial({ key: "one", units: "100" }), vial({ key: "two", units: "100" })] })],
      sites: [site({ units: "103.34", preparation: "prep" })],
    }),
  );

  const after = whole.discardRemainders()(start);

  assert.deepEqual(after.preparations[0].vials.map((each) => each.discarded), ["0.00", "96.66"]);
});

test("an edit of one site leaves the others the very same", () => {
  const start = freeze(chart({ sites: [site({ key: "a" }), site({ key: "b" })] }));

  const after = edits.changeSite("a", { units: "7.5" })(start);

  assert.equal(after.sites[1], start.sites[1]);
  assert.equal(edits.changeSite("a", { units: "5" })(start), start);
});

test("removing what is not there changes nothing", () => {
  const start = freeze(chart({ sites: [site({ key: "a" })] }));

  assert.equal(edits.remove("b")(start), start);
  assert.deepEqual(keys(edits.remove("a")(start)), []);
});
