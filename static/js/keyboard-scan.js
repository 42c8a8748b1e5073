// What a scanner types. It is a keyboard that is faster than any hand and ends with Enter; the
// separator of a GS1 code arrives as GS itself, as Ctrl and ], or not at all.

/** No hand types keys this near to one another, in milliseconds. */
const APART = 45;
/** Shorter than any code of a vial. */
const SHORTEST = 8;
/** How the code of a vial begins: a symbology, a bracket, or one of its elements; or bars alone. */
const CODE = /^(\][A-Za-z]\d|\u001d|\(\d\d|01|10|11|17|21)|^\d{12,14}$/;
const ON_THE_WAY = new Set(["Shift", "Control", "Alt", "AltGraph", "CapsLock"]);

/** How a separator is written where a field would drop the control character. */
export const SEPARATOR = "\u241d";

/** Whether a key press is the separator. */
export const isSeparator = ({ key, ctrlKey }) => key === "\u001d" || (Boolean(ctrlKey) && key === "]");

/**
 * Tells the bursts of a scanner from typing.
 * @param {(code: string) => void} scanned
 * @returns {(event: {key: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean, timeStamp: number}) => "first" | "scan" | null}
 *   `first` at a key that may begin a burst, `scan` at the Enter that ends one
 */
export function createEar(scanned) {
  let held = "";
  let last = -Infinity;

  return (event) => {
    const { key, timeStamp } = event;
    if (ON_THE_WAY.has(key)) return null;
    if (timeStamp - last > APART) held = "";
    last = timeStamp;
    if (key === "Enter") {
      const code = held;
      held = "";
      if (code.length < SHORTEST || !CODE.test(code)) return null;
      scanned(code);
      return "scan";
    }
    const isSign = key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isSign && !isSeparator(event)) {
      held = "";
      return null;
    }
    held += isSeparator(event) ? "\u001d" : key;
    return held.length === 1 ? "first" : null;
  };
}
