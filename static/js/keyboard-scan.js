// What a scanner types. It is a keyboard that ends with Enter; the separator of a GS1 code arrives as
// GS itself, as Ctrl and ], or not at all. Where nobody writes text, such a code is a scan however slow
// the tablet is; in a field it may be a lot that a person types, so there it must be faster than a hand.

/** Keys that belong together are no further apart, in milliseconds. */
const TOGETHER = 1000;
/** No hand types this fast for the length of a code, in milliseconds a key. */
const HANDS = 50;
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
 * @returns {(event: {key: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean, timeStamp: number}, inText?: boolean) => "first" | "scan" | null}
 *   `inText`: it goes into a field for text; `first` at a key that may begin a burst, `scan` at the Enter that ends one
 */
export function createEar(scanned) {
  let held = "";
  let began = 0;
  let last = -Infinity;

  return (event, inText = false) => {
    const { key, timeStamp } = event;
    if (ON_THE_WAY.has(key)) return null;
    if (timeStamp - last > TOGETHER) held = "";
    last = timeStamp;
    if (key === "Enter") {
      const code = held;
      held = "";
      if (code.length < SHORTEST || !CODE.test(code)) return null;
      if (inText && timeStamp - began > HANDS * code.length) return null;
      scanned(code);
      return "scan";
    }
    const isSign = key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isSign && !isSeparator(event)) {
      held = "";
      return null;
    }
    if (!held) began = timeStamp;
    held += isSeparator(event) ? "\u001d" : key;
    return held.length === 1 ? "first" : null;
  };
}
