// What a typed or dictated line says, and that nothing else is laid.
import assert from "node:assert/strict";
import { test } from "node:test";

import { bare, distance, lexicon, parse } from "../../static/js/chart/quickline.js";
import { muscles } from "./catalogue.js";

const ALL = await muscles();
const KNOWN = lexicon(ALL);
const MIGRAINE = lexicon(ALL, new Set(["frontalis", "temporalis", "trapezius"]));

const read = (line, page = {}, known = KNOWN) => parse(line, known, page);
/** "frontalis left 2.5x2", or what is wrong with it. */
const short = ({ muscle, sides, units, count, faults }) => (faults.length ? faults.map(({ is }) => is).join("+") : `${muscle} ${sides.join("+")} ${units / 100}x${count}`);
const says = (line, page, known) => read(line, page, known).map(short);
const offers = (line, page) => read(line, page).flatMap(({ faults }) => faults.flatMap((fault) => fault.offers));
/** The line once each first offer is put in, one after the other. */
const corrected = (line, which = 0) => {
  const { put, from, to } = offers(line)[which];
  return line.slice(0, from) + put + line.slice(to);
};

/** The same numbers everywhere, so that a failure can be seen again. */
function dice(seed) {
  let state = seed;
  return (sides) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * sides);
  };
}

test("a typed line is muscle, side, units and number of sites", () => {
  assert.deepEqual(says("frontalis left 2.5 x2, procerus 5, temporalis both 5x4"), ["frontalis left 2.5x2", "procerus midline 5x1", "temporalis right+left 5x4"]);
  assert.deepEqual(says("L frontalis 2.5 x2; R temporalis 5 ×4\nB occipitalis 5*3"), ["frontalis left 2.5x2", "temporalis right 5x4", "occipitalis right+left 5x3"]);
  assert.deepEqual(says("Procerus 5 U. Corrugator bilateral 5u."), ["procerus midline 5x1", "corrugator right+left 5x1"]);
});

test("number words are read as dictation writes them", () => {
  assert.deepEqual(says("frontalis left two point five times two and procerus five units"), ["frontalis left 2.5x2", "procerus midline 5x1"]);
  assert.deepEqual(says("frontalis left 2 point 5 units times four"), ["frontalis left 2.5x4"]);
  assert.deepEqual(says("frontalis left two and a half units x4"), ["frontalis left 2.5x4"]);
  assert.deepEqual(says("soleus left one hundred and fifty units"), ["soleus left 150x1"]);
  assert.deepEqual(says("soleus left seventy five at two sites"), ["soleus left 75x2"]);
  assert.deepEqual(says("procerus zero point two five"), ["procerus midline 0.25x1"]);
});

test("Spanish is read on any page", () => {
  assert.deepEqual(says("frontal izquierdo dos coma cinco por dos y prócer cinco unidades y temporal ambos 5x4"), ["frontalis left 2.5x2", "procerus midline 5x1", "temporalis right+left 5x4"]);
  assert.deepEqual(says("sóleo derecho treinta y cinco en dos puntos"), ["soleus right 35x2"]);
  assert.deepEqual(says("prócer línea media dos y medio"), ["procerus midline 2.5x1"]);
  assert.deepEqual(says("trapecio derecha e izquierda 5 unidades por tres"), ["trapezius right+left 5x3"]);
  assert.deepEqual(says("sóleo izquierda ciento veinticinco"), ["soleus left 125x1"]);
});

test("units first where the x touches the number of sites, else it is asked", () => {
  assert.deepEqual(says("temporalis left 5x4"), ["temporalis left 5x4"]);
  assert.deepEqual(says("temporalis left 4 x 5"), ["order"]);
  assert.deepEqual(says("temporalis left five times four"), ["order"]);
  assert.deepEqual(says(corrected("temporalis left 4 x 5")), ["temporalis left 4x5"]);
  assert.deepEqual(says(corrected("temporalis left 4 x 5", 1)), ["temporalis left 5x4"]);
  // Here only one reading can be.
  assert.deepEqual(says("temporalis left 5 x 5"), ["temporalis left 5x5"]);
  assert.deepEqual(says("temporalis left 4 x 2.5"), ["temporalis left 2.5x4"]);
  assert.deepEqual(says("temporalis left 5 units times 4"), ["temporalis left 5x4"]);
  assert.deepEqual(says("temporalis left 4 sites of 5"), ["temporalis left 5x4"]);
});

