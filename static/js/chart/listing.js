// The list beside the picture, as values: muscles and areas with right, middle and left, and their
// sites in injection order under the names a person would call them.
import { hundredths } from "./exact.js";
import { preparationOf } from "./totals.js";

// From so many sites on one side a muscle or area has a line for each side of its own.
const CROWD = 9;

const SIDES = ["right", "midline", "left"];

const NOTHING = { inOrder: [], groups: [] };

/**
 * The muscles and areas, and every site's row in injection order.
 * @param {import("./types.js").Chart} chart
 * @param {(site: import("./types.js").Site) => import("./types.js").Side} sideOf
 * @param {{inOrder: any[], groups: any[]}} [before]  this list of the chart before, with the same
 *   preparations: where no site of a muscle became another, its lines are the same
 * @param {boolean} [stands]  the side of a site that is the same is the same
 * @param {(site: import("./types.js").Site) => object} [look]  what else a row says of its site
 */
export function listing(chart, sideOf, before = NOTHING, stands = false, look) {
  const touched = new Set();
  const made = [];
  const inOrder = chart.sites.map((site, index) => {
    const old = before.inOrder[index];
    if (old?.site === site && (stands || old.side === sideOf(site))) return old;
    const product = preparationOf(chart, site)?.product ?? null;
    const row = { ...look?.(site), site, number: index + 1, side: sideOf(site), units: hundredths(site.units), product, subject: subject(site, product) };
    touched.add(row.subject).add(old?.subject);
    made.push(row);
    return row;
  });
  for (const row of before.inOrder.slice(inOrder.length)) touched.add(row.subject);
  const same = [];
  const members = [];
  for (const group of before.groups) {
    if (!touched.has(group.rows[0].subject)) same.push(group);
    else for (const row of group.rows) if (inOrder[row.number - 1] === row) members.push((inOrder[row.number - 1] = { ...row }));
  }
  // The same muscle's other rows are told anew, in their order.
  const anew = [...members, ...made].sort(byNumber);
  const crowded = new Set();
  for (const [id, rows] of gathered(anew, (row) => row.subject)) {
    if (SIDES.some((side) => rows.filter((row) => row.side === side).length >= CROWD)) crowded.add(id);
  }
  const id = (row) => (crowded.has(row.subject) ? `${row.subject}/${row.side}` : row.subject);
  const groups = [...gathered(anew, id)].map(([key, rows]) => group(key, rows, crowded.has(rows[0].subject)));
  return { inOrder, groups: [...same, ...groups].sort((one, other) => byNumber(one.rows[0], other.rows[0])) };
}

const byNumber = (one, other) => one.number - other.number;

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
  for (const side of SIDES) {
    const here = rows.filter((row) => row.side === side);
    const sum = { given: 0, all: 0 };
    here.forEach((row, index) => {
      row.ordinal = here.length > 1 ? index + 1 : null;
      sum.all += row.units;
      if (row.site.state === "given") sum.given += row.units;
    });
    sides[side] = here.length ? sum : null;
  }
  const given = rows.filter((row) => row.site.state === "given");
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
