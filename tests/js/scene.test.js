// What the brush starts with, from the catalogue and from nothing else.
import assert from "node:assert/strict";
import test from "node:test";

import { brushSteps, createScene, sideUndrawn } from "../../static/js/chart/scene.js";
import { freeze } from "../../static/js/chart/store.js";
import { chart, planned, preparation, site } from "./samples.js";

const catalogue = {
  products: { Strong: { steps: ["250", "500", "1000"] }, Weak: { steps: ["2.5", "5", "10"] } },
};
const indication = { brush_units: "5", brushes: { Weak: { units: "1.25", steps: ["1.25", "2.5", "5"] } } };
const scene = (product, indications) => ({
  catalogue,
  indications,
  chart: { preparations: [{ key: "a", product }] },
  hand: {},
});

test("with an indication the brush starts as the catalogue says of the two", () => {
  assert.deepEqual(brushSteps(scene("Weak", [indication])), { start: 125, steps: [125, 250, 500] });
});

test("without an indication it starts in the middle of what is usual with the product", () => {
  assert.equal(brushSteps(scene("Weak", [])).start, 500);
  assert.equal(brushSteps(scene("Strong", [])).start, 50_000);
});

test("while its drawing is on its way a site is on the side that the server or its plan says, or on none", () => {
  const planned = { id: "T1", map: "head", x: "10.00", y: "20.00", side: "left" };
  const known = { maps: { head: { ref: "head@1" } }, protocols: { P: { sites: [planned] } } };
  const site = { key: "a", map: "head@1", x: "10", y: "20", protocol: "P", protocol_site: "T1" };

  assert.equal(sideUndrawn(known, { sites: { a: { side: "right" } } }, site), "right");
  assert.equal(sideUndrawn(known, {}, site), "left");
  assert.equal(sideUndrawn(known, {}, { ...site, x: "11" }), "unknown");
  assert.equal(sideUndrawn(known, {}, { ...site, protocol: null, protocol_site: null }), "unknown");
});

// ── a scene made from the one before ──

const MUSCLES = ["corrugator", "frontalis", "procerus"];
const MAPS = ["head@1", "neck@1"];
const known = {
  products: {},
  indications: { M: { maps: [] } },
  maps: { head: { ref: "head@1", tab: "Head" }, neck: { ref: "neck@1", tab: "Neck" } },
  protocols: { P: { sites: [{ id: "T1", map: "head@1", x: "1.00", y: "1.00" }] } },
};

/** Whole numbers below `many`, the same ones for the same seed. */
function chance(seed) {
  let state = seed;
  return (many) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * many);
  };
}

/** A chart after something was done to it, as taps do it: the sites that nothing was done to stay. */
function after(before, dice, key) {
  const sites = [...before.sites];
  const at = dice(sites.length || 1);
  const some = { muscle: MUSCLES[dice(3)], map: MAPS[dice(2)], x: `${dice(9)}`, y: "1", indication: "M" };
  const does = dice(7);
  if (does < 3 || !sites.length) sites.push((does ? site : planned)({ ...some, key, protocol: dice(4) ? null : "P", protocol_site: "T1" }));
  else if (does === 3) sites.splice(at, 1);
  else if (does === 4) sites[at] = { ...sites[at], state: sites[at].state === "given" ? "planned" : "given" };
  else if (does === 5) sites[at] = { ...sites[at], units: `${1 + dice(20)}.25` };
  else sites[at] = { ...sites[at], ...some };
  const preparations = dice(12) ? before.preparations : [preparation({ product: ["BOTOX", "Dysport"][dice(2)] })];
  return freeze({ ...before, sites, preparations });
}

const seen = (scene) => ({
  groups: scene.groups.map(({ rows, ...group }) => ({ ...group, rows: rows.map(({ group: _, ...row }) => row) })),
  rows: [...scene.rows.keys()],
  marks: MAPS.map((ref) => scene.items(ref).map(({ group, ...mark }) => ({ ...mark, in: group.key }))),
  sums: [scene.totals, scene.given, scene.planned, scene.givable],
  first: scene.first?.key,
  next: scene.next?.key,
  selected: scene.selected?.site.key,
});

test("made from the scene before, a scene is the same as made anew, whatever was done", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const dice = chance(seed);
    const drawings = { get: () => undefined, size: 0 };
    let figures = {};
    let now = freeze(chart({ sites: [] }));
    let scene;
    const hand = { conflicts: [], chosen: new Set(), wrong: new Set(), opened: [], selected: null, placeOf: ({ key, x }) => (drawings.size || Number(x) < 5 ? { region: null, side: Number(key) % 2 ? "left" : "right" } : undefined) };
    for (let step = 0; step < 120; step += 1) {
      now = after(now, dice, String(step));
      if (!dice(15)) figures = { sites: Object.fromEntries(now.sites.map(({ key }) => [key, { side: "midline" }])) };
      if (step === 60) drawings.size = 1;
      hand.selected = now.sites[dice(now.sites.length * 2 || 1)]?.key ?? null;
      hand.chosen = new Set(dice(5) ? [] : now.sites.slice(0, 2).map(({ key }) => key));
      hand.wrong = new Set(dice(9) ? [] : now.sites.slice(-1).map(({ key }) => key));
      const from = { chart: now, catalogue: known, drawings, hand, figures };
      scene = createScene(from, scene);
      assert.deepEqual(seen(scene), seen(createScene(from)), `seed ${seed}, step ${step}`);
    }
  }
});

test("of a chart that one site came to, the marks of the others are the very same", () => {
  const hand = { conflicts: [], chosen: new Set(), wrong: new Set(), opened: [], selected: null, placeOf: () => ({ region: null, side: "left" }) };
  const drawings = { get: () => undefined, size: 1 };
  const figures = {};
  const first = freeze(chart({ sites: [site({ key: "a", muscle: "procerus" }), site({ key: "b" })] }));
  const second = freeze({ ...first, sites: [...first.sites, site({ key: "c" })] });

  const before = createScene({ chart: first, catalogue: known, drawings, hand, figures });
  const scene = createScene({ chart: second, catalogue: known, drawings, hand, figures }, before);

  assert.equal(scene.items("head_anterior@1")[0], before.items("head_anterior@1")[0]);
  assert.equal(scene.items("head_anterior@1").length, 3);
});
