// Exact hundredths: units, mL and coordinates are decimal strings outside and whole numbers here,
// never floats. The largest product below stays under 2^53.

const PLAIN = /^\d{1,7}(\.\d{1,2})?$/;

// The same few doses come again and again.
const read = new Map();
const MANY = 2000;

/** Whole hundredths of a plain decimal, "12.5" → 1250; null where it is none. */
export function hundredths(text) {
  let value = read.get(text);
  if (value === undefined) {
    if (read.size >= MANY) read.clear();
    read.set(text, (value = inHundredths(text)));
  }
  return value;
}

function inHundredths(text) {
  if (text === null || text === undefined || !PLAIN.test(text)) return null;
  const [whole, part = ""] = String(text).split(".");
  return Number(whole) * 100 + Number(part.padEnd(2, "0"));
}

/** Hundredths with both decimals, 1250 → "12.50". */
export function fixed(value) {
  const digits = String(Math.abs(value)).padStart(3, "0");
  return `${value < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Hundredths without trailing noughts, 1250 → "12.5". */
export const plain = (value) => fixed(value).replace(/\.?0+$/, "");

/** A decimal string without trailing noughts, "5.00" → "5"; what is none comes back as it is. */
export const trim = (text) => (hundredths(text) === null ? text : plain(hundredths(text)));

/** Hundredths of a mL that `units` take up when `vial` units are in `ml`; half goes up. */
export function volume(units, ml, vial) {
  const twice = 2 * units * ml + vial;
  return (twice - (twice % (2 * vial))) / (2 * vial);
}

/** Hundredths of U in one mL; half goes up. */
export const strength = (vial, ml) => volume(vial, 100, ml);

/** What someone typed as units, or null: above nought, five digits, two decimals at most. */
export function typedUnits(text) {
  const value = hundredths(text.trim().replace(",", "."));
  return value !== null && value > 0 && value <= 9999999 ? value : null;
}
