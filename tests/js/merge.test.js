import assert from "node:assert/strict";
import { test } from "node:test";

import { alike, same } from "../../static/js/chart/changes.js";
import * as edits from "../../static/js/chart/edits.js";
import { keep, keepBoth, merge, standing, withdrawn } from "../../static/js/chart/merge.js";
import { chart, planned, preparation, site, vial } from "./samples.js";
import * as whole from "../../static/js/chart/whole.js";

const AT = "2026-11-23T15:40:00Z";
const LATER = "2026-11-23T15:50:00Z";
const MIGRAINE = "chronic_migraine";

const keys = (of) => of.sites.map(({ key }) => key);
const the = (of, key) => of.sites.find((each) => each.key === key);
const laid = (prefix, ...names) =>
  names.map((name) => planned({ key: `${prefix}${name}`, protocol: "PREEMPT-155", protocol_site: name }));

// ── together by themselves ──

test("changes to different sites go together", () => {
  const base = chart({ sites: ["a", "b", "c"].map((key) => planned({ key })) });
  const mine = edits.give("a", AT)(base);
  const theirs = whole.together(edits.give("b", LATER), edits.remove("c"), edits.place(site({ key: "new" })))(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts, []);
  assert.deepEqual(found.sites.map(({ key, state }) => [key, state]), [["a", "given"], ["b", "given"], ["new", "given"]]);
});

test("different fields of one planned site go together", () => {
  const base = chart({ sites: [planned({ key: "a", depth: null })] });
  const mine = edits.changeSite("a", { units: "7.5" })(base);
  const theirs = edits.changeSite("a", { x: "110.00", muscle: "procerus" })(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts, []);
  assert.deepEqual([found.sites[0].units, found.sites[0].x, found.sites[0].muscle], ["7.5", "110.00", "procerus"]);
});

test("a vial opened on one tablet serves what the other gave meanwhile", () => {
  const base = chart({ sites: [planned({ key: "a" }), planned({ key: "b" })] });
  const mine = edits.giveAll(AT)(base);
  const theirs = whole.addPreparation(preparation({ key: "p" }), () => true)(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts, []);
  assert.deepEqual(found.sites.map((each) => [each.state, each.preparation]), [["given", "p"], ["given", "p"]]);
});

test("a vial taken off here comes back for what the other tablet gave from it", () => {
  const base = chart({ preparations: [preparation({ key: "p" })], sites: [planned({ key: "a", preparation: "p" }), planned({ key: "b", preparation: "p" })] });
  const mine = whole.removePreparation("p")(base);
  const theirs = edits.give("a", AT)(base);

  const { chart: found } = merge(base, mine, theirs);

  assert.deepEqual(found.preparations.map(({ key }) => key), ["p"]);
  assert.deepEqual(found.sites.map((each) => each.preparation), ["p", null]);
});

