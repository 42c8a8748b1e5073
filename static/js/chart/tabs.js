// The views of a session, each with what is given on it, and the way to every other drawing.
import { artId } from "./drawings.js";
import { arrange, attribute, el, obey, words } from "./dom.js";
import { portraitOf } from "./framing.js";
import { createThumbnail } from "./marks.js";
import { pointOf } from "./scene.js";
import { t, tn } from "./words.js";

/** @param {HTMLElement} root */
export function createTabs(root, act) {
  const tabs = new Map();
  let seen = null;
  obey(root, {
    view: (control) => act.openView(control.dataset.ref),
    areas: () => act.openPanel("areas"),
  });
  root.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...root.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    if (by && at >= 0) all[(at + by + all.length) % all.length].focus();
  });

  function line({ given, all, undecided }) {
    if (undecided) return tn(undecided, "1 to decide", "{n} to decide");
    return all ? t("{given} of {all} given", { given, all }) : t("Nothing planned");
  }

  function createTab({ id, ref, label }) {
    const next = el("i", { class: "view__next" }, t("next"));
    const count = el("small");
    const name = el("b", {}, label);
    const control = el("button", { type: "button", class: "view", role: "tab", id: `view-${id}`, "data-action": "view", "data-map": id, "data-ref": ref, "aria-controls": "picture" }, el("span", { class: "view__blank" }), el("span", {}, name, count));
    let small = null;
    return {
      control,
      show(tab, { chart, drawings, hand }) {
        const map = drawings.get(ref);
        const isOpen = ref === hand.view;
        attribute(control, "aria-selected", String(isOpen));
        attribute(control, "tabindex", isOpen ? "0" : "-1");
        words(count, line(tab));
        if (tab.next && !isOpen) name.append(next);
        else next.remove();
        if (!map) return;
        if (!small) control.firstChild.replaceWith((small = createThumbnail(`#${artId(ref)}`)).node);
        const items = chart.sites.filter((site) => site.map === ref).map((site) => ({ site, at: pointOf(site) }));
        small.show(portraitOf(map, items.map(({ at }) => at)), items);
      },
    };
  }

  function bring(list, tab) {
    if (!tab) return;
    const [box, { left, right }] = [list.getBoundingClientRect(), tab.getBoundingClientRect()];
    list.scrollLeft += Math.min(0, left - box.left) + Math.max(0, right - box.right);
  }

  return {
    show(scene) {
      root.toggleAttribute("data-many", scene.tabs.length > 4);
      const open = scene.tabs.map((tab) => {
        if (!tabs.has(tab.ref)) tabs.set(tab.ref, createTab(tab));
        tabs.get(tab.ref).show(tab, scene);
        return tabs.get(tab.ref).control;
      });
      const list = root.querySelector("[role='tablist']");
      arrange(list, open);
      // Of many views the open one is in sight.
      if (seen !== scene.hand.view) bring(list, list.querySelector("[aria-selected='true']"));
      seen = scene.hand.view;
      attribute(root.querySelector("[data-action='areas']"), "aria-expanded", String(scene.hand.panel === "areas"));
    },
  };
}
