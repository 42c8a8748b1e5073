// The released drawings as the editor reads them, from their files.
import { readFile } from "node:fs/promises";

import { bodyMap } from "../../static/js/chart/drawings.js";

const BODYMAPS = new URL("../../static/bodymaps/", import.meta.url);

export async function drawing(ref, offered = {}) {
  const shapes = JSON.parse(await readFile(new URL(`${ref}.json`, BODYMAPS), "utf8"));
  return bodyMap(shapes, { [shapes.id]: offered });
}
