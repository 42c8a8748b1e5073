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
  let corners = { of: "", edges: [] };

  function giveWay() {
    due = 0;
    if (on.touched() || !root.firstChild) return;
    const marks = on.marks();
    const from = root.getBoundingClientRect();
    // What it says and offers, without the room between.
    const parts = [...root.querySelectorAll(":scope > :not(.canvas__others), button")].map((part) => part.getBoundingClientRect());
    const covered = (dx, dy) => {
      const lies = ([x, y]) => parts.some(({ left, top, right, bottom }) => x > left + dx - RING && x < right + dx + RING && y > top + dy - RING && y < bottom + dy + RING);
      return marks.filter(lies).reduce((sum, [, , worth]) => sum + worth, 0);
    };
    const covers = covered(0, 0);
    if (covers === 0) return;
    const boxes = edges().map(({ corner, x, y, isRight, isLow }) => {
      const [left, top] = [isRight ? x - from.width : x, isLow ? y - from.height : y];
      return { corner, left, top, covers: covered(left - from.left, top - from.top) };
    });
    const [home] = boxes;
    const far = ({ left, top }) => Math.hypot(left - home.left, top - home.top);
    const [best] = boxes.sort((a, b) => a.covers - b.covers || far(a) - far(b));
    if (best.covers >= covers) return;
    root.dataset.corner = best.corner;
    // A finger that is on its way did not mean what has just come there.
    on.left(from);
    settle(root);
  }

  /** Where it begins in each corner; for as long as the picture is as large, nobody tries them again. */
  function edges() {
    const picture = root.parentElement.getBoundingClientRect();
    const of = [view, picture.left, picture.top, picture.width, picture.height].join();
    if (of === corners.of) return corners.edges;
    const before = root.dataset.corner ?? "";
    corners = {
      of,
      edges: CORNERS.map((corner) => {
        root.dataset.corner = corner;
        const { left, top, right, bottom } = root.getBoundingClientRect();
        const isRight = corner.endsWith("right");
        // Its home is on the left, at the top or at the foot.
        const isLow = corner ? corner.startsWith("bottom") : picture.bottom - bottom < top - picture.top;
        return { corner, isRight, isLow, x: isRight ? right : left, y: isLow ? bottom : top };
      }),
    };
    root.dataset.corner = before;
    return corners.edges;
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
