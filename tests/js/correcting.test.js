import assert from "node:assert/strict";
import { test } from "node:test";

import { asCorrected, asRead, asSent, corrected, farFrom, given, place } from "../../static/js/correcting.js";

const site = { number: 4, key: "a", map: "head_anterior@1", x: "100.00", y: "50.00", muscle: "frontalis", other: null, side: "right", units: "5", product: "BOTOX" };
const other = { ...site, number: 5, key: "b" };

test("what comes back to what was signed is no correction", () => {
  const moved = corrected(new Map(), site, { x: "112.00", units: "7.5" });
  assert.deepEqual(moved.get("a"), { x: "112.00", units: "7.5" });
  assert.deepEqual(corrected(moved, site, { units: "5" }).get("a"), { x: "112.00" });
  assert.equal(corrected(moved, site, { x: "100.00", units: "5" }).size, 0);
});

test("the page sends only what differs, and reads it back", () => {
  assert.equal(asSent(new Map()), "");
  const all = corrected(new Map(), site, { state: "planned" });
  assert.equal(asSent(all), '[{"key":"a","state":"planned"}]');
  assert.deepEqual(asRead(asSent(all)), all);
  assert.deepEqual(asRead(""), new Map());
});

test("a site that was not given counts for nothing, and units are exact", () => {
  const all = corrected(corrected(new Map(), site, { units: "3.34" }), other, { state: "planned" });
  assert.deepEqual(given([site, other], new Map()), new Map([["BOTOX", "10"]]));
  assert.deepEqual(given([site, other], all), new Map([["BOTOX", "3.34"]]));
});

test("how far is told in life-size millimetres and the patient's own directions", () => {
  const face = [[60, 0], [180, 0], [180, 90], [60, 90]];
  const map = { scale: 2, midline: 120, viewerLeft: "right", outline: [face] };
  const to = (x) => farFrom(map, site, asCorrected(site, { x, y: "40.00" }));
  assert.deepEqual(to("110.00"), { across: 5, down: 5, isDown: false, way: "medial" });
  assert.equal(to("90.00").way, "lateral");
  assert.equal(to("130.00").way, "patientLeft");
  const onMidline = { ...site, x: "120.00" };
  assert.equal(farFrom(map, onMidline, { ...onMidline, x: "114.00" }).way, "patientRight");
  assert.equal(farFrom({ ...map, midline: null }, site, { ...site, x: "90.00" }).way, "pictureLeft");
  const hands = [[[40, 0], [110, 0], [110, 90], [40, 90]], [[130, 0], [200, 0], [200, 90], [130, 90]]];
  assert.equal(farFrom({ ...map, outline: hands }, site, { ...site, x: "105.00" }).way, "pictureRight");
});

test("a place is sent in hundredths", () => {
  assert.deepEqual(place([12.3456, 7]), { x: "12.35", y: "7.00" });
});
