import assert from "node:assert/strict";
import { test } from "node:test";

import { createEar } from "../../static/js/keyboard-scan.js";

const CODE = "010030023392102917270831" + "10C8412C3";

/** What an ear hears of these keys, so many milliseconds apart. */
function hear(keys, apart = 5, inText = false) {
  const codes = [];
  const ear = createEar((code) => codes.push(code));
  const heard = keys.map((key, index) => ear({ timeStamp: 1000 + index * apart, ...(typeof key === "string" ? { key } : key) }, inText));
  return { codes, heard };
}

test("a burst that ends with Enter is a scan", () => {
  const { codes, heard } = hear([...CODE, "Enter"]);

  assert.deepEqual(codes, [CODE]);
  assert.equal(heard.at(0), "first");
  assert.equal(heard.at(-1), "scan");
});

test("in a field the same keys from a hand are text", () => {
  assert.deepEqual(hear([...CODE, "Enter"], 51, true).codes, []);
  assert.deepEqual(hear([...CODE, "Enter"], 50, true).codes, [CODE]);
});

test("where nobody writes, a slow tablet hears a scan too, and a pause ends it", () => {
  assert.deepEqual(hear([...CODE, "Enter"], 1000).codes, [CODE]);
  assert.deepEqual(hear([...CODE, "Enter"], 1001).codes, []);
});

test("a separator is kept however the scanner sends it", () => {
  const control = { key: "]", ctrlKey: true };

  for (const sent of [[{ key: "Control" }, control], [{ key: "\u001d" }]]) {
    assert.deepEqual(hear([..."10C8412C3", ...sent, ..."2112345", "Enter"]).codes, ["10C8412C3\u001d2112345"]);
  }
});

test("capitals come with their shift key", () => {
  assert.deepEqual(hear([..."17270831", ..."10", "Shift", "C", ..."8412", "Enter"]).codes, ["1727083110C8412"]);
});

test("a number or a name, however fast, is no scan", () => {
  for (const text of ["12.5", "155", "C8412C3", "SAMPLE-LOT-1", "wrong patient", "1234567"]) {
    assert.deepEqual(hear([...text, "Enter"]).codes, []);
  }
});

test("a burst without Enter, or broken by another key, is none", () => {
  assert.deepEqual(hear([...CODE]).codes, []);
  assert.deepEqual(hear([...CODE, "Tab", "Enter"]).codes, []);
  assert.deepEqual(hear([..."0100300", { key: "z", ctrlKey: true }, ..."23", "Enter"]).codes, []);
});

test("one scan after another is two", () => {
  assert.deepEqual(hear([...CODE, "Enter", ...CODE, "Enter"]).codes, [CODE, CODE]);
});

test("bars alone name a product", () => {
  assert.deepEqual(hear([..."300233921029", "Enter"]).codes, ["300233921029"]);
});
