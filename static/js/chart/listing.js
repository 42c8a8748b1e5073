// The list beside the picture, as values: muscles and areas with right, middle and left, and their
// sites in injection order under the names a person would call them.
import { hundredths } from "./exact.js";
import { preparationOf } from "./totals.js";

// From so many sites on one side a muscle or area has a line for each side of its own.
const CROWD = 9;

const SIDES = ["right", "midline", "left"];

/**
 * @param {import("./types.js").Chart} chart
 * @param {(site: import("./types.js").Site) => import("./types.js").Side} sideOf
 * @param {any[]} [before]  this list of the chart before, with the same preparations: where no site of
 *   a muscle became another, its lines are the same
 */
export function listing(chart, sideOf, before = []) {
  const known = new Map(before.flatMap(({ rows }) => rows.map((row) => [row.site.key, row])));
  const touched = new Set();
  const rows = chart.sites.map((site, index) => {
    const old = known.get(site.key);
    if (old?.site === site && old.number === index + 1 && old.side === sideOf(site)) {
      known.delete(site.key);
      return old;
    }
    const product = preparationOf(chart, site)?.product ?? null;
    const row = { site, number: index + 1, side: sideOf(site), units: hundredths(site.units), product, subject: subject(site, product) };
    touched.add(row.subject);
    return row;
  });
  // What is left of before was changed or is gone.
  for (const row of known.values()) touched.add(row.subject);
  const anew = rows.filter((row) => touched.has(row.subject)).map((row) => ({ ...row }));
  const crowded = new Set();
  for (const [id, members] of gathered(anew, (row) => row.subject)) {
    const most = Math.max(...SIDES.map((side) => members.filter((row) => row.side === side).length));
    if (most >= CROWD) crowded.add(id);
  }
  const id = (row) => (crowded.has(row.subject) ? `${row.subject}/${row.side}` : row.subject);
  const made = [...gathered(anew, id)].map(([key, members]) => group(key, members, crowded.has(members[0].subject)));
  const same = before.filter(({ rows: [first] }) => !touched.has(first.subject));
  return [...same, ...made].sort((one, other) => one.rows[0].number - other.rows[0].number);
}

// Units of two products never meet in one line.
const subject = ({ muscle, other }, product) => `${muscle ?? `other:${other ?? ""}`}|${product ?? ""}`;

function gathered(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const id = key(row);
    if (groups.has(id)) groups.get(id).push(row);
    else groups.set(id, [row]);
  }
  return groups;
}

function group(key, rows, oneSide) {
  const sides = {};
  const given = rows.filter((row) => row.site.state === "given");
  for (const side of SIDES) {
    const here = rows.filter((row) => row.side === side);
    here.forEach((row, index) => {
      row.ordinal = here.length > 1 ? index + 1 : null;
    });
    const sum = (state) =>
      here.filter((row) => row.site.state === state).reduce((units, row) => units + row.units, 0);
    sides[side] = here.length ? { given: sum("given"), all: sum("given") + sum("planned") } : null;
  }
  const made = {
    key,
    // What is opened and closed as one, whichever product its lines draw on.
    place: [rows[0].site.muscle ?? rows[0].site.other, oneSide ? rows[0].side : ""].join("/"),
    muscle: rows[0].site.muscle,
    other: rows[0].site.other,
    product: rows[0].product,
    side: oneSide ? rows[0].side : null,
    sides,
    given: given.length,
    // Also of sites whose side nobody knows before their drawing comes.
    dose: given.reduce((units, row) => units + row.units, 0),
    rows,
  };
  for (const row of rows) row.group = made;
  return made;
}

/** Units given by side, a line for each product. */
export function givenBySide(groups) {
  const lines = new Map();
  for (const { product, sides, dose } of groups) {
    const line = lines.get(product) ?? { product, right: 0, midline: 0, left: 0, all: 0 };
    for (const side of SIDES) line[side] += sides[side]?.given ?? 0;
    line.all += dose;
    lines.set(product, line);
  }
  return [...lines.values()];
}
