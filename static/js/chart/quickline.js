// What a typed or dictated line says: muscle, side, units and number of sites, piece by piece.
// Nothing is guessed. A piece with a fault lays nothing; each fault says where it stands in the text.

/**
 * @typedef {object} Fault
 * @property {number} from  in the text
 * @property {number} to
 * @property {string} is  what is missing or not understood
 * @property {{muscle?: string, side?: string, put: string, from: number, to: number}[]} offers  text to put in place of another, if a person says so
 */

/**
 * @typedef {object} Piece
 * @property {number} from
 * @property {number} to
 * @property {string | null} muscle
 * @property {import("./types.js").Side[]} sides
 * @property {number} units  in hundredths, at each site
 * @property {number} count  sites on each side
 * @property {Fault[]} faults
 */

const spelled = (kind, words) => words.split(" ").map((word) => [word, kind]);
const SIDES = {
  left: "left l lt izquierda izquierdo izquierdas izquierdos izq",
  right: "right r rt derecha derecho derechas derechos der dcha dcho",
  both: "both b bilateral bilaterally bilaterales bilateralmente ambos ambas",
  midline: "midline",
};
const KINDS = new Map([
  ...Object.entries(SIDES).flatMap(([side, words]) => spelled(side, words)),
  ...spelled("times", "x × * times por"),
  ...spelled("units", "u unit units unidad unidades"),
  ...spelled("sites", "site sites spot spots point points sitio sitios punto puntos"),
  ...spelled("and", "and y e"),
  ...spelled("filler", "each per of at in on the side sides cada lado lados de del la el los las en"),
]);

