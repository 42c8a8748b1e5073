// Where sites go when nobody pointed: always within the muscle's region, on the side asked for.
import assert from "node:assert/strict";
import { test } from "node:test";

import { locate, sideOf } from "../../static/js/chart/anatomy.js";
import { contains } from "../../static/js/chart/geometry.js";
import { drawingsFor, evenPlaces, protocolPlaces } from "../../static/js/chart/room.js";
import { maps, muscles, regions, rows } from "./catalogue.js";
import { drawing } from "./drawings.js";

const catalogue = { muscles: await muscles(), regions: await regions(), maps: await maps(), protocols: {} };
for (const { protocol, id, map, x, y, muscle, side, optional } of await rows("protocol_sites")) {
  (catalogue.protocols[protocol] ??= { sites: [] }).sites.push({ id, map, x, y, muscle, side, optional: optional === "yes" });
}
const MIGRAINE = { maps: ["head_anterior", "head_right_lateral", "head_left_lateral", "head_posterior"], protocols: ["PREEMPT-155", "PREEMPT-FTP"], default_protocol: "PREEMPT-155" };
const drawn = new Map();
for (const { ref } of Object.values(catalogue.maps)) drawn.set(ref, await drawing(ref, catalogue.regions[ref.split("@")[0]]));

const apart = (places) => Math.min(...places.flatMap((a, at) => places.slice(at + 1).map((b) => Math.hypot(a.x - b.x, a.y - b.y))));

test("places of the indication's usual protocol are taken in its order", () => {
  const wanted = { muscle: "frontalis", side: "left", count: 2 };
  const own = catalogue.protocols["PREEMPT-155"].sites.filter(({ muscle, side }) => muscle === "frontalis" && side === "left");

  const places = protocolPlaces(catalogue, [MIGRAINE], [], wanted);

  assert.deepEqual(places.map(({ x, y }) => [x, y]), own.slice(0, 2).map(({ x, y }) => [x, y]));
});

test("a place that holds a site already is not taken again", () => {
  const wanted = { muscle: "temporalis", side: "left", count: 4 };
  const [first] = protocolPlaces(catalogue, [MIGRAINE], [], wanted);

  assert.equal(protocolPlaces(catalogue, [MIGRAINE], [{ ...first, x: `${first.x}0` }, first], wanted), null);
  assert.equal(protocolPlaces(catalogue, [MIGRAINE], [], { ...wanted, count: 40 }), null);
});

test("the drawing is the indication's own before any other", () => {
  const [first] = drawingsFor(catalogue, [MIGRAINE], { muscle: "temporalis", side: "left" });

  assert.match(first, /^head_/);
  assert.deepEqual(drawingsFor(catalogue, [MIGRAINE], { muscle: "nothing", side: "left" }), []);
});

test("of every muscle, side and number the places are within its region and on its side", () => {
  for (const [muscle, known] of Object.entries(catalogue.muscles)) {
    for (const side of known.side_rule === "midline" ? ["midline"] : ["left", "right"]) {
      const refs = drawingsFor(catalogue, [], { muscle, side });
      assert.ok(refs.length > 0, `${muscle} ${side} is on no drawing`);
      for (const count of [1, 5]) {
        const map = refs.map((ref) => drawn.get(ref)).find((each) => evenPlaces(each, known, [], { muscle, side, count }).length);
        const places = evenPlaces(map, known, [], { muscle, side, count });
        assert.equal(places.length, count);
        for (const { x, y } of places) {
          const { region } = locate(map, [Number(x), Number(y)]);
          assert.ok(contains(region.polygon, [Number(x), Number(y)]), `${muscle} ${x} ${y}`);
          assert.ok(region.muscles.includes(muscle), `${muscle} ${x} ${y} is in ${region.id}`);
          assert.equal(sideOf(map, region, known, Number(x)), side, `${muscle} ${x} ${y}`);
        }
      }
    }
  }
});

test("they are spread evenly, and apart from what is there", () => {
  const map = drawn.get("upper_limb_anterior@1");
  const known = catalogue.muscles.biceps_brachii;
  const wanted = { muscle: "biceps_brachii", side: "right", count: 4 };

  const places = evenPlaces(map, known, [], wanted);
  const more = evenPlaces(map, known, places, { ...wanted, count: 2 });

  assert.ok(apart(places) > 8, String(apart(places)));
  assert.ok(apart([...places, ...more]) > 4, String(apart([...places, ...more])));
});

test("where there is no room nothing is placed", () => {
  const map = drawn.get("head_anterior@1");

  assert.deepEqual(evenPlaces(map, catalogue.muscles.soleus, [], { muscle: "soleus", side: "left", count: 1 }), []);
  assert.deepEqual(evenPlaces(map, catalogue.muscles.frontalis, [], { muscle: "frontalis", side: "midline", count: 1 }), []);
});
