import assert from "node:assert/strict";
import { test } from "node:test";

import { locate } from "../../static/js/chart/anatomy.js";
import { movedTo } from "../../static/js/chart/moving.js";
import { asPlanned, isMoved } from "../../static/js/chart/scene.js";
import { drawing } from "./drawings.js";
import { chart, planned, site } from "./samples.js";

const CORRUGATOR = [104, 95];
const FOREHEAD = [92, 62];
const FOREHEAD_LEFT = [148, 62];
const CHEEK = [82, 160];
const LID = [95, 118];
const EAR = [48, 140];
const BESIDE = [215, 40];

const map = await drawing("head_anterior@1", {
  corrugator_R: { muscles: ["corrugator", "frontalis"] },
  frontalis_R: { muscles: ["frontalis", "corrugator"] },
  frontalis_L: { muscles: ["frontalis", "corrugator"] },
  eyelid_R: { muscles: ["orbicularis_oculi"], warn: "Upper lid" },
});
const catalogue = { muscles: { procerus: { side_rule: "midline" } } };
const migraine = { id: "chronic_migraine", muscles: ["corrugator", "frontalis"] };

function moved(of, to, { from = CORRUGATOR, remembered, indications = [migraine] } = {}) {
  return movedTo({ catalogue, map, site: of, from: locate(map, from), to: locate(map, to), x: to[0], remembered, indications });
}

test("muscle and side follow the region", () => {
  const there = moved(site(), FOREHEAD);
  assert.deepEqual([there.values.muscle, there.side, there.asks, there.inside], ["frontalis", "right", false, true]);
  assert.equal(moved(site(), FOREHEAD_LEFT).side, "left");
});

test("the muscle last chosen in that region today is meant there", () => {
  assert.equal(moved(site(), FOREHEAD, { remembered: "corrugator" }).values.muscle, "corrugator");
});

test("within its region a site keeps what it is called, even where nobody would guess it", () => {
  const named = site({ muscle: "frontalis" });
  assert.equal(moved(named, [103, 96]).values.muscle, "frontalis");
  const nameless = site({ muscle: null });
  assert.deepEqual([moved(nameless, [103, 96]).values.muscle, moved(nameless, [103, 96]).asks], [null, false]);
});

test("a site of a protocol keeps its muscle where the region offers it, and follows elsewhere", () => {
  const laid = planned({ protocol: "PREEMPT-155", protocol_site: "C_R" });
  assert.equal(moved(laid, FOREHEAD).values.muscle, "corrugator");
  assert.equal(moved({ ...laid, muscle: "masseter" }, FOREHEAD).values.muscle, "frontalis");
  assert.equal(moved({ ...laid, state: "given" }, FOREHEAD).values.muscle, "corrugator");
});

test("a site stays with its own indication where that uses the muscle", () => {
  const tension = { id: "other", muscles: ["frontalis"] };
  const values = (of) => moved(of, FOREHEAD, { indications: [tension, migraine] }).values;
  assert.equal(values(site()).indication, "chronic_migraine");
  assert.equal(values(site({ indication: "other" })).indication, "other");
});

test("where nothing settles the muscle the site goes there and is asked for its name", () => {
  const there = moved(site({ indication: "other" }), FOREHEAD, { indications: [{ id: "other", muscles: [] }] });
  assert.deepEqual([there.values, there.asks], [{ muscle: null, other: null, indication: "other" }, false]);
});

test("where no muscle is, and where a region warns, it asks before anything moves", () => {
  assert.equal(moved(site(), EAR).asks, true);
  assert.equal(moved(site(), LID).asks, true);
  assert.equal(moved(site(), CHEEK).asks, true);
});

test("what was written for a site stays, and needs no second writing", () => {
  const written = site({ muscle: null, other: "Scar" });
  assert.deepEqual(moved(written, FOREHEAD).values, { muscle: null, other: "Scar", indication: "chronic_migraine" });
  assert.equal(moved(written, EAR).asks, false);
  assert.equal(moved(written, LID).asks, true);
});

test("beside the body is nowhere", () => {
  assert.deepEqual([moved(site(), BESIDE).inside, moved(site(), BESIDE).asks], [false, false]);
});

test("a protocol's site is moved when it lies elsewhere than the protocol puts it", () => {
  const protocols = { P: { sites: [{ id: "C_R", map: "head_anterior", x: "104.00", y: "95.00", units: "5" }] } };
  const known = { protocols, maps: { head_anterior: { ref: "head_anterior@1" } } };
  const laid = site({ protocol: "P", protocol_site: "C_R" });
  assert.equal(isMoved(known, laid), false);
  assert.equal(isMoved(known, { ...laid, x: "104.01" }), true);
  assert.equal(isMoved(known, site()), false);
  assert.equal(asPlanned({ chart: chart({ sites: [laid] }), catalogue: known }), protocols.P);
  assert.equal(asPlanned({ chart: chart({ sites: [{ ...laid, y: "94.00" }] }), catalogue: known }), null);
});
