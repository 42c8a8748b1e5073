import assert from "node:assert/strict";
import { test } from "node:test";

import { fixed, hundredths, plain, strength, trim, typedUnits, volume } from "../../static/js/chart/exact.js";

test("a plain decimal is whole hundredths", () => {
  assert.deepEqual(["5", "2.5", "3.34", "0.01", "99999.99"].map(hundredths), [500, 250, 334, 1, 9999999]);
});

test("what is no plain decimal is none", () => {
  for (const text of ["", "-5", "+5", "1e9", "3.345", ".5", "5.", "5 U", "5,5", "٥", null, undefined]) {
    assert.equal(hundredths(text), null, String(text));
  }
});

test("hundredths are written without trailing noughts, or with both", () => {
  assert.deepEqual([500, 250, 334, 1000].map(plain), ["5", "2.5", "3.34", "10"]);
  assert.deepEqual([500, 1, 0].map(fixed), ["5.00", "0.01", "0.00"]);
  assert.equal(trim("155.00"), "155");
});

test("ten of 3.33 and five of 3.34 are exactly 50", () => {
  const sum = [...Array(10).fill("3.33"), ...Array(5).fill("3.34")].map(hundredths).reduce((a, b) => a + b);

  assert.equal(plain(sum), "50");
});

test("a volume is exact to 0.01 mL and half goes up", () => {
  assert.equal(volume(15500, 400, 20000), 310);
  assert.equal(volume(334, 400, 10000), 13);
  // 0.125 mL lies exactly between two hundredths.
  assert.equal(volume(1250, 100, 10000), 13);
  assert.equal(volume(9999999, 5000, 1), 49999995000);
});

test("a strength is units in one mL", () => {
  assert.equal(strength(20000, 400), 5000);
  assert.equal(strength(10000, 400), 2500);
});

test("units typed by a person are above nought and at most five digits", () => {
  assert.equal(typedUnits(" 3,33 "), 333);
  assert.equal(typedUnits("99999.99"), 9999999);
  for (const text of ["0", "0.00", "-1", "100000", "1e9", "2.555", "five", ""]) assert.equal(typedUnits(text), null, text);
});
