import assert from "node:assert/strict";
import { test } from "node:test";

import { goodUntil, timeLeft, useBy } from "../../static/js/chart/clockwork.js";

const MIXED = "2026-11-23T14:40:00Z";
const at = (iso) => Date.parse(iso);
const NEW_YORK = "America/New_York";

test("a vial is good for its product's hours from when it was mixed", () => {
  assert.equal(goodUntil({ after_mixing_hours: "24" }, MIXED), at("2026-11-24T14:40:00Z"));
  assert.equal(goodUntil({ after_mixing_hours: "4" }, MIXED), at("2026-11-23T18:40:00Z"));
});

test("where nobody knows when, or how long, no clock runs", () => {
  assert.equal(goodUntil({ after_mixing_hours: null }, MIXED), null);
  assert.equal(goodUntil({ after_mixing_hours: "24" }, null), null);
  assert.equal(goodUntil({ after_mixing_hours: "24" }, { unable: "mixed on the ward" }), null);
});

test("what is left is told in hours, then in minutes, and the end is in time", () => {
  const until = at("2026-11-24T14:40:00Z");

  assert.equal(timeLeft(until, at("2026-11-23T14:41:00Z")), "23 h left");
  assert.equal(timeLeft(until, at("2026-11-24T13:41:00Z")), "59 min left");
  assert.equal(timeLeft(until, until), "0 min left");
  assert.equal(timeLeft(until, until + 1), "past its time");
});

test("until when is told on the clinic's clock", () => {
  const now = at("2026-11-23T15:00:00Z");

  assert.equal(useBy(MIXED, at("2026-11-24T14:40:00Z"), now, NEW_YORK), "mixed 09:40, use by 09:40 tomorrow");
  assert.equal(useBy(MIXED, at("2026-11-23T18:40:00Z"), now, NEW_YORK), "mixed 09:40, use by 13:40 today");
  assert.equal(useBy(MIXED, at("2026-11-26T14:40:00Z"), now, NEW_YORK), "mixed 09:40, use by 26 Nov 2026, 09:40");
});
