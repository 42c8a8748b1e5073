import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, countTo, day, dayIn, endOfMonth, expiry, timeOfDay } from "../../static/js/chart/calendar.js";
import { instantAt } from "../../static/js/chart/instants.js";
import { speak } from "../../static/js/chart/words.js";

const NEW_YORK = "America/New_York";

test("days are written as everywhere", () => {
  speak({}, "en");
  assert.equal(day("2026-11-03"), "3 Nov 2026");
  assert.equal(day("2026-09-04"), "4 Sep 2026");
  speak({}, "es");
  assert.equal(day("2026-11-03"), "3 nov 2026");
  speak({}, "en");
});

test("an expiry of a whole month shows the month, another its day", () => {
  assert.equal(expiry("2027-08-31"), "Aug 2027");
  assert.equal(expiry("2027-08-15"), "15 Aug 2027");
});

test("a month ends on its last day, leap years too", () => {
  assert.deepEqual(["2027-02", "2028-02", "2026-11"].map(endOfMonth), ["2027-02-28", "2028-02-29", "2026-11-30"]);
});

test("an instant is shown on the clinic's clock, wherever the tablet is set to", () => {
  assert.equal(clock("2026-11-23T14:50:00Z", NEW_YORK), "09:50");
  assert.equal(clock("2026-11-23T05:05:00Z", NEW_YORK), "00:05");
  assert.equal(dayIn("2026-11-23T03:00:00Z", NEW_YORK), "2026-11-22");
});

test("a clinic that counts to twelve reads 3:50 PM, and its fields hold 15:50", () => {
  countTo(12);
  assert.equal(clock("2026-11-23T20:50:00Z", NEW_YORK).replace("\u202f", " "), "3:50 PM");
  assert.equal(timeOfDay("2026-11-23T20:50:00Z", NEW_YORK), "15:50");
  countTo(24);
  assert.equal(clock("2026-11-23T20:50:00Z", NEW_YORK), "15:50");
});

test("a time of the clinic's clock is one instant, on both sides of a change of the clocks", () => {
  assert.equal(instantAt("2026-11-23", "09:50", NEW_YORK), "2026-11-23T14:50:00Z");
  assert.equal(instantAt("2026-07-01", "09:50", NEW_YORK), "2026-07-01T13:50:00Z");
  assert.equal(instantAt("2026-11-01", "08:00", NEW_YORK), "2026-11-01T13:00:00Z");
  assert.equal(instantAt("2026-03-08", "08:00", NEW_YORK), "2026-03-08T12:00:00Z");
});
