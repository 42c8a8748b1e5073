import assert from "node:assert/strict";
import { test } from "node:test";

import { give, giveAll, place } from "../../static/js/chart/edits.js";
import { fetchMerging } from "../../static/js/chart/merging.js";
import { createStore } from "../../static/js/chart/store.js";
import { chart, planned, site } from "./samples.js";

await fetchMerging();

test("undo takes the last step back and redo does it again", () => {
  const store = createStore(chart());
  store.perform(place(site({ key: "a" })), "placed");
  store.perform(place(site({ key: "b" })), "placed too");

  assert.deepEqual([store.undo()].map(({ said, stayed }) => [said, stayed]), [["placed too", 0]]);
  assert.deepEqual(store.chart.sites.map((each) => each.key), ["a"]);
  assert.equal(store.redo().said, "placed too");
  assert.deepEqual(store.chart.sites.map((each) => each.key), ["a", "b"]);
});

test("giving all is one step", () => {
  const store = createStore(chart({ sites: [planned({ key: "a" }), planned({ key: "b" })] }));

  store.perform(giveAll("2026-11-23T15:36:00Z"), "all given");
  store.undo();

  assert.equal(store.chart.sites.filter((each) => each.state === "given").length, 0);
  assert.equal(store.canUndo, false);
});

test("an edit that changes nothing is no step", () => {
  const store = createStore(chart({ sites: [site({ key: "a" })] }));

  assert.equal(store.perform(give("a", "2026-11-23T16:00:00Z"), "given"), false);
  assert.equal(store.canUndo, false);
  assert.equal(store.undo(), null);
});

test("a new step forgets what could be done again", () => {
  const store = createStore(chart());
  store.perform(place(site({ key: "a" })), "one");
  store.undo();
  store.perform(place(site({ key: "b" })), "two");

  assert.equal(store.canRedo, false);
});

test("undo takes back what was done here from a chart that another tablet changed meanwhile", () => {
  const store = createStore(chart({ sites: [planned({ key: "a" }), planned({ key: "b" })] }));
  store.perform(give("a", "2026-11-23T15:36:00Z"), "given");
  store.take(place(site({ key: "theirs" }))(store.chart), new Map());

  assert.equal(store.undo().stayed, 0);
  assert.deepEqual(store.chart.sites.map(({ key, state }) => [key, state]), [["a", "planned"], ["b", "planned"], ["theirs", "given"]]);
  store.redo();
  assert.deepEqual(store.chart.sites.map(({ state }) => state), ["given", "planned", "given"]);
});

test("what another tablet changed since is left by undo, which says so", () => {
  const store = createStore(chart());
  store.perform(place(planned({ key: "a" })), "placed");
  store.take(give("a", "2026-11-23T15:40:00Z")(store.chart), new Map());

  assert.equal(store.undo().stayed, 1);
  assert.equal(store.chart.sites[0].state, "given");
});

test("a site that has the other tablet's key from now on is taken back by it", () => {
  const laid = { protocol: "PREEMPT-155", protocol_site: "C_R" };
  const store = createStore(chart({ sites: [planned({ key: "mine", ...laid })] }));
  store.perform(give("mine", "2026-11-23T15:36:00Z"), "given");
  store.take(chart({ sites: [site({ key: "theirs", ...laid })] }), new Map([["mine", "theirs"]]));

  store.undo();
  assert.deepEqual(store.chart.sites.map(({ key, state }) => [key, state]), [["theirs", "planned"]]);
});

test("a decision that changes nothing of the chart is a step all the same", () => {
  const store = createStore(chart());

  assert.equal(store.perform((now) => now, "kept", [{ id: "a" }]), true);
  assert.deepEqual(store.undo().more, [{ id: "a" }]);
});

test("a chart in the store is frozen all the way down", () => {
  const store = createStore(chart({ sites: [site()] }));

  assert.throws(() => {
    store.chart.sites[0].units = "500";
  }, TypeError);
});

test("who listens hears of every change once", () => {
  const store = createStore(chart());
  const heard = [];
  store.subscribe((now) => heard.push(now.sites.length));
  store.perform(place(site({ key: "a" })), "one");
  store.undo();
  store.redo();

  assert.deepEqual(heard, [1, 0, 1]);
});
