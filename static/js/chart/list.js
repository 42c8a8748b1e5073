// The list beside the picture: the same chart as rows, for hands, keys and screen readers.
import { dayOfYear } from "./calendar.js";
import { arrange, attribute, el, button, icon, isTypedInto, obey, words } from "./dom.js";
import { plain, trim } from "./exact.js";
import { painted } from "./frame.js";
import { givenBySide } from "./listing.js";
import { guidanceOptions, needleOptions } from "./guiding.js";
import { glyphOf } from "./marks.js";
import { dosesOf } from "./memory.js";
import { merging } from "./merging.js";
import { depthWord, placeName, preparationLabel, rowName, sideWord, subjectName, units } from "./names.js";
import { choices, labelled } from "./fields.js";
import { wantedProduct } from "./scene.js";
import { t, tn } from "./words.js";

// The doses of so many earlier sessions stand on a muscle's row.
const SESSIONS = 4;

const DEPTHS = ["IM", "SC", "ID"];

/**
 * @param {HTMLElement} root  the section with the head, the table and the sums
 * @param {object} act
 */
export function createList(root, act) {
  const head = root.querySelector(".sites__head");
  const body = root.querySelector(".tree__rows");
  const foot = root.querySelector(".tree__sums");
  let scene = null;
  let drawn = new Map();
  let shown = null;
  let typing = null;
  let reached = null;
  let summed = null;

  const row = (node) => node?.closest("[role='row']");
  const keyOf = (node) => row(node)?.dataset.site;

  obey(root, {
    expand: (control) => act.expand(row(control).dataset.group),
    give: (control) => act.give(keyOf(control)),
    "take-back": (control) => act.takeBack(keyOf(control)),
    remove: (control) => act.remove(keyOf(control)),
    less: (control) => act.step(keyOf(control), -1),
    more: (control) => act.step(keyOf(control), 1),
    type: (control) => type(keyOf(control), trim(scene.rows.get(keyOf(control)).site.units)),
    "give-all": () => act.giveAll(),
    "give-here": () => act.giveHere(),
    "quick-line": () => act.quickLine(),
    decide: (control) => act.decide(keyOf(control)),
    // A key clicks without a place on the screen.
    move: (control, event) => act.startMove(keyOf(control), event.detail === 0),
  });
  obey(root, { change: (control) => act.changeSite(keyOf(control), control.dataset.field, control.value) }, "change");

  body.addEventListener("click", (event) => {
    const key = keyOf(event.target);
    if (key && !event.target.closest("button, input, select, label")) act.select(key, true);
  });
  body.addEventListener("focusout", (event) => {
    if (event.target.dataset.field === "units") stopTyping(true);
  });
  body.addEventListener("keydown", onKey);
  // What another tablet changes in this row meanwhile must not take back what is being typed.
  body.addEventListener("input", (event) => {
    if (typing && event.target.dataset.field === "units") typing.text = event.target.value;
  });

  // ── keys ──

  function onKey(event) {
    if (event.target.dataset.field === "units") return onTyping(event);
    const here = row(event.target);
    if (!here) return;
    const key = here.dataset.site;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() !== "a" || event.target.closest("input")) return;
      event.preventDefault();
      return act.chooseAll();
    }
    // A field keeps its own keys; Escape goes back to its row.
    if (event.target.closest("select, input")) {
      if (event.key !== "Escape") return;
      here.focus();
    } else if (event.altKey || event.shiftKey) {
      const by = event.altKey && { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const next = !event.altKey && { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
      if (by && key) (isChosen(key) ? act.nudgeChosen(by) : act.nudge(key, by));
      else if (next) extend(here, here[next]);
      else if (event.key === "+" && key) step(key, 1);
      else if (event.key === " " && key) act.choose(key);
      else return;
    } else if (!obeys(here, key, event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // What is done to one of several that are chosen is done to all of them.
  const isChosen = (key) => scene.hand.chosen.has(key);
  const step = (key, direction) => (isChosen(key) ? act.stepChosen(direction) : act.step(key, direction));

  /** Choose the rows that the keyboard passes. */
  function extend(here, to) {
    if (!to) return;
    act.chooseThese([here, to].map(({ dataset }) => dataset.site).filter(Boolean));
    goTo(to);
  }

  function obeys(here, key, { key: pressed, target, repeat }) {
    const group = here.dataset.group;
    const open = here.ariaExpanded === "true";
    // A key that is held down gives once.
    const toggle = () => !repeat && (!key ? act.expand(group) : isChosen(key) ? act.giveChosen() : act.toggle(key));
    const choose = () => !repeat && (key && scene.chosen.length ? act.choose(key) : toggle());
    const stepBy = (direction) => key && (() => step(key, direction));
    const remove = key && (() => !repeat && (isChosen(key) ? act.removeChosen() : act.remove(key)));
    const does = {
      ArrowDown: () => goTo(here.nextElementSibling),
      ArrowUp: () => goTo(here.previousElementSibling),
      ArrowRight: () => !open && (key ? act.select(key, true) : act.expand(group)),
      ArrowLeft: () => (key ? (open ? act.select(key, false) : goTo(groupRow(here))) : open && act.expand(group)),
      Home: () => goTo(body.firstElementChild),
      End: () => goTo(body.lastElementChild),
      Enter: target === here && toggle,
      " ": target === here && choose,
      "+": stepBy(1),
      "=": stepBy(1),
      "-": stepBy(-1),
      m: () => act.mirror(),
      Delete: remove,
      Backspace: remove,
      ...(key && /^\d$/.test(pressed) && { [pressed]: () => type(key, pressed) }),
    }[pressed];
    if (does) does();
    return Boolean(does);
  }

  function goTo(to) {
    if (!to) return;
    reach(to);
    to.focus();
    if (to.dataset.site) act.select(to.dataset.site, false);
  }

  /** The one row that Tab comes to. */
  function reach(to) {
    if (to === reached) return;
    if (reached) reached.tabIndex = -1;
    if (to) to.tabIndex = 0;
    reached = to;
  }

  function groupRow(here) {
    let above = here;
    while (above && !above.dataset.group) above = above.previousElementSibling;
    return above;
  }

  // ── typing units ──

  function type(key, text) {
    typing = { key, text };
    act.select(key, false);
    draw();
    const input = body.querySelector("[data-field='units']");
    input?.focus();
    if (text.length > 1) input?.select();
    else input?.setSelectionRange(1, 1);
  }

  function onTyping(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    const key = typing?.key;
    stopTyping(event.key === "Enter");
    body.querySelector(`[data-site="${key}"]`)?.focus();
  }

  function stopTyping(keep) {
    if (!typing) return;
    const { key } = typing;
    const text = body.querySelector("[data-field='units']")?.value ?? "";
    typing = null;
    if (keep && isChosen(key)) act.typeChosen(text);
    else if (keep) act.typeUnits(key, text);
    draw();
  }

  // ── rows ──

  function stepper(item, quiet) {
    const { site } = item;
    if (typing?.key === site.key) {
      return el(
        "span",
        { class: "stepper stepper--typed" },
        el("input", { class: "input", inputmode: "decimal", autocomplete: "off", maxlength: "8", "data-field": "units", "aria-label": isChosen(site.key) ? t("Units of each") : t("Units"), value: typing.text }),
      );
    }
    return el(
      "span",
      { class: quiet ? "stepper stepper--quiet" : "stepper" },
      el("button", { type: "button", tabindex: "-1", "data-action": "less", "aria-label": t("Less") }, icon("minus", "icon--s")),
      el("button", { type: "button", tabindex: "-1", class: "stepper__value", "data-action": "type", "aria-label": t("{dose}, type another", { dose: units(item.units) }) }, inShort(item.units)),
      el("button", { type: "button", tabindex: "-1", "data-action": "more", "aria-label": t("More") }, icon("plus", "icon--s")),
    );
  }

  // Beside a long name there is no room for the U of a long number.
  const inShort = (value) => (plain(value).length > 3 ? plain(value) : units(value));

  function state({ site, twice }) {
    if (twice) return el("button", { type: "button", tabindex: "-1", class: "site-row__state site-row__state--give", "data-action": "decide" }, icon("swap", "icon--s"), t("Decide"));
    if (site.state === "planned") {
      return el("button", { type: "button", tabindex: "-1", class: "site-row__state site-row__state--give", "data-action": "give" }, t("Give"));
    }
    return el("span", { class: "site-row__state" }, icon("check", "icon--s"), t("Given"));
  }

  function siteRow(item) {
    const { site, selected } = item;
    const wide = !item.twice && (site.state === "planned" || selected);
    return el(
      "div",
      {
        role: "row",
        class: item.detail ? "site-line site-line--open" : "site-line",
        "aria-level": "2",
        "aria-selected": String(item.chosen ?? selected),
        "aria-expanded": String(Boolean(item.detail)),
        "aria-invalid": item.wrong ? "true" : null,
        "aria-label": t("Site {n}, {place}, {units} U, {state}", {
          n: item.number,
          place: placeName(scene.catalogue, site, item.side),
          units: trim(site.units),
          state: site.state === "given" ? t("given") : t("planned"),
        }) + (item.twice ? `, ${t("to decide")}` : ""),
        "data-site": site.key,
        "data-state": site.state,
        tabindex: "-1",
      },
      el(
        "div",
        { role: "gridcell", "aria-colindex": "1", "aria-colspan": "5" },
        el(
          "div",
          { class: "site-row" },
          glyphOf(item),
          el("span", { class: "site-row__name" }, el("i", {}, String(item.number)), rowName(item)),
          wide ? stepper(item, !selected) : el("span", { class: "site-row__units" }, item.twice ? merging().eitherDose(item.twice) : units(item.units)),
          state(item),
        ),
        item.detail ? details(item) : null,
      ),
    );
  }

  function details({ site, muscles }) {
    const { chart, catalogue } = scene;
    const pick = (field, label, options) =>
      labelled(label, choices({ "data-action": "change", "data-field": field, value: site[field] ?? "" }, options));
    return el(
      "div",
      { class: "site-more" },
      pick("muscle", t("Muscle or area"), [
        ...muscles.map((id) => [id, catalogue.muscles[id]?.label ?? id]),
        ["", t("Another site, in words")],
      ]),
      site.muscle
        ? null
        : labelled(t("Where"), el("input", { class: "input", maxlength: "80", "data-action": "change", "data-field": "other", value: site.other ?? "" })),
      pick("depth", t("Depth"), [["", t("not said")], ...DEPTHS.map((depth) => [depth, depthWord(depth)])]),
      pick("needle", t("Needle"), needleOptions(catalogue)),
      pick("guidance", t("Guidance"), guidanceOptions()),
      chart.preparations.length > 1 || (chart.preparations.length && !site.preparation)
        ? pick("preparation", t("Vial"), [
            ["", t("none yet")],
            ...chart.preparations.map((each) => [each.key, preparationLabel(scene, each)]),
          ])
        : null,
      chart.indications.length > 1
        ? pick("indication", t("For"), scene.indications.map(({ id, label }) => [id, label]))
        : null,
      el(
        "span",
        { class: "site-more__do" },
        button("move", { class: "button site-more__move" }, t("Move")),
        site.state === "given" ? button("take-back", { class: "button" }, t("Not given")) : null,
        button("remove", { class: "button button--danger" }, icon("trash"), t("Delete")),
      ),
    );
  }

  /** What the muscle had of this product before: "20 · 20 · 25 U", opened "3 Sep: 25 U" and so on. */
  function history(group, open) {
    const { sessions } = scene.hand.past;
    const product = group.product ?? wantedProduct(scene);
    const had = dosesOf(sessions.slice(0, SESSIONS), { ...group, product });
    if (!had.length) return null;
    // A day and its dose stay together, and a dose is never read as a year.
    const told = open ? had.map(({ date, sum }) => t("{date}: {n} U", { date: dayOfYear(date), n: plain(sum) }).replaceAll(" ", "\u00a0")).join(" · ") : t("{n} U", { n: had.map(({ sum }) => plain(sum)).join(" · ") });
    return el("small", { class: "tree__before" }, el("span", { class: "visually-hidden" }, `, ${t("before:")} `), told);
  }

  function groupLine(group, open, at) {
    const name = subjectName(scene.catalogue, group);
    const side = group.side ? t("{muscle}, {side}", { muscle: name, side: sideWord(group.side).toLowerCase() }) : name;
    const more = scene.totals.length > 1 && group.product ? ` · ${group.product}` : "";
    return el(
      "div",
      { role: "row", class: "tree__line tree__muscle", "aria-level": "1", "aria-posinset": String(at), "aria-setsize": String(scene.groups.length), "aria-expanded": String(open), "data-group": group.place, "data-key": group.key, tabindex: "-1" },
      el(
        "span",
        { role: "rowheader" },
        el("button", { type: "button", tabindex: "-1", "data-action": "expand" }, icon(open ? "down" : "next", "icon--s"), el("span", {}, side + more, history(group, open))),
      ),
      ["right", "midline", "left"].map((each) => {
        const sum = group.sides[each];
        if (!sum) return el("span", { role: "gridcell", class: "u" });
        return el("span", { role: "gridcell", class: "u" }, plain(sum.given), sum.all > sum.given ? el("i", {}, `/${plain(sum.all)}`) : null);
      }),
      el("span", { role: "gridcell", class: "n" }, t("{given} of {all}", { given: group.given, all: group.rows.length })),
    );
  }

  function draw() {
    const rows = new Map();
    const keep = (id, look, make, quiet = null) => {
      const old = drawn.get(id);
      const same = old?.look.length === look.length && look.every((each, index) => each === old.look[index]);
      const stays = same || (old && isTypedInto(old.node.querySelector("[data-field='other']")));
      rows.set(id, stays ? old : { look, node: make() });
      rows.get(id).quiet = same || !stays ? quiet : null;
    };
    const { hand, twice } = scene;
    const isQuiet = (key) => key !== hand.selected && key !== typing?.key && !hand.chosen.size && !hand.wrong.size && !twice.size;
    scene.groups.forEach((group, place) => {
      const open = hand.open.has(group.place);
      const { rows: members, ...line } = group;
      keep(`group ${group.key}`, [JSON.stringify([line, members.length]), open, scene.totals.length, place, scene.groups.length, hand.past.sessions, wantedProduct(scene)], () => groupLine(group, open, place + 1));
      if (!open) return;
      members.forEach((row, index) => {
        const { site } = row;
        const old = drawn.get(site.key);
        // Most often nothing is said of a row but what stands in it.
        const quiet = isQuiet(site.key) ? row : null;
        if (quiet && old?.quiet === quiet) rows.set(site.key, old);
        else {
          const item = itemOf(site);
          // A site is frozen: while it is the same one, it says the same.
          const look = [site, item.number, item.side, item.ordinal, item.square, item.selected, item.chosen, item.detail, item.wrong, item.twice, typing?.key === site.key];
          if (item.detail) look.push(scene.chart.preparations, scene.chart.indications, item.muscles.join());
          keep(site.key, look, () => siteRow(item), quiet);
        }
        count(rows.get(site.key), index + 1, members.length);
      });
    });
    put(rows);
  }

  function count(row, at, of) {
    if (row.at !== at) row.node.setAttribute("aria-posinset", String((row.at = at)));
    if (row.of !== of) row.node.setAttribute("aria-setsize", String((row.of = of)));
  }

  /** A row as it is drawn now. */
  function itemOf(site) {
    const selected = site.key === scene.hand.selected;
    const twice = scene.twice.get(site.key) ?? null;
    const detail = selected && scene.hand.detail && !twice;
    return {
      ...scene.rows.get(site.key),
      twice,
      letter: scene.letterOf(site.key),
      selected,
      chosen: scene.chosen.length ? isChosen(site.key) : null,
      detail,
      wrong: scene.hand.wrong.has(site.key),
      muscles: detail ? act.musclesAt(site) : [],
    };
  }

  function put(rows) {
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    const held = focused && { ...whose(row(focused)), part: focused.dataset.field ?? focused.dataset.action };
    // Where a row that is going stands: its place, should nothing better be in hand.
    const order = held && [...drawn.keys()];
    drawn = rows;
    arrange(body, [...rows.values()].map(({ node }) => node));
    const inHand = rows.get(scene.hand.selected)?.node;
    // The focus goes with the site in hand, and never to nowhere.
    const follows = held && held.site && inHand && scene.hand.selected !== shown;
    const again = held && (follows ? inHand : (rows.get(held.id)?.node ?? inHand ?? beside(held.id, order, rows)));
    reach(inHand ?? again ?? body.firstElementChild);
    if (again && (follows || !body.contains(document.activeElement))) {
      const part = !follows && held.part && again.querySelector(`[data-field="${held.part}"], [data-action="${held.part}"]`);
      (part || again).focus({ preventScroll: true });
    }
    // A row that is not there yet, as its muscle is closed, is scrolled to once it is.
    if (scene.hand.selected !== shown && (inHand || !scene.hand.selected)) {
      shown = scene.hand.selected;
      painted().then(() => drawn.get(shown)?.node.scrollIntoView({ block: "nearest" }));
    }
  }

  const whose = ({ dataset }) => ({ site: dataset.site, id: dataset.site ?? `group ${dataset.key}` });

  /** The row that took the place of one that is gone, else the last before it. */
  function beside(id, order, rows) {
    const from = order.indexOf(id);
    const near = [...order.slice(from + 1), ...order.slice(0, from).reverse()];
    return rows.get(near.find((each) => rows.has(each)))?.node;
  }

  function drawHead() {
    const { given, planned, givable, chart, twice } = scene;
    const doses = scene.totals.filter((line) => line.planned).map((line) => units(line.planned) + (scene.totals.length > 1 ? ` ${line.product ?? ""}` : ""));
    const count = [t("{given} of {all} given", { given, all: given + planned }), twice.size ? tn(twice.size, "1 to decide", "{n} to decide") : ""];
    words(head.querySelector("b"), chart.sites.length ? count.filter(Boolean).join(", ") : t("No sites yet"));
    words(
      head.querySelector(".tiny"),
      planned
        ? t("{n} planned, {dose}", { n: planned, dose: doses.join(", ") })
        : chart.sites.length
          ? t("nothing planned")
          : t("Tap the picture where it is given."),
    );
    const all = head.querySelector("[data-action='give-all']");
    words(all, givable ? t("Give all {n}", { n: givable }) : t("Give all"));
    attribute(all, "aria-disabled", String(givable === 0));
    // Only where some wait on this drawing and others elsewhere.
    const here = scene.planned && chart.sites.filter((site) => site.map === scene.hand.view && site.state === "planned" && !twice.has(site.key)).length;
    const near = head.querySelector("[data-action='give-here']");
    near.hidden = !scene.planned || scene.tabs.filter((tab) => tab.all).length < 2;
    near.classList.toggle("is-idle", !here || here === givable);
    words(near, t("Give {n} here", { n: here || 0 }));
  }

  function drawFoot() {
    const lines = givenBySide(scene.groups);
    const look = JSON.stringify(lines);
    if (look === summed) return;
    summed = look;
    const name = (product) => (lines.length > 1 ? t("Given, {product}", { product: product ?? t("no vial yet") }) : t("Given so far"));
    foot.replaceChildren(
      ...lines.map(({ product, right, midline, left, all }) =>
        el(
          "div",
          { class: "tree__line tree__sum", role: "row" },
          el("span", { role: "rowheader" }, name(product)),
          [right, midline, left].map((sum) => el("span", { class: "u", role: "gridcell" }, plain(sum))),
          el("span", { class: "n", role: "gridcell" }, el("b", {}, units(all))),
        ),
      ),
    );
  }

  return {
    /** Give the keyboard the row it was last in; answers whether there is one. */
    focus() {
      reached?.focus({ preventScroll: true });
      return document.activeElement === reached;
    },
    show(next) {
      scene = next;
      if (typing && !scene.rows.has(typing.key)) typing = null;
      draw();
      drawHead();
      drawFoot();
    },
  };
}