test("a comma between digits is a decimal in Spanish and asked about in English", () => {
  assert.deepEqual(says("frontal izquierda 2,5 x2, prócer 5", { decimalComma: true }), ["frontalis left 2.5x2", "procerus midline 5x1"]);
  assert.deepEqual(says("frontalis left 2,5 x2"), ["number"]);
  assert.deepEqual(says(corrected("frontalis left 2,5 x2")), ["frontalis left 2.5x2"]);
  assert.deepEqual(says("frontalis left 2, 5"), ["frontalis left 2x1", "muscle"]);
  assert.deepEqual(says("sóleo izquierda 1.250", { decimalComma: true }), ["number"]);
  assert.deepEqual(says("soleus left 1,2,3", { decimalComma: true }), ["number"]);
});

test("what is not said is asked, never assumed", () => {
  assert.deepEqual(says("frontalis 5"), ["side"]);
  assert.deepEqual(says("frontalis left"), ["units"]);
  assert.deepEqual(says("frontalis left x4"), ["units"]);
  assert.deepEqual(says("left 5"), ["muscle"]);
  assert.deepEqual(says("frontalis"), ["side+units"].map((both) => both.split("+").toSorted().join("+")));
  assert.deepEqual(says("procerus left 5"), ["midline"]);
  assert.deepEqual(says("frontalis left both 5"), ["sides"]);
  assert.deepEqual(says("frontalis left 5 5"), ["dose"]);
  assert.deepEqual(says("frontalis left temporalis 5"), ["second"]);
  assert.deepEqual(says(corrected("frontalis 5", 2)), ["frontalis right+left 5x1"]);
});

test("what is no dose is no dose", () => {
  for (const line of ["procerus 0", "procerus -5", "procerus .5", "procerus 2.555", "procerus 1e3", "procerus 5-10", "procerus 123456", "procerus 5 x0", "procerus 5 units x2.5", "procerus 5%", "not procerus 5", "procerus 5?"]) {
    const pieces = read(line);
    assert.ok(pieces.every(({ faults }) => faults.length > 0), `${line}: ${pieces.map(short)}`);
  }
});

test("a beginning is enough where it says one muscle, and asked about where it says several", () => {
  assert.deepEqual(says("front left 5"), ["frontalis left 5x1"]);
  assert.deepEqual(says("temp L 5 procerus 5 occip R 5 x3"), ["temporalis left 5x1", "procerus midline 5x1", "occipitalis right 5x3"]);
  assert.deepEqual(says("SCM left 20"), ["sternocleidomastoid left 20x1"]);
  assert.deepEqual(says("flexor carpi right 10"), ["which"]);
  assert.deepEqual(says("tra left 5"), ["trapezius left 5x1"]);
  assert.deepEqual(offers("flexor carpi right 10").map(({ muscle }) => muscle), ["flexor_carpi_radialis", "flexor_carpi_ulnaris"]);
  assert.deepEqual(says(corrected("flexor carpi right 10")), ["flexor_carpi_radialis right 10x1"]);
});

test("of several the one that the session's indications use is meant", () => {
  assert.deepEqual(says("t left 5"), ["unknown"]);
  assert.deepEqual(says("biceps left 5"), ["which"]);
  assert.deepEqual(says("biceps left 5", {}, lexicon(ALL, new Set(["biceps_brachii"]))), ["biceps_brachii left 5x1"]);
  assert.deepEqual(says("tem left 5", {}, MIGRAINE), ["temporalis left 5x1"]);
});

test("a slip is corrected by a tap, never by itself", () => {
  assert.deepEqual(says("frontallis left 5"), ["unknown"]);
  assert.deepEqual(offers("frontallis left 5").map(({ muscle }) => muscle), ["frontalis"]);
  assert.deepEqual(says(corrected("frontallis left 5")), ["frontalis left 5x1"]);
  assert.deepEqual(says(corrected("tempralis left 5")), ["temporalis left 5x1"]);
  assert.deepEqual(offers("qwertz left 5"), []);
  assert.equal(distance("ab", "ba"), 1);
});

