// The line about the site in hand lies over the picture. It gives way to what lies beneath it: it goes
// to the nearest corner where it covers no site, and stays there while that is so.
import { settle } from "./picture.js";

const CORNERS = ["", "top-left", "top-right", "bottom-left", "bottom-right"];
// From the middle of a mark to the edge of its ring, in pixels.
const RING = 17;

/**
 * @param {HTMLElement} root  the line; with no corner named it lies where the style sheet has it
 * @param {object} on
 * @param {() => number[][]} on.marks  what must be seen, in pixels of the page, and how much it matters
 * @param {() => boolean} on.touched  a finger is down: nothing moves beneath it
 * @param {(box: DOMRect) => void} on.left  it no longer lies here
 */
export function createCorner(root, on) {
  let view = null;
  let due = 0;

  function giveWay() {
    due = 0;
    if (on.touched() || !root.firstChild) return;
    const marks = on.marks();
    // What it says and offers, without the room between.
    const covered = () => {
      const parts = [...root.querySelectorAll(":scope > :not(.canvas__others), button")].map((part) => part.getBoundingClientRect());
      const lies = ([x, y]) => parts.some(({ left, top, right, bottom }) => x > left - RING && x < right + RING && y > top - RING && y < bottom + RING);
      return marks.filter(lies).reduce((sum, [, , worth]) => sum + worth, 0);
    };
    const before = root.dataset.corner ?? "";
    const from = root.getBoundingClientRect();
    const covers = covered();
    if (covers === 0) return;
    const boxes = CORNERS.map((corner) => ({ corner, box: lie(corner), covers: covered() }));
    const home = boxes[0].box;
    const far = ({ box: { left, top } }) => Math.hypot(left - home.left, top - home.top);
    const [best] = boxes.sort((a, b) => a.covers - b.covers || far(a) - far(b));
    const moves = best.covers < covers;
    lie(moves ? best.corner : before);
    if (!moves) return;
    // A finger that is on its way did not mean what has just come there.
    on.left(from);
    settle(root);
  }

  function lie(corner) {
    root.dataset.corner = corner;
    return root.getBoundingClientRect();
  }

  return {
    /** Look, before the next picture is painted, whether it covers a site. @param {string | null} [next] */
    look(next = view) {
      if (next !== view) root.dataset.corner = "";
      view = next;
      due ||= requestAnimationFrame(giveWay);
    },
  };
}
