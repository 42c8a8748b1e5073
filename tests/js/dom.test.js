// What is arranged anew touches only what came, went or moved.
import assert from "node:assert/strict";
import test from "node:test";

import { arrange } from "../../static/js/chart/dom.js";

/** As much of a node as arranging asks of one; `moved` are those that were put in or taken out. */
function parent(...names) {
  const held = [];
  const moved = [];
  const child = (name) => ({
    name,
    get nextSibling() {
      return held[held.indexOf(this) + 1] ?? null;
    },
    remove() {
      moved.push(name);
      if (held.includes(this)) held.splice(held.indexOf(this), 1);
    },
  });
  const known = Object.fromEntries([..."abcdefgh"].map((name) => [name, child(name)]));
  held.push(...names.map((name) => known[name]));
  const node = {
    get firstChild() {
      return held[0] ?? null;
    },
    insertBefore(each, before) {
      moved.push(each.name);
      if (held.includes(each)) held.splice(held.indexOf(each), 1);
      held.splice(before ? held.indexOf(before) : held.length, 0, each);
    },
  };
  return { node, known, moved, names: () => held.map(({ name }) => name).join("") };
}

test("a node holds exactly what it is to hold, in that order, and what stays is not touched", () => {
  for (const [before, after, touched] of [
    ["", "abc", "abc"],
    ["abc", "", "abc"],
    ["abc", "abcd", "d"],
    ["abcd", "acd", "b"],
    ["abcd", "aecd", "be"],
    ["abc", "dabc", "d"],
    ["abcdef", "efgh", "abcdgh"],
    ["abc", "abc", ""],
  ]) {
    const { node, known, moved, names } = parent(...before);

    arrange(node, [...after].map((name) => known[name]));

    assert.equal(names(), after);
    assert.equal(moved.join(""), touched, `${before} to ${after}`);
  }
});

test("what changed places is where it should be", () => {
  for (const after of ["cba", "bca", "acb", "cabd", "hcgba"]) {
    const { node, known, names } = parent(..."abc");

    arrange(node, [...after].map((name) => known[name]));

    assert.equal(names(), after);
  }
});
