// Several sites taken together: chosen by a line drawn round them, a tap, a long press or keys; then
// changed, given, moved, mirrored or deleted, each as one step.
import { locate } from "./anatomy.js";
import { button, el, icon, obey, redraw } from "./dom.js";
import * as edits from "./edits.js";
import { fixed, hundredths, plain, typedUnits } from "./exact.js";
import { contains } from "./geometry.js";
import { extras } from "./laying.js";
import { mirrored, twinOf } from "./mirroring.js";
import { movedTo } from "./moving.js";
import { sideWord, spokenUnits, subjectName, units } from "./names.js";
import { doseStep, gridIn } from "./scene.js";
import * as whole from "./whole.js";
import { t, tn } from "./words.js";

/** @param {import("./acts.js").Desk} desk */
export function selectionActs(desk) {
  const { act, store, hand, catalogue, drawings, scene, show, said, now, uuid, siteOf, spoken, perform, refuse, remembered, waits, openView } = desk;

  const keysOf = (rows) => new Set(rows.map(({ site }) => site.key));
  const inWords = () => tn(scene().chosen.length, "1 site selected.", "{n} sites selected.");

  function chosenNow(sentence = "") {
    hand.message = null;
    show();
    said([sentence, inWords()].filter(Boolean).join(" "));
  }

  /**
   * What sites would be so far from where they lie, by key; or why they cannot all go.
   * @param {(map: import("./types.js").BodyMap) => number[]} far  in hundredths of a drawing
   */
  function goingBy(sites, far) {
    const values = new Map();
    for (const site of sites) {
      const map = drawings.get(site.map);
      const [dx, dy] = far(map);
      const at = [hundredths(site.x) + dx, hundredths(site.y) + dy];
      const [x, y] = at.map((value) => value / 100);
      const to = x < 0 || y < 0 ? { region: null, inside: false } : locate(map, [x, y]);
      const from = hand.regionAt(site.map, Number(site.x), Number(site.y));
      const met = movedTo({ catalogue, map, site, from, to, x, remembered: remembered.get(`${site.map} ${to.region?.id}`), indications: scene().indications });
      if (!met.inside) return { why: t("One of them would lie beside the body. All are back where they were.") };
      if (met.asks) return { why: met.region?.warn ?? t("One of them would lie where no muscle is charted. All are back where they were.") };
      values.set(site.key, { x: fixed(at[0]), y: fixed(at[1]), ...met.values });
    }
    return { values };
  }

  function goBy(sites, far) {
    hand.message = null;
    const { why, values } = goingBy(sites, far);
    if (why) return refuse(why);
    return perform(whole.changeThese(values), tn(values.size, "1 site moved.", "{n} sites moved."));
  }

  /** What Mirror copies where nothing is chosen: the side that is in hand, or the only one with sites. */
  function thisSide() {
    const here = store.chart.sites.filter(({ map }) => map === hand.view).map(({ key }) => scene().rows.get(key));
    const sides = new Set(here.map(({ side }) => side).filter((side) => side !== "midline"));
    const inHand = here.find(({ site }) => site.key === hand.selected)?.side;
    const side = sides.size > 1 && sides.has(inHand) ? inHand : sides.size === 1 ? [...sides][0] : null;
    return side && here.filter((row) => row.side === side);
  }

  /** Go to the drawing with most of what the protocol has left, unless this one has some. */
  function seeExtras() {
    const left = extras(store.chart, catalogue, scene().indications);
    const maps = left.map(({ site }) => catalogue.maps[site.map.split("@")[0]].ref);
    const many = (ref) => maps.filter((each) => each === ref).length;
    const names = [...new Set(left.map(({ site }) => subjectName(catalogue, site)))].join(", ");
    said(t("Tap the skin where it is given: {names}.", { names }));
    if (maps.length && !many(hand.view)) act.openView(maps.reduce((best, ref) => (many(ref) > many(best) ? ref : best)));
  }

  return {
    takeTool(name) {
      if (hand.readOnly && name) return refuse(hand.readOnly);
      hand.tool = hand.tool === name ? null : name;
      hand.asked = null;
      hand.moving = null;
      hand.message = null;
      hand.picture ||= Boolean(hand.tool);
      hand.grid = null;
      if (hand.tool === "select") said(t("Draw round sites, or tap them."));
      if (hand.tool === "grid") said(t("Tap an area, or draw round one."));
      if (hand.tool === "extras") seeExtras();
      show();
    },

    /** Choose a site, or let it go. */
    choose(key) {
      if (hand.readOnly) return refuse(hand.readOnly);
      if (waits(key)) return;
      const isNew = !hand.chosen.delete(key);
      if (isNew) hand.chosen.add(key);
      const row = scene().rows.get(key);
      chosenNow(isNew ? t("Site {n}, {name}, selected.", { n: row.number, name: spoken(row) }) : t("Site {n}, {name}, let go.", { n: row.number, name: spoken(row) }));
    },

    /** Choose these as well. */
    chooseThese(keys) {
      if (hand.readOnly) return refuse(hand.readOnly);
      for (const key of keys) if (!scene().twice.has(key)) hand.chosen.add(key);
      chosenNow();
    },

    chooseAll: (ref = null) => act.chooseThese(store.chart.sites.filter(({ map }) => !ref || map === ref).map(({ key }) => key)),

    chooseWithin(ref, polygon) {
      const within = store.chart.sites.filter((site) => site.map === ref && contains(polygon, [Number(site.x), Number(site.y)]));
      if (!within.length) return refuse(t("No site lies inside what was drawn."));
      act.chooseThese(within.map(({ key }) => key));
    },

    letGo() {
      hand.chosen = new Set();
      if (hand.tool === "select") hand.tool = null;
      hand.message = null;
      show();
      said(t("No site selected."));
    },

    stepChosen(direction) {
      const values = new Map();
      for (const { site, units: dose } of scene().chosen) {
        const next = dose + direction * doseStep(scene(), site);
        if (next <= 0) return refuse(t("A dose cannot reach zero. Delete takes the site away."));
        values.set(site.key, { units: plain(next) });
      }
      const n = values.size;
      perform(whole.changeThese(values), direction > 0 ? tn(n, "1 site, one step more.", "{n} sites, one step more each.") : tn(n, "1 site, one step less.", "{n} sites, one step less each."));
    },

    /** The same units for each of them, as somebody typed them. */
    typeChosen(text) {
      const dose = typedUnits(text);
      if (dose === null) return refuse(t("Units are a number above 0 with at most two decimals, such as 2.5."));
      const values = new Map(scene().chosen.map(({ site }) => [site.key, { units: plain(dose) }]));
      perform(whole.changeThese(values), tn(values.size, "1 site, {dose}.", "{n} sites, {dose} each.", { dose: spokenUnits(dose) }));
    },

    giveChosen() {
      const planned = scene().chosen.filter(({ site }) => site.state === "planned");
      perform(edits.giveThese(keysOf(planned), now()), tn(planned.length, "1 site given.", "{n} sites given."));
    },

    removeChosen() {
      const { chosen } = scene();
      perform(whole.removeThese(keysOf(chosen)), tn(chosen.length, "1 site deleted.", "{n} sites deleted."));
    },

    /** A finger has taken one of them from where it lay to this point: the others go as far. */
    dropChosen(key, ref, [x, y]) {
      const site = siteOf(key);
      const by = [Math.round(x * 100) - hundredths(site.x), Math.round(y * 100) - hundredths(site.y)];
      goBy(scene().chosen.map((row) => row.site).filter(({ map }) => map === ref), () => by);
    },

    /** A step of so many life-size millimetres, on each drawing in its own measure. */
    nudgeChosen([dx, dy]) {
      if (hand.readOnly) return refuse(hand.readOnly);
      goBy(scene().chosen.map(({ site }) => site), ({ scale }) => [dx * scale * 100, dy * scale * 100]);
    },

    async mirror() {
      if (hand.readOnly) return refuse(hand.readOnly);
      const many = scene().chosen.length > 0;
      if (!many && hand.tool === "grid" && gridIn(scene()).sites.length) return act.mirrorGrid();
      const rows = many ? scene().chosen : thisSide();
      if (!rows) return refuse(t("Select the sites to copy, or take one of their side in hand."));
      const sites = rows.map(({ site }) => site);
      const twins = [...new Set(sites.flatMap(({ map }) => [map, twinOf(map, catalogue.maps)]))];
      try {
        await drawings.fetch(twins);
      } catch {
        return refuse(t("This drawing could not be fetched. Try again when the network is back."));
      }
      const { copies, side, midline, taken, lost } = mirrored({ sites, there: store.chart.sites, mapOf: drawings.get, catalogue, indications: scene().indications, uuid });
      const left = [
        midline ? tn(midline, "1 lies on the midline and stays.", "{n} lie on the midline and stay.") : "",
        taken ? tn(taken, "1 has its site there already.", "{n} have their sites there already.") : "",
        lost ? tn(lost, "1 would lie where nothing can be planned.", "{n} would lie where nothing can be planned.") : "",
      ].filter(Boolean).join(" ");
      if (!copies.length) return refuse(left);
      const sentence = tn(copies.length, "1 site copied to the {side}, planned.", "{n} sites copied to the {side}, planned.", { side: sideWord(side).toLowerCase() });
      perform(whole.together(...copies.map(edits.place)), sentence, () => {
        hand.chosen = many ? new Set(copies.map(({ key }) => key)) : hand.chosen;
        hand.message = left || null;
      });
      if (copies.every(({ map }) => map !== hand.view)) openView(copies[0].map);
    },
  };
}

