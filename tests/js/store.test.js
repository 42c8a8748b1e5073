import assert from "node:assert/strict";
import { test } from "node:test";

import { give, giveAll, place } from "../../static/js/chart/edits.js";
import { createStore } from "../../static/js/chart/store.js";
import { chart, planned, site } from "./samples.js";

test("undo takes the last step back and redo does it again", () => {
  const store = createStore(chart());
  store.perform(place(site({ key: "a" })), "placed");
  store.perform(place(site({ key: "b" })), "placed too");

  assert.equal(store.undo(), "placed too");
  assert.deepEqual(store.chart.sites.map((each) => each.key), ["a"]);
  assert.equal(store.redo(), "placed too");
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

test("a chart from elsewhere cannot be undone onto", () => {
  const store = createStore(chart());
  store.perform(place(site({ key: "a" })), "one");
  store.replace(chart({ sites: [site({ key: "theirs" })] }));

  assert.equal(store.canUndo, false);
  assert.equal(store.chart.sites[0].key, "theirs");
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
