import assert from "node:assert/strict";
import { test } from "node:test";

import { changeSite, give, place, remove } from "../../static/js/chart/edits.js";
import { keep } from "../../static/js/chart/merge.js";
import { fetchMerging } from "../../static/js/chart/merging.js";
import { createSync } from "../../static/js/chart/sync.js";
import { chart, planned, site } from "./samples.js";

await fetchMerging();

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
      newer: (shown, met) => stage.newer.push({ shown, ...met }),
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

const START = chart({ sites: ["a", "b"].map((key) => planned({ key })) });
const AT = "2026-11-23T15:40:00Z";
const LATER = "2026-11-23T15:41:00Z";

/** A tablet that raised a site to 7.5 U and hears that another raised it to 10 U. */
async function inConflict(more = {}) {
  const stage = tablet({ server: { chart: START }, ...more });
  stage.sync.change(changeSite("a", { units: "7.5" })(START));
  await stage.tick();
  const theirs = changeSite("a", { units: "10" })(START);
  await stage.answer(409, saved(7, { chart: theirs, saved_by: "T. Reyes" }));
  return { stage, theirs };
}

test("another tablet's changes are shown with one's own and saved together without asking", async () => {
  const stage = tablet({ server: { chart: START } });
  stage.sync.change(give("a", AT)(START));
  await stage.tick();
  const theirs = give("b", LATER)(START);

  await stage.answer(409, saved(7, { chart: theirs, saved_by: "T. Reyes" }));

  assert.equal(stage.say().is, "saving");
  assert.deepEqual(stage.newer.map(({ by, changes, shown }) => [by, changes.map(({ id }) => id), shown.sites.map(({ state }) => state)]), [["T. Reyes", ["b"], ["given", "given"]]]);
  await stage.tick();
  assert.equal(stage.bodies[1].revision, 7);
  assert.deepEqual(stage.bodies[1].sites.map(({ state }) => state), ["given", "given"]);
  assert.notEqual(stage.bodies[1].save, stage.bodies[0].save);
  await stage.answer(200, saved(8));
  assert.equal(stage.say().is, "saved");
  assert.equal(stage.vault.held, null);
});

test("what was done while the save that lost was under way is merged too", async () => {
  const stage = tablet({ server: { chart: START } });
  const one = give("a", AT)(START);
  stage.sync.change(one);
  await stage.tick();
  stage.sync.change(place(site({ key: "later" }))(one));

  await stage.answer(409, saved(7, { chart: give("b", LATER)(START), saved_by: "T. Reyes" }));
  await stage.tick();

  assert.deepEqual(stage.bodies[1].sites.map(({ key, state }) => [key, state]), [["a", "given"], ["b", "given"], ["later", "given"]]);
});

test("a real conflict waits for a person, on the tablet too, and everything else goes on", async () => {
  const { stage, theirs } = await inConflict();

  assert.deepEqual([stage.say().is, stage.say().changes], ["conflict", 1]);
  assert.deepEqual(stage.sync.conflicts.map(({ id, mine, by }) => [id, mine.units, by]), [["a", "7.5", "T. Reyes"]]);
  assert.equal(stage.vault.held.conflicts[0].mine.units, "7.5");
  assert.equal(await stage.sync.flush(), false);

  stage.sync.change(give("b", AT)(theirs));
  await stage.tick();
  assert.equal(stage.bodies[1].sites[0].units, "10");
  await stage.answer(200, saved(8));
  assert.equal(stage.say().is, "conflict");
});

test("a decision is saved, and then nothing is left to decide", async () => {
  const { stage, theirs } = await inConflict();
  const [conflict] = stage.sync.conflicts;

  stage.sync.change(keep(conflict, "mine")(theirs));
  stage.sync.decided(conflict.id);
  await stage.tick();
  await stage.answer(200, saved(8));

  assert.equal(stage.bodies[1].sites[0].units, "7.5");
  assert.equal(stage.say().is, "saved");
  assert.equal(stage.vault.held, null);
  assert.equal(await stage.sync.flush(), true);
});

test("a decision that was taken back is open again", async () => {
  const { stage } = await inConflict();
  const [conflict] = stage.sync.conflicts;
  stage.sync.decided(conflict.id);
  assert.equal(stage.say().is, "saved");

  stage.sync.reopen(conflict);
  await settled();

  assert.equal(stage.say().is, "conflict");
  assert.equal(stage.vault.held.conflicts.length, 1);
});

test("a decision made on the other tablet ends the conflict here", async () => {
  const { stage, theirs } = await inConflict();

  stage.sync.see(saved(8, { chart: changeSite("a", { units: "7.5" })(theirs), saved_by: "T. Reyes" }));

  assert.deepEqual(stage.sync.conflicts, []);
  assert.equal(stage.say().is, "saved");
});

