import assert from "node:assert/strict";
import { test } from "node:test";

import { doses, dosesOf, mlAsLast, uncovered } from "../../static/js/chart/memory.js";
import { difference, paired, repeated } from "../../static/js/chart/repeating.js";
import { differenceWords } from "../../static/js/chart/paststrip.js";
import { openPlanned } from "../../static/js/chart/whole.js";
import { proposal } from "../../static/js/chart/proposal.js";
import { balance } from "../../static/js/chart/totals.js";
import { chart, planned, preparation, site } from "./samples.js";

/** A site as both sides of a comparison have it. */
const at = (key, values = {}) => ({ ...site({ key, muscle: "frontalis" }), side: "left", product: "BOTOX", ...values });
const keys = (pairs) => pairs.map(({ was, now }) => `${was.key}-${now.key}`).sort();
const scale = () => 2;
const nameOf = ({ muscle, side }) => `${muscle} ${side}`;
const told = (was, now) => differenceWords(difference(was, now, scale), nameOf);

test("what one place of a protocol laid is one site, wherever it was moved to", () => {
  const laid = { protocol: "P", protocol_site: "1" };
  const was = [at("a", { ...laid, x: "10.00" }), at("b", { x: "90.00" })];
  const now = [at("A", { ...laid, x: "90.00" }), at("B", { x: "10.00" })];

  assert.deepEqual(keys(paired(was, now)), ["a-A", "b-B"]);
});

test("of one muscle and side the nearest are one site, and each is that of one other only", () => {
  const was = [at("a", { x: "10.00" }), at("b", { x: "30.00" })];
  const now = [at("A", { x: "29.00" }), at("B", { x: "60.00" })];

  assert.deepEqual(keys(paired(was, now)), ["a-B", "b-A"]);
  assert.deepEqual(keys(paired(was, now.slice(0, 1))), ["b-A"]);
});

test("another side, muscle or drawing is another site; another version of the drawing is not", () => {
  const was = [at("a")];
  for (const other of [{ side: "right" }, { muscle: "procerus" }, { muscle: null, other: "scar" }, { map: "head_posterior@1" }]) {
    assert.deepEqual(paired(was, [at("A", other)]), []);
  }
  assert.deepEqual(keys(paired(was, [at("A", { map: "head_anterior@2" })])), ["a-A"]);
});

test("the sentence tells what was added, left out, moved, and each changed dose", () => {
  const was = [at("a", { x: "10.00" }), at("b", { x: "50.00", muscle: "procerus", side: "midline" }), at("c", { side: "right" })];
  const now = [at("A", { x: "22.00", units: "7.5" }), at("B", { x: "50.00", muscle: "procerus", side: "midline" }), at("N", { muscle: "temporalis" }), at("M", { muscle: "temporalis", x: "1.00" })];

  assert.equal(told(was, now), "Today: 2 added, 1 left out, 1 moved 6 mm, frontalis left 5 → 7.5 U.");
  assert.equal(told(was, was), "Today: the same.");
});

test("many changed doses are told as how many went up and how many down", () => {
  const was = [1, 2, 3, 4].map((n) => at(`w${n}`, { x: `${n}0.00` }));
  const now = was.map((each, n) => ({ ...each, units: n ? "10" : "2.5" }));

  assert.equal(told(was, now), "Today: 3 doses up, 1 dose down.");
});

test("less than a life-size millimetre is no move, and between two versions of a drawing none is told", () => {
  assert.equal(told([at("a", { x: "10.00" })], [at("A", { x: "10.80" })]), "Today: the same.");
  assert.equal(told([at("a")], [at("A", { x: "10.00", map: "head_anterior@2" })]), "Today: the same.");
});

test("doses of two products are never compared: the change of product is told instead", () => {
  const now = [at("A", { units: "15", product: "Dysport" })];

  assert.equal(told([at("a")], now), "Today: BOTOX then, Dysport now, so doses are not compared.");
});

test("a session's doses are summed for each product alone", () => {
  const sites = [at("a"), at("b", { units: "2.5" }), at("c", { product: "Dysport", units: "15" })];

  assert.deepEqual(doses({ sites }), [{ product: "BOTOX", sum: 750 }, { product: "Dysport", sum: 1500 }]);
});

