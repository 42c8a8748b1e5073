import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

import { speak, t, tn } from "../../static/js/chart/words.js";

const SCRIPTS = new URL("../../static/js/chart/", import.meta.url);
const TEMPLATES = new URL("../../templates/treatments/", import.meta.url);
const LITERAL = '"((?:[^"\\\\]|\\\\.)*)"';

const read = (name, folder) => readFile(new URL(name, folder), "utf8");

async function scripts() {
  const names = (await readdir(SCRIPTS)).filter((name) => name.endsWith(".js"));
  return Promise.all(names.map(async (name) => ({ name, code: await read(name, SCRIPTS) })));
}

async function embedded() {
  const words = await read("_chart_words.html", TEMPLATES);
  return [...words.matchAll(new RegExp(`${LITERAL}: _\\(${LITERAL}\\)`, "g"))].map((match) => match.slice(1));
}

test("every sentence the editor says is in the page's dictionary, and nothing else is", async () => {
  const said = new Set();
  for (const { name, code } of await scripts()) {
    for (const [, sentence] of code.matchAll(new RegExp(`\\bt\\(\\s*${LITERAL}`, "g"))) said.add(sentence);
    for (const [, one, many] of code.matchAll(new RegExp(`\\btn\\(\\s*[^"]*?,\\s*${LITERAL}\\s*,\\s*${LITERAL}`, "g"))) {
      said.add(one).add(many);
    }
    const calls = name === "words.js" ? [] : [...code.matchAll(/\bt\(\s*([^"\s])/g)];
    assert.deepEqual(calls.map(([call]) => call), [], `${name} says something that is not written out`);
  }
  const dictionary = (await embedded()).map(([sentence]) => sentence);

  assert.deepEqual(dictionary.toSorted(), [...said].toSorted());
});

test("the dictionary's English is its own key", async () => {
  for (const [key, sentence] of await embedded()) assert.equal(key, sentence);
});

test("so does the page of an addendum", async () => {
  const code = await read("../addendum.js", SCRIPTS);
  const said = new Set([...code.matchAll(new RegExp(`\\bt\\(\\s*${LITERAL}`, "g"))].map(([, sentence]) => sentence));
  const words = await read("_addendum_words.html", TEMPLATES);
  const pairs = [...words.matchAll(new RegExp(`${LITERAL}: _\\(${LITERAL}\\)`, "g"))];
  assert.deepEqual(pairs.map(([, key]) => key).toSorted(), [...said].toSorted());
  for (const [, key, sentence] of pairs) assert.equal(key, sentence);
});

test("a sentence is filled in, in the page's language", () => {
  speak({ "{n} U given": "{n} U administradas" }, "es");
  assert.equal(t("{n} U given", { n: "85" }), "85 U administradas");
  assert.equal(t("No protocol"), "No protocol");
  assert.equal(tn(1, "1 vial", "{n} vials"), "1 vial");
  assert.equal(tn(3, "1 vial", "{n} vials"), "3 vials");
  assert.equal(t("{a} and {b}", { a: "{b}", b: "x" }), "{b} and x");
  speak({}, "en");
});
