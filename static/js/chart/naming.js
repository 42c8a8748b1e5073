// The line at the top left of the picture: which site is in hand, what it is called, what else the
// place could mean. Where nothing settles it, it asks.
import { button, el, icon, obey, redraw } from "./dom.js";
import { clock } from "./calendar.js";
import { numbered } from "./clash.js";
import { merging } from "./merging.js";
import { guidanceWord, ml, mlSum, placeName, sideWord, sitesOf, subjectName, units } from "./names.js";
import { asPlanned } from "./scene.js";
import { preparationOf, volumeOf } from "./totals.js";
import { t } from "./words.js";

const OTHERS = 4;

/** @param {HTMLElement} root */
export function createNaming(root, act, zone) {
  let look = null;
  obey(root, {
    // What was pressed may be of a site that is no longer in hand.
    rename: ({ dataset }) => act.rename(dataset.of, dataset.key),
    "place-as": (control) => act.placeAsked({ muscle: control.dataset.key, other: null }),
    "place-other": () => placeOther(),
    "drop-asked": () => act.dropAsked(),
    "stop-move": () => act.stopMove(),
  });
  root.addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" && event.key === "Enter") placeOther();
    if (event.key === "Escape" && root.querySelector("input")) {
      event.stopPropagation();
      act.dropAsked();
    }
  });

  function placeOther() {
    const input = root.querySelector("input");
    const other = input.value.trim();
    if (other) act.placeAsked({ muscle: null, other });
    else input.focus();
  }

  function lines(scene) {
    const { hand, selected } = scene;
    if (hand.drag) return dragged(scene, hand.drag);
    if (hand.moving) return moving(scene, hand.moving);
    if (hand.asked) return asking(scene, hand.asked);
    if (scene.chosen.length) return together(scene.chosen);
    if (selected) return inHand(scene, selected);
    if (scene.given && !scene.planned) return finished(scene);
    if (scene.chart.sites.length === 0 && scene.indications.length) {
      return [el("span", { class: "quiet" }, t("Nothing is charted yet.")), el("b", {}, t("Tap where it is given"))];
    }
    return [];
  }

  /** Under the finger: what the site would be there. */
  function dragged({ catalogue, rows }, { key, meaning }) {
    const { number, units: dose, site } = rows.get(key);
    const there = () => {
      if (!meaning) return t("Beside the picture");
      if (!meaning.inside) return t("Beside the body");
      const { side, values } = meaning;
      if (!values.muscle && !values.other) return meaning.region?.muscles.length ? t("Which muscle, {side}?", { side: sideWord(side).toLowerCase() }) : t("Another site, in words");
      return placeName(catalogue, values, side);
    };
    return [
      el("span", { class: "quiet" }, t("Site {n}", { n: number })),
      el("b", {}, there()),
      meaning?.asks && meaning.region?.warn ? el("span", { class: "canvas__warn" }, icon("warn", "icon--s"), meaning.region.warn) : null,
      el("span", { class: "quiet" }, [units(dose), site.state === "planned" ? t("planned") : t("given")].join(" · ")),
    ];
  }

  function moving({ rows }, key) {
    const { number } = rows.get(key);
    return [
      el("span", { class: "quiet" }, t("Site {n}", { n: number })),
      el("b", {}, t("Tap where it goes")),
      el("span", { class: "canvas__others" }, button("stop-move", { class: "canvas__no" }, t("Cancel"))),
    ];
  }

  function asking({ catalogue, chart }, { region, moving: key }) {
    const names = region?.muscles ?? [];
    return [
      region?.warn
        ? el("span", { class: "canvas__warn" }, icon("warn", "icon--s"), region.warn)
        : el("span", { class: "quiet" }, t("No muscle or area is charted here.")),
      el("b", {}, names.length ? (key ? t("Move it all the same?") : t("Place it all the same?")) : t("Another site, in words")),
      names.length
        ? el("span", { class: "canvas__others" }, names.slice(0, OTHERS).map((id) => button("place-as", { class: "", "data-key": id }, catalogue.muscles[id].label)))
        : null,
      el("input", { class: "input", id: "asked-other", maxlength: "80", "aria-label": t("Where is it, in words"), placeholder: t("where it is, in words"), value: chart.sites.find((site) => site.key === key)?.other ?? "" }),
      el("span", { class: "canvas__others" }, button("place-other", { class: "" }, key ? t("Move") : t("Place")), button("drop-asked", { class: "canvas__no" }, t("Cancel"))),
    ];
  }

  function inHand(scene, row) {
    const { catalogue, hand, given } = scene;
    const { site, number } = row;
    const preparation = preparationOf(scene.chart, site);
    const volume = volumeOf(catalogue.products, preparation, row.units);
    const elsewhere = site.map !== hand.view;
    const label = catalogue.maps[site.map.split("@")[0]].tab;
    const next = site === scene.next;
    const heading = !next
      ? t("Site {n}", { n: number })
      : elsewhere
        ? t("Site {n}, next, on {view}", { n: number, view: label })
        : given === 0 && number === 1
          ? t("Site {n}, first", { n: number })
          : t("Site {n}, next", { n: number });
    const twice = scene.twice.get(site.key);
    if (twice) {
      return [el("span", { class: "quiet" }, t("Site {n}, changed twice", { n: number })), el("b", {}, numbered(placeName(catalogue, site, row.side), row)), el("span", { class: "quiet" }, merging().eitherSide(twice))];
    }
    const state = site.state === "planned" ? t("planned") : givenWords(site, scene.giver(site));
    const others = act.musclesAt(site).filter((id) => id !== site.muscle);
    const unnamed = !site.muscle && !site.other;
    return [
      el("span", { class: "quiet" }, heading),
      el("b", {}, unnamed ? t("Which muscle, {side}?", { side: sideWord(row.side).toLowerCase() }) : placeName(catalogue, site, row.side)),
      el("span", { class: "quiet" }, [units(row.units), volume === null ? null : ml(volume), guidanceWord(site.guidance), state].filter(Boolean).join(" · ")),
      others.length && !elsewhere
        ? el(
            "span",
            { class: "canvas__others", role: "group", "aria-label": t("Could also be") },
            others.slice(0, OTHERS).map((id) => button("rename", { class: "", "data-of": site.key, "data-key": id }, subjectName(catalogue, { muscle: id }))),
          )
        : null,
    ];
  }

  /** How many are chosen, on which side, with how many units. */
  function together(rows) {
    const sides = [...new Set(rows.map(({ side }) => sideWord(side).toLowerCase()))];
    const products = new Set(rows.map(({ product }) => product));
    const dose = products.size === 1 ? units(rows.reduce((sum, row) => sum + row.units, 0)) : null;
    const states = [...new Set(rows.map(({ site }) => (site.state === "planned" ? t("planned") : t("given"))))];
    return [
      el("span", { class: "quiet" }, t("Selected")),
      el("b", {}, [sitesOf(rows.length), ...sides].join(", ")),
      el("span", { class: "quiet" }, [dose, states.join(", ")].filter(Boolean).join(" · ")),
    ];
  }

  function givenWords({ given_at }, name) {
    const time = given_at ? clock(given_at, zone) : null;
    if (name) return time ? t("given by {name} {time}", { name, time }) : t("given by {name}", { name });
    return time ? t("given {time}", { time }) : t("given");
  }

  function finished(scene) {
    const times = scene.chart.sites.map((site) => site.given_at).filter(Boolean).sort();
    const from = times.length ? clock(times[0], zone) : "";
    const to = times.length ? clock(times.at(-1), zone) : "";
    const protocol = asPlanned(scene);
    const sums = scene.totals.filter((line) => line.givenSites).map((line) => [units(line.given), line.ml === null ? null : mlSum(line.ml)].filter(Boolean).join(" · "));
    return [
      el("span", { class: "quiet" }, from === to ? t("All {n} given, {from}", { n: scene.given, from }) : t("All {n} given, {from} to {to}", { n: scene.given, from, to })),
      protocol ? el("b", {}, t("{protocol}, as planned", { protocol: protocol.short })) : el("b", {}, t("Everything is given")),
      el("span", { class: "quiet" }, sums.join(", ")),
    ];
  }

  return {
    show(scene) {
      const { hand, selected } = scene;
      // What is frozen says the same while it is the same.
      const next = [
        hand.asked, hand.moving, hand.drag?.key, hand.drag?.look, hand.view,
        scene.chosen.map(({ site, side }) => [site.key, site.state, site.units, side]).join(),
        selected?.site, selected?.number, selected?.side, selected?.site === scene.next,
        scene.given, scene.planned, scene.chart.indications.length, scene.chart.preparations,
        selected && act.musclesAt(selected.site).join(), selected && scene.giver(selected.site), selected && scene.twice.get(selected.site.key),
      ];
      if (look && next.every((each, index) => each === look[index])) return;
      if (redraw(root, lines(scene))) look = next;
      // A finger asks for letters by touching the field; keys go on there.
      if (hand.asked?.byKey) root.querySelector("input").focus({ preventScroll: true });
    },
  };
}
