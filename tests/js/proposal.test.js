import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting, proposal, withDilution } from "../../static/js/chart/proposal.js";
import { chart, planned } from "./samples.js";

const usual = [{ product: "BOTOX", vial_units: "200", diluent_ml: "4" }, { product: "BOTOX", vial_units: "100", diluent_ml: "2" }];
const vial = (values) => ({ product: "BOTOX", units: "200", lot: "L", expires: "2027-08-31", diluent_ml: "4", source: "clinic", left: null, quarantined: null, ...values });
const scene = (recent, units = "155") => ({
  chart: chart({ sites: [planned({ units })] }),
  catalogue: { products: { BOTOX: {} }, protocols: {} },
  indications: [{ usual_product: "BOTOX", dilutions: usual }],
  hand: { recent, past: { sessions: [] } },
});
const lotOf = (recent, units) => proposal(scene(recent, units))?.vial.lot ?? null;

test("a quarantined vial is never proposed and comes last where all are listed", () => {
  const recent = [vial({ lot: "BAD", quarantined: "Recalled" }), vial({ lot: "EMPTY", left: 0 }), vial({ lot: "GOOD" })];

  assert.deepEqual(fitting(scene(recent)).map(({ lot }) => lot), ["GOOD", "EMPTY", "BAD"]);
  assert.equal(lotOf(recent), "GOOD");
  assert.equal(lotOf(recent.slice(0, 2)), null);
});

test("no more vials are proposed than are in stock", () => {
  assert.equal(lotOf([vial({ lot: "FEW", units: "100", left: 1 }), vial({ lot: "MANY", units: "100", left: 2 })]), "MANY");
  assert.equal(lotOf([vial({ lot: "FEW", units: "100", left: 1 })]), null);
});

test("what was delivered for this patient is proposed first", () => {
  assert.equal(lotOf([vial({ lot: "OURS" }), vial({ lot: "THEIRS", source: "pharmacy", left: 1 })]), "THEIRS");
});

test("a vial of the stock is mixed as is usual for the session", () => {
  const fresh = vial({ units: "100", diluent_ml: null });

  assert.equal(withDilution(scene([]), fresh).diluent_ml, "2");
  assert.equal(proposal(scene([fresh], "100")).vial.diluent_ml, "2");
  assert.equal(proposal(scene([vial({ product: "BOTOX", units: "50", diluent_ml: null })])), null);
});