test("every muscle is called by each of its names", () => {
  for (const [id, { label, names }] of Object.entries(ALL)) {
    for (const name of [label, ...names]) {
      const [piece, ...more] = read(`${name.replaceAll(",", " ")} right 5`);
      const meant = piece.muscle ?? piece.faults.flatMap((fault) => fault.offers.map(({ muscle }) => muscle));
      assert.ok([meant].flat().includes(id), `${name}: ${short(piece)}`);
      assert.deepEqual(more, [], name);
    }
  }
});

// ── whatever is said ──

const UNITS = { left: "left", right: "right", both: "both", units: "units" };
const WAYS = [
  ({ name, side, units, count }) => `${name} ${side} ${units} units x${count}`,
  ({ name, side, units, count }) => `${side} ${name} ${count} sites of ${units}`,
  ({ name, side, units, count }) => `${name} ${side} ${units} units at ${count} sites`,
  ({ name, side, units, count }) => `${name.toUpperCase()} ${side} ${units}x${count}`,
];
const SIDES = { left: ["left"], right: ["right"], both: ["right", "left"] };

test("what is written out is read back as it was", () => {
  const roll = dice(20261126);
  const named = Object.entries(ALL).filter(([, { side_rule: rule }]) => rule === "region");
  for (let round = 0; round < 400; round += 1) {
    const said = Array.from({ length: 1 + roll(4) }, () => {
      const [muscle, { label }] = named[roll(named.length)];
      const side = ["left", "right", "both"][roll(3)];
      return { muscle, name: bare(label).replace(/[^a-z]+/g, " ").trim(), side, units: (1 + roll(20000)) / 100, count: 1 + roll(12) };
    });
    const line = said.map((each) => WAYS[roll(WAYS.length)](each)).join([", ", "; ", "\n", " and "][roll(4)]);

    const back = read(line, { words: UNITS }).map(({ muscle, sides, units, count, faults }) => ({ muscle, sides, units, count, faults }));

    assert.deepEqual(back, said.map(({ muscle, side, units, count }) => ({ muscle, sides: SIDES[side], units: Math.round(units * 100), count, faults: [] })), line);
  }
});

test("no line makes it stumble, and every fault lies within the line", () => {
  const roll = dice(7);
  const bits = ["frontalis", "front", "left", "both", "and", "y", "x", "×", "5", "2.5", "2,5", "point", "two", "cinco", ",", ";", "\n", ".", "units", "sites", "-", "%", "(", "𝒙", "é", "́", "hundred", "cada", "uno", "linea", "media", " ", "", "1e9", "99999999999"];
  for (let round = 0; round < 4000; round += 1) {
    const line = Array.from({ length: roll(12) }, () => bits[roll(bits.length)] + (roll(3) ? " " : "")).join("");
    for (const piece of read(line, { decimalComma: roll(2) === 1 })) {
      assert.ok(piece.from >= 0 && piece.to <= line.length && piece.from < piece.to, line);
      for (const { from, to, offers: put } of piece.faults) {
        assert.ok(from >= piece.from && to <= piece.to && from < to, `${line}: ${from}–${to}`);
        for (const offer of put) assert.ok(offer.from >= piece.from && offer.to <= line.length, line);
      }
      if (piece.faults.length) continue;
      assert.ok(piece.muscle && piece.sides.length && piece.units > 0 && Number.isInteger(piece.units), line);
      assert.ok(Number.isInteger(piece.count) && piece.count > 0 && piece.count <= 600, line);
    }
  }
});

test("random letters lay nothing", () => {
  const roll = dice(99);
  for (let round = 0; round < 2000; round += 1) {
    const line = Array.from({ length: roll(30) }, () => String.fromCodePoint(32 + roll(roll(5) ? 95 : 60000))).join("");
    assert.ok(read(line).every(({ faults }) => faults.length > 0), JSON.stringify(line));
  }
});
