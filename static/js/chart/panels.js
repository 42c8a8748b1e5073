// What opens in place beneath the bar: indication, protocol, product, dilution, date, other areas,
// and the menu. One panel at a time; each is drawn from the scene and obeys data-actions.
import { clock, day, isMonthEnd, timeOfDay } from "./calendar.js";
import { button, el, icon, obey, redraw } from "./dom.js";
import { artId } from "./drawings.js";
import { goodUntil, timeLeft, useBy } from "./clockwork.js";
import { hundredths, trim } from "./exact.js";
import { choices, labelled } from "./fields.js";
import { guidancePanel } from "./guidepanel.js";
import { createThumbnail } from "./marks.js";
import { asked, asksForWeight, blockSets, planned } from "./blocks.js";
import { due, extras, limbsOf } from "./laying.js";
import { orWhy, placeName, preparationName, sideWord, sitesOf, strengthOf, subjectName, units, vialLabel } from "./names.js";
import { fitting, isSolution, withDilution } from "./proposal.js";
import { obeyReactions, reactionPanel } from "./reaction.js";
import { brushProduct } from "./scene.js";
import { mixedAt } from "./totals.js";
import { dilutionChoices, expiryField, photographButton, unableChoice, unableField, useWord, vialFields } from "./vialform.js";
import { t, tn } from "./words.js";

/** Why a vial's rest was thrown away, by the word that is stored. */
const discardReasons = () => ({
  remainder: t("rest of a single-dose vial"),
  spill: t("spilled or lost"),
  broken: t("vial broken or faulty"),
  past_limit: t("past its time after mixing"),
  not_given: t("prepared and not given"),
  other: t("other"),
});

