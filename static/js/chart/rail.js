// The brush: how many units a tap on bare skin gives; the tools; undo and redo stay in their corner.
import { el, icon, obey, redraw } from "./dom.js";
import { plain, typedUnits } from "./exact.js";
import { extras } from "./laying.js";
import { preparationLabel } from "./names.js";
import { brushProduct, brushSteps, drawsOn } from "./scene.js";
import { t } from "./words.js";

/** @param {HTMLElement} root */
export function createRail(root, act) {
  const brushes = root.querySelector(".rail__brushes");
  let scene = null;
  let typing = false;
  let look = null;

  obey(root, {
    brush: (control) => pick(control),
    "brush-more": () => act.stepBrush(1),
    "brush-less": () => act.stepBrush(-1),
    from: () => act.openPanel("product"),
    undo: () => act.undo(),
    redo: () => act.redo(),
    tool: (control) => act.takeTool(control.dataset.tool),
    grid: () => act.takeTool("grid"),
    extras: () => act.takeTool("extras"),
    mirror: () => act.mirror(),
    picture: () => act.showPicture(!scene.hand.picture),
  });
  brushes.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" && event.key === "Enter") finish(event.target);
  });
  brushes.addEventListener("focusout", (event) => {
    if (event.target.tagName === "INPUT") finish(event.target);
  });

  // A second tap on the brush of one's own opens it for typing.
  function pick(control) {
    if (control.dataset.own === undefined) return act.setBrush(Number(control.dataset.units));
    if (control.getAttribute("aria-pressed") === "true") {
      typing = true;
      draw();
      brushes.querySelector("input").select();
    } else act.setBrush(Number(control.dataset.units), true);
  }

  function finish(input) {
    if (!typing) return;
    typing = false;
    const value = typedUnits(input.value);
    if (value === null) act.said(t("Units are a number above 0 with at most two decimals, such as 2.5."));
    else act.setBrush(value, true);
    draw();
  }

  function draw() {
    const { steps } = brushSteps(scene);
    const { brush, own, ownBrush } = scene.hand;
    const product = brushProduct(scene);
    const inHand = scene.chart.preparations.length > 1 ? drawsOn(scene) : null;
    const drawn = inHand && preparationLabel(scene, inHand);
    const now = JSON.stringify([steps, brush, own, ownBrush, product, typing, drawn]);
    // What is being typed stays as it is until it is done.
    if (now === look || (typing && brushes.querySelector("input"))) return;
    const isDrawn = redraw(
      brushes,
      steps.map((value) =>
        el(
          "button",
          { type: "button", class: "brush", "data-action": "brush", "data-units": value, "data-key": value, "aria-pressed": String(!own && value === brush), "aria-label": t("{n} U a tap", { n: plain(value) }) },
          plain(value),
        ),
      ),
      typing
        ? el("input", { class: "brush brush--custom", inputmode: "decimal", maxlength: "8", "aria-label": t("Units per tap"), value: plain(ownBrush) })
        : el(
            "button",
            { type: "button", class: "brush brush--custom", "data-action": "brush", "data-own": true, "data-units": ownBrush, "data-key": "own", "aria-pressed": String(own), "aria-label": t("{n} U a tap, your own", { n: plain(ownBrush) }) },
            `${plain(ownBrush)} ±`,
          ),
      own && !typing
        ? el(
            "span",
            { class: "rail__steps" },
            el("button", { type: "button", "data-action": "brush-more", "aria-label": t("More") }, "+"),
            el("button", { type: "button", "data-action": "brush-less", "aria-label": t("Less") }, "−"),
          )
        : null,
      // Whose units they are, once several are mixed.
      drawn ? el("button", { type: "button", class: "tool rail__from", "data-action": "from", "aria-label": t("Taps draw on {name}; choose another", { name: drawn }) }, icon("vial"), el("span", {}, drawn)) : null,
    );
    if (isDrawn) look = now;
  }

  return {
    show(next, { canUndo, canRedo }) {
      scene = next;
      draw();
      const which = scene.hand.picture ? t("List") : t("Picture");
      const words = root.querySelector("[data-action='picture'] span");
      if (words.textContent !== which) words.textContent = which;
      for (const tool of root.querySelectorAll("[data-tool]")) tool.setAttribute("aria-pressed", String(tool.dataset.tool === scene.hand.tool));
      root.querySelector("[data-tool='extras']").setAttribute("aria-disabled", String(scene.hand.tool !== "extras" && !extras(scene.chart, scene.catalogue, scene.indications).length));
      root.querySelector("[data-action='undo']").setAttribute("aria-disabled", String(!canUndo));
      root.querySelector("[data-action='redo']").setAttribute("aria-disabled", String(!canRedo));
    },
  };
}
