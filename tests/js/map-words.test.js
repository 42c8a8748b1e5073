import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

test("every sentence of the page is in its dictionary, by its own English, and nothing else is", async () => {
  const read = (path) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const code = await read("static/js/maps/page.js");
  const said = new Set([...code.matchAll(/\bt\("([^"]*)"/g)].map(([, sentence]) => sentence));
  for (const [, one, many] of code.matchAll(/\btn\([^"]*"([^"]*)", "([^"]*)"/g)) said.add(one).add(many);
  const words = [...(await read("templates/admin/_map_words.html")).matchAll(/"([^"]*)": _\("([^"]*)"\)/g)];

  for (const [, key, sentence] of words) assert.equal(key, sentence);
  assert.deepEqual(words.map(([, key]) => key).toSorted(), [...said].toSorted());
});