test("an indication taken off here stays for what the other tablet gave for it", () => {
  const base = chart({ sites: laid("k", "C_R", "C_L") });
  const mine = whole.toggleIndication(MIGRAINE, [])(base);
  const theirs = edits.give("kC_R", AT)(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(found.indications, [MIGRAINE]);
  assert.deepEqual(keys(found), ["kC_R"]);
  assert.equal(the(found, "kC_R").state, "given");
  assert.deepEqual(conflicts.map(({ id, mine: own }) => [id, own]), [["kC_R", null]]);
});

test("two vials of one preparation are merged label by label", () => {
  const base = chart({ preparations: [preparation({ vials: [vial({ key: "v", lot: "", expires: null })] })] });
  const mine = whole.changeVial("v", { lot: "C8412C3" })(base);
  const theirs = whole.together(whole.changeVial("v", { expires: "2027-08-31" }), whole.addVial("prep", vial({ key: "w" })))(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts, []);
  assert.deepEqual(found.preparations[0].vials.map(({ key, lot, expires }) => [key, lot, expires]), [
    ["v", "C8412C3", "2027-08-31"],
    ["w", "C8412C3", "2027-08-31"],
  ]);
});

test("what a scan said of a vial here stands beside what was read of it there", () => {
  const base = chart({ preparations: [preparation({ vials: [vial()] })] });
  const mine = whole.changeVial("vial", { serial: "100384417205", ndc: "0023-3921-02", source: "pharmacy" })(base);
  const theirs = whole.changeVial("vial", { lot: { unable: "label torn off" }, diluent_ml: "2", discarded: "45", discard_reason: "spill" })(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts, []);
  assert.deepEqual(found.preparations[0].vials, [
    vial({ serial: "100384417205", ndc: "0023-3921-02", source: "pharmacy", lot: { unable: "label torn off" }, diluent_ml: "2", discarded: "45", discard_reason: "spill" }),
  ]);
});

test("a vial untouched by both keeps what nobody here can show", () => {
  const told = vial({ serial: "1", ndc: "0023-3921-02", reconstituted_at: "2026-11-23T14:50:00Z", expires: { unable: "smeared" } });
  const base = chart({ preparations: [preparation({ vials: [told] })], sites: [site({ key: "a", volume_ml: "0.1" })] });
  const mine = whole.changePreparation("prep", { diluent_ml: "2" })(base);
  const theirs = edits.changeSite("a", { units: "7.5" })(base);

  const { chart: found } = merge(base, mine, theirs);

  assert.deepEqual(found.preparations[0].vials, [told]);
  assert.equal(found.sites[0].volume_ml, "0.1");
});

test("a serial that both read differently is a conflict of that vial, and why it was discarded goes with how much", () => {
  const base = chart({ preparations: [preparation({ vials: [vial()] })] });
  const mine = whole.changeVial("vial", { serial: "1", discarded: "40", discard_reason: "spill" })(base);
  const theirs = whole.changeVial("vial", { serial: "2", discarded: "45", discard_reason: "remainder" })(base);

  const { conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts.map(({ thing }) => thing), ["vial"]);
  assert.deepEqual([conflicts[0].mine.serial, conflicts[0].theirs.serial], ["1", "2"]);
  assert.deepEqual([conflicts[0].mine.discarded, conflicts[0].mine.discard_reason], ["40", "spill"]);
});

test("indications and codes are sets: both tablets' stand, and what one dropped is gone", () => {
  const base = chart({ indications: ["a", "b"], codes: ["G43.709"] });
  const mine = { ...base, indications: ["b", "z"], codes: [] };
  const theirs = { ...base, indications: ["a", "b", "c"], codes: ["G43.709", "M62.838"] };

  const { chart: found } = merge(base, mine, theirs);

  assert.deepEqual([found.indications, found.codes], [["b", "c", "z"], ["M62.838"]]);
});

test("a site comes where it came on the tablet that placed it, whoever merges", () => {
  const base = chart({ sites: [planned({ key: "a" }), planned({ key: "b" })] });
  const mine = { ...base, sites: [base.sites[0], planned({ key: "m" }), base.sites[1], site({ key: "late", given_at: LATER })] };
  const theirs = edits.place(site({ key: "early", given_at: AT }))(base);

  const order = ["a", "m", "b", "early", "late"];
  assert.deepEqual(keys(merge(base, mine, theirs).chart), order);
  assert.deepEqual(keys(merge(base, theirs, mine).chart), order);
});

// ── what a person decides ──

test("units that both changed are a conflict, and the server's stand meanwhile", () => {
  const base = chart({ sites: [planned({ key: "a" })] });
  const mine = edits.changeSite("a", { units: "7.5", depth: "SC" })(base);
  const theirs = edits.changeSite("a", { units: "10" })(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts.map(({ id, thing, stands, ...sides }) => [id, thing, stands, sides.mine.units, sides.theirs.units]), [["a", "site", "theirs", "7.5", "10"]]);
  // What is no matter of dispute is the same on both sides.
  assert.deepEqual([conflicts[0].mine.depth, conflicts[0].theirs.depth], ["SC", "SC"]);
  assert.deepEqual([found.sites[0].units, found.sites[0].depth], ["10", "SC"]);
  assert.equal(keep(conflicts[0], "mine")(found).sites[0].units, "7.5");
  assert.equal(keep(conflicts[0], "theirs")(found), found);
});

test("whoever gives says how much and where: a plan that was changed meanwhile is a conflict", () => {
  const base = chart({ sites: [planned({ key: "a" })] });
  const mine = edits.give("a", AT)(base);
  const theirs = edits.changeSite("a", { units: "7.5", x: "120.00" })(base);

  for (const [one, other, stands] of [[mine, theirs, "mine"], [theirs, mine, "theirs"]]) {
    const { chart: found, conflicts } = merge(base, one, other);
    assert.equal(conflicts[0].stands, stands);
    assert.deepEqual([found.sites[0].state, found.sites[0].units, found.sites[0].x], ["given", "5", "104.00"]);
    const planned_ = stands === "mine" ? conflicts[0].theirs : conflicts[0].mine;
    assert.deepEqual([planned_.state, planned_.units, planned_.x, planned_.given_at], ["planned", "7.5", "120.00", null]);
  }
});

test("a site that one gave and the other deleted stays until someone decides", () => {
  const base = chart({ sites: [planned({ key: "a" })] });
  const gave = edits.give("a", AT)(base);
  const deleted = edits.remove("a")(base);

  const here = merge(base, gave, deleted);
  assert.deepEqual([here.chart.sites[0].state, here.conflicts[0].stands, here.conflicts[0].theirs], ["given", "mine", null]);
  assert.deepEqual(keep(here.conflicts[0], "theirs")(here.chart).sites, []);
  const there = merge(base, deleted, gave);
  assert.deepEqual([there.chart.sites[0].state, there.conflicts[0].stands, there.conflicts[0].mine], ["given", "theirs", null]);
});

test("a given site that one took back and the other corrected stays given until someone decides", () => {
  const base = chart({ sites: [site({ key: "a" })] });
  const { chart: found, conflicts } = merge(base, edits.takeBack("a")(base), edits.changeSite("a", { units: "7.5" })(base));

  assert.deepEqual([found.sites[0].state, found.sites[0].units], ["given", "7.5"]);
  assert.deepEqual([conflicts[0].mine.state, conflicts[0].mine.units], ["planned", "5"]);
});

test("a site deleted on one tablet goes where the other changed nothing but its vial", () => {
  const base = chart({ preparations: [preparation({ key: "p" })], sites: [planned({ key: "a" })] });
  const { chart: found, conflicts } = merge(base, edits.remove("a")(base), edits.changeSite("a", { preparation: "p" })(base));

  assert.deepEqual([found.sites, conflicts], [[], []]);
});

test("given twice is asked about, and both may stand as two injections", () => {
  const base = chart({ sites: laid("k", "C_R") });
  const { chart: found, conflicts } = merge(base, edits.give("kC_R", LATER)(base), edits.give("kC_R", AT)(base));

  assert.deepEqual([found.sites.length, found.sites[0].given_at, conflicts.length], [1, AT, 1]);
  const both = keepBoth(conflicts[0], "second")(found);
  assert.deepEqual(both.sites.map(({ key, given_at, protocol_site }) => [key, given_at, protocol_site]), [["kC_R", AT, "C_R"], ["second", LATER, null]]);
});

test("given at the same instant is one giving, told twice", () => {
  const base = chart({ sites: [planned({ key: "a" })] });
  assert.deepEqual(merge(base, edits.give("a", AT)(base), edits.give("a", "2026-11-23T10:40:00-05:00")(base)).conflicts, []);
});

test("a label that both read differently is a conflict of that vial", () => {
  const base = chart({ preparations: [preparation({ vials: [vial({ key: "v", lot: "" })] })] });
  const { chart: found, conflicts } = merge(base, whole.changeVial("v", { lot: "C1" })(base), whole.changeVial("v", { lot: "C2" })(base));

  assert.deepEqual(conflicts.map(({ id, thing }) => [id, thing]), [["v", "vial"]]);
  assert.equal(found.preparations[0].vials[0].lot, "C2");
  assert.equal(keep(conflicts[0], "mine")(found).preparations[0].vials[0].lot, "C1");
});

test("a dilution and a date that both changed are conflicts of their own", () => {
  const base = chart({ preparations: [preparation()] });
  const mine = whole.together(edits.set({ date: "2026-11-22" }), whole.changePreparation("prep", { diluent_ml: "2" }))(base);
  const theirs = whole.together(edits.set({ date: "2026-11-21" }), whole.changePreparation("prep", { diluent_ml: "8" }))(base);

  const { chart: found, conflicts } = merge(base, mine, theirs);

  assert.deepEqual(conflicts.map(({ thing }) => thing), ["date", "preparation"]);
  const decided = conflicts.reduce((now, conflict) => keep(conflict, "mine")(now), found);
  assert.deepEqual([decided.date, decided.preparations[0].diluent_ml, decided.preparations[0].vials.length], ["2026-11-22", "2", 1]);
});

test("a conflict follows what stands in the chart and ends when both sides say the same", () => {
  const base = chart({ sites: [planned({ key: "a" })] });
  const { chart: found, conflicts } = merge(base, edits.changeSite("a", { units: "7.5" })(base), edits.changeSite("a", { units: "10" })(base));

  assert.equal(standing(conflicts, edits.changeSite("a", { units: "12.5" })(found))[0].theirs.units, "12.5");
  assert.deepEqual(standing(conflicts, edits.changeSite("a", { units: "7.50" })(found)), []);
});

// ── the same protocol on both ──

test("a protocol laid on both tablets at once is laid once", () => {
  const mine = chart({ sites: laid("m", "C_R", "C_L", "P1") });
  const theirs = chart({ sites: laid("t", "C_R", "C_L", "P1") });

  const { chart: found, conflicts, renamed } = merge(chart({ indications: [] }), mine, theirs);

  assert.deepEqual([keys(found), conflicts], [["tC_R", "tC_L", "tP1"], []]);
  assert.equal(renamed.get("mC_L"), "tC_L");
  assert.deepEqual(found.indications, [MIGRAINE]);
});

test("of a site laid on both tablets the given one stands, with its own dose", () => {
  const mine = edits.give("mC_R", AT)(chart({ sites: laid("m", "C_R", "C_L") }));
  const theirs = whole.together(edits.changeSite("tC_R", { units: "7.5" }), edits.give("tC_L", LATER))(chart({ sites: laid("t", "C_R", "C_L") }));

  const { chart: found, conflicts } = merge(chart(), mine, theirs);

  assert.deepEqual(conflicts, []);
  assert.deepEqual(found.sites.map(({ key, state, units }) => [key, state, units]), [["tC_R", "given", "5"], ["tC_L", "given", "5"]]);
});

test("a site laid on both tablets and given on both is shown, never dropped", () => {
  const mine = edits.give("mC_R", AT)(chart({ sites: laid("m", "C_R") }));
  const theirs = edits.give("tC_R", LATER)(chart({ sites: laid("t", "C_R") }));

  const { chart: found, conflicts } = merge(chart(), mine, theirs);

  assert.equal(found.sites.length, 1);
  assert.deepEqual(conflicts.map(({ id, ...sides }) => [id, sides.mine.given_at, sides.theirs.given_at]), [["tC_R", AT, LATER]]);
});

test("a protocol lifted and laid again here does not double what the other tablet gave of it", () => {
  const base = chart({ sites: laid("k", "C_R", "C_L") });
  const mine = whole.layProtocol("PREEMPT-155", laid("m", "C_R", "C_L"))(whole.liftPlanned(MIGRAINE)(base));
  const theirs = edits.give("kC_R", AT)(base);

  for (const [one, other] of [[mine, theirs], [theirs, mine]]) {
    const { chart: found, conflicts } = merge(base, one, other);
    assert.deepEqual(found.sites.map(({ protocol_site, state }) => [protocol_site, state]), [["C_R", "given"], ["C_L", "planned"]]);
    assert.deepEqual(conflicts, []);
  }
});

// ── undo ──

test("taking one's own step back leaves what the other tablet did", () => {
  const before = chart({ sites: [planned({ key: "a" }), planned({ key: "b" }), planned({ key: "c" })] });
  const after = edits.giveAll(AT)(before);
  const now = whole.together(edits.changeSite("a", { units: "7.5" }), edits.place(site({ key: "theirs" })))(after);

  const { chart: found, stayed } = withdrawn(after, before, now);

  assert.equal(stayed, 1);
  assert.deepEqual(found.sites.map(({ key, state, units }) => [key, state, units]), [
    ["a", "given", "7.5"],
    ["b", "planned", "5"],
    ["c", "planned", "5"],
    ["theirs", "given", "5"],
  ]);
});

test("what was placed here and given there does not go with undo", () => {
  const before = chart();
  const after = edits.place(planned({ key: "a" }))(before);

  const { chart: found, stayed } = withdrawn(after, before, edits.give("a", AT)(after));

  assert.deepEqual([found.sites.length, stayed], [1, 1]);
});

test("undo of taking back does not give again what the other tablet has planned anew", () => {
  const before = chart({ sites: [site({ key: "a" })] });
  const after = edits.takeBack("a")(before);
  const { chart: found } = withdrawn(after, before, edits.changeSite("a", { units: "10" })(after));

  assert.deepEqual([found.sites[0].state, found.sites[0].units], ["planned", "10"]);
});

test("a deleted site comes back where it was", () => {
  const before = chart({ sites: ["a", "b", "c"].map((key) => site({ key })) });
  const after = edits.remove("b")(before);
  const now = edits.place(site({ key: "theirs" }))(after);

  assert.deepEqual(keys(withdrawn(after, before, now).chart), ["a", "b", "c", "theirs"]);
});

// ── whatever two people do ──

/** Numbers in a fixed order from one seed (mulberry32). */
function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
  return { below: (n) => Math.floor(next() * n), of: (list) => list[Math.floor(next() * list.length)] };
}

