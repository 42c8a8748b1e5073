import assert from "node:assert/strict";
import { test } from "node:test";

import { give, place } from "../../static/js/chart/edits.js";
import { createSync } from "../../static/js/chart/sync.js";
import { again } from "../../static/js/chart/changes.js";
import { chart, site } from "./samples.js";

/** A tablet whose network, disk and time are in the test's hand. */
function tablet({ server = {}, left = null, vault = disk(), ...more } = {}) {
  const stage = {
    states: [],
    newer: [],
    refused: [],
    bodies: [],
    answers: [],
    timers: [],
    vault,
    saves: 0,
  };
  stage.sync = createSync({
    put(body) {
      stage.bodies.push(JSON.parse(JSON.stringify(body)));
      return new Promise((resolve, reject) => stage.answers.push({ resolve, reject }));
    },
    vault,
    server: { chart: chart(), revision: 3, saved_at: "2026-11-23T15:00:00Z", ...server },
    left,
    uuid: () => `save-${(stage.saves += 1)}`,
    later: (work, ms) => stage.timers.push({ work, ms }) - 1,
    never: (timer) => {
      if (stage.timers[timer]) stage.timers[timer] = null;
    },
    on: {
      state: (state) => stage.states.push(state),
      figures: () => {},
      newer: (theirs) => stage.newer.push(theirs),
      refused: (errors, of) => stage.refused.push({ errors, of }),
    },
    ...more,
  });
  stage.say = () => stage.states.at(-1);
  stage.tick = async () => {
    const [due] = stage.timers.splice(0).filter(Boolean).slice(-1);
    due?.work();
    await settled();
  };
  stage.answer = async (status, data = {}) => {
    stage.answers.shift().resolve({ status, data });
    await settled();
  };
  stage.noAnswer = async () => {
    stage.answers.shift().reject(new TypeError("Failed to fetch"));
    await settled();
  };
  return stage;
}

