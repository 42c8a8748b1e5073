import assert from "node:assert/strict";
import { test } from "node:test";

import { createWatch } from "../../static/js/chart/watch.js";

/** A page that looks, with its answers, its time and its finger in the test's hand. */
function page() {
  const stage = { asked: [], answers: [], timers: [], seen: [], lost: [], found: 0, gone: [], touched: false, ended: false };
  stage.watch = createWatch({
    ask(revision) {
      stage.asked.push(revision);
      return new Promise((resolve, reject) => stage.answers.push({ resolve, reject }));
    },
    sync: {
      revision: 4,
      get ended() {
        return stage.ended;
      },
      see: (data) => stage.seen.push(data),
      lost: (because) => stage.lost.push(because),
      found: () => (stage.found += 1),
    },
    touched: () => stage.touched,
    gone: (sentence) => stage.gone.push(sentence),
    later: (work, ms) => stage.timers.push({ work, ms }) - 1,
    never: (timer) => {
      if (stage.timers[timer]) stage.timers[timer] = null;
    },
  });
  stage.due = () => stage.timers.filter(Boolean).map(({ ms }) => ms);
  stage.tick = async () => {
    const due = stage.timers.splice(0).filter(Boolean);
    for (const { work } of due) work();
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

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("it asks for what is newer than the revision known here, again and again", async () => {
  const stage = page();
  stage.watch.start();
  await stage.tick();
  await stage.answer(204);
  await stage.tick();
  await stage.answer(200, { revision: 5 });

  assert.deepEqual(stage.asked, [4, 4]);
  assert.deepEqual(stage.seen, [{ revision: 5 }]);
  assert.equal(stage.due().length, 1);
});

test("what came in waits while a finger is on the page", async () => {
  const stage = page();
  stage.watch.start();
  await stage.tick();
  stage.touched = true;
  await stage.answer(200, { revision: 5 });
  await stage.tick();
  assert.deepEqual(stage.seen, []);

  stage.touched = false;
  await stage.tick();
  assert.deepEqual(stage.seen, [{ revision: 5 }]);
});

test("a page that nobody sees does not ask, and asks at once when it is seen again", async () => {
  const stage = page();
  stage.watch.start();
  await stage.tick();
  stage.watch.stop();
  await stage.answer(200, { revision: 5 });
  await stage.tick();
  assert.deepEqual([stage.seen, stage.asked.length], [[], 1]);

  stage.watch.start();
  assert.deepEqual(stage.due(), [0]);
});

test("without an answer it says so and asks less often, until there is one", async () => {
  const stage = page();
  stage.watch.start();
  await stage.tick();
  const waits = [];
  for (let round = 0; round < 6; round += 1) {
    await stage.noAnswer();
    waits.push(...stage.due());
    await stage.tick();
  }
  assert.ok(waits.every((ms, index) => index === 0 || ms >= waits[index - 1]));
  assert.ok(waits.at(-1) > waits[0]);
  assert.equal(stage.lost[0], "network");

  await stage.answer(204);
  assert.equal(stage.found, 1);
  assert.ok(stage.due()[0] < waits[0]);
});

test("where the sign-in ended it says so and goes on asking slowly", async () => {
  const stage = page();
  stage.watch.start();
  await stage.tick();
  await stage.answer(401, { error: "Your session ended." });

  assert.deepEqual(stage.lost, ["signed-out"]);
  assert.equal(stage.due().length, 1);
});

test("it ends where there is nothing more to see", async () => {
  for (const status of [403, 404]) {
    const stage = page();
    stage.watch.start();
    await stage.tick();
    await stage.answer(status, { error: "No longer yours." });
    assert.deepEqual([stage.gone, stage.due()], [["No longer yours."], []]);
  }
  const stage = page();
  stage.watch.start();
  await stage.tick();
  stage.ended = true;
  await stage.answer(200, { signed: true });
  assert.deepEqual([stage.seen.length, stage.due()], [1, []]);
});