test("a muscle's row has its own doses of that product, oldest first, without sessions that gave it none", () => {
  const session = (date, ...sites) => ({ date, sites });
  const sessions = [
    session("2026-09-04", at("a"), at("b", { side: "right", units: "20" })),
    session("2026-06-12", at("c", { muscle: "procerus" })),
    session("2026-03-20", at("d", { units: "10" }), at("e", { product: "Dysport", units: "50" })),
  ];
  const frontalis = { muscle: "frontalis", other: null, product: "BOTOX" };

  assert.deepEqual(dosesOf(sessions, frontalis), [{ date: "2026-03-20", sum: 1000 }, { date: "2026-09-04", sum: 2500 }]);
  assert.deepEqual(dosesOf(sessions, { ...frontalis, side: "left" }).at(-1), { date: "2026-09-04", sum: 500 });
});

test("a ghost lies on its own version of the drawing, and not where a site of today covers it", () => {
  const session = { sites: [at("a", { x: "10.00" }), at("b", { x: "20.00" }), at("c", { map: "head_anterior@2" })] };

  assert.deepEqual(uncovered(session, "head_anterior@1", [planned({ x: "10.00" })]).map(({ at }) => at[0]), [20]);
  assert.deepEqual(uncovered(session, "head_anterior@2", []), [{ at: [104, 95], units: "5" }]);
});

test("a vial is mixed as strong as the patient's last, whatever its size", () => {
  const last = { indications: ["chronic_migraine"], dilutions: [{ product: "BOTOX", units: "100", diluent_ml: "2" }, { product: "BOTOX", units: "50", diluent_ml: "1.25" }] };
  const ml = (size, product = "BOTOX", indications = ["chronic_migraine"]) => mlAsLast([last], indications, product, size);

  assert.equal(ml("200"), "4");
  assert.equal(ml("50"), "1.25");
  assert.equal(ml("100", "Dysport"), null);
  assert.equal(ml("100", "BOTOX", ["axillary_hyperhidrosis"]), null);
  assert.equal(mlAsLast([], ["chronic_migraine"], "BOTOX", "100"), null);
});

const catalogue = { indications: { chronic_migraine: {} }, protocols: { P: { product: "BOTOX" } }, products: { BOTOX: {}, Xeomin: {} } };
let count = 0;
const uuid = () => `new-${(count += 1)}`;
const session = {
  date: "2026-09-04",
  indications: ["chronic_migraine"],
  dilutions: [{ product: "Xeomin", units: "100", diluent_ml: "2" }],
  sites: [
    at("a", { product: "Xeomin", protocol: "P", protocol_site: "1", units: "7.5", given_at: "2026-09-04T10:00:00Z", volume_ml: "0.15" }),
    at("b", { protocol: "withdrawn", protocol_site: "9" }),
    at("c", { indication: "no_more" }),
  ],
};

test("a repeat lays places, units and depth as planned, each of its product, and nothing that was said", () => {
  const laid = repeated(session, catalogue, uuid);

  assert.deepEqual(laid.preparations.map(({ key, ...rest }) => rest), ["Xeomin", "BOTOX"].map((product) => ({ product, diluent: null, diluent_ml: null, reconstituted_at: null, vials: [] })));
  const [first, second, ...more] = laid.sites;
  const { key, preparation: of, ...rest } = first;
  assert.notEqual(key, "a");
  assert.equal(of, laid.preparations[0].key);
  assert.deepEqual(rest, {
    map: "head_anterior@1", x: "104.00", y: "95.00", muscle: "frontalis", other: null, units: "7.5", depth: "IM",
    state: "planned", indication: "chronic_migraine", protocol: "P", protocol_site: "1", given_at: null,
  });
  assert.deepEqual([second.protocol, second.protocol_site], [null, null]);
  assert.deepEqual(more, []);
});

test("the vial of a repeat is proposed of its product and as strong as last time's, then fills what was planned", () => {
  const start = chart({ ...repeated(session, catalogue, uuid) });
  const [xeomin] = start.preparations;
  const vial = { product: "Xeomin", units: "50", lot: "L", expires: "2027-08-31", diluent_ml: "4", source: "clinic", left: null, quarantined: null };
  const scene = { chart: start, catalogue, indications: [{ usual_product: "BOTOX", dilutions: [] }], hand: { recent: [{ ...vial, product: "BOTOX" }, vial], past: { sessions: [session] } } };

  const offer = proposal(scene);
  assert.deepEqual([offer.vial.product, offer.vial.diluent_ml, offer.count], ["Xeomin", "1", 1]);

  const opened = openPlanned(preparation({ key: xeomin.key, product: "Xeomin" }), () => false)(start);
  assert.deepEqual(opened.preparations.map(({ key }) => key), start.preparations.map(({ key }) => key));
  assert.deepEqual(opened.sites, start.sites);
  assert.equal(balance(opened)[0].opened, 20000);
});