const SEEDS = Array.from({ length: 1000 }, (_, index) => index + 1);

/** Somebody at work: each edit one that the chart offers. Keys and instants are their own. */
function worker(name, random) {
  let count = 0;
  const made = () => `${name}${String((count += 1)).padStart(4, "0")}`;
  const instant = () => new Date(Date.parse(AT) + random.below(3600) * 1000 + (name.charCodeAt(0) % 7)).toISOString();
  const any = (list) => (list.length ? random.of(list) : undefined);
  const edit = (now) => {
    const one = any(now.sites);
    const units = String(random.of([2.5, 5, 7.5, 10]));
    return random.of([
      () => edits.place(site({ key: made(), units, x: `${100 + random.below(20)}.00`, given_at: instant(), preparation: any(now.preparations)?.key ?? null })),
      () => edits.place(planned({ key: made(), units, preparation: any(now.preparations)?.key ?? null })),
      () => whole.layProtocol("PREEMPT-155", laid(name + made(), "C_R", "C_L", "P1")),
      () => whole.liftPlanned(MIGRAINE),
      () => one && edits.give(one.key, instant()),
      () => one && edits.give(one.key, instant()),
      () => one && edits.takeBack(one.key),
      () => one && edits.changeSite(one.key, { units }),
      () => one && edits.changeSite(one.key, { x: `${100 + random.below(20)}.00`, muscle: random.of(["procerus", "frontalis"]) }),
      () => one && edits.changeSite(one.key, { depth: random.of(["IM", "SC"]) }),
      () => one && edits.remove(one.key),
      () => edits.giveAll(instant()),
      () => whole.addPreparation(preparation({ key: made(), vials: [vial({ key: made() })] }), () => true),
      () => now.preparations.length && whole.removePreparation(any(now.preparations).key),
      () => now.preparations.length && whole.changeVial(any(now.preparations).vials[0].key, { lot: random.of(["C1", "C2"]) }),
      () => whole.toggleCode(random.of(["G43.709", "M62.838"])),
      () => edits.set({ date: random.of(["2026-11-23", "2026-11-22"]) }),
    ])() || ((chart_) => chart_);
  };
  return (now, most = 6) => {
    let worked = now;
    for (let n = random.below(most + 1); n > 0; n -= 1) worked = edit(worked)(worked);
    return worked;
  };
}

