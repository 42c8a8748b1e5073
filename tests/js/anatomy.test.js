import assert from "node:assert/strict";
import { test } from "node:test";

import { locate, meant, sideOf } from "../../static/js/chart/anatomy.js";
import { drawing } from "./drawings.js";

const PROCERUS = { side_rule: "midline" };
const CORRUGATOR = { side_rule: "region" };
const MIGRAINE = { id: "chronic_migraine", muscles: ["corrugator", "procerus", "frontalis"] };
const TICS = { id: "blepharospasm", muscles: ["orbicularis_oculi"] };

test("the first region in order that contains the point wins", async () => {
  const face = await drawing("head_anterior@1");

  assert.equal(locate(face, [120, 106]).region.id, "procerus");
  assert.equal(locate(face, [104, 95]).region.id, "corrugator_R");
  assert.equal(locate(face, [149.8, 120.4]).region.id, "eyelid_L");
});

test("beside a region and within four life-size millimetres means that region", async () => {
  const map = {
    scale: 0.5,
    midline: null,
    viewerLeft: "left",
    outline: [[[0, 0], [100, 0], [100, 100], [0, 100]]],
    regions: [
      { id: "near", side: "left", muscles: [], warn: null, polygon: [[10, 10], [20, 10], [20, 20], [10, 20]] },
      { id: "far", side: "left", muscles: [], warn: null, polygon: [[30, 10], [40, 10], [40, 20], [30, 20]] },
    ],
  };

  assert.equal(locate(map, [22, 15]).region.id, "near");
  assert.equal(locate(map, [22.1, 15]).region, null);
  assert.equal(locate(map, [22.1, 15]).inside, true);
  assert.equal(locate(map, [-1, 15]).inside, false);
});

test("a muscle's own side rule wins over the region's", async () => {
  const face = await drawing("head_anterior@1");
  const corrugatorRight = locate(face, [104, 95]).region;

  assert.equal(sideOf(face, corrugatorRight, PROCERUS, 104), "midline");
  assert.equal(sideOf(face, corrugatorRight, CORRUGATOR, 104), "right");
});

test("a sided muscle in a midline region takes its side from the midline", async () => {
  const face = await drawing("head_anterior@1");
  const procerus = locate(face, [120, 106]).region;

  assert.equal(sideOf(face, procerus, CORRUGATOR, 118), "right");
  assert.equal(sideOf(face, procerus, CORRUGATOR, 122), "left");
  assert.equal(sideOf(face, procerus, null, 122), "midline");
});

test("left and right are the patient's own, from the front and from behind", async () => {
  const face = await drawing("head_anterior@1");
  const back = await drawing("head_posterior@1");
  const profile = await drawing("head_right_lateral@1");

  assert.equal(sideOf(face, null, null, 100), "right");
  assert.equal(sideOf(back, null, null, 100), "left");
  assert.equal(sideOf(profile, null, null, 100), "right");
  assert.equal(sideOf(face, null, null, 120), "midline");
});

test("the muscle last chosen in a region today is meant again", () => {
  const region = { muscles: ["corrugator", "frontalis", "orbicularis_oculi"] };

  const again = meant(region, { remembered: "frontalis", indications: [MIGRAINE] });

  assert.deepEqual(again, { muscle: "frontalis", indication: "chronic_migraine" });
});

test("else the first listed that an indication uses is meant", () => {
  const region = { muscles: ["orbicularis_oculi", "frontalis", "corrugator"] };

  assert.deepEqual(meant(region, { indications: [MIGRAINE] }), { muscle: "frontalis", indication: "chronic_migraine" });
  assert.deepEqual(meant(region, { indications: [TICS] }), { muscle: "orbicularis_oculi", indication: "blepharospasm" });
});

test("where nothing settles it, it is asked", () => {
  assert.deepEqual(meant({ muscles: ["masseter"] }, { indications: [MIGRAINE] }), { muscle: null, indication: null });
  assert.deepEqual(meant(null, { remembered: "frontalis", indications: [MIGRAINE] }), { muscle: null, indication: null });
});
