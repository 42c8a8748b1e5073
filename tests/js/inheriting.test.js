// Guidance and needle, said of all, of a muscle, or of one site.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ALL, inherited, nothingSaid } from "../../static/js/chart/inheriting.js";
import { common, reached } from "../../static/js/chart/reaching.js";
import { site } from "./samples.js";

const sites = (...values) => values.map(([muscle, guidance], at) => site({ key: String(at), muscle, ...(guidance ? { guidance } : {}) }));
const keys = (found) => found.map(({ key }) => key).join("");
const levels = (guidance) => ({ ...nothingSaid(), guidance });

test("while nobody said anything a new site says nothing", () => {
  assert.deepEqual(inherited([], nothingSaid(), "soleus"), {});
  // One site that says so is no word about the next.
  assert.deepEqual(inherited(sites(["soleus", "emg"]), nothingSaid(), "soleus"), {});
});

test("a new site says what was said of its muscle, else of all", () => {
  const there = sites(["soleus", "emg"], ["biceps_brachii", "ultrasound"]);
  const said = levels({ [ALL]: "emg", biceps_brachii: "ultrasound" });

  assert.deepEqual(inherited(there, said, "soleus"), { guidance: "emg" });
  assert.deepEqual(inherited(there, said, "biceps_brachii"), { guidance: "ultrasound" });
  assert.deepEqual(inherited(there, levels({ [ALL]: "emg", soleus: "" }), "soleus"), {});
});

test("what was taken back is not said of the next site either", () => {
  assert.deepEqual(inherited(sites(["soleus", null]), levels({ [ALL]: "emg" }), "soleus"), {});
});

test("said of all, it reaches what says nothing and leaves what says something else", () => {
  const there = sites(["soleus", null], ["soleus", "ultrasound"], ["biceps_brachii", null], ["biceps_brachii", "emg"]);

  assert.equal(keys(reached(there, levels({ [ALL]: "emg" }), "guidance", ALL)), "023");
  assert.equal(keys(reached(there, levels({ biceps_brachii: "emg" }), "guidance", ALL)), "0");
});

test("what one site says is no word about all", () => {
  const there = sites(["soleus", "ultrasound"], ["soleus", null], ["soleus", null]);

  assert.equal(keys(reached(there, nothingSaid(), "guidance", ALL)), "12");
});

test("said of a muscle, it reaches that muscle alone", () => {
  const there = sites(["soleus", "emg"], ["soleus", "ultrasound"], ["biceps_brachii", "emg"]);

  assert.equal(keys(reached(there, levels({ [ALL]: "emg" }), "guidance", "soleus")), "0");
});

test("after a reload what most sites say counts as what was said of all", () => {
  const there = sites(["soleus", "emg"], ["soleus", "emg"], ["soleus", "ultrasound"]);

  assert.equal(keys(reached(there, nothingSaid(), "guidance", ALL)), "01");
});

test("what all sites say is theirs in common, silence too", () => {
  assert.equal(common(sites(["soleus", "emg"], ["soleus", "emg"]), "guidance"), "emg");
  assert.equal(common(sites(["soleus", null]), "guidance"), "");
  assert.equal(common(sites(["soleus", "emg"], ["soleus", null]), "guidance"), undefined);
});