/** A start and what two people made of it. */
function session(seed) {
  const random = chance(seed);
  const [one, other] = [worker("m", random), worker("t", random)];
  const base = worker("b", random)(chart({ preparations: [preparation()], sites: laid("b", "C_R", "C_L").concat(planned({ key: "free" })) }), 8);
  return { random, base, mine: one(base), theirs: other(base), one, other };
}

/** A chart with what lays outside any order of saving taken out: the keys of twins. */
const canonical = (of) => ({ ...of, sites: of.sites.map((each) => ({ ...each, key: each.protocol_site ? `${each.protocol_site}` : each.key })) });

const given = (of) => of.sites.filter(({ state }) => state === "given");
const gaveSince = (base, of) => given(of).filter((each) => !given(base).some((was) => was.key === each.key && same(was.given_at, each.given_at)));

test("mine on an unchanged base is mine, and theirs without mine is theirs", () => {
  for (const seed of SEEDS) {
    const { base, mine } = session(seed);
    for (const found of [merge(base, mine, base), merge(base, base, mine), merge(base, mine, mine)]) {
      assert.equal(alike(found.chart, mine), true, `seed ${seed}`);
      assert.deepEqual(found.conflicts, [], `seed ${seed}`);
    }
  }
});

test("merging again changes nothing", () => {
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const { chart: once, conflicts, renamed } = merge(base, mine, theirs);

    // The server has taken the merged chart, and this tablet meets it again; or it met the same twice.
    assert.equal(alike(merge(theirs, once, once).chart, once), true, `seed ${seed}`);
    assert.equal(alike(merge(theirs, once, theirs).chart, once), true, `seed ${seed}`);
    if (conflicts.length === 0 && renamed.size === 0) assert.equal(alike(merge(base, once, theirs).chart, once), true, `seed ${seed}`);
  }
});