/** The dark bar over the picture that acts on all that is chosen. @param {HTMLElement} root */
export function createSelectionBar(root, act) {
  let look = null;
  let scene = null;
  // What is typed into the field for the units of each, while that is open.
  let typing = null;
  obey(root, {
    "type-each": () => type(),
    "all-less": () => act.stepChosen(-1),
    "all-more": () => act.stepChosen(1),
    "give-chosen": () => act.giveChosen(),
    mirror: () => act.mirror(),
    "remove-chosen": () => act.removeChosen(),
    "let-go": () => act.letGo(),
  });
  root.addEventListener("input", ({ target }) => typing !== null && (typing = target.value));
  root.addEventListener("focusout", ({ target }) => target.dataset.field && finish("left"));
  root.addEventListener("keydown", (event) => {
    if (!event.target.dataset.field || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    finish(event.key);
  });

  function type() {
    typing = "";
    draw();
    root.querySelector("input")?.focus();
  }

  /** Enter keeps the field open over what are no units; who goes elsewhere is told, and it closes. */
  function finish(how) {
    if (typing === null) return;
    const text = typing;
    const isOver = how !== "Enter" || typedUnits(text) !== null;
    if (isOver) typing = null;
    if (how === "Enter" || (how === "left" && text.trim())) act.typeChosen(text);
    if (isOver) draw();
    if (isOver && how !== "left") root.querySelector("[data-action='type-each']")?.focus();
  }

  const step = () => {
    const steps = new Set(scene.chosen.map(({ site }) => doseStep(scene, site)));
    return steps.size === 1 ? t("± {dose}", { dose: units([...steps][0]) }) : "±";
  };

  const stepper = () =>
    typing !== null
      ? el("span", { class: "stepper stepper--typed" }, el("input", { class: "input", inputmode: "decimal", autocomplete: "off", maxlength: "8", "data-field": "each", "aria-label": t("Units of each"), value: typing }))
      : el(
          "span",
          { class: "stepper" },
          button("all-less", { class: "", "aria-label": t("Less, each") }, icon("minus", "icon--s")),
          button("type-each", { class: "stepper__value", "aria-label": t("Type the units of each") }, step()),
          button("all-more", { class: "", "aria-label": t("More, each") }, icon("plus", "icon--s")),
        );

  function draw() {
    const { chosen } = scene;
    const planned = chosen.filter(({ site }) => site.state === "planned").length;
    const n = chosen.length;
    root.hidden = n === 0;
    if (n === 0) typing = null;
    const next = JSON.stringify([n, planned, n && step(), typing !== null, scene.hand.readOnly]);
    // What is being typed stays as it is until it is done.
    if (next === look || (typing !== null && root.querySelector("input"))) return;
    const isDrawn = n === 0 || redraw(
      root,
      el("p", {}, el("b", {}, t("{n} selected", { n })), " ", el("span", { class: "tiny" }, t("each"))),
      stepper(),
      button("give-chosen", { class: "button button--primary", "aria-disabled": planned ? null : "true" }, planned ? t("Give {n}", { n: planned }) : t("Give")),
      button("mirror", {}, icon("mirror"), t("Mirror")),
      button("remove-chosen", {}, icon("trash"), t("Delete {n}", { n })),
      button("let-go", { class: "button button--icon push", "aria-label": t("Let go of the selection") }, icon("x")),
    );
    if (isDrawn) look = next;
  }

  return {
    show(next) {
      scene = next;
      draw();
    },
  };
}
