// What was given, what it took, what is left in each vial, and the one button that goes on.
import { button, el, redraw, shape } from "./dom.js";
import { merging } from "./merging.js";
import { mlSum, preparationLabel, units } from "./names.js";
import { proposal } from "./proposal.js";
import { asPlanned } from "./scene.js";
import { unitsOf } from "./totals.js";
import { t, tn } from "./words.js";

/**
 * What the main button records: the rest of every vial as discarded once all is given and something
 * is left, else nothing.
 * @returns {{text: string, discards: boolean}}
 */
export function mainButton(scene) {
  const plainly = { text: t("Review and sign"), discards: false };
  if (scene.planned || !scene.given) return plainly;
  if (scene.vials.every((vial) => vial.remainder === (vial.discarded ?? 0))) return plainly;
  const rest = new Map();
  for (const vial of scene.vials.filter((each) => each.remainder)) {
    const { product } = scene.chart.preparations.find((each) => each.key === vial.preparation);
    rest.set(product, (rest.get(product) ?? 0) + vial.remainder);
  }
  if (rest.size === 0) return plainly;
  const amounts = [...rest].map(([product, value]) => (rest.size > 1 ? t("{dose} {product}", { dose: units(value), product }) : units(value)));
  return { text: t("Discard {amounts} and review", { amounts: amounts.join(" + ") }), discards: true };
}

/** @param {HTMLElement} root */
export function createFoot(root, act) {
  let look = null;
  root.addEventListener("click", (event) => {
    if (event.target.closest("[data-action='review']")) act.review();
  });

  function total(line, scene) {
    const all = line.given + line.planned;
    const many = scene.totals.length > 1;
    const name = line.product && many ? t("{dose} {product} given", { dose: units(line.given), product: line.product }) : t("{dose} given", { dose: units(line.given) });
    const rest = line.planned
      ? t("of {dose} planned", { dose: units(all) })
      : line.given && asPlanned(scene)
        ? t("as planned")
        : null;
    const either = scene.conflicts.length ? merging().orElse(scene, line) : null;
    return el(
      "span",
      { class: "sum__total" },
      el("span", { class: "figure", "data-total": line.product ?? "" }, name),
      el("span", { class: "sum__line" }, either ?? [line.ml === null ? (line.product ? t("mL not known") : null) : mlSum(line.ml), rest].filter(Boolean).join(" · ")),
    );
  }

  function account(scene, preparation) {
    const vials = scene.vials.filter((vial) => vial.preparation === preparation.key);
    const sum = (name) => vials.reduce((all, vial) => all + (vial[name] ?? 0), 0);
    const planned = unitsOf(scene.chart, preparation, "planned");
    const [opened, given, discarded, left, excess] = ["opened", "given", "discarded", "left", "excess"].map(sum);
    const name = scene.chart.preparations.length > 1 ? preparationLabel(scene, preparation) : tn(vials.length, "Vial", "Vials");
    const said = discarded || vials.some((vial) => vial.discarded !== null)
      ? t("{given} + {discarded} discarded", { given: units(given), discarded: units(discarded) })
      : given
        ? t("{given} given", { given: units(given) })
        : t("{given} given, {planned} planned", { given: units(given), planned: units(planned) });
    const right = excess ? t("{excess} more than opened", { excess: units(excess) }) : t("{left} of {opened} left", { left: units(left), opened: units(opened) });
    return sumLine(name, said, right, bar(opened, { given, discarded, planned }), excess > 0);
  }

  function proposed(scene) {
    const offer = proposal(scene);
    if (!offer) return sumLine(t("Vial"), t("none yet"), "", bar(1, {}));
    const planned = scene.totals.reduce((all, line) => all + line.planned, 0);
    return sumLine(t("Vial"), t("{given} given, {planned} planned", { given: units(0), planned: units(planned) }), t("{dose} proposed", { dose: units(offer.opened) }), bar(offer.opened, { planned }));
  }

  const sumLine = (name, said, right, drawn, wrong = false) =>
    el("div", { class: `sum sum--vial${wrong ? " sum--wrong" : ""}` }, el("span", { class: "sum__line" }, el("b", {}, name), el("span", { class: "sum__said" }, said), el("span", { class: "push" }, right)), drawn);

  /** A bar in fills and hatches: given solid, discarded crossed, planned hatched. */
  function bar(opened, { given = 0, discarded = 0, planned = 0 }) {
    let at = 0;
    const part = (kind, amount) => {
      const width = Math.min(100 - at, (amount / opened) * 100);
      at += width;
      return width > 0 ? shape("rect", { class: `bar__${kind}`, x: `${at - width}%`, y: 2, width: `${width}%`, height: 10 }) : null;
    };
    return shape(
      "svg",
      { class: "bar", "aria-hidden": "true", focusable: "false" },
      shape("rect", { class: "bar__track", x: 0, y: 0.5, width: "100%", height: 13, rx: 3 }),
      part("given", given),
      part("waste", discarded),
      part("plan", planned),
    );
  }

  return {
    show(scene) {
      const main = mainButton(scene);
      const now = JSON.stringify([scene.totals, scene.vials, scene.chart.preparations, main, proposal(scene), scene.hand.readOnly, scene.conflicts.length, [...scene.undecided]]);
      if (now === look) return;
      root.toggleAttribute("data-many", scene.chart.preparations.length > 1);
      const opened = scene.chart.preparations.filter(({ vials }) => vials.length);
      const lines = scene.totals.length ? scene.totals : [{ product: null, given: 0, planned: 0, ml: 0 }];
      const isDrawn = redraw(
        root,
        el("div", { class: "sum" }, lines.map((line) => total(line, scene))),
        el("div", { class: "sum__vials" }, opened.length ? opened.map((each) => account(scene, each)) : proposed(scene)),
        el("div", { class: "sums__go" }, button("review", { class: "button button--primary button--large", "data-discards": main.discards }, main.text)),
      );
      if (isDrawn) look = now;
    },
  };
}
