// The line about last time under the picture: when, how much, and in one sentence what differs today.
import { day } from "./calendar.js";
import { button, el, icon, obey, redraw } from "./dom.js";
import { plain } from "./exact.js";
import { dosesIn } from "./memory.js";
import { placeName, spokenName } from "./names.js";
import { difference } from "./repeating.js";
import { wantedProduct } from "./scene.js";
import { preparationOf } from "./totals.js";
import { t, tn } from "./words.js";

// So many changed doses are told one by one.
const FEW = 2;

export const partOf = ({ muscle, other, side }) => `${muscle ?? other} ${side}`;

/** The muscles and areas of a session by side, each with its sites. */
export function parts(session) {
  const found = new Map();
  for (const site of session.sites) found.set(partOf(site), [...(found.get(partOf(site)) ?? []), site]);
  return [...found.values()];
}

/** "4 Sep 2026: Drooping brow, heavy. Linked to Frontalis, right." */
export function reactionWords(catalogue, { date, kind, words, sites }) {
  const names = parts({ sites }).map(([site]) => placeName(catalogue, site, site.side));
  const what = words ? t("{kind}, {words}", { kind, words }) : kind;
  return [t("{date}: {what}.", { date: day(date), what }), names.length ? t("Linked to {names}.", { names: names.join("; ") }) : ""].filter(Boolean).join(" ");
}

/** "2 added, 1 moved 6 mm, frontalis left 5 → 7.5 U", from what `difference` found. */
export function differenceWords({ added, left, moved, doses: changed, products }, nameOf) {
  const up = changed.filter(({ from, to }) => to > from).length;
  const down = changed.length - up;
  const told = [
    products && t("{was} then, {now} now, so doses are not compared", { was: products.was.join(" + "), now: products.now.join(" + ") }),
    added.length && tn(added.length, "1 added", "{n} added"),
    left.length && tn(left.length, "1 left out", "{n} left out"),
    moved.length && tn(moved.length, "1 moved {mm} mm", "{n} moved, {mm} mm at most", { mm: Math.max(...moved.map(({ mm }) => mm)) }),
    ...(changed.length > FEW
      ? [up && tn(up, "1 dose up", "{n} doses up"), down && tn(down, "1 dose down", "{n} doses down")]
      : changed.map(({ site, from, to }) => t("{name} {from} → {to} U", { name: nameOf(site), from: plain(from), to: plain(to) }))),
  ].filter(Boolean);
  return told.length ? t("Today: {what}.", { what: told.join(", ") }) : t("Today: the same.");
}

/** Today's sites with the side and the product that they have or are planned with. */
export function today(scene) {
  const { chart, catalogue, placeOf } = scene;
  const wanted = wantedProduct(scene);
  return chart.sites.map((site) => ({
    ...site,
    side: placeOf(site).side,
    product: preparationOf(chart, site)?.product ?? catalogue.protocols[site.protocol]?.product ?? wanted,
  }));
}

/** @param {HTMLElement} root  what is under the picture @param {HTMLElement} tool  its button */
export function createPastStrip(root, tool, act) {
  const strip = root.querySelector("[data-strip='past']");
  let look = null;
  obey(strip, { panel: (control) => act.openPanel(control.dataset.panel), "earlier-session": () => act.earlierSession(), "later-session": () => act.laterSession(), "last-time": () => act.lastTime() });
  tool.addEventListener("click", () => act.lastTime());

  function told(scene, session) {
    const nameOf = (site) => spokenName(scene.catalogue, site, site.side);
    const scaleOf = (ref) => scene.drawings.get(ref)?.scale;
    const sites = today(scene);
    const { view } = scene.hand;
    const older = session.sites.filter(({ map }) => map !== view && map.split("@")[0] === view?.split("@")[0]).length;
    return [
      sites.length ? differenceWords(difference(session.sites, sites, scaleOf), nameOf) : t("Signed by {name}.", { name: session.signed_by }),
      older ? tn(older, "1 site of then lies on an earlier version of this drawing and is not shown on it.", "{n} sites of then lie on an earlier version of this drawing and are not shown on it.") : "",
    ].join(" ");
  }

  return {
    show(scene) {
      const { sessions, shown, at, all, reactions } = scene.hand.past;
      tool.hidden = sessions.length === 0;
      tool.setAttribute("aria-pressed", String(shown));
      const session = shown && sessions[at];
      const now = session ? JSON.stringify([at, sessions.length, all, scene.hand.view, scene.hand.panel === "reaction", reactions, today(scene)]) : null;
      if (now === look) return;
      const last = at + 1 === sessions.length && all;
      const isDrawn = redraw(
        strip,
        session && el(
          "section",
          { class: "map__note past", "aria-label": t("Last time") },
          icon("ghost"),
          el("p", {}, el("b", {}, `${day(session.date)}, ${dosesIn(session)}.`), ` ${told(scene, session)}`, reactions.map((each) => el("span", { class: "reaction" }, icon("warn"), reactionWords(scene.catalogue, each)))),
          button("panel", { class: "button button--quiet", "data-panel": "reaction", "aria-controls": "panel", "aria-expanded": String(scene.hand.panel === "reaction") }, t("Adverse event")),
          last && at === 0
            ? null
            : el(
                "span",
                { class: "past__steps" },
                button("earlier-session", { class: "button button--icon button--quiet", "aria-label": t("The session before"), "aria-disabled": String(last) }, icon("prev")),
                button("later-session", { class: "button button--icon button--quiet", "aria-label": t("The session after"), "aria-disabled": String(at === 0) }, icon("next")),
              ),
          button("last-time", { class: "button button--quiet" }, t("Hide")),
        ),
      );
      if (isDrawn) look = now;
    },
  };
}