function disk({ broken = false } = {}) {
  const log = [];
  return {
    log,
    held: null,
    async keep(record) {
      await Promise.resolve();
      if (broken) throw new Error("QuotaExceededError");
      this.held = JSON.parse(JSON.stringify(record));
      log.push("kept");
    },
    async clear() {
      this.held = null;
      log.push("cleared");
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const saved = (revision, more = {}) => ({ revision, saved_at: "2026-11-23T15:42:00Z", ...more });

test("a change lies on the tablet before it goes on the wire", async () => {
  const order = [];
  const vault = { keep: async () => void order.push("tablet"), clear: async () => {} };
  const stage = tablet({
    vault,
    put: () => {
      order.push("wire");
      return new Promise(() => {});
    },
  });

  stage.sync.change(place(site({ key: "a" }))(chart()));
  await settled();
  await stage.tick();

  assert.equal(order.at(-1), "wire");
  assert.ok(order.indexOf("tablet") < order.indexOf("wire"));
});

test("the page says saved only after the server's answer, and the tablet is cleared then", async () => {
  const stage = tablet();
  stage.sync.change(place(site({ key: "a" }))(chart()));
  await stage.tick();
  assert.equal(stage.say().is, "saving");

  await stage.answer(200, saved(4));

  assert.equal(stage.say().is, "saved");
  assert.equal(stage.say().at, "2026-11-23T15:42:00Z");
  assert.equal(stage.vault.held, null);
});

test("one save runs at a time and the newest chart goes next with the new revision", async () => {
  const stage = tablet();
  const one = place(site({ key: "a" }))(chart());
  const two = place(site({ key: "b" }))(one);
  const three = place(site({ key: "c" }))(two);

  stage.sync.change(one);
  await stage.tick();
  stage.sync.change(two);
  stage.sync.change(three);
  await stage.tick();
  assert.equal(stage.bodies.length, 1);
  await stage.answer(200, saved(4));
  await stage.tick();

  assert.equal(stage.bodies.length, 2);
  assert.equal(stage.bodies[1].revision, 4);
  assert.equal(stage.bodies[1].sites.length, 3);
  assert.notEqual(stage.bodies[1].save, stage.bodies[0].save);
});

test("without an answer the very same body goes again, later changes after it", async () => {
  const stage = tablet();
  const one = place(site({ key: "a" }))(chart());
  stage.sync.change(one);
  await stage.tick();
  await stage.noAnswer();
  assert.deepEqual(
    [stage.say().is, stage.say().because, stage.say().changes, stage.say().kept],
    ["offline", "network", 1, true],
  );
  stage.sync.change(place(site({ key: "b" }))(one));
  await settled();
  assert.equal(stage.say().changes, 2);

  await stage.tick();
  assert.deepEqual(stage.bodies[1], stage.bodies[0]);
  await stage.answer(200, saved(4));
  await stage.tick();
  await stage.answer(200, saved(5));

  assert.equal(stage.bodies[2].sites.length, 2);
  assert.equal(stage.say().is, "saved");
});

test("retries wait longer each time", async () => {
  const stage = tablet();
  stage.sync.change(place(site({ key: "a" }))(chart()));
  await stage.tick();
  const waits = [];
  for (let round = 0; round < 3; round += 1) {
    await stage.noAnswer();
    waits.push(stage.timers.filter(Boolean).at(-1).ms);
    await stage.tick();
  }

  assert.deepEqual(waits, [1000, 2000, 4000]);
});

test("another tablet's newer chart is shown and one's own changes are kept beside it", async () => {
  const stage = tablet();
  stage.sync.change(place(site({ key: "mine" }))(chart()));
  await stage.tick();
  const theirs = place(site({ key: "theirs" }))(chart());

  await stage.answer(409, saved(7, { chart: theirs, saved_by: "T. Reyes" }));

  assert.equal(stage.say().is, "conflict");
  assert.equal(stage.say().changes, 1);
  assert.deepEqual(stage.newer, [theirs]);
  assert.equal(stage.sync.aside[0].after.key, "mine");
  assert.equal(stage.vault.held.aside.length, 1);
});

test("a change done again is saved onto the newer chart, and then nothing is left to decide", async () => {
  const stage = tablet();
  stage.sync.change(place(site({ key: "mine" }))(chart()));
  await stage.tick();
  const theirs = place(site({ key: "theirs" }))(chart());
  await stage.answer(409, saved(7, { chart: theirs }));

  const [own] = stage.sync.aside;
  stage.sync.change(again(own)(theirs));
  stage.sync.decided(own.id);
  await stage.tick();
  await stage.answer(200, saved(8));

  assert.deepEqual(stage.bodies[1].sites.map((each) => each.key), ["theirs", "mine"]);
  assert.equal(stage.bodies[1].revision, 7);
  assert.equal(stage.say().is, "saved");
  assert.equal(stage.vault.held, null);
});

test("what waits to be decided survives a reload", async () => {
  const first = tablet();
  first.sync.change(place(site({ key: "mine" }))(chart()));
  await first.tick();
  const theirs = place(site({ key: "theirs" }))(chart());
  await first.answer(409, saved(7, { chart: theirs }));

  const second = tablet({ server: { chart: theirs, revision: 7 }, left: first.vault.held });
  second.sync.start();
  await settled();

  assert.equal(second.say().is, "conflict");
  assert.equal(second.sync.aside.length, 1);
  assert.equal(second.bodies.length, 0);
});

test("a reload sends what was not saved", async () => {
  const first = tablet();
  first.sync.change(place(site({ key: "a" }))(chart()));
  await settled();

  const second = tablet({ left: first.vault.held });
  assert.equal(second.sync.chart.sites.length, 1);
  second.sync.start();
  await settled();
  await second.answer(200, saved(4));

  assert.equal(second.bodies[0].revision, 3);
  assert.equal(second.say().is, "saved");
});

test("a save whose answer was lost with the page is recognised, not taken for another tablet's", async () => {
  const first = tablet();
  const one = place(site({ key: "a" }))(chart());
  first.sync.change(one);
  await first.tick();
  const left = first.vault.held;

  const second = tablet({ server: { chart: one, revision: 4 }, left });
  second.sync.start();
  await settled();
  assert.equal(second.bodies[0].save, first.bodies[0].save);
  await second.answer(200, saved(4, { chart: one }));

  assert.equal(second.say().is, "saved");
  assert.equal(second.newer.length, 0);
});

test("unsent changes on a chart that moved on meanwhile are kept beside it", async () => {
  const first = tablet();
  first.sync.change(place(site({ key: "mine" }))(chart()));
  await settled();
  const theirs = place(site({ key: "theirs" }))(chart());

  const second = tablet({ server: { chart: theirs, revision: 9 }, left: first.vault.held });
  second.sync.start();
  await settled();

  assert.equal(second.say().is, "conflict");
  assert.deepEqual(second.newer, [theirs]);
});

test("a change both tablets made alike needs no decision", async () => {
  const start = chart({ sites: [site({ key: "a", state: "planned", given_at: null })] });
  const stage = tablet({ server: { chart: start } });
  stage.sync.change(give("a", "2026-11-23T15:40:00Z")(start));
  await stage.tick();
  const theirs = give("a", "2026-11-23T15:40:00+00:00")(start);

  await stage.answer(409, saved(5, { chart: theirs }));

  assert.equal(stage.say().is, "saved");
  assert.equal(stage.sync.aside.length, 0);
});

test("a refused chart says why, keeps the change and goes again after the next change", async () => {
  const stage = tablet();
  const one = place(site({ key: "a" }))(chart());
  stage.sync.change(one);
  await stage.tick();

  await stage.answer(422, { error: "Off the map.", errors: [{ path: "sites[0].x", message: "Off the map." }] });
  assert.deepEqual([stage.say().because, stage.say().said], ["refused", "Off the map."]);
  assert.equal(stage.refused[0].of.sites[0].key, "a");
  assert.equal(stage.vault.held.mine.sites.length, 1);
  stage.sync.change(place(site({ key: "b" }))(chart()));
  await stage.tick();

  assert.equal(stage.bodies[1].revision, 3);
  assert.notEqual(stage.bodies[1].save, stage.bodies[0].save);
});

test("a session that ended keeps everything and asks to sign in", async () => {
  const stage = tablet();
  stage.sync.change(place(site({ key: "a" }))(chart()));
  await stage.tick();

  await stage.answer(401, { error: "Your session ended." });

  assert.equal(stage.say().because, "signed-out");
  assert.equal(stage.timers.filter(Boolean).length, 0);
  assert.equal(stage.vault.held.mine.sites.length, 1);
});

test("a chart signed meanwhile takes nothing more and throws nothing away", async () => {
  const stage = tablet();
  stage.sync.change(place(site({ key: "a" }))(chart()));
  await stage.tick();

  await stage.answer(409, saved(5, { signed: true, error: "This session is signed." }));
  stage.sync.retry();
  await stage.tick();

  assert.deepEqual([stage.say().is, stage.say().because], ["conflict", "signed"]);
  assert.equal(stage.sync.aside.length, 1);
  assert.equal(stage.bodies.length, 1);
});

test("a chart moved to another patient sends nothing more and keeps what was done here", async () => {
  const stage = tablet({ server: { patient: "maren" } });
  stage.sync.change(place(site({ key: "a" }))(chart()));
  await stage.tick();

  await stage.answer(409, saved(5, { patient: "peter", chart: chart(), error: "It was moved." }));
  stage.sync.change(place(site({ key: "b" }))(chart()));
  stage.sync.retry();
  await stage.tick();

  assert.deepEqual([stage.say().is, stage.say().because], ["conflict", "moved"]);
  assert.equal(stage.bodies.length, 1);
  assert.equal(await stage.sync.flush(), false);
  assert.equal(stage.vault.held.aside.length, 1);
});

test("a save that arrived before the move is not offered again, and nothing follows it", async () => {
  const stage = tablet({ server: { patient: "maren" } });
  const drawn = place(site({ key: "a" }))(chart());
  stage.sync.change(drawn);
  await stage.tick();
  await stage.noAnswer();
  await stage.tick();

  await stage.answer(200, saved(5, { patient: "peter", chart: drawn }));

  assert.equal(stage.say().because, "moved");
  assert.deepEqual(stage.sync.aside, []);
});

test("leaving warns only while something is neither on the server nor on the tablet", async () => {
  const safe = tablet();
  safe.sync.change(place(site({ key: "a" }))(chart()));
  assert.equal(safe.sync.exposed, true);
  await settled();
  assert.equal(safe.sync.exposed, false);

  const full = tablet({ vault: disk({ broken: true }) });
  full.sync.change(place(site({ key: "a" }))(chart()));
  await settled();
  assert.equal(full.sync.exposed, true);
  await full.tick();
  await full.answer(200, saved(4));
  assert.equal(full.sync.exposed, false);
});

test("flush answers whether everything is on the server", async () => {
  const stage = tablet();
  assert.equal(await stage.sync.flush(), true);
  stage.sync.change(place(site({ key: "a" }))(chart()));
  const first = stage.sync.flush();
  await settled();
  await stage.noAnswer();
  assert.equal(await first, false);

  const second = stage.sync.flush();
  await settled();
  await stage.answer(200, saved(4));
  assert.equal(await second, true);
});

test("a change undone before it went leaves nothing to send", async () => {
  const stage = tablet();
  const start = stage.sync.chart;
  stage.sync.change(place(site({ key: "a" }))(start));
  stage.sync.change(start);
  await stage.tick();

  assert.equal(stage.bodies.length, 0);
  assert.equal(stage.say().is, "saved");
  assert.equal(stage.vault.held, null);
});
