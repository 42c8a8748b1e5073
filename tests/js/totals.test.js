import assert from "node:assert/strict";
import { test } from "node:test";

import { balance, mixtureOf, totals, volumeOf } from "../../static/js/chart/totals.js";
import { chart, planned, preparation, site, vial } from "./samples.js";

const PRODUCTS = {
  BOTOX: { dilutions: [{ vial_units: "200", diluent_ml: "4" }] },
  Dysport: { dilutions: [] },
  Myobloc: { ready_made: true, solution_units_per_ml: "5000", dilutions: [] },
  Stated: { dilutions: [{ vial_units: "100", diluent_ml: "1.2", stated_units_per_ml: "80" }] },
};

test("only what is given counts as given", () => {
  const made = chart({
    preparations: [preparation()],
    sites: [site({ preparation: "prep" }), planned({ preparation: "prep", units: "7.5" })],
  });

  const [line] = totals(made, PRODUCTS);

  assert.deepEqual(line, { product: "BOTOX", given: 500, planned: 750, givenSites: 1, plannedSites: 1, ml: 10 });
});

test("units of two products are never summed", () => {
  const made = chart({
    preparations: [preparation(), preparation({ key: "dys", product: "Dysport", diluent_ml: "2.5", vials: [vial({ key: "d", units: "500" })] })],
    sites: [site({ preparation: "prep" }), site({ preparation: "dys", units: "50" })],
  });

  assert.deepEqual(totals(made, PRODUCTS).map((line) => [line.product, line.given]), [["BOTOX", 500], ["Dysport", 5000]]);
});

test("sites without a vial stand apart, with no volume", () => {
  const [line] = totals(chart({ sites: [site()] }), PRODUCTS);

  assert.deepEqual([line.product, line.given, line.ml], [null, 500, null]);
});

test("volumes of one product add up over preparations of different strength", () => {
  const made = chart({
    preparations: [preparation(), preparation({ key: "weak", diluent_ml: "8", vials: [vial({ key: "w" })] })],
    sites: [site({ preparation: "prep", units: "50" }), site({ preparation: "weak", units: "50" })],
  });

  assert.equal(totals(made, PRODUCTS)[0].ml, 300);
});

test("an unknown dilution makes the volume unknown, not nought", () => {
  const made = chart({ preparations: [preparation({ diluent_ml: null })], sites: [site({ preparation: "prep" })] });

  assert.equal(totals(made, PRODUCTS)[0].ml, null);
});

test("a ready-made solution brings its own volume", () => {
  const made = preparation({ product: "Myobloc", diluent_ml: "0", vials: [vial({ units: "2500" })] });

  assert.deepEqual(mixtureOf(PRODUCTS.Myobloc, made), { units: 250000, ml: 50 });
  assert.equal(volumeOf(PRODUCTS, made, 50000), 10);
});

test("a label's own figure stands where the catalogue states one", () => {
  const made = preparation({ product: "Stated", diluent_ml: "1.2", vials: [vial({ units: "100" })] });

  assert.deepEqual(mixtureOf(PRODUCTS.Stated, made), { units: 8000, ml: 100 });
});

test("each vial is emptied before the next", () => {
  const made = chart({
    preparations: [preparation({ vials: [vial({ key: "one", units: "100" }), vial({ key: "two", units: "100" })] })],
    sites: [site({ units: "130", preparation: "prep" }), planned({ units: "60", preparation: "prep" })],
  });

  assert.deepEqual(balance(made).map(({ given, left, remainder }) => [given, left, remainder]), [
    [10000, 0, 0],
    [3000, 7000, 7000],
  ]);
});

test("what is beyond the last vial is its excess", () => {
  const made = chart({ preparations: [preparation()], sites: [site({ units: "205", preparation: "prep" })] });

  const [account] = balance(made);

  assert.deepEqual([account.given, account.left, account.excess], [20500, 0, 500]);
});

test("what was discarded is no longer left", () => {
  const made = chart({ preparations: [preparation({ vials: [vial({ discarded: "45" })] })], sites: [site({ units: "150", preparation: "prep" })] });

  const [account] = balance(made);

  assert.deepEqual([account.discarded, account.left, account.remainder], [4500, 500, 5000]);
});

test("a vial's own diluent makes its strength, and one that is not known makes none", () => {
  const own = preparation({ diluent_ml: null, vials: [vial({ key: "a" }), vial({ key: "b", units: "100", diluent_ml: "2" })] });
  const unknown = preparation({ vials: [vial({ diluent_ml: { unable: "torn" } })] });

  assert.deepEqual(mixtureOf(PRODUCTS.BOTOX, own), { units: 10000, ml: 200 });
  assert.equal(mixtureOf(PRODUCTS.BOTOX, unknown), null);
});