test("what waits to be decided survives a reload", async () => {
  const { stage: first, theirs } = await inConflict();

  const second = tablet({ server: { chart: theirs, revision: 7 }, left: first.vault.held });
  second.sync.start();
  await settled();

  assert.equal(second.say().is, "conflict");
  assert.equal(second.sync.conflicts[0].mine.units, "7.5");
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

test("unsent changes go together with a chart that moved on meanwhile", async () => {
  const first = tablet();
  first.sync.change(place(site({ key: "mine" }))(chart()));
  await settled();
  const theirs = place(site({ key: "theirs" }))(chart());

  const second = tablet({ server: { chart: theirs, revision: 9, saved_by: "T. Reyes" }, left: first.vault.held });
  second.sync.start();
  await second.tick();

  assert.deepEqual(second.bodies.map(({ revision, sites }) => [revision, sites.map(({ key }) => key)]), [[9, ["mine", "theirs"]]]);
});

test("a change both tablets made alike needs no decision", async () => {
  const stage = tablet({ server: { chart: START } });
  stage.sync.change(give("a", AT)(START));
  await stage.tick();
  const theirs = give("b", AT)(give("a", "2026-11-23T15:40:00+00:00")(START));

  await stage.answer(409, saved(5, { chart: theirs }));

  assert.equal(stage.say().is, "saved");
  assert.deepEqual(stage.sync.conflicts, []);
});

test("another tablet's save is seen without saving here, and an older answer is no news", async () => {
  const stage = tablet({ server: { chart: START } });
  const theirs = give("b", AT)(START);

  stage.sync.see(saved(4, { chart: theirs, saved_by: "T. Reyes" }));
  assert.deepEqual(stage.newer.map(({ shown }) => shown), [theirs]);
  assert.equal(stage.say().is, "saved");
  assert.equal(stage.sync.revision, 4);

  stage.sync.see(saved(3, { chart: START, saved_by: "T. Reyes" }));
  assert.equal(stage.newer.length, 1);
  assert.equal(stage.bodies.length, 0);
});

test("while a save is under way its own answer tells what is newer", async () => {
  const stage = tablet({ server: { chart: START } });
  stage.sync.change(give("a", AT)(START));
  await stage.tick();

  stage.sync.see(saved(4, { chart: give("a", AT)(START), saved_by: "I. Halloran" }));

  assert.equal(stage.newer.length, 0);
});

test("a server that cannot be reached is said although nothing waits, and so is its return", async () => {
  const stage = tablet({ server: { chart: START } });
  stage.sync.lost("network");
  assert.deepEqual([stage.say().is, stage.say().changes], ["offline", 0]);

  stage.sync.found();
  assert.equal(stage.say().is, "saved");
});

test("what was done without the network goes together with the others' as soon as it is back", async () => {
  const stage = tablet({ server: { chart: START } });
  stage.sync.lost("network");
  stage.sync.change(give("a", AT)(START));
  await stage.tick();
  await stage.noAnswer();

  stage.sync.found();
  await settled();
  await stage.answer(409, saved(5, { chart: give("b", LATER)(START), saved_by: "T. Reyes" }));
  await stage.tick();
  await stage.answer(200, saved(6));

  assert.deepEqual([stage.say().is, stage.say().sent], ["saved", 1]);
  assert.deepEqual(stage.bodies.at(-1).sites.map(({ state }) => state), ["given", "given"]);
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

  await stage.answer(409, saved(5, { chart: chart(), signed: true, error: "This session is signed." }));
  stage.sync.retry();
  await stage.tick();

  assert.deepEqual([stage.say().is, stage.say().because], ["conflict", "signed"]);
  assert.equal(stage.sync.aside.length, 1);
  assert.equal(stage.sync.ended, true);
  assert.equal(stage.bodies.length, 1);
});

test("a version that nobody decided about is not lost when the other tablet signs", async () => {
  const { stage, theirs } = await inConflict();

  stage.sync.see(saved(7, { chart: theirs, signed: true, saved_by: "T. Reyes", error: "Signed." }));

  assert.deepEqual(stage.sync.aside.map(({ id, after }) => [id, after.units]), [["a", "7.5"]]);
  assert.equal(stage.newer.at(-1).said, "Signed.");
});

test("a draft that was discarded elsewhere takes nothing more", async () => {
  const stage = tablet({ server: { chart: START } });
  stage.sync.change(remove("a")(START));
  await stage.tick();

  await stage.answer(409, saved(4, { chart: START, discarded: true, error: "This draft was discarded." }));
  stage.sync.retry();
  await stage.tick();

  assert.deepEqual([stage.say().is, stage.say().because, stage.bodies.length], ["conflict", "discarded", 1]);
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
  assert.deepEqual(stage.vault.held.mine.sites.map(({ key }) => key), ["a"]);
});

test("what was done while the session was another patient's waits for a word, and saves after it", async () => {
  const first = tablet({ server: { patient: "maren" } });
  first.sync.change(place(site({ key: "a" }))(chart()));
  await first.tick();
  await first.answer(409, saved(5, { patient: "peter", chart: chart(), error: "It was moved." }));

  const again = tablet({ server: { patient: "peter", chart: chart(), revision: 5 }, left: first.vault.held });
  again.sync.start();
  await again.tick();

  assert.deepEqual([again.say().is, again.say().because], ["conflict", "kept"]);
  assert.deepEqual(again.sync.chart.sites, []);
  assert.deepEqual(again.sync.aside.map(({ id }) => id), ["a"]);
  assert.equal(again.bodies.length, 0);
  assert.equal(await again.sync.flush(), false);
  assert.equal(again.vault.held.patient, "peter");
  assert.equal(again.vault.held.aside.length, 1);
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

test("offline, what is still being written to the tablet is not said to be kept there", async () => {
  const writes = [];
  const slow = disk();
  const vault = { ...slow, keep: () => new Promise((done) => writes.push(done)) };
  const stage = tablet({ vault });
  stage.sync.start();
  stage.sync.lost("network");

  stage.sync.change(place(site("a"))(chart()));
  await settled();

  assert.notDeepEqual([stage.say().kept, stage.say().changes], [true, 1]);
  writes.splice(0).forEach((done) => done());
  await settled();
  assert.deepEqual([stage.say().is, stage.say().kept, stage.say().changes], ["offline", true, 1]);
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
