// The views of a session, each with what is given on it, and the way to every other drawing.
import { artId } from "./drawings.js";
import { el, obey, redraw } from "./dom.js";
import { portraitOf } from "./framing.js";
import { thumbnail } from "./marks.js";
import { t, tn } from "./words.js";

/** @param {HTMLElement} root */
export function createTabs(root, act) {
  let look = null;
  obey(root, {
    view: (control) => act.openView(control.dataset.ref),
    areas: () => act.openPanel("areas"),
  });
  root.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = [...root.querySelectorAll("button")];
    const at = tabs.indexOf(document.activeElement);
    if (by && at >= 0) tabs[(at + by + tabs.length) % tabs.length].focus();
  });

  function line({ given, all, undecided }) {
    if (undecided) return tn(undecided, "1 to decide", "{n} to decide");
    return all ? t("{given} of {all} given", { given, all }) : t("Nothing planned");
  }

  function picture(scene, ref) {
    const map = scene.drawings.get(ref);
    if (!map) return el("span", { class: "view__blank" });
    const items = scene.items(ref);
    return thumbnail(`#${artId(ref)}`, portraitOf(map, items.map(({ at }) => at)), items);
  }

  return {
    show(scene) {
      const { view, panel } = scene.hand;
      const now = JSON.stringify([
        scene.tabs, view, panel === "areas",
        scene.chart.sites.map((site) => [site.map, site.x, site.y, site.state]),
        scene.tabs.map(({ ref }) => Boolean(scene.drawings.get(ref))),
      ]);
      if (now === look) return;
      look = now;
      root.toggleAttribute("data-many", scene.tabs.length > 4);
      redraw(
        root.querySelector("[role='tablist']"),
        scene.tabs.map((tab) =>
          el(
            "button",
            {
              type: "button", class: "view", role: "tab", id: `view-${tab.id}`,
              "data-action": "view", "data-map": tab.id, "data-ref": tab.ref,
              "aria-selected": String(tab.ref === view), "aria-controls": "picture",
              tabindex: tab.ref === view ? "0" : "-1",
            },
            picture(scene, tab.ref),
            el("span", {}, el("b", {}, tab.label, tab.next && tab.ref !== view ? el("i", { class: "view__next" }, t("next")) : null), el("small", {}, line(tab))),
          ),
        ),
      );
      root.querySelector("[data-action='areas']").setAttribute("aria-expanded", String(panel === "areas"));
    },
  };
}
