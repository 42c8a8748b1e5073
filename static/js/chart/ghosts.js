// Last time, beneath today's sites: dashed marks with their units, and a ring of warning where an
// adverse event was linked. No finger reaches them: a tap means what lies above, or the skin.
import { shape } from "./dom.js";
import { labelOf } from "./marks.js";

const RADIUS = 11;
const RING = 17;

const ghostOf = ({ units, ringed }) =>
  shape(
    "g",
    { class: ringed ? "ghost ghost--ringed" : "ghost", "data-ghost": units ?? "" },
    ringed ? shape("circle", { class: "ghost__ring", r: RING }) : null,
    units ? shape("circle", { class: "ghost__dot", r: RADIUS }) : null,
    units ? labelOf(units) : null,
  );

export function createGhosts() {
  const node = shape("g", { class: "ghosts", "aria-hidden": "true" });
  let look = null;
  let marks = [];
  let zoom = null;

  return {
    node,
    /**
     * @param {{at: number[], units?: string, ringed?: boolean}[]} ghosts  the same array says the same
     * @param {(at: number[]) => boolean} holds  whether a place is on this pane
     */
    show(ghosts, holds) {
      if (ghosts === look) return;
      look = ghosts;
      marks = ghosts.filter(({ at }) => holds(at)).map((ghost) => ({ at: ghost.at, mark: ghostOf(ghost) }));
      node.replaceChildren(...marks.map(({ mark }) => mark));
      zoom = null;
    },
    /** Put each where it belongs; `size` is how many map units are one pixel of the screen. */
    place(size) {
      if (size === zoom) return;
      zoom = size;
      for (const { at: [x, y], mark } of marks) mark.setAttribute("transform", `translate(${x} ${y}) scale(${size})`);
    },
  };
}