/** @param {HTMLElement} root */
export function createPanels(root, act, zone, now) {
  let look = null;
  let open = null;

  obeyReactions(root, act);
  obey(root, {
    indication: (control) => act.toggleIndication(control.dataset.key),
    code: (control) => act.toggleCode(control.dataset.key),
    lay: (control) => act.layProtocol(control.dataset.key || null),
    "lay-block": (control) => act.layBlock(control.dataset.key),
    "lay-extra": (control) => act.layExtra(control.dataset.key, control.dataset.field),
    "save-protocol": () => act.saveProtocol(root.querySelector("#own-name").value),
    limb: (control) => act.limb(control.dataset.key),
    blocks: (control) => act.blocks(control.dataset.key),
    "use-recent": (control) => act.useRecent(Number(control.dataset.key)),
    "use-draft": () => act.useDraft(true),
    "add-draft": () => act.useDraft(false),
    "draft-exact": () => act.draft("exact", !act.drafted().exact),
    "draft-known": (control) => act.draft(`unable-${control.dataset.field}`, null),
    known: (control) => act.known(control.dataset.key, control.dataset.field),
    "vial-exact": (control) => act.vialExact(control.dataset.key),
    "draw-on": (control) => act.drawOn(control.dataset.key),
    "one-more": (control) => act.oneMore(control.dataset.key),
    "remove-vial": (control) => act.removeVial(control.dataset.key),
    "mixed-now": (control) => act.mixed(control.dataset.key, null),
    view: (control) => act.openView(control.dataset.ref),
    theme: (control) => act.theme(control.dataset.key),
    hand: (control) => act.leftHanded(control.dataset.key === "left"),
    date: () => act.openPanel("date"),
    keys: () => act.showKeys(),
    technique: () => act.openPanel("technique"),
    guidance: () => act.openPanel("guidance"),
    "guide-all": (control) => act.guideAll(control.dataset.key),
    lock: () => act.lock(),
    discard: () => act.askDiscard(),
    move: () => act.move(),
    close: () => act.openPanel(null),
  });
  obey(
    root,
    {
      draft: (control) => act.draft(control.dataset.field, control.value),
      "draft-unable": (control) => control.value && act.draft(`unable-${control.value}`, ""),
      "vial-unable": (control) => control.value && act.unableVial(control.dataset.key, control.value, ""),
      "prep-unable": (control) => control.value && act.unablePreparation(control.dataset.key, control.value, ""),
      "prep-why": (control) => act.unablePreparation(control.dataset.key, control.dataset.field, control.value.trim()),
      photograph: (control) => act.photograph(control.files[0]),
      vial: (control) => act.changeVial(control.dataset.key, control.dataset.field, control.value),
      ml: (control) => act.changeMl(control.dataset.key, control.value),
      diluent: (control) => act.changeDiluent(control.dataset.key, control.value),
      "mixed-at": (control) => act.mixed(control.dataset.key, control.value),
      date: (control) => act.setDate(control.value),
      guide: (control) => act.guide(control.dataset.field, control.dataset.key, control.value),
    },
    "change",
  );

  const contents = {
    indication(scene) {
      const { catalogue, chart } = scene;
      return [
        el("h2", {}, t("Why today")),
        el(
          "div",
          { class: "options" },
          Object.entries(catalogue.indications).map(([id, { label }]) =>
            button("indication", { "data-key": id, "aria-pressed": String(chart.indications.includes(id)) }, label),
          ),
        ),
        scene.indications.map((indication) => [
          el("h3", {}, t("Diagnosis, {name}", { name: indication.label })),
          el(
            "div",
            { class: "options options--lines" },
            indication.codes.map(({ code, label }) =>
              button("code", { "data-key": code, "aria-pressed": String(chart.codes.includes(code)) }, el("b", {}, code), el("span", {}, label)),
            ),
          ),
        ]),
      ];
    },

    protocol(scene) {
      const { catalogue, chart } = scene;
      const laid = new Set(chart.sites.map((site) => site.protocol).filter(Boolean));
      const offered = scene.indications.flatMap(({ protocols }) => protocols);
      const patterns = offered.filter((id) => {
        const { per_limb: byLimb, add_on_to: base } = catalogue.protocols[id];
        // What stands beside a pattern is offered with it, and only if it lays anything unasked.
        return !byLimb && (!base || (laid.has(base) && due(catalogue.protocols[id]).length > 0));
      });
      return [
        el("h2", {}, t("Protocol")),
        offered.length ? null : el("p", { class: "quiet" }, t("The catalogue has no protocol for this indication. Tap the picture where it is given.")),
        blocks(scene),
        el("div", { class: "options options--lines" }, patterns.map((id) => patternButton(scene, id, laid.has(id)))),
        moreSites(scene),
        keepAsOwn(scene),
        offered.length ? el("div", { class: "options options--lines" }, button("lay", { "data-key": "", "aria-pressed": String(laid.size === 0) }, el("b", {}, t("No protocol")), el("span", {}, t("what is planned is lifted, what was given stays")))) : null,
      ];
    },

    technique(scene) {
      const sheets = scene.indications.filter(({ technique }) => technique.length);
      return [
        el("h2", {}, t("Technique and what to expect")),
        sheets.length ? null : el("p", { class: "quiet" }, t("The catalogue has no technique sheet for this indication.")),
        sheets.map(({ label, technique }) => [
          el("h3", {}, label),
          el("dl", { class: "facts" }, technique.map(({ topic, text, verify }) => [el("dt", {}, topicWord(topic)), el("dd", {}, text, verify ? [" ", el("span", { class: "verify" }, t("verify"))] : null)])),
        ]),
      ];
    },

    guidance: guidancePanel,

    product(scene) {
      const { chart, hand } = scene;
      const recent = fitting(scene);
      return [
        el("h2", {}, t("Product and vials")),
        hand.message ? el("p", { class: "panel__said" }, icon("info", "icon--s"), hand.message) : null,
        chart.preparations.filter(({ vials }) => vials.length).map((preparation) => preparationCard(scene, preparation)),
        recent.length
          ? [
              el("h3", {}, chart.preparations.length ? t("Open another vial") : t("Used lately")),
              el(
                "ul",
                { class: "vials" },
                recent.map((vial) => atHand(scene, vial)),
              ),
            ]
          : null,
        leastWaste(scene),
        el("h3", {}, t("A vial from the label"), photographButton("panel")),
        el("div", { class: "fields" }, vialFields(scene, hand.draft)),
        el(
          "div",
          { class: "row" },
          button("use-draft", { class: "button button--primary" }, useWord(scene, hand.draft)),
          isSolution(scene, hand.draft) ? null : button("add-draft", {}, t("Add, not mixed yet")),
        ),
      ];
    },

    dilution(scene) {
      const { chart, catalogue } = scene;
      return [
        el("h2", {}, t("Dilution")),
        chart.preparations.some(({ vials }) => vials.length) ? null : el("p", { class: "quiet" }, t("Choose the vial first; its dilution comes with it.")),
        chart.preparations.filter(({ vials }) => vials.length).map((preparation) => {
          const { key, product, vials, reconstituted_at: mixed } = preparation;
          const options = dilutionChoices(scene, product, vials[0]?.units);
          const why = (field) => preparation[field]?.unable ?? (scene.hand.whys.has(`${key} ${field}`) ? "" : null);
          const ml = preparation.diluent_ml === null || preparation.diluent_ml.unable ? "" : trim(preparation.diluent_ml);
          const listed = ml === "" || options.some(([value]) => value === ml);
          const other = !listed || scene.hand.otherMl === key;
          if (isSolution(scene, preparation)) return el("p", {}, t("{name} is a ready-made solution.", { name: preparationName(preparation) }));
          return el(
            "section",
            { class: "prep" },
            el("h3", {}, preparationName(preparation), el("span", { class: "quiet" }, strengthOf(catalogue.products, preparation) ?? t("strength not known yet"))),
            el(
              "div",
              { class: "fields" },
              why("diluent_ml") !== null ? whyField(key, "diluent_ml", why("diluent_ml")) : labelled(t("Saline in each vial"), choices({ "data-action": "ml", "data-key": key, id: `ml-${key}`, value: other ? "other" : ml }, [["", t("choose")], ...options])),
              other && why("diluent_ml") === null ? labelled(t("mL"), el("input", { class: "input", "data-action": "ml", "data-key": key, id: `ml-other-${key}`, inputmode: "decimal", maxlength: "6", value: ml }), "small-field--short") : null,
              labelled(t("Diluent"), choices({ "data-action": "diluent", "data-key": key, id: `diluent-${key}`, value: preparation.diluent ?? "" }, [["", t("not said")], ...Object.entries(catalogue.diluents)])),
              why("reconstituted_at") !== null
                ? whyField(key, "reconstituted_at", why("reconstituted_at"))
                : [labelled(t("Mixed at"), el("input", { class: "input", type: "time", "data-action": "mixed-at", "data-key": key, id: `mixed-${key}`, value: mixed ? timeOfDay(mixed, zone) : "" })), button("mixed-now", { "data-key": key }, t("Mixed now"))],
              unableChoice({ "data-action": "prep-unable", "data-key": key, id: `unable-${key}` }, ["diluent_ml", "reconstituted_at"].filter((field) => why(field) === null)),
            ),
          );
        }),
      ];
    },

    reaction: reactionPanel,

    date(scene) {
      return [
        el("h2", {}, t("Date of service")),
        el("div", { class: "fields" }, labelled(t("Given on"), el("input", { class: "input", type: "date", "data-action": "date", id: "date-of-service", value: scene.chart.date }))),
        el("p", { class: "quiet" }, t("The clinic’s day is {day}.", { day: day(scene.hand.today) })),
      ];
    },

    areas(scene) {
      const there = new Set(scene.tabs.map(({ ref }) => ref));
      const own = new Set(scene.indications.flatMap(({ maps }) => maps));
      const others = Object.entries(scene.catalogue.maps)
        .filter(([, { ref, retired }]) => !retired && !there.has(ref))
        .sort(([a], [b]) => Number(own.has(b)) - Number(own.has(a)))
        .map(([, map]) => map);
      return [
        el("h2", {}, t("Every other drawing")),
        el(
          "div",
          { class: "areas" },
          others.map((map) =>
            el(
              "button",
              { type: "button", class: "area", "data-action": "view", "data-ref": map.ref, "data-map": map.ref.split("@")[0] },
              scene.drawings.get(map.ref) ? createThumbnail(`#${artId(map.ref)}`).show(map.view_box, []) : el("span", { class: "view__blank" }),
              map.title,
            ),
          ),
        ),
      ];
    },

    menu(scene) {
      const { theme, left } = scene.hand;
      const option = (action, key, text, on) => button(action, { "data-key": key, "aria-pressed": String(on) }, text);
      return [
        el("h2", {}, t("This tablet")),
        el("div", { class: "options options--row" }, option("theme", "", t("As the tablet"), !theme), option("theme", "light", t("Light"), theme === "light"), option("theme", "dark", t("Dark"), theme === "dark")),
        el("div", { class: "options options--row" }, option("hand", "right", t("Right-handed"), !left), option("hand", "left", t("Left-handed"), left)),
        el("div", { class: "menu-lines" }, button("lock", { class: "button button--quiet" }, icon("lock"), t("Lock this tablet")), button("keys", { class: "button button--quiet" }, t("Keys and gestures"))),
        el("h2", {}, t("This session")),
        el("div", { class: "menu-lines" }, button("technique", { class: "button button--quiet" }, icon("info"), t("Technique and what to expect"))),
        el("div", { class: "menu-lines" }, button("guidance", { class: "button button--quiet" }, icon("wave"), t("Needle and guidance"))),
        el("div", { class: "menu-lines" }, button("move", { class: "button button--quiet" }, icon("swap"), t("Wrong patient: move it"))),
        // Where the bar has no room for it.
        el("div", { class: "menu-lines menu-lines--narrow" }, button("date", { class: "button button--quiet" }, t("Date of service: {date}.", { date: day(scene.chart.date) }))),
        scene.given
          ? el("p", { class: "quiet" }, t("Something was given, so this session is signed or moved, never discarded."))
          : el("div", { class: "menu-lines" }, button("discard", { class: "button button--danger" }, icon("trash"), t("Discard session"))),
      ];
    },
  };

  /** A vial that may be opened: its label, whose it is, what is left, and why not to take it. */
  function atHand(scene, each) {
    const vial = withDilution(scene, each);
    const facts = [
      vialLabel(vial),
      vial.diluent_ml && !isSolution(scene, vial) ? t("{n} mL saline", { n: trim(vial.diluent_ml) }) : null,
      typeof vial.left === "number" ? tn(vial.left, "1 in stock", "{n} in stock") : null,
    ];
    return el(
      "li",
      { "data-lot": vial.lot },
      el(
        "span",
        {},
        el("b", {}, t("{product} {n} U", { product: vial.product, n: trim(vial.units) })),
        el("span", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
        vial.source === "pharmacy" ? el("span", { class: "quiet" }, t("delivered for this patient")) : null,
        vial.quarantined ? el("span", { class: "vials__held" }, icon("block", "icon--s"), t("Quarantined: {reason}", { reason: vial.quarantined })) : null,
      ),
      button("use-recent", { "data-key": scene.hand.recent.indexOf(each), class: vial.quarantined ? "button button--quiet" : "button" }, vial.quarantined ? t("Enter it") : useWord(scene, vial)),
    );
  }

  /** The vials that would leave least over, for each product that is planned or given. */
  function leastWaste(scene) {
    const best = Object.entries(scene.figures.least_waste ?? {});
    return best.map(([product, { units: needed, vials, left }]) =>
      el(
        "p",
        { class: "quiet", "data-least-waste": product },
        hundredths(left)
          ? t("Least waste for {needed} U of {product}: {vials}. {left} U would be left over.", { needed, product, vials: vials.map((size) => t("{n} U", { n: size })).join(" + "), left })
          : t("Least waste for {needed} U of {product}: {vials}. Nothing would be left over.", { needed, product, vials: vials.map((size) => t("{n} U", { n: size })).join(" + ") }),
      ),
    );
  }

  /** Until when it may be used, what a scan told of it, and whose it is. */
  function vialHead(scene, preparation, vial) {
    const mixed = mixedAt(preparation, vial);
    const until = goodUntil(scene.catalogue.products[preparation.product], mixed);
    const facts = [
      until === null ? null : useBy(mixed, until, now(), zone),
      vial.serial ? t("serial {serial}", { serial: vial.serial }) : null,
      vial.source === "pharmacy" ? t("delivered for this patient") : null,
    ];
    return el(
      "p",
      { class: "vial-head" },
      el("b", {}, t("{n} U", { n: trim(vial.units) })),
      until === null ? null : el("span", { class: `chip${until < now() ? " chip--block" : ""}`, "data-clock": "" }, icon("clock"), timeLeft(until, now())),
      el("span", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    );
  }

  const whyField = (key, field, why) =>
    unableField({ "data-action": "prep-why", "data-key": key, "data-field": field, id: `why-${field}-${key}` }, field, why, { "data-action": "known", "data-key": key, "data-field": field });
  function patternButton(scene, id, pressed) {
    const protocol = scene.catalogue.protocols[id];
    const sites = planned(protocol, { brush: scene.hand.brush });
    const sum = sites.reduce((all, site) => all + hundredths(site.units), 0);
    return button(
      "lay",
      { "data-key": id, "aria-pressed": String(pressed) },
      el("b", {}, protocol.title),
      el("span", {}, `${sitesOf(sites.length)} · ${units(sum)} ${protocol.product}`),
      protocol.note ? el("span", { class: "options__note" }, protocol.note) : null,
      protocol.own ? el("span", { class: "chip chip--line" }, t("Clinic’s own, version {n}", { n: protocol.own })) : null,
      protocol.verified ? el("span", { class: "options__note" }, t("Verified by {who}", { who: protocol.verified })) : null,
      protocol.verify ? verifyMark() : null,
    );
  }

  /** A name under which the sites of this chart become a protocol of the clinic's own. */
  function keepAsOwn({ chart, hand }) {
    if (!hand.mayMakeProtocol || !chart.sites.length) return null;
    return [
      el("h3", {}, t("Keep as the clinic’s own protocol")),
      el(
        "div",
        { class: "fields" },
        labelled(t("Name"), el("input", { class: "input", id: "own-name", maxlength: "60", autocomplete: "off" })),
        button("save-protocol", {}, tn(chart.sites.length, "Save this site", "Save these {n} sites")),
      ),
    ];
  }

  /** The muscles of a limb, laid one by one for the side that is treated. */
  function blocks(scene) {
    const { catalogue, hand } = scene;
    const sets = blockSets(catalogue, scene.indications, hand.patient.age);
    if (!sets.length) return null;
    const wanted = brushProduct(scene);
    const chosen = sets.find(({ key }) => key === hand.blocks) ?? sets.find(({ fits, product }) => fits && product === wanted) ?? sets[0];
    const several = new Set(sets.map(({ indication }) => indication)).size > 1;
    const setName = ({ product, ages, indication }) => [product, agesWord(ages), several ? catalogue.indications[indication].label : null].filter(Boolean).join(", ");
    const side = (id) => button("limb", { "data-key": id, "aria-pressed": String(hand.limb === id) }, sideWord(id));
    return [
      el("div", { class: "options options--row", role: "group", "aria-label": t("Which limb") }, side("right"), side("left")),
      el("div", { class: "chips", role: "group", "aria-label": t("Product and ages") }, sets.map((set) => button("blocks", { class: "button button--small", "data-key": set.key, "aria-pressed": String(set === chosen) }, setName(set)))),
      hand.limb ? null : el("p", { class: "quiet" }, t("Choose the limb first: right or left.")),
      chosen.ids.some((id) => asksForWeight(catalogue.protocols[id], hand.patient.weight_kg)) ? el("p", { class: "canvas__warn" }, icon("warn", "icon--s"), t("Enter the weight on the patient’s page first: a child’s dose follows from it.")) : null,
      el("div", { class: "options" }, chosen.ids.map((id) => blockButton(scene, id))),
      chosen.ids.some((id) => catalogue.protocols[id].verify) ? verifyMark() : null,
    ];
  }

  function blockButton(scene, id) {
    const { catalogue, chart, hand } = scene;
    const protocol = catalogue.protocols[id];
    const side = hand.limb ?? "right";
    const waits = asksForWeight(protocol, hand.patient.weight_kg);
    const sites = waits ? [] : planned(protocol, { side, weight: hand.patient.weight_kg, brush: hand.brush });
    const sum = sites.reduce((all, site) => all + hundredths(site.units), 0);
    const [low, high] = protocol.per_kg ?? protocol.range;
    const bounds = low === high ? low : t("{low}–{high}", { low, high });
    return button(
      "lay-block",
      { "data-key": id, "aria-pressed": String(Boolean(hand.limb) && limbsOf(chart, id, protocol).has(hand.limb)) },
      el("b", {}, subjectName(catalogue, protocol)),
      el("span", { class: "options__dose" }, [protocol.per_kg ? t("{n} U/kg", { n: bounds }) : t("{n} U", { n: bounds }), waits ? null : t("lays {dose}, {sites}", { dose: units(sum), sites: sitesOf(sites.length) })].filter(Boolean).join(" · ")),
    );
  }

  /** What a protocol has beyond what it lays unasked, one site at a time. */
  function moreSites(scene) {
    const { catalogue } = scene;
    const seen = new Set();
    // Of several alike the next one is offered once the first is laid.
    const offered = extras(scene.chart, catalogue, scene.indications).filter(({ protocol, site }) => {
      const like = `${protocol} ${site.muscle} ${site.side}`;
      return !seen.has(like) && seen.add(like);
    });
    if (!offered.length) return null;
    return [
      el("h3", {}, t("More sites of what is laid")),
      el(
        "div",
        { class: "chips" },
        offered.map(({ protocol, site }) => {
          const dose = asked(catalogue.protocols[protocol], site.id, { weight: scene.hand.patient.weight_kg, brush: scene.hand.brush }).units;
          return button("lay-extra", { class: "button button--small", "data-key": protocol, "data-field": site.id }, icon("plus", "icon--s"), `${placeName(catalogue, site, site.side)} · ${units(hundredths(dose))}`);
        }),
      ),
    ];
  }

  function preparationCard(scene, preparation) {
    const { chart, catalogue, hand } = scene;
    const { key } = preparation;
    const solution = isSolution(scene, preparation);
    const mixed = preparation.reconstituted_at ? orWhy(preparation.reconstituted_at, (at) => t("mixed {time}", { time: clock(at, zone) })) : t("not mixed yet");
    const facts = [strengthOf(catalogue.products, preparation), solution ? t("ready-made") : mixed];
    return el(
      "section",
      { class: "prep" },
      el("h3", {}, preparationName(preparation), el("span", { class: "quiet" }, facts.filter(Boolean).join(" · "))),
      chart.preparations.length > 1
        ? el("div", { class: "options options--row" }, button("draw-on", { "data-key": key, "aria-pressed": String((hand.preparation ?? chart.preparations[0].key) === key) }, t("Taps draw on this")))
        : null,
      preparation.vials.map((vial) => {
        const field = (name) => ({ "data-action": "vial", "data-key": vial.key, "data-field": name, id: `${name}-${vial.key}` });
        const why = (name) => vial[name]?.unable ?? (hand.whys.has(`${vial.key} ${name}`) ? "" : null);
        const whyOf = (name) => unableField(field(`unable-${name}`), name, why(name), { "data-action": "known", "data-key": vial.key, "data-field": name });
        const exact = hand.exact.has(vial.key) || Boolean(vial.expires && !vial.expires.unable && !isMonthEnd(vial.expires));
        return el(
          "div",
          { class: "fields fields--vial", "data-vial": vial.key },
          vialHead(scene, preparation, vial),
          why("lot") !== null ? whyOf("lot") : labelled(t("Lot"), el("input", { class: "input", ...field("lot"), value: vial.lot ?? "", maxlength: "20", autocomplete: "off", spellcheck: "false" })),
          why("expires") !== null ? whyOf("expires") : expiryField(field("expires"), vial.expires ?? "", exact, "vial-exact"),
          unableChoice({ "data-action": "vial-unable", "data-key": vial.key, id: `unable-${vial.key}` }, ["lot", "expires"].filter((name) => why(name) === null)),
          labelled(t("Discarded, U"), el("input", { class: "input", ...field("discarded"), value: vial.discarded === null ? "" : trim(vial.discarded), inputmode: "decimal", maxlength: "8" }), "small-field--short"),
          hundredths(vial.discarded) ? labelled(t("Why discarded"), choices({ ...field("discard_reason"), value: vial.discard_reason ?? "" }, [["", t("choose")], ...Object.entries(discardReasons())])) : null,
          button("remove-vial", { class: "button button--icon button--quiet", "data-key": vial.key, "aria-label": t("Take this vial off") }, icon("trash")),
        );
      }),
      button("one-more", { class: "button button--quiet", "data-key": key }, icon("plus", "icon--s"), t("One more like the last")),
    );
  }

  return {
    show(scene) {
      const { panel, draft, exact, otherMl, theme, left, preparation } = scene.hand;
      root.hidden = !panel;
      if (!panel) {
        look = open = null;
        return;
      }
      const { chart } = scene;
      const there = chart.sites.map((site) => [site.protocol, site.protocol_site, site.state]);
      const typed = draft && { ...draft, lot: "", expires: "", otherMl: "" };
      const arts = panel === "areas" && Object.values(scene.catalogue.maps).map(({ ref }) => Boolean(scene.drawings.get(ref)));
      const minute = panel === "product" && Math.floor(now() / 60_000);
      const told = [minute, panel === "product" && scene.hand.message, scene.figures.least_waste, [...scene.hand.whys], scene.hand.recent, panel === "reaction" && [scene.hand.past, scene.hand.message]];
      const laid = [there, scene.hand.limb, scene.hand.blocks, scene.hand.brush];
      const guided = panel === "guidance" && chart.sites.map((site) => [site.muscle, site.guidance, site.needle]);
      const next = JSON.stringify([panel, chart.indications, chart.codes, chart.preparations, chart.date, laid, typed, [...exact], otherMl, theme, left, preparation, arts, told, guided]);
      if (next === look) return;
      const close = button("close", { class: "button button--quiet button--icon panel__close", "aria-label": t("Close") }, icon("x"));
      if (!redraw(root, contents[panel](scene), close)) return;
      look = next;
      root.dataset.shows = panel;
      const opener = document.querySelector(`[aria-controls="panel"][aria-expanded="true"]`);
      root.style.setProperty("--from", `${opener?.offsetLeft ?? 0}px`);
      if (open !== panel) {
        open = panel;
        root.scrollTop = 0;
        root.focus({ preventScroll: true });
      }
    },
  };
}

const agesWord = (ages) => ({ adult: t("adults"), consensus: t("adults, off label, consensus"), child: t("children, by weight") })[ages] ?? "";

const topicWord = (topic) =>
  ({
    total: t("Usual total"),
    per_site: t("At one site"),
    volume: t("Volume"),
    sites: t("Sites"),
    spacing: t("Spacing"),
    depth: t("Depth"),
    needle: t("Needle"),
    guidance: t("Guidance"),
    anaesthesia: t("Anaesthesia"),
    onset: t("Onset"),
    duration: t("Lasts"),
    follow_up: t("Follow-up"),
    outcome: t("Outcome measures"),
    risk: t("Risks to tell of"),
  })[topic];

const verifyMark = () => el("span", { class: "verify" }, t("Doses and positions: verify against current label"));
