import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { locate } from "../../static/js/chart/anatomy.js";
import { hundredths } from "../../static/js/chart/exact.js";
import { across, mirrored, twinOf } from "../../static/js/chart/mirroring.js";
import { drawing } from "./drawings.js";
import { site } from "./samples.js";

const BODYMAPS = new URL("../../static/bodymaps/", import.meta.url);
const NAMES = ["head_anterior", "head_right_lateral", "head_left_lateral", "head_posterior", "axillae", "hands_palmar", "hands_dorsal", "feet_plantar", "feet_dorsal", "upper_limb_anterior", "upper_limb_posterior", "lower_limb_anterior", "lower_limb_posterior", "body_anterior", "body_posterior"];
const otherSide = (id) => id.replace(/_([RL])$/, (_, letter) => (letter === "R" ? "_L" : "_R"));

/** Each region offers a muscle of its own name without the side, so that names can be compared. */
async function named(ref) {
  const shapes = JSON.parse(await readFile(new URL(`${ref}.json`, BODYMAPS), "utf8"));
  return drawing(ref, Object.fromEntries(shapes.regions.map(({ id }) => [id, { muscles: [id.replace(/_[RL]$/, "")] }])));
}

const maps = Object.fromEntries(await Promise.all(NAMES.map(async (name) => [`${name}@1`, await named(`${name}@1`)])));
const catalogue = { muscles: { procerus: { side_rule: "midline" } }, maps: Object.fromEntries(NAMES.map((name) => [name, { ref: `${name}@1` }])) };
let made = 0;
const across_ = (sites, there = sites) => mirrored({ sites, there, mapOf: (ref) => maps[ref], catalogue, indications: [], uuid: () => `copy ${(made += 1)}` });

test("a drawing of one side has the other side's for a twin, any other itself", () => {
  assert.equal(twinOf("head_left_lateral@1", catalogue.maps), "head_right_lateral@1");
  assert.equal(twinOf("head_right_lateral@1", catalogue.maps), "head_left_lateral@1");
  assert.equal(twinOf("axillae@1", catalogue.maps), "axillae@1");
});

test("on every drawing a region's place lies in the same region of the other side, and comes back", () => {
  for (const map of Object.values(maps)) {
    const twin = maps[twinOf(map.ref, catalogue.maps)];
    for (const region of map.regions.filter(({ side }) => side && side !== "midline")) {
      const middle = region.polygon.reduce(([x, y], [a, b]) => [x + a / region.polygon.length, y + b / region.polygon.length], [0, 0]);
      const at = middle.map((value) => Math.round(value * 100));
      const found = locate(map, at.map((value) => value / 100)).region?.id;
      if (!found) continue;
      const there = across(map, at);
      assert.equal(locate(twin, there.map((value) => value / 100)).region?.id, otherSide(found), `${map.ref} ${region.id}`);
      assert.deepEqual(across(twin, there), at);
    }
  }
});

test("a copy is planned, of the other side, and of no protocol", () => {
  const own = site({ muscle: "corrugator", protocol: "PREEMPT-155", protocol_site: "C_R", volume_ml: "0.10" });
  const { copies, side } = across_([own]);
  assert.equal(side, "left");
  assert.equal(copies.length, 1);
  const [{ key, ...copy }] = copies;
  assert.notEqual(key, own.key);
  assert.deepEqual([copy.state, copy.given_at, copy.protocol, copy.protocol_site, "volume_ml" in copy], ["planned", null, null, null, false]);
  assert.deepEqual([copy.x, copy.y, copy.muscle, copy.units, copy.depth], ["136.00", "95.00", "corrugator", own.units, own.depth]);
});

test("what lies on the midline stays and is not copied", () => {
  const found = across_([site({ muscle: "procerus", x: "119.00", y: "101.00" }), site({ key: "b", x: "120.00" })]);
  assert.deepEqual([found.copies, found.midline], [[], 2]);
});

test("a place within four life-size millimetres of a site is not doubled", () => {
  const one = site();
  const near = site({ key: "near", x: "136.00", y: "99.00" });
  assert.deepEqual([across_([one], [one, near]).copies, across_([one], [one, near]).taken], [[], 1]);
  const beyond = { ...near, y: "99.01" };
  assert.equal(across_([one], [one, beyond]).copies.length, 1);
  // On a limb's drawing two of its units are four millimetres of life.
  const arm = site({ map: "upper_limb_anterior@1", x: "117.00", y: "42.00", muscle: "deltoid" });
  const beside = { ...arm, key: "beside", x: "203.00", y: "44.01" };
  assert.equal(across_([arm], [arm, beside]).taken, 0);
  assert.equal(across_([arm], [arm, { ...beside, y: "44.00" }]).taken, 1);
});

test("a site of a head's right view is planned on its left view", () => {
  const right = site({ map: "head_right_lateral@1", x: "100.00", y: "92.00", muscle: null });
  const { copies } = across_([{ ...right, muscle: locate(maps[right.map], [100, 92]).region.muscles[0] }]);
  assert.deepEqual(copies.map(({ map, x, y }) => [map, hundredths(x), hundredths(y)]), [["head_left_lateral@1", 16000, 9200]]);
});
