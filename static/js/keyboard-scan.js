// What a scanner types. It is a keyboard that is faster than any hand and ends with Enter; the
// separator of a GS1 code arrives as GS itself, as Ctrl and ], or not at all.

/** No hand types keys this near to one another, in milliseconds. */
const APART = 45;
/** Shorter than any code of a vial. */
const SHORTEST = 8;
/** How a separator is written where a field would drop the control character. */
export const SEPARATOR = "\u241d";

/** Whether a key press is the separator. */
export const isSeparator = ({ key, ctrlKey }) => key === "\u001d" || (ctrlKey && key === "]") || (ctrlKey && key === "5") || key === "F8";

/**
 * Tells the bursts of a scanner from typing.
 * @param {(code: string) => void} scanned
 * @returns {(event: {key: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean, timeStamp: number}) => "scan" | "burst" | null}
 *   `burst` while keys come as fast as a scanner's, `scan` at the Enter that ends one
 */
export function createEar(scanned) {
  let held = "";
  let last = -Infinity;

  return (event) => {
    const { key, timeStamp } = event;
    if (key === "Shift" || key === "Control" || key === "Alt" || key === "AltGraph" || key === "CapsLock") return null;
    const fast = timeStamp - last <= APART;
    last = timeStamp;
    if (!fast) held = "";
    if (key === "Enter" || key === "Tab") {
      const code = held;
      held = "";
      if (!fast || code.length < SHORTEST) return null;
      scanned(code);
      return "scan";
    }
    const sign = isSeparator(event) ? "\u001d" : key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey ? key : null;
    if (sign === null) {
      held = "";
      return null;
    }
    held += sign;
    return held.length > 1 ? "burst" : null;
  };
}
