// What each tap, key and button does: it changes the chart by an edit, or what is in hand, then shows.
import * as edits from "./edits.js";
import { hundredths, plain, typedUnits } from "./exact.js";
import { inherited } from "./inheriting.js";
import { spokenName, spokenUnits } from "./names.js";
import { placingActs } from "./placing.js";
import { brushSteps, doseStep, drawsOn } from "./scene.js";
import { emptyDraft } from "./vialform.js";
import { t, tn } from "./words.js";

/** @typedef {any} Desk  what every file of acts works with: what came in, and the few steps they share */

/**
 * @param {object} with_
 * @param {ReturnType<typeof import("./store.js").createStore>} with_.store
 * @param {any} with_.sync
 * @param {any} with_.hand
 * @param {any} with_.catalogue
 * @param {any} with_.drawings
 * @param {any} with_.data  what the page was opened with
 * @param {() => any} with_.scene  of the newest chart
 * @param {() => void} with_.show
 * @param {(sentence: string) => void} with_.said
 * @param {() => string} with_.now  this instant as ISO, on the server's clock
 */
export function createActs({ store, sync, hand, catalogue, drawings, data, scene, show, said, now }) {
  const uuid = () => crypto.randomUUID();
  const remembered = new Map();
  const siteOf = (key) => store.chart.sites.find((site) => site.key === key);
  const side = (site) => scene().placeOf(site).side;
  /** "occipitalis right 3", as a change is announced. */
  const spoken = ({ site, ordinal }) => spokenName(catalogue, site, side(site), ordinal);

  /**
   * Do an edit as one step, say it, and then `next` before it is shown; answers whether it changed.
   * `decided` are the conflicts that it settles.
   */
  function perform(edit, sentence, next = () => {}, decided = null) {
    if (hand.readOnly) return refuse(hand.readOnly);
    hand.message = null;
    hand.wrong = new Set();
    const changed = store.perform(edit, sentence, decided);
    if (changed) {
      said(sum() ? t("{what}, {total}", { what: sentence.replace(/\.$/, ""), total: sum() }) : sentence);
      next();
    }
    show();
    return changed;
  }

  function refuse(sentence) {
    hand.message = sentence;
    said(sentence);
    show();
    return false;
  }

  const sum = () => {
    const lines = scene().totals.filter((line) => line.given);
    return lines.length ? t("total {doses}", { doses: lines.map((line) => plain(line.given) + (lines.length > 1 ? ` ${line.product ?? ""}` : "")).join(", ") }) : "";
  };

  // ── in hand ──

  function takeInHand(key, detail = false) {
    hand.selected = key;
    hand.detail = detail;
    if (hand.moving !== key) hand.moving = null;
    const group = scene().rowOf(key)?.group;
    if (group) hand.open.add(group.place);
  }

  /** The next planned site after this one in the injection order, or the first there is. */
  function goOnAfter(key) {
    const { sites } = store.chart;
    const from = sites.findIndex((site) => site.key === key);
    const order = [...sites.slice(from + 1), ...sites.slice(0, from + 1)];
    takeInHand(order.find((site) => site.state === "planned" && !scene().twice.has(site.key))?.key ?? null);
  }

  async function openView(ref) {
    hand.view = ref;
    if (!hand.opened.includes(ref)) hand.opened.push(ref);
    await drawings.fetch([ref]).catch(() => refuse(t("This drawing could not be fetched. Try again when the network is back.")));
    show();
  }

  function openGroupsOf(ref) {
    hand.open = new Set(scene().groups.filter(({ rows }) => rows.some((row) => row.site.map === ref)).map(({ place }) => place));
  }

  /** The indication of the chart that uses a muscle, or this one. */
  const indicationFor = (muscle, otherwise) => scene().indications.find((each) => each.muscles.includes(muscle))?.id ?? otherwise;

  /** A site that no protocol laid: with the units of the brush, on the preparation that taps draw on. */
  function newSite(values) {
    const { muscle, indication } = values;
    const depth = catalogue.indications[indication]?.depth ?? catalogue.muscles[muscle]?.depth ?? null;
    return {
      key: uuid(),
      other: null,
      units: plain(hand.brush),
      depth,
      preparation: drawsOn(scene())?.key ?? null,
      protocol: null,
      protocol_site: null,
      ...inherited(store.chart.sites, hand.levels, muscle),
      ...values,
    };
  }

  function openClash(id) {
    hand.conflicts = sync.conflicts;
    hand.clash = hand.conflicts.some((conflict) => conflict.id === id) ? id : null;
  }

  /** A site that two tablets changed is decided before anything else happens to it. */
  function waits(key) {
    if (!scene().twice.has(key)) return false;
    act.decide(key);
    return true;
  }

  let rest = null;
  /** What is here from the start; the rest is added when it comes. @type {any} */
  const here = {
    said,
    signInAddress: data.sign_in,
    sessionAddress: data.session_url,
    sideOf: (site) => hand.placeOf(site)?.side ?? "unknown",

    /** What the place of a site may be called: what its region offers, and the protocol's own name. */
    musclesAt(site) {
      const region = drawings.get(site.map) && hand.regionAt(site.map, Number(site.x), Number(site.y)).region;
      const own = catalogue.protocols[site.protocol]?.sites.find(({ id }) => id === site.protocol_site)?.muscle;
      return [...new Set([...(region?.muscles ?? []), own].filter(Boolean))];
    },

    drafted: () => hand.draft,

    /** The view as it is now, to come back to. */
    holdView() {
      const { view, panel } = hand;
      return () => {
        hand.panel = panel;
        if (view && hand.view !== view) act.openView(view);
      };
    },

    /** Fetch the acts of panels and strips, which a chart that is only looked at does without. */
    fetchRest() {
      rest ??= import("./rest.js").then(
        ({ restActs }) => Object.assign(here, ...restActs.map((acts) => acts(desk))),
        () => {
          rest = null;
          refuse(t("This part of the chart could not be fetched. Try again when the network is back."));
        },
      );
      return rest;
    },

    // sites

    select(key, detail = false) {
      takeInHand(key, detail);
      const site = siteOf(key);
      show();
      if (site && site.map !== hand.view) openView(site.map);
    },

    give(key) {
      if (waits(key)) return;
      const row = scene().rows.get(key);
      const sentence = t("Site {n}, {name}, {dose} given.", { n: row.number, name: spoken(row), dose: spokenUnits(row.units) });
      perform(edits.give(key, now()), sentence, () => goOnAfter(key));
    },

    takeBack(key) {
      if (waits(key)) return;
      const row = scene().rows.get(key);
      perform(edits.takeBack(key), t("Site {n}, {name}, not given.", { n: row.number, name: spoken(row) }));
    },

    toggle: (key) => (siteOf(key).state === "planned" ? act.give(key) : act.takeBack(key)),

    giveAll() {
      const { givable, twice } = scene();
      perform(edits.giveAll(now(), twice), tn(givable, "1 site given.", "{n} sites given."), () => takeInHand(null));
    },

    giveHere() {
      const here = new Set(store.chart.sites.filter((site) => site.map === hand.view && site.state === "planned" && !scene().twice.has(site.key)).map(({ key }) => key));
      perform(edits.giveThese(here, now()), tn(here.size, "1 site given.", "{n} sites given."), () => goOnAfter(hand.selected));
    },

    remove(key) {
      const row = scene().rows.get(key);
      if (!row || waits(key)) return;
      const sentence = t("Site {n}, {name}, deleted.", { n: row.number, name: spoken(row) });
      perform(edits.remove(key), sentence, () => goOnAfter(key));
    },

    step(key, direction) {
      if (waits(key)) return;
      const site = siteOf(key);
      const next = hundredths(site.units) + direction * doseStep(scene(), site);
      if (next > 0) setUnits(key, next);
      else refuse(t("A dose cannot reach zero. Delete takes the site away."));
    },

    typeUnits(key, text) {
      const value = typedUnits(text);
      if (value === null) refuse(t("Units are a number above 0 with at most two decimals, such as 2.5."));
      else if (siteOf(key) && !waits(key)) setUnits(key, value);
    },

    expand(place) {
      if (!hand.open.delete(place)) hand.open.add(place);
      show();
    },

    // the brush

    setBrush(value, own = false) {
      hand.brush = value;
      hand.own = own;
      hand.brushChosen = true;
      if (own) hand.ownBrush = value;
      show();
    },

    stepBrush(direction) {
      const step = Math.min(...brushSteps(scene()).steps);
      const next = hand.ownBrush + direction * step;
      if (next > 0 && next <= 9999999) act.setBrush(next, true);
    },

    undo() {
      const step = !hand.readOnly && store.undo();
      if (!step) return;
      step.more?.forEach(sync.reopen);
      if (step.more) openClash(step.more[0].id);
      after(t("Taken back: {what}", { what: step.said }), step.stayed);
    },

    redo() {
      const step = !hand.readOnly && store.redo();
      if (!step) return;
      step.more?.forEach(({ id }) => sync.decided(id));
      openClash(hand.clash);
      after(t("Done again: {what}", { what: step.said }), step.stayed);
    },

    // the bar

    openPanel(name) {
      // What was said of a tap is not about what opens.
      hand.message = null;
      hand.panel = hand.panel === name ? null : name;
      if (hand.panel === "product" || !hand.draft) hand.draft = emptyDraft(scene());
      hand.exact = new Set();
      hand.otherMl = null;
      show();
      if (name === "areas") drawings.fetch(Object.values(catalogue.maps).filter(({ retired }) => !retired).map(({ ref }) => ref)).then(show, () => undefined);
    },

    freshBrush() {
      const { start, steps } = brushSteps(scene());
      hand.brush = start;
      hand.own = false;
      hand.ownBrush = steps.length > 1 ? start + steps[0] : start;
    },

    /** Say guidance or needle of all sites, or of a muscle's. */
    // views

    openView(ref) {
      if (hand.panel === "areas") hand.panel = null;
      hand.asked = null;
      hand.moving = null;
      hand.message = null;
      hand.view = ref;
      openGroupsOf(ref);
      if (siteOf(hand.selected)?.map !== ref) {
        takeInHand(store.chart.sites.find((site) => site.map === ref && site.state === "planned")?.key ?? null);
      }
      return openView(ref);
    },

    // strips

    why(id) {
      hand.why = hand.why === id ? null : id;
      show();
    },

    nextFinding() {
      hand.finding = (hand.finding + 1) % scene().figures.findings.length;
      show();
    },

    tryAgain: () => sync.retry(),
  };

  function setUnits(key, value) {
    const row = scene().rows.get(key);
    perform(edits.changeSite(key, { units: plain(value) }), t("Site {n}, {name}, {dose}.", { n: row.number, name: spoken(row), dose: spokenUnits(value) }));
  }

  function after(sentence, stayed) {
    hand.message = stayed ? tn(stayed, "1 change of another tablet stays.", "{n} changes of another tablet stay.") : null;
    hand.asked = null;
    hand.wrong = new Set();
    if (!siteOf(hand.selected)) hand.selected = null;
    hand.moving = null;
    // What stepped back or forth in another group is not lost from the list.
    if (hand.selected) takeInHand(hand.selected, hand.detail);
    said([sentence, hand.message].filter(Boolean).join(" "));
    show();
    if (scene().tabs.length && !scene().tabs.some(({ ref }) => ref === hand.view)) openView(scene().tabs[0].ref);
  }

  // An act of the rest that is asked for before it came is done when it has come.
  const act = new Proxy(here, {
    get: (acts, name) => acts[name] ?? ((...values) => acts.fetchRest().then(() => acts[name]?.(...values))),
  });

  const desk = {
    ...{ store, sync, hand, catalogue, drawings, data, scene, show, said, now },
    ...{ act, uuid, remembered, siteOf, newSite, spoken, perform, refuse, takeInHand, goOnAfter, openView, openGroupsOf, openClash, waits, indicationFor },
  };
  Object.assign(here, placingActs(desk));
  return act;
}