const counting = (words, first, step) => words.split(" ").map((word, at) => [word, first + at * step]);
const SMALL = new Map([
  ...counting("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 0, 1),
  ...counting("cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve", 0, 1),
  ...counting("veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve", 21, 1),
  ...spelled(1, "un una"),
]);
const TENS = new Map([
  ...counting("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
  ...counting("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa", 20, 10),
]);
const HUNDREDS = new Map([...counting("hundred doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos", 100, 100), ...spelled(100, "cien ciento")]);
const POINT = new Set(["point", "coma", "punto"]);
const HALF = new Set(["half", "medio", "media"]);

// What a chart that travels holds.
const MOST_SITES = 600;
const MOST_UNITS = 9999999;
// Fewer letters of a beginning say too little.
const LEAST_LETTERS = 3;

/** Lower case without accents. */
export const bare = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

const wordsOf = (name) => bare(name).match(/[\p{L}\d]+/gu) ?? [];

/**
 * Every name of every muscle, in both languages.
 * @param {Record<string, {label: string, side_rule: string, names?: string[]}>} muscles  the catalogue's
 * @param {Set<string>} usual  what the session's indications use: of several, that one is meant
 */
export function lexicon(muscles, usual = new Set()) {
  const names = [];
  for (const [muscle, { label, names: others = [] }] of Object.entries(muscles)) {
    for (const name of [label, ...others]) {
      // What stands in brackets may be left out.
      for (const text of new Set([name, name.replace(/\s*\(.*\)/, "")])) names.push({ muscle, words: wordsOf(text) });
    }
  }
  return { muscles, names, usual };
}

// ── words and numbers ──

const TOKEN = /(\d+(?:[.,]\d+)*)|(\p{L}[\p{L}\p{M}]*)|([×*])|([;,\n\r]|[.:](?=\s|$))|([()/'’])|(\S)/gu;

function tokens(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) {
    const [all, digits, word, times, stop, quiet] = match;
    if (quiet) continue;
    const kind = digits ? "digits" : word ? "word" : times ? "times" : stop ? "stop" : "sign";
    found.push({ kind, text: bare(all), from: match.index, to: match.index + all.length });
  }
  return found;
}

/** Digits as hundredths; null where it cannot be said which number they are. */
function digitsOf(text, decimalComma) {
  const plain = decimalComma ? text.replace(",", ".") : text;
  if (!/^\d{1,7}(\.\d{1,2})?$/.test(plain)) return null;
  return Math.round(Number(plain) * 100);
}

/** A number of words, or of digits and words, that begins at a place: its hundredths and where it ends. */
function numberAt(all, at, decimalComma) {
  const word = (place) => (all[place]?.kind === "word" ? all[place].text : "");
  const first = all[at];
  if (first.kind === "digits" && /\D/.test(first.text)) return { value: digitsOf(first.text, decimalComma), end: at + 1 };
  let end = at;
  let whole = null;
  if (first.kind === "digits") [whole, end] = [Number(first.text), at + 1];
  else {
    const [hundreds, afterHundreds] = hundredsAt(word, at);
    const joined = hundreds !== null && word(afterHundreds) === "and" ? afterHundreds + 1 : afterHundreds;
    const [rest, afterRest] = belowHundred(word, joined);
    if (rest !== null) [whole, end] = [(hundreds ?? 0) + rest, afterRest];
    else if (hundreds !== null) [whole, end] = [hundreds, afterHundreds];
  }
  if (whole === null) return null;
  if (whole > MOST_UNITS) return { value: null, end };
  if (POINT.has(word(end))) return decimalsAt(all, whole, end + 1) ?? { value: whole * 100, end };
  const article = word(end + 1) === "a" ? end + 2 : end + 1;
  if (KINDS.get(word(end)) === "and" && HALF.has(word(article))) return { value: whole * 100 + 50, end: article + 1 };
  return { value: whole * 100, end };
}

function hundredsAt(word, at) {
  if (HUNDREDS.has(word(at))) return [HUNDREDS.get(word(at)), at + 1];
  const few = SMALL.get(word(at)) ?? 0;
  return few && word(at + 1) === "hundred" ? [few * 100, at + 2] : [null, at];
}

function belowHundred(word, at) {
  const tens = TENS.get(word(at));
  if (tens === undefined) return [SMALL.get(word(at)) ?? null, at + 1];
  const next = word(at + 1) === "y" ? at + 2 : at + 1;
  const ones = SMALL.get(word(next)) ?? 0;
  return ones > 0 && ones < 10 ? [tens + ones, next + 1] : [tens, at + 1];
}

/** The decimals after a spoken point: digit by digit, or as one number; null where none follow. */
function decimalsAt(all, whole, at) {
  const word = (place) => (all[place]?.kind === "word" ? all[place].text : "");
  let digits = "";
  let end = at;
  for (; end < all.length; end += 1) {
    const one = all[end].kind === "digits" ? all[end].text : String(SMALL.get(word(end)) ?? "");
    if (!/^\d$/.test(one)) break;
    digits += one;
  }
  if (!digits) {
    if (all[at]?.kind === "digits") [digits, end] = [all[at].text, at + 1];
    else {
      const [value, after] = belowHundred(word, at);
      if (value === null) return null;
      [digits, end] = [String(value), after];
    }
  }
  return { value: digitsOf(`${whole}.${digits}`, false), end };
}

// ── muscles ──

/** The muscles that a run of words may name, exactly or by the beginning of each word. */
function named(names, words, exactly) {
  const fits = exactly ? (name, word) => name === word : (name, word) => name.startsWith(word);
  const found = names.filter((name) => (exactly ? name.words.length === words.length : name.words.length >= words.length) && words.every((word, at) => fits(name.words[at], word)));
  const alike = found.filter((name) => name.words.length === words.length);
  return [...new Set((alike.length ? alike : found).map(({ muscle }) => muscle))];
}

const theUsual = (muscles, usual) => {
  const known = muscles.filter((muscle) => usual.has(muscle));
  return known.length === 1 ? known : muscles;
};

/** The longest run of words from here that names a muscle; `muscles` are several where it is not clear which. */
function muscleAt(all, at, { names, usual, longest }) {
  const run = [];
  while (run.length < longest && all[at + run.length]?.kind === "word") run.push(all[at + run.length].text);
  for (const exactly of [true, false]) {
    if (!exactly && (run[0].length < LEAST_LETTERS || KINDS.has(run[0]))) return null;
    for (let length = run.length; length > 0; length -= 1) {
      const muscles = named(names, run.slice(0, length), exactly);
      if (muscles.length) return { muscles: theUsual(muscles, usual), end: at + length };
    }
  }
  return null;
}

/** How many letters are left out, put in, changed or swapped between two words. */
export function distance(a, b) {
  let before = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/** The muscles whose names are nearest to what was written, or hold it. */
function nearest(words, { names, usual }) {
  const written = words.join(" ");
  const reach = Math.max(1, written.length >> 2);
  let best = reach;
  const near = new Map();
  for (const { muscle, words: own } of names) {
    const far = Math.min(distance(written, own.join(" ")), distance(written, own.slice(0, words.length).join(" ")));
    if (far < best) near.clear();
    if (far <= best) [best] = [far, near.set(muscle, far)];
  }
  const holding = names.filter((name) => written.length >= LEAST_LETTERS && name.words.includes(written)).map(({ muscle }) => muscle);
  const found = holding.length ? holding : [...near.keys()];
  return theUsual([...new Set(found)], usual);
}

// ── pieces ──

/**
 * What a line says.
 * @param {string} text
 * @param {ReturnType<typeof lexicon>} known
 * @param {{decimalComma?: boolean, words?: Record<string, string>}} page  whether 2,5 is a number; what it writes for a side and for units
 * @returns {Piece[]}
 */
export function parse(text, known, { decimalComma = false, words = { left: "left", right: "right", both: "both", units: "units" } } = {}) {
  const longest = Math.max(1, ...known.names.map((name) => name.words.length));
  const items = itemsOf(tokens(text), { ...known, longest }, decimalComma);
  return piecesOf(items).map((piece) => understood(piece, text, known, words));
}

function itemsOf(all, known, decimalComma) {
  const items = [];
  for (let at = 0; at < all.length; ) {
    const token = all[at];
    const take = (kind, end, values = {}) => {
      items.push({ kind, from: token.from, to: all[end - 1].to, text: all.slice(at, end).map((each) => each.text), ...values });
      at = end;
    };
    const muscle = token.kind === "word" && muscleAt(all, at, known);
    const number = !muscle && ["word", "digits"].includes(token.kind) && numberAt(all, at, decimalComma);
    const next = all[at + 1]?.text;
    if (muscle) take("muscle", muscle.end, { muscles: muscle.muscles });
    else if (number) take("number", number.end, { value: number.value });
    else if (token.text === "cada" && (next === "uno" || next === "una")) take("filler", at + 2);
    else if ((token.text === "linea" && next === "media") || (token.text === "mid" && next === "line")) take("side", at + 2, { side: "midline" });
    else if (token.kind === "stop") take("stop", at + 1);
    else {
      const kind = (all[at - 1]?.to === token.from && KINDS.get(token.text) === "and" ? null : KINDS.get(token.text)) ?? "unknown";
      take(kind in SIDES ? "side" : kind, at + 1, { side: kind });
    }
  }
  return items;
}

function piecesOf(items) {
  const pieces = [];
  let piece = [];
  const end = () => {
    if (piece.some(({ kind }) => kind !== "filler")) pieces.push(piece);
    piece = [];
  };
  items.forEach((item, at) => {
    const last = piece.at(-1)?.kind;
    if (item.kind === "stop") return end();
    if (item.kind === "and") {
      // "Left and right" are both sides of one muscle.
      if (last !== "side" || items[at + 1]?.kind !== "side") return end();
    } else if (item.kind === "muscle" && ["number", "units", "sites"].includes(last) && piece.some(({ kind }) => kind === "muscle")) end();
    return piece.push(item);
  });
  end();
  return pieces;
}

function understood(items, text, known, words) {
  const [from, to] = [items[0].from, items.at(-1).to];
  const faults = [];
  const fault = (item, is, offers = []) => faults.push({ from: item.from, to: item.to, is, offers });

  const muscle = muscleOf(items, known, fault, { from, to });
  const sides = sidesOf(items, known.muscles[muscle], fault, words);
  const { units, count } = doseOf(items, fault, text, words);
  return { from, to, muscle, sides, units, count, faults: faults.sort((a, b) => a.from - b.from) };
}

function muscleOf(items, known, fault, whole) {
  const muscles = items.filter(({ kind }) => kind === "muscle");
  const named = (item, list) => list.map((muscle) => ({ muscle, put: known.muscles[muscle].label.replace(/[,/()]+/g, " ").replace(/\s+/g, " ").trim().toLowerCase(), from: item.from, to: item.to }));
  // Words side by side that nobody knows are one name with a slip in it.
  const unknown = [];
  for (const item of items.filter(({ kind }) => kind === "unknown")) {
    const last = unknown.at(-1);
    if (last && items[items.indexOf(item) - 1] === last.end) Object.assign(last, { to: item.to, end: item, text: [...last.text, ...item.text] });
    else unknown.push({ ...item, end: item });
  }
  for (const item of unknown) fault(item, "unknown", muscles.length ? [] : named(item, nearest(item.text, known)));
  if (!muscles.length) {
    if (!unknown.length) fault(whole, "muscle");
    return null;
  }
  const [first, ...more] = muscles;
  for (const item of more) fault(item, "second");
  if (first.muscles.length > 1) {
    fault(first, "which", named(first, first.muscles));
    return null;
  }
  return first.muscles[0];
}

function sidesOf(items, muscle, fault, words) {
  const said = items.filter(({ kind }) => kind === "side");
  const sides = new Set(said.map(({ side }) => side));
  const join = items.some(({ kind }) => kind === "and");
  const name = items.find(({ kind }) => kind === "muscle");
  if (muscle?.side_rule === "midline") {
    for (const item of said) if (item.side !== "midline") fault(item, "midline", [{ put: "", from: item.from, to: item.to, side: "midline" }]);
    return ["midline"];
  }
  if (!said.length) {
    if (muscle) fault(name, "side", ["left", "right", "both"].map((side) => ({ side, put: ` ${words[side]}`, from: name.to, to: name.to })));
    return [];
  }
  const both = join && sides.size === 2 && sides.has("left") && sides.has("right");
  if (sides.size > 1 && !both) {
    fault(said[1], "sides");
    return [];
  }
  return both || sides.has("both") ? ["right", "left"] : [...sides];
}

// The ways in which units and number of sites are said, a letter for each word: number, times, units, sites.
const UNITS_FIRST = new Set(["n", "nu", "nux", "nuxn", "nuxns", "nxns", "nuns", "nns"]);
const COUNT_FIRST = new Set(["nxnu", "nsxnu", "nsxn", "nsnu", "nsn"]);

function doseOf(items, fault, text, words) {
  const said = items.filter(({ kind }) => ["number", "times", "units", "sites"].includes(kind));
  const numbers = said.filter(({ kind }) => kind === "number");
  const shape = said.map(({ kind }) => kind[0].replace("t", "x")).join("");
  const span = said.length && { from: said[0].from, to: said.at(-1).to };
  const none = { units: 0, count: 0 };
  for (const item of numbers) if (item.value === null) fault(item, "number", /,/.test(text.slice(item.from, item.to)) ? commaOffers(item, text) : []);
  if (numbers.some(({ value }) => value === null)) return none;

  const [one, two] = numbers;
  let units = one;
  let count = two;
  if (COUNT_FIRST.has(shape)) [count, units] = [one, two];
  else if (shape === "nxn") {
    const isWhole = ({ value }) => value % 100 === 0 && value > 0;
    const touches = text[two.from - 1] === said[1].text[0] || said[1].to === two.from;
    if (isWhole(one) && !isWhole(two)) [count, units] = [one, two];
    else if (isWhole(one) && isWhole(two) && one.value !== two.value && !touches) {
      const offer = (a, b) => ({ put: `${a.value / 100} ${words.units} x${b.value / 100}`, ...span });
      fault(span, "order", [offer(one, two), offer(two, one)]);
      return none;
    }
  } else if (shape === "" || shape === "xn" || shape === "ns" || shape === "xns") {
    const last = items.findLast(({ kind }) => kind === "muscle" || kind === "side") ?? items[0];
    fault(span || last, "units");
    return none;
  } else if (!UNITS_FIRST.has(shape) || shape.endsWith("x")) {
    fault(span, "dose");
    return none;
  }
  if (units.value === 0 || units.value > MOST_UNITS) fault(units, "amount");
  if (count && (count.value % 100 || count.value === 0 || count.value > MOST_SITES * 100)) fault(count, "count");
  return { units: units.value, count: count ? count.value / 100 : 1 };
}

/** "2,5" is two and a half on one page and a list of two numbers on another. */
function commaOffers(item, text) {
  const put = text.slice(item.from, item.to).replace(",", ".");
  return digitsOf(put, false) === null ? [] : [{ put, from: item.from, to: item.to }];
}