test("whoever merges, the same chart comes out, but for what there is to decide", () => {
  let compared = 0;
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const [here, there] = [merge(base, mine, theirs), merge(base, theirs, mine)];
    const ids = ({ conflicts, renamed }) => conflicts.map(({ id }) => renamed.get(id) ?? id).length;
    assert.equal(ids(here), ids(there), `seed ${seed}`);
    if (here.conflicts.length || here.renamed.size) continue;
    compared += 1;
    assert.equal(alike(here.chart, there.chart), true, `seed ${seed}`);
  }
  assert.ok(compared > SEEDS.length / 5, `only ${compared} sessions had nothing to decide`);
});

test("a site laid twice is one site, whoever merges", () => {
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const names = (of) => canonical(of).sites.map(({ key }) => key).toSorted();
    const [here, there] = [merge(base, mine, theirs), merge(base, theirs, mine)];
    if (here.conflicts.length) continue;
    assert.deepEqual(names(here.chart), names(there.chart), `seed ${seed}`);
    const own = here.chart.sites.filter(({ protocol_site }) => protocol_site).map(({ protocol_site }) => protocol_site);
    assert.equal(new Set(own).size, own.length, `seed ${seed}`);
  }
});

test("nothing that somebody gave is lost, planned again or given another dose or place", () => {
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const { chart: found, conflicts, renamed } = merge(base, mine, theirs);
    const own = gaveSince(base, mine).map((each) => ({ ...each, key: renamed.get(each.key) ?? each.key }));
    for (const gave of [...own, ...gaveSince(base, theirs)]) {
      const told = [the(found, gave.key), ...conflicts.filter(({ id }) => id === gave.key).flatMap((each) => [each.mine, each.theirs])];
      const kept = told.some((each) => each?.state === "given" && ["given_at", "units", "map", "x", "y"].every((name) => same(each[name], gave[name])));
      assert.ok(kept, `seed ${seed}: ${gave.key}`);
      assert.equal(the(found, gave.key)?.state, "given", `seed ${seed}: ${gave.key}`);
    }
  }
});

