// The catalogue's tables as the tablet gets them, from their files.
import { readFile } from "node:fs/promises";

const CATALOGUE = new URL("../../app/clinical/catalogue/", import.meta.url);

/** The rows of one table; a cell may stand in quotes. */
export async function rows(table) {
  const [head, ...lines] = (await readFile(new URL(`${table}.csv`, CATALOGUE), "utf8")).trim().split("\n");
  const cells = (line) => [...line.trimEnd().matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare);
  const names = cells(head);
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, at) => [names[at], cell])));
}

/** Every muscle with its names, in English. */
export async function muscles() {
  const others = await rows("muscle_names");
  const namesOf = ({ id, label_es: spanish }) => [spanish, ...others.filter(({ muscle }) => muscle === id).map(({ name }) => name)];
  return Object.fromEntries((await rows("muscles")).map((row) => [row.id, { label: row.label, side_rule: row.side_rule, depth: row.default_depth, names: namesOf(row) }]));
}

/** What each region of each drawing offers. */
export async function regions() {
  const found = {};
  for (const { map, region, side, muscles: offered, warn } of await rows("region_muscles")) {
    (found[map] ??= {})[region] = { side, muscles: offered.split(";").filter(Boolean), warn: warn || null };
  }
  return found;
}

/** The current drawings. */
export const maps = async () => Object.fromEntries((await rows("maps")).map(({ id, version }) => [id, { ref: `${id}@${version}` }]));
