// What each tap, key and button does: it changes the chart by an edit, or what is in hand, then shows.
import { locate, sideOf } from "./anatomy.js";
import { instantAt } from "./calendar.js";
import { again } from "./changes.js";
import * as clashes from "./clash.js";
import * as edits from "./edits.js";
import { fixed, hundredths, plain, trim, typedUnits } from "./exact.js";
import { mainButton } from "./foot.js";
import * as laying from "./laying.js";
import { keep, keepBoth } from "./merge.js";
import { movedTo } from "./moving.js";
import { changeSentence, placeName, spokenName, spokenUnits, units } from "./names.js";
import { isSolution, proposal, withDilution } from "./proposal.js";
import { brushSteps, doseStep, drawsOn, tapMeaning } from "./scene.js";
import { draftExpires, draftMl, emptyDraft, redrafted } from "./vialform.js";
import { t, tn } from "./words.js";

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
 * @param {(address: string, body: BodyInit, type: string) => Promise<any>} with_.ask  answers {} when nobody does
 * @param {() => string} with_.now  this instant as ISO, on the server's clock
 */
export function createActs({ store, sync, hand, catalogue, drawings, data, scene, show, said, now, ask }) {
  const uuid = () => crypto.randomUUID();
  const remembered = new Map();
  const siteOf = (key) => store.chart.sites.find((site) => site.key === key);
  const side = (site) => scene().places.get(site.key)?.side ?? act.sideOf(site);
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
    const group = scene().rows.get(key)?.group;
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

  // ── placing ──

  function newSite(values) {
    const { muscle, indication } = values;
    const depth = catalogue.indications[indication]?.depth ?? catalogue.muscles[muscle]?.depth ?? null;
    return {
      key: uuid(),
      other: null,
      units: plain(hand.brush),
      depth,
      state: "given",
      preparation: drawsOn(scene())?.key ?? null,
      protocol: null,
      protocol_site: null,
      given_at: now(),
      ...values,
    };
  }

  function place(values) {
    const site = newSite(values);
    hand.asked = null;
    const sentence = t("Site {n}, {name}, {dose} given.", { n: store.chart.sites.length + 1, name: spokenName(catalogue, site, act.sideOf(site)), dose: spokenUnits(hand.brush) });
    perform(edits.place(site), sentence, () => takeInHand(site.key));
  }

  // ── moving ──

  /** What a site would be at this place, given in hundredths. */
  function meaningAt(site, ref, [x, y]) {
    const map = drawings.get(ref);
    const to = x < 0 || y < 0 ? { region: null, inside: false } : locate(map, [x / 100, y / 100]);
    const from = hand.regionAt(site.map, Number(site.x), Number(site.y));
    const { indications } = scene();
    return movedTo({ catalogue, map, site, from, to, x: x / 100, remembered: remembered.get(`${ref} ${to.region?.id}`), indications });
  }

  const inHundredths = ([x, y]) => [Math.round(x * 100), Math.round(y * 100)];

  /** Move a site there in one step, or ask first what it is there, or leave it and say why. */
  function move(key, ref, point, byKey) {
    const site = siteOf(key);
    const at = inHundredths(point);
    const { inside, asks, region, values } = meaningAt(site, ref, at);
    if (!inside) return refuse(t("That is beside the body. The site is back where it was."));
    const spot = { x: fixed(at[0]), y: fixed(at[1]) };
    if (asks) {
      hand.asked = { ref, point: [at[0] / 100, at[1] / 100], region, spot, moving: key, byKey };
      said(region?.warn ?? t("No muscle or area is charted here."));
      return show();
    }
    return setDown(key, { ...spot, ...values });
  }

  function setDown(key, values) {
    // Another tablet may have changed it while a finger held it.
    if (waits(key)) return;
    const { number, ordinal } = scene().rows.get(key);
    const before = siteOf(key);
    const after = { ...before, ...values };
    const same = before.muscle === after.muscle && act.sideOf(before) === act.sideOf(after);
    const name = spokenName(catalogue, after, act.sideOf(after), same ? ordinal : null);
    perform(edits.changeSite(key, values), t("Site {n}, {name}, moved.", { n: number, name }), () => takeInHand(key, hand.detail));
  }

  const indicationFor = (muscle, otherwise) =>
    scene().indications.find((each) => each.muscles.includes(muscle))?.id ?? otherwise;

  // ── protocol ──

  const preparationFor = (product) => {
    const inUse = drawsOn(scene());
    const fits = inUse?.product === product ? inUse : store.chart.preparations.find((each) => each.product === product);
    return fits?.key ?? null;
  };

  const doses = () => ({ weight: data.patient.weight_kg, brush: hand.brush });

  /** Sites of a protocol as they are laid: planned, each with its units. */
  const asLaid = (id, sites) => {
    const protocol = catalogue.protocols[id];
    const preparation = preparationFor(protocol.product);
    return sites.map((site) => ({
      key: uuid(),
      map: site.map.includes("@") ? site.map : catalogue.maps[site.map].ref,
      x: fixed(hundredths(site.x)),
      y: fixed(hundredths(site.y)),
      muscle: site.muscle,
      other: null,
      units: trim(site.units),
      depth: site.depth,
      state: "planned",
      preparation,
      indication: protocol.indication,
      protocol: id,
      protocol_site: site.id,
      given_at: null,
    }));
  };

  const sitesOfProtocol = (id) => asLaid(id, laying.planned(catalogue.protocols[id], doses()));

  /** Go to what was laid last, or stay where the picture shows some of it. */
  const seeLaid = (sites) => (sites.some(({ map }) => map === hand.view) ? openGroupsOf(hand.view) : begin(sites[0].map));

  async function begin(ref) {
    await drawings.fetch([...new Set([ref, ...scene().tabs.map((tab) => tab.ref)])]).catch(() => undefined);
    hand.view = ref;
    show();
    openGroupsOf(ref);
    takeInHand(scene().next?.key ?? null);
    hand.refit();
    show();
  }

  // ── vials ──

  /** What is known of a vial, as the chart holds it; what few have is left out where nobody said it. */
  function vialOf({ units: size, lot, expires, serial, ndc, source, unable = {} }) {
    const told = { serial, ndc, source: source === "pharmacy" ? source : null, ...(unable.lot && { lot: { unable: unable.lot } }), ...(unable.expires && { expires: { unable: unable.expires } }) };
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value));
    return { key: uuid(), units: trim(size), lot: lot?.trim() ?? "", expires: expires || null, discarded: null, ...known };
  }

  function open(vial, count, mixed) {
    const solution = isSolution(scene(), vial);
    const why = vial.unable?.diluent_ml;
    const preparation = {
      key: uuid(),
      product: vial.product,
      diluent: solution ? "none" in catalogue.diluents ? "none" : null : Object.keys(catalogue.diluents)[0],
      diluent_ml: solution ? "0" : why ? { unable: why } : vial.diluent_ml && trim(vial.diluent_ml),
      reconstituted_at: mixed && !solution ? now() : null,
      vials: Array.from({ length: count }, () => vialOf(vial)),
    };
    const fits = (site) => !site.protocol || catalogue.protocols[site.protocol].product === vial.product;
    hand.preparation = preparation.key;
    hand.panel = null;
    const name = t("{product} {n} U", { product: vial.product, n: trim(vial.units) });
    perform(edits.addPreparation(preparation, fits), mixed ? t("{name} mixed now.", { name }) : t("{name} opened.", { name }));
    hand.draft = emptyDraft(scene());
    show();
  }

  /** The form with what is known of a vial, and what stands in the way of taking it in one. */
  function fillDraft(vial, sentence) {
    const empty = emptyDraft(scene());
    const product = vial.product ?? empty.product;
    const size = vial.units ? trim(vial.units) : vial.product ? "" : empty.units;
    const { diluent_ml: ml } = withDilution(scene(), { ...vial, product, units: size });
    hand.draft = { ...empty, product, units: size, ml: ml ?? "", lot: vial.lot ?? "", expires: vial.expires ?? "", exact: true, serial: vial.serial ?? null, ndc: vial.ndc ?? null, source: vial.source ?? null };
    hand.panel = "product";
    refuse(sentence);
  }

  /** A reason as a sentence of its own. */
  const ended = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

  const preparationCalled = (key) => store.chart.preparations.find((each) => each.key === key).product;

  const act = {
    said,
    signInAddress: data.sign_in,
    sessionAddress: data.session_url,
    sideOf(site) {
      const map = drawings.get(site.map);
      if (!map) return "midline";
      return sideOf(map, hand.regionAt(site.map, Number(site.x), Number(site.y)).region, catalogue.muscles[site.muscle], Number(site.x));
    },

    /** What the place of a site may be called: what its region offers, and the protocol's own name. */
    musclesAt(site) {
      const region = drawings.get(site.map) && hand.regionAt(site.map, Number(site.x), Number(site.y)).region;
      const own = catalogue.protocols[site.protocol]?.sites.find(({ id }) => id === site.protocol_site)?.muscle;
      return [...new Set([...(region?.muscles ?? []), own].filter(Boolean))];
    },

    // the picture

    tapSite(mark) {
      const [key] = mark.split("/");
      hand.message = null;
      hand.asked = null;
      hand.moving = null;
      if (waits(key)) return;
      if (siteOf(key).state === "planned") act.give(key);
      else act.select(key, true);
    },

    tapSkin(ref, point, byKey = false) {
      if (hand.readOnly) return refuse(hand.readOnly);
      const [x, y] = inHundredths(point);
      const { moving } = hand;
      hand.message = null;
      hand.asked = null;
      hand.moving = null;
      if (moving) return move(moving, ref, point, byKey);
      if (x < 0 || y < 0) return refuse(t("That is beside the body. Tap on it."));
      const meaning = tapMeaning(scene(), ref, [x / 100, y / 100], remembered);
      const { region, inside, muscle, indication } = meaning;
      if (!inside) return refuse(t("That is beside the body. Tap on it."));
      const spot = { map: ref, x: fixed(x), y: fixed(y), indication };
      if (!region?.muscles.length || region.warn) {
        hand.asked = { ref, point: [x / 100, y / 100], region, spot, byKey };
        said(region?.warn ?? t("No muscle or area is charted here."));
        return show();
      }
      place({ ...spot, muscle });
    },

    pictureMoved: () => refuse(t("The picture moved just then, so that tap placed nothing. Tap again.")),

    nameOf(ref, [x, y]) {
      const { region, inside } = hand.regionAt(ref, x, y);
      if (!inside) return t("Beside the body");
      const [muscle] = region?.muscles ?? [];
      const id = tapMeaning(scene(), ref, [x, y], remembered).muscle ?? muscle;
      const map = drawings.get(ref);
      return id ? placeName(catalogue, { muscle: id }, sideOf(map, region, catalogue.muscles[id], x)) : (region?.warn ?? t("No muscle or area is charted here."));
    },

    placeAsked({ muscle, other }) {
      const { spot, moving } = hand.asked;
      hand.asked = null;
      if (moving && !siteOf(moving)) return show();
      if (moving) return setDown(moving, { ...spot, muscle, other, indication: indicationFor(muscle, siteOf(moving).indication) });
      place({ ...spot, muscle, other, indication: indicationFor(muscle, spot.indication) });
    },

    dropAsked() {
      hand.asked = null;
      show();
    },

    /** A finger draws a site over the picture; nothing is recorded before it lets go. */
    drag(key, ref, point) {
      const site = siteOf(key);
      if (!hand.drag) {
        hand.message = null;
        hand.asked = null;
        takeInHand(key, hand.selected === key && hand.detail);
      }
      const meaning = point ? meaningAt(site, ref, inHundredths(point)) : null;
      const look = meaning && [meaning.inside, meaning.region?.id, meaning.side, meaning.values.muscle].join();
      const before = hand.drag;
      hand.drag = { key, meaning, look };
      if (!before) show();
      else if (before.look !== look) hand.showDrag();
    },

    drop(key, ref, point) {
      hand.drag = null;
      hand.message = null;
      move(key, ref, point, false);
    },

    /** It lies where it was; a sentence says why, where nobody could know. */
    putBack(sentence) {
      if (!hand.drag) return;
      hand.drag = null;
      if (sentence) refuse(sentence);
      else show();
    },

    /** The next tap on the picture, or Enter at its cross, says where this site goes. */
    startMove(key, byKey) {
      if (hand.readOnly) return refuse(hand.readOnly);
      if (waits(key)) return;
      const site = siteOf(key);
      hand.message = null;
      hand.asked = null;
      takeInHand(key, hand.detail);
      hand.moving = key;
      hand.picture = true;
      said(t("Tap the place where site {n} goes.", { n: scene().rows.get(key).number }));
      show();
      if (byKey) hand.steer([Number(site.x), Number(site.y)]);
    },

    stopMove() {
      hand.moving = null;
      show();
    },

    /** A step of so many life-size millimetres. */
    nudge(key, [dx, dy]) {
      if (hand.readOnly) return refuse(hand.readOnly);
      if (waits(key)) return;
      const site = siteOf(key);
      const { scale } = drawings.get(site.map);
      hand.message = null;
      move(key, site.map, [Number(site.x) + dx * scale, Number(site.y) + dy * scale], true);
    },

    rename(muscle) {
      const site = siteOf(hand.selected);
      const region = hand.regionAt(site.map, Number(site.x), Number(site.y)).region;
      if (region) remembered.set(`${site.map} ${region.id}`, muscle);
      act.changeSite(site.key, "muscle", muscle);
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

    changeSite(key, field, text) {
      if (waits(key)) return;
      const value = typeof text === "string" ? text.trim() || null : text;
      const site = siteOf(key);
      const values = field === "muscle" ? { muscle: value, other: value ? null : site.other, indication: indicationFor(value, site.indication) } : { [field]: value };
      const after = { ...site, ...values };
      // Under its new name it stands in another group, which opens for it.
      const stay = () => hand.selected === key && takeInHand(key, hand.detail);
      perform(edits.changeSite(key, values), changeSentence({ thing: "site", before: site, after }, { catalogue, sideOf: act.sideOf }), stay);
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
      hand.panel = hand.panel === name ? null : name;
      if (hand.panel === "product" || !hand.draft) hand.draft = emptyDraft(scene());
      hand.exact = new Set();
      hand.otherMl = null;
      show();
      if (name === "areas") drawings.fetch(Object.values(catalogue.maps).map(({ ref }) => ref)).then(show, () => undefined);
    },

    toggleIndication(id) {
      const indication = catalogue.indications[id];
      const adding = !store.chart.indications.includes(id);
      const first = store.chart.indications.length === 0;
      const codes = indication.codes.map(({ code }) => code);
      const usual = adding ? indication.default_protocol : null;
      const lay = usual ? edits.layProtocol(usual, sitesOfProtocol(usual)) : (chart) => chart;
      const name = indication.label;
      const laid = usual ? ` ${t("{name} laid as planned.", { name: catalogue.protocols[usual].title })}` : "";
      const sentence = adding ? t("{name} chosen.", { name }) + laid : t("{name} taken off.", { name });
      if (!perform(edits.together(edits.toggleIndication(id, codes), lay), sentence)) {
        return refuse(t("Sites given for it keep {name} on the chart.", { name }));
      }
      if (!hand.brushChosen) act.freshBrush();
      if (adding && first) {
        hand.draft = emptyDraft(scene());
        // A limb has no usual pattern: its muscles are offered one by one.
        if (indication.protocols.some((each) => catalogue.protocols[each].per_limb)) act.openPanel("protocol");
        begin(scene().next?.map ?? scene().tabs[0].ref);
      }
    },

    freshBrush() {
      const { start, steps } = brushSteps(scene());
      hand.brush = start;
      hand.own = false;
      hand.ownBrush = steps.length > 1 ? start + steps[0] : start;
    },

    toggleCode: (code) => perform(edits.toggleCode(code), t("Diagnosis changed: {code}.", { code })),

    layProtocol(id) {
      if (id && catalogue.protocols[id].add_on_to) return act.layBeside(id);
      const lifted = id ? [edits.liftPlanned(catalogue.protocols[id].indication)] : store.chart.indications.map(edits.liftPlanned);
      const lay = id ? [edits.layProtocol(id, sitesOfProtocol(id))] : [];
      hand.panel = null;
      const sentence = id ? t("{name} laid as planned.", { name: catalogue.protocols[id].title }) : t("No protocol.");
      if (perform(edits.together(...lifted, ...lay), sentence) && id) begin(scene().next?.map ?? hand.view);
    },

    /** Lay what stands beside a pattern, or lift it again. */
    layBeside(id) {
      const protocol = catalogue.protocols[id];
      const own = new Set(protocol.sites.map((site) => site.id));
      if (store.chart.sites.some((site) => site.protocol === id && site.state === "planned")) {
        return perform(edits.liftSites(id, own), t("{name} lifted.", { name: protocol.title }));
      }
      const sites = sitesOfProtocol(id).filter((site) => laying.isFree(store.chart, site));
      return perform(edits.layProtocol(id, sites), t("{name} laid as planned.", { name: protocol.title }), () => seeLaid(sites));
    },

    /** Lay a muscle's block on the limb in hand, or lift what is planned of it there. */
    layBlock(id) {
      const protocol = catalogue.protocols[id];
      const { limb: side } = hand;
      if (!side) return refuse(t("Choose the limb first: right or left."));
      const name = spokenName(catalogue, { muscle: protocol.muscle }, side);
      if (laying.limbsOf(store.chart, id, protocol).has(side)) {
        const own = new Set(protocol.sites.filter((site) => site.side === side).map((site) => site.id));
        const lifted = perform(edits.liftSites(id, own), t("{name} lifted.", { name }));
        return lifted || refuse(t("What was given stays on the chart."));
      }
      if (laying.asksForWeight(protocol, data.patient.weight_kg)) {
        return refuse(t("Enter the weight on the patient’s page first: a child’s dose follows from it."));
      }
      const sites = asLaid(id, laying.planned(protocol, { side, ...doses() }));
      return perform(edits.layProtocol(id, sites), t("{name} laid as planned.", { name }), () => seeLaid(sites));
    },

    /** Lay one more site of a protocol that is only laid when asked for. */
    layExtra(id, site) {
      const sites = asLaid(id, [laying.asked(catalogue.protocols[id], site, doses())]);
      const name = spokenName(catalogue, sites[0], catalogue.protocols[id].sites.find((each) => each.id === site).side);
      perform(edits.layProtocol(id, sites), t("{name} laid as planned.", { name }), () => seeLaid(sites));
    },

    /** Keep what is charted as a protocol of the clinic's own, under this name. */
    async saveProtocol(name) {
      if (!name.trim()) return refuse(t("Give the protocol a name."));
      if (!(await sync.flush())) return refuse(t("Saving a protocol waits until the chart is saved on the clinic’s server."));
      const body = new FormData();
      body.set("title", name.trim());
      const sent = { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": document.querySelector("meta[name='csrf-token']").content } };
      const answer = await fetch(data.protocol_url, sent).catch(() => null);
      const told = answer && (await answer.json().catch(() => null));
      if (answer?.ok && told) hand.panel = null;
      return refuse(told?.said ?? told?.error ?? t("The protocol could not be saved. Try again when the network is back."));
    },

    limb(side) {
      hand.limb = side;
      show();
    },

    blocks(key) {
      hand.blocks = key;
      show();
    },

    setDate(date) {
      if (/^\d{4}-\d\d-\d\d$/.test(date)) perform(edits.set({ date }), t("Date of service changed."));
    },

    // vials

    useVial() {
      const offer = proposal(scene());
      if (offer) open(offer.vial, offer.count, true);
    },

    useRecent(index) {
      const vial = withDilution(scene(), hand.recent[index]);
      if (vial.quarantined) return fillDraft(vial, t("Lot {lot} is quarantined: {reason} Take another vial.", { lot: vial.lot, reason: ended(vial.quarantined) }));
      if (vial.diluent_ml || isSolution(scene(), vial)) return open(vial, 1, true);
      fillDraft(vial, t("Choose how much saline went into each vial."));
    },

    /** A scan, wherever on the page it came: the server reads it, and knows the stock. */
    async scan(code, { kept = false } = {}) {
      if (hand.readOnly) return refuse(hand.readOnly);
      const answer = await ask(data.code_url, JSON.stringify({ code, patient: data.patient.id, ...(kept && { kept: "1" }) }), "application/json");
      if (!answer.readings) return refuse(answer.error ?? t("A scan is read by the clinic’s server, which did not answer. Type lot and expiry instead."));
      if (answer.decided) return act.takeScan(answer.readings[0]);
      hand.scans = answer.readings;
      show();
    },

    /** A picture of the code goes to the server and is kept nowhere. */
    async photograph(file) {
      if (!file) return;
      said(t("Reading the picture."));
      const answer = await ask(data.photograph_url, file, file.type || "application/octet-stream");
      if (answer.code) return act.scan(answer.code, { kept: true });
      refuse(answer.error ?? t("A picture is read by the clinic’s server, which did not answer. Type lot and expiry instead."));
    },

    chooseScan(index) {
      const reading = hand.scans[index];
      hand.scans = null;
      act.takeScan(reading);
    },

    /** The view as it is now, to come back to. */
    holdView() {
      const { view, panel } = hand;
      return () => {
        hand.panel = panel;
        if (view && hand.view !== view) act.openView(view);
      };
    },

    dropScans() {
      hand.scans = null;
      show();
    },

    takeScan(reading) {
      const { product, units: size, lot, serial, whose, quarantined } = reading;
      const vial = { ...reading, lot: lot ?? "", source: whose === "patient" ? "pharmacy" : null };
      if (!product || !size) return fillDraft(vial, t("The catalogue does not know this product’s code. Choose product and size."));
      if (quarantined) return fillDraft(vial, t("Lot {lot} is quarantined: {reason} Take another vial.", { lot, reason: ended(quarantined) }));
      if (whose === "other") return fillDraft(vial, t("This vial was delivered for another patient. Take another one."));
      const all = store.chart.preparations.flatMap((each) => each.vials.map((held) => ({ ...held, product: each.product })));
      const same = all.filter((held) => held.product === product && hundredths(held.units) === hundredths(size));
      if (serial && same.some((held) => held.serial === serial)) return refuse(t("This vial is on the chart already."));
      const meant = same.find((held) => !held.serial && (!held.lot || held.lot === lot));
      const name = t("{product} {n} U", { product, n: trim(size) });
      if (meant) {
        const { lot: number, expires, ...told } = vialOf({ ...vial, units: size });
        const { key: _, units: __, discarded: ___, ...rest } = told;
        return perform(edits.changeVial(meant.key, { ...rest, ...(number && { lot: number }), ...(expires && { expires }) }), t("{name}: scanned.", { name }));
      }
      const into = store.chart.preparations.find((each) => each.product === product && each.vials.some((held) => hundredths(held.units) === hundredths(size)));
      if (into) {
        const mixed = into.reconstituted_at && !isSolution(scene(), into) ? { reconstituted_at: now() } : {};
        return perform(edits.addVial(into.key, { ...vialOf({ ...vial, units: size }), ...mixed }), t("One more vial of {product}.", { product }));
      }
      const ready = withDilution(scene(), vial);
      if (ready.diluent_ml || isSolution(scene(), ready)) return open(ready, 1, true);
      fillDraft(vial, t("Choose how much saline went into each vial."));
    },

    drafted: () => hand.draft,

    draft(field, value) {
      hand.draft = redrafted(scene(), hand.draft, field, value);
      show();
    },

    useDraft(mixed) {
      const { draft } = hand;
      const unable = Object.fromEntries(Object.entries(draft.unable).map(([name, why]) => [name, why.trim()]));
      const vial = { ...draft, unable, diluent_ml: draftMl(draft), expires: draftExpires(draft) };
      if (!vial.units) return refuse(t("Choose the vial’s size."));
      if (Object.values(unable).includes("")) return refuse(t("Say why it is not known, or enter it."));
      if (mixed && !vial.diluent_ml && !unable.diluent_ml && !isSolution(scene(), vial)) return refuse(t("Choose how much saline went into each vial."));
      open(vial, 1, mixed);
    },

    drawOn(key) {
      hand.preparation = key;
      if (!hand.brushChosen) act.freshBrush();
      show();
    },

    oneMore(key) {
      const preparation = store.chart.preparations.find((each) => each.key === key);
      // Another container: what a scan told of the last one is not its own.
      const { serial: _, discard_reason: __, ...like } = preparation.vials.at(-1);
      const vial = { ...like, key: uuid(), discarded: null };
      perform(edits.addVial(key, vial), t("One more vial of {product}.", { product: preparation.product }));
    },

    removeVial: (key) => perform(edits.removeVial(key), t("Vial taken off.")),

    vialExact(key) {
      if (!hand.exact.delete(key)) hand.exact.add(key);
      show();
    },

    changeVial(key, field, text) {
      const typed = text.trim();
      if (field === "lot") return perform(edits.changeVial(key, { lot: typed }), t("Lot changed."));
      if (field === "discard_reason") return perform(edits.changeVial(key, { discard_reason: typed || undefined }), t("Reason of discarding changed."));
      if (field.startsWith("unable-")) return act.unableVial(key, field.slice(7), typed);
      if (field === "expires") {
        const expires = draftExpires({ expires: typed, exact: typed.length > 7 });
        return perform(edits.changeVial(key, { expires }), t("Expiry changed."));
      }
      const value = hundredths(typed.replace(",", "."));
      if (typed && value === null) return refuse(t("Units are digits with at most two decimals, such as 45 or 2.5."));
      perform(edits.changeVial(key, { discarded: typed ? plain(value) : null, ...(value ? {} : { discard_reason: undefined }) }), t("Discarded units changed."));
    },

    /** Say why something of a vial could not be found out; the field then asks for the reason. */
    unableVial(key, field, why) {
      if (!why) return act.askWhy(`${key} ${field}`);
      hand.whys.delete(`${key} ${field}`);
      perform(edits.changeVial(key, { [field]: { unable: why } }), t("Not known: {why}.", { why }));
    },

    unablePreparation(key, field, why) {
      if (!why) return act.askWhy(`${key} ${field}`);
      hand.whys.delete(`${key} ${field}`);
      perform(edits.changePreparation(key, { [field]: { unable: why } }), t("Not known: {why}.", { why }));
    },

    askWhy(id) {
      hand.whys.add(id);
      show();
    },

    /** The value is known after all: the field is empty again. */
    known(key, field) {
      hand.whys.delete(`${key} ${field}`);
      const empty = field === "lot" ? "" : null;
      const vial = store.chart.preparations.flatMap((each) => each.vials).find((each) => each.key === key);
      const preparation = store.chart.preparations.find((each) => each.key === key);
      if (vial?.[field]?.unable) return perform(edits.changeVial(key, { [field]: empty }), t("Known after all."));
      if (preparation?.[field]?.unable) return perform(edits.changePreparation(key, { [field]: null }), t("Known after all."));
      show();
    },

    changeMl(key, text) {
      hand.otherMl = text === "other" ? key : null;
      if (text === "other") return show();
      const value = hundredths(text.trim().replace(",", "."));
      if (text && !value) return refuse(t("Saline is a number of mL above 0, such as 4 or 2.5."));
      perform(edits.changePreparation(key, { diluent_ml: text ? plain(value) : null }), t("Dilution of {product} changed.", { product: preparationCalled(key) }));
    },

    changeDiluent: (key, id) => perform(edits.changePreparation(key, { diluent: id || null }), t("Diluent of {product} changed.", { product: preparationCalled(key) })),

    mixed(key, time) {
      const at = time === null ? now() : time && instantAt(store.chart.date, time, data.zone);
      perform(edits.changePreparation(key, { reconstituted_at: at || null }), t("Time of mixing of {product} changed.", { product: preparationCalled(key) }));
    },

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

    /** Lay out what was changed on two tablets, and the place of it. */
    decide(id) {
      openClash(id);
      const conflict = scene().twice.get(id);
      const map = conflict && (conflict.mine ?? conflict.theirs).map;
      takeInHand(siteOf(id) ? id : null);
      show();
      if (map && map !== hand.view) openView(map);
    },

    keep(side) {
      const conflict = scene().clash;
      const edit = side === "both" ? keepBoth(conflict, uuid()) : keep(conflict, side);
      settle([conflict], edit, t("{what}: decided.", { what: clashes.nameOf(scene(), conflict, act.sideOf) }));
    },

    keepAll(side) {
      const all = [...hand.conflicts];
      settle(all, edits.together(...all.map((conflict) => keep(conflict, side))), tn(all.length, "1 change decided.", "{n} changes decided."));
    },

    nextClash() {
      const { conflicts, clash } = scene();
      act.decide(conflicts[(conflicts.indexOf(clash) + 1) % conflicts.length].id);
    },

    later() {
      hand.clash = null;
      show();
    },

    leaveOut(id) {
      sync.decided(id);
      hand.aside = sync.aside;
      show();
    },

    leaveAllOut: () => sync.aside.forEach(({ id }) => act.leaveOut(id)),

    /** What was done while the session was another patient's belongs to this one. */
    takeUp() {
      const kept = sync.aside;
      const sentence = tn(kept.length, "1 change taken up.", "{n} changes taken up.");
      if (perform(edits.together(...kept.map(again)), sentence)) kept.forEach(({ id }) => act.leaveOut(id));
    },

    tryAgain: () => sync.retry(),

    // going on

    async review() {
      const { discards } = mainButton(scene());
      if (discards && !perform(edits.discardRemainders(), t("The rest of the vial is discarded."))) return;
      if (await sync.flush()) return location.assign(data.review_url);
      const [first] = sync.conflicts;
      if (first) act.decide(first.id);
      refuse(
        first
          ? tn(sync.conflicts.length, "Signing waits for 1 decision: A or B.", "Signing waits for {n} decisions: A or B.")
          : t("Signing waits until the chart is saved on the clinic’s server."),
      );
    },

    async timeOut() {
      if (await sync.flush()) location.assign(data.time_out_url);
      else refuse(t("The time-out waits until the chart is saved on the clinic’s server."));
    },

    async move() {
      if (await sync.flush()) location.assign(data.move_url);
      else refuse(t("Moving waits until the chart is saved on the clinic’s server."));
    },
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

  // ── two tablets ──

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

  function settle(decided, edit, sentence) {
    perform(edit, sentence, () => decided.forEach(({ id }) => sync.decided(id)), decided);
    openClash(sync.conflicts[0]?.id);
    show();
  }

  return act;
}