test("what was given and nobody touched is still given", () => {
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const { chart: found } = merge(base, mine, theirs);
    for (const was of given(base)) {
      if (the(mine, was.key)?.state === "given" && the(theirs, was.key)?.state === "given") {
        assert.equal(the(found, was.key)?.state, "given", `seed ${seed}`);
      }
    }
  }
});

test("a merged chart points at nothing that is gone and holds nothing twice", () => {
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const { chart: found, conflicts } = merge(base, mine, theirs);
    const decided = conflicts.map((conflict) => keep(conflict, conflict.stands === "mine" ? "theirs" : "mine"));
    for (const each of [found, whole.together(...decided)(found)]) {
      assert.equal(new Set(keys(each)).size, each.sites.length, `seed ${seed}`);
      const there = new Set(each.preparations.map(({ key }) => key));
      for (const { preparation: from, indication } of each.sites) {
        assert.ok(from === null || there.has(from), `seed ${seed}`);
        assert.ok(each.indications.includes(indication), `seed ${seed}`);
      }
    }
  }
});

test("two tablets that go on and exchange saves end with the same chart", () => {
  for (const seed of SEEDS) {
    const { random, base, one, other } = session(seed);
    let stored = base;
    const tablets = [one, other].map((work) => ({ work, base, now: base }));
    const saves = (tablet) => {
      const { chart: found } = merge(tablet.base, tablet.now, stored);
      tablet.base = tablet.now = alike(found, stored) ? stored : found;
      stored = tablet.now;
    };
    for (let round = 0; round < 6; round += 1) {
      const tablet = random.of(tablets);
      tablet.now = tablet.work(tablet.now, 3);
      if (random.below(3)) saves(tablet);
    }
    tablets.forEach(saves);
    tablets.forEach(saves);

    assert.equal(alike(tablets[0].now, tablets[1].now), true, `seed ${seed}`);
    assert.equal(alike(tablets[0].now, stored), true, `seed ${seed}`);
  }
});

test("undo brings back all that was before, and leaves the one site somebody else placed", () => {
  for (const seed of SEEDS) {
    const { base, mine } = session(seed);
    const { chart: found, stayed } = withdrawn(mine, base, edits.place(site({ key: "theirs" }))(mine));
    const told = (of) => canonical(of).sites.map(({ key, state, units }) => [key, state, units].join()).toSorted();
    assert.deepEqual([told(edits.remove("theirs")(found)), stayed], [told(base), 0], `seed ${seed}`);
  }
});

test("undo never takes back what somebody else gave", () => {
  for (const seed of SEEDS) {
    const { base, mine, theirs } = session(seed);
    const { chart: now } = merge(base, mine, theirs);
    const { chart: found } = withdrawn(mine, base, now);
    for (const gave of gaveSince(base, theirs)) {
      if (the(now, gave.key)?.given_at !== gave.given_at) continue;
      assert.equal(the(found, gave.key)?.state, "given", `seed ${seed}: ${gave.key}`);
    }
  }
});
