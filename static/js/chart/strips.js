// What stands under the picture: where saving is stuck, what another tablet changed, the vial that is
// proposed, and the findings, gravest first. Each says what is so and the way on.
import { clock, expiry } from "./calendar.js";
import { button, el, icon, obey, redraw } from "./dom.js";
import { hundredths, plain, strength, trim } from "./exact.js";
import { units } from "./names.js";
import { isSolution, needsVial, proposal } from "./proposal.js";
import { mixtureOf } from "./totals.js";
import { photographButton, useWord, vialFields } from "./vialform.js";
import { t, tn } from "./words.js";

const KINDS = {
  stop: { icon: "block", words: () => t("Stops signing") },
  override: { icon: "override", words: () => t("Stops signing unless a prescriber overrides") },
  warn: { icon: "warn", words: () => t("Warning") },
  info: { icon: "info", words: () => t("For information") },
};

/** What was done here may not be in the chart then. */
const LATE = ["signed", "discarded", "kept"];

/** @param {HTMLElement} root */
export function createStrips(root, act, { zone, person }) {
  const looks = new Map();
  /** What is said of two tablets on one chart; fetched when there is something to say. */
  let clashes = null;
  let latest;
  obey(root, {
    "use-vial": () => (root.querySelector("[data-strip='vial'] .fields") ? act.useDraft(true) : act.useVial()),
    "other-vials": () => act.openPanel("product"),
    "draft-exact": () => act.draft("exact", !act.drafted().exact),
    "draft-known": (control) => act.draft(`unable-${control.dataset.field}`, null),
    why: (control) => act.why(control.dataset.key),
    "next-finding": () => act.nextFinding(),
    keep: (control) => act.keep(control.dataset.key),
    "keep-all": (control) => act.keepAll(control.dataset.key),
    "next-clash": () => act.nextClash(),
    later: () => act.later(),
    "take-up": () => act.takeUp(),
    "leave-all": () => act.leaveAllOut(),
    "leave-out": (control) => act.leaveOut(control.dataset.key),
    undo: () => act.undo(),
    "try-again": () => act.tryAgain(),
  });
  obey(
    root,
    {
      draft: (control) => act.draft(control.dataset.field, control.value),
      "draft-unable": (control) => control.value && act.draft(`unable-${control.value}`, ""),
      photograph: (control) => act.photograph(control.files[0]),
    },
    "change",
  );

  const fetchClashes = () =>
    import("./clashstrip.js").then((fetched) => {
      clashes = fetched;
      strips.show(latest);
    }, () => undefined);

  function strip(name, look, make) {
    const now = JSON.stringify(look);
    if (looks.get(name) === now) return;
    if (redraw(root.querySelector(`[data-strip='${name}']`), make())) looks.set(name, now);
  }

  // ── saving ──

  function stuck(save, vaultless) {
    const kept = save.kept ? tn(save.changes ?? 0, "1 change is kept on this tablet.", "{n} changes are kept on this tablet.") : t("Keep this page open.");
    const line = (name, bold, rest, ...doing) => el("section", { class: `finding-strip finding-strip--${name}`, role: "alert" }, icon(name === "stop" ? "block" : "warn"), el("p", {}, el("b", {}, bold), " ", rest), doing);
    const lines = [];
    if (vaultless) lines.push(line("warn", t("This browser cannot keep changes on this tablet."), t("Each goes straight to the clinic’s server. Stay connected, and watch for “Saved”.")));
    const waits = save.changes ? kept : "";
    if (save.because === "signed-out") lines.push(line("warn", save.said || t("Your session ended."), waits, el("a", { class: "button", href: act.signInAddress }, t("Sign in"))));
    if (save.because === "refused") lines.push(line("stop", save.said || t("The server refused this chart."), kept, button("undo", {}, t("Undo"))));
    if (save.because === "trouble" || (save.because === "network" && save.said)) lines.push(line("warn", save.said || t("The server would not take this chart."), kept, button("try-again", {}, t("Try again"))));
    return lines;
  }

  // ── the vial ──

  function vial(scene) {
    if (!needsVial(scene) || scene.hand.panel === "product") return null;
    const offer = proposal(scene);
    if (offer) return offered(scene, offer);
    const some = (each) => each.product === scene.hand.draft.product && !each.quarantined && each.left !== 0;
    if (scene.hand.recent.some(some)) return null;
    return el(
      "section",
      { class: "map__note ready ready--form", "aria-label": t("The vial") },
      icon("vial"),
      el(
        "div",
        { class: "fields" },
        vialFields(scene, scene.hand.draft),
        el("span", { class: "ready__do" }, photographButton("strip"), button("other-vials", { class: "button button--quiet" }, t("More")), button("use-vial", { class: "button button--primary" }, useWord(scene, scene.hand.draft))),
      ),
    );
  }

  function offered(scene, { vial: each, count, left }) {
    const solution = isSolution(scene, each);
    const product = scene.catalogue.products[each.product];
    const mixture = mixtureOf(product, { ...each, vials: [each] });
    const size = product.sizes.find((one) => hundredths(one.units) === hundredths(each.units));
    const dilution = product.dilutions.find((one) => hundredths(one.vial_units) === hundredths(each.units) && hundredths(one.diluent_ml) === hundredths(each.diluent_ml));
    const made = mixture && t("{n} U/mL", { n: plain(strength(mixture.units, mixture.ml)) });
    const name = count > 1 ? t("{count} × {product} {n} U", { count, product: each.product, n: trim(each.units) }) : t("{product} {n} U", { product: each.product, n: trim(each.units) });
    const how = solution ? made : count > 1 ? t("{ml} mL saline each, {made}", { ml: trim(each.diluent_ml), made }) : t("{ml} mL saline, {made}", { ml: trim(each.diluent_ml), made });
    const rest = scene.chart.sites.length === 0 ? "" : left ? t("{left} would be left over.", { left: units(left) }) : t("Nothing would be left over.");
    return el(
      "section",
      { class: "map__note ready", "aria-label": t("Proposed vial") },
      icon("vial"),
      el(
        "p",
        {},
        el("b", {}, t("{name}, {lot}, exp {when}.", { name, lot: each.lot || t("no lot"), when: each.expires ? expiry(each.expires) : t("not known") })),
        ` ${how}. ${rest}`,
        size?.verify || dilution?.verify ? el("span", { class: "verify" }, ` ${t("Verify against current label.")}`) : null,
      ),
      button("other-vials", { class: "button button--quiet" }, t("Other vials")),
      button("use-vial", { class: "button button--primary" }, useWord(scene, each)),
    );
  }

  // ── findings ──

  function findings(scene) {
    const { finding, why, told, save } = scene.hand;
    const isOld = save.is === "offline";
    const all = scene.figures.findings ?? [];
    const at = Math.min(finding, all.length - 1);
    return all.map((each, index) => {
      const kind = KINDS[each.severity];
      const [first, ...rest] = each.text.split(/(?<=\.) /);
      const about = [each.when === "given" ? t("about what was given") : t("about the plan, if all is given"), isOld && t("as of {time}, from the server", { time: clock(told, zone) })].filter(Boolean).join(" · ");
      const plan = each.when === "given" ? "" : " finding-strip--plan";
      const source = [each.source, each.id].filter(Boolean).join(", ");
      return el(
        "section",
        { class: `finding-strip finding-strip--${each.severity}${plan}`, "data-finding": each.id, hidden: index !== at, "aria-label": kind.words() },
        icon(kind.icon),
        el(
          "p",
          {},
          el("span", { class: "finding__kind" }, each.needs_reason ? t("{kind}, reason needed", { kind: kind.words() }) : kind.words(), el("span", {}, ` · ${about}`)),
          el("b", {}, first),
          rest.length ? ` ${rest.join(" ")}` : "",
          " ",
          el("span", { class: "quiet" }, source),
          each.verify ? el("span", { class: "verify" }, ` ${t("Verify against current label.")}`) : null,
          why === each.id ? el("span", { class: "finding__more" }, each.why) : null,
        ),
        all.length > 1 ? button("next-finding", { class: "button button--quiet", "aria-label": t("Finding {n} of {all}, next", { n: at + 1, all: all.length }) }, t("{n} of {all}", { n: at + 1, all: all.length })) : null,
        each.why ? button("why", { class: "button button--quiet", "data-key": each.id, "aria-expanded": String(why === each.id) }, t("Why")) : null,
      );
    });
  }

  const strips = {
    show(scene) {
      const { hand, chart } = scene;
      const { save, aside, draft } = hand;
      latest = scene;
      const isLate = LATE.includes(save.because);
      if ((scene.clash || isLate) && !clashes) fetchClashes();
      const typed = { ...draft, lot: "", expires: "", otherMl: "" };
      strip("save", [save.because, save.said, save.changes, hand.vaultless], () => stuck(save, hand.vaultless));
      strip(
        "clash",
        [Boolean(clashes), scene.clash, scene.conflicts.length, scene.rows.get(scene.clash?.id)?.number, chart.preparations, aside.map((change) => change.id), save.because, hand.heading],
        () => [isLate ? clashes?.lateStrip(scene, act) : clashes?.clashStrip(scene, { act, zone, person })],
      );
      strip("vial", [needsVial(scene), proposal(scene), typed, hand.panel === "product", chart.sites.length > 0], () => [vial(scene)]);
      strip("findings", [scene.figures.findings, hand.finding, hand.why, save.is === "offline" && hand.told], () => findings(scene));
    },
  };
  return strips;
}
