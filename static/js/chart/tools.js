// What stands under the picture while a tool is in hand: what it does, and the grid that was laid.
import { button, el, icon, obey, redraw } from "./dom.js";
import { hundredths, plain } from "./exact.js";
import { SPACINGS } from "./filling.js";
import { spacingOf } from "./grids.js";
import { extras } from "./laying.js";
import { subjectName, units } from "./names.js";
import { gridIn } from "./scene.js";
import { t, tn } from "./words.js";

/** @param {HTMLElement} root  the strip of the tool in hand */
export function createToolStrip(root, act) {
  let look = null;
  obey(root, {
    "grid-less": () => act.stepGrid(-1),
    "grid-more": () => act.stepGrid(1),
    "grid-spacing": (control) => act.spaceGrid(Number(control.dataset.key)),
  });
  obey(root, { "grid-units": (control) => act.typeGridUnits(control.value) }, "change");

  const note = (sign, bold, rest, ...doing) => el("section", { class: "map__note tool-note" }, icon(sign), el("p", {}, el("b", {}, bold), " ", rest), ...doing);

  const contents = {
    select: () => note("lasso", t("Draw round sites, or tap them."), t("Units and moves apply to all selected. Undo takes each back in one.")),

    grid(scene) {
      const { hand } = scene;
      const { sites, isPlan } = gridIn(scene);
      if (!sites.length) return note("grid", t("Tap an area, or draw round one."), t("An even grid is laid there as planned, with the dose shared exactly."));
      const doses = sites.map((site) => hundredths(site.units));
      const sum = doses.reduce((all, dose) => all + dose, 0);
      const map = scene.drawings.get(hand.grid.where.ref);
      const apart = Math.round(spacingOf(sites.map((site) => [Number(site.x), Number(site.y)])) / map.scale);
      const head = hand.grid.isMirrored ? t("{name}, mirrored.", { name: hand.grid.name }) : t("{name}.", { name: hand.grid.name });
      const facts = [t("{area} cm²", { area: hand.grid.cm2 }), sites.length > 1 ? t("{cm} cm apart", { cm: plain(apart * 100 / 10) }) : null, t("{dose} over {n}", { dose: units(sum), n: sites.length })];
      return note(
        "grid",
        head,
        `${facts.filter(Boolean).join(", ")}: ${partsOf(doses)}.`,
        isPlan
          ? el(
              "span",
              { class: "tool-note__do" },
              el(
                "span",
                { class: "stepper" },
                button("grid-less", { class: "", "aria-label": t("Fewer points") }, icon("minus", "icon--s")),
                el("output", {}, String(sites.length)),
                button("grid-more", { class: "", "aria-label": t("More points") }, icon("plus", "icon--s")),
              ),
              el(
                "span",
                { class: "segments", role: "group", "aria-label": t("Spacing") },
                SPACINGS.map((mm, at) => {
                  const cm = plain(mm * 100 / 10);
                  const words = t("{cm} cm", { cm });
                  return button("grid-spacing", { "data-key": mm, "aria-pressed": String(hand.grid.spacing === mm), "aria-label": words }, at === SPACINGS.length - 1 ? words : cm);
                }),
              ),
              el("label", { class: "tool-note__sum" }, el("input", { class: "input", id: "grid-units", "data-action": "grid-units", "aria-label": t("Units in all"), inputmode: "decimal", maxlength: "8", autocomplete: "off", value: plain(sum) }), t("U")),
            )
          : null,
      );
    },

    extras({ chart, catalogue, indications }) {
      const left = extras(chart, catalogue, indications);
      const names = [...new Set(left.map(({ site }) => subjectName(catalogue, site)))];
      return note("extras", left.length ? t("Tap the skin where it is given: {names}.", { names: names.join(", ") }) : t("Every further site is on the chart."), left.length ? tn(left.length, "The protocol has 1 further site.", "The protocol has {n} further sites.") : "");
    },
  };

  /** "5 of 3.34 U, 10 of 3.33 U" */
  function partsOf(doses) {
    const parts = new Map();
    for (const dose of doses) parts.set(dose, (parts.get(dose) ?? 0) + 1);
    return [...parts].map(([dose, n]) => t("{n} of {dose}", { n, dose: units(dose) })).join(", ");
  }

  return {
    show(scene) {
      const { tool, grid } = scene.hand;
      const sites = tool === "grid" ? gridIn(scene).sites : null;
      const next = JSON.stringify([tool, sites, grid && [grid.name, grid.spacing, grid.isMirrored], tool === "extras" && contents.extras(scene).textContent]);
      if (next === look) return;
      if (redraw(root, tool ? contents[tool](scene) : null)) look = next;
    },
  };
}
