// The chart's page: wires the parts together and starts them with what the page carries.
import { locate, sideOf } from "./anatomy.js";
import { createActs } from "./acts.js";
import { showBar } from "./bar.js";
import { countTo, dayIn } from "./calendar.js";
import { createCorner } from "./corner.js";
import { obey, watchHands, words } from "./dom.js";
import { createDrawings } from "./drawings.js";
import { showFirst } from "./first.js";
import { createFoot } from "./foot.js";
import { painted } from "./frame.js";
import { listenForKeys } from "./keys.js";
import { nothingSaid } from "./inheriting.js";
import { unfolded } from "./laying.js";
import { createList } from "./list.js";
import { createNaming } from "./naming.js";
import { ringed, uncovered } from "./memory.js";
import { fetchMerging } from "./merging.js";
import { createPicture } from "./picture.js";
import { createRail } from "./rail.js";
import { showSave } from "./saved.js";
import { createScans } from "./scans.js";
import { createScene, gridIn, mapId } from "./scene.js";
import { createStore } from "./store.js";
import { askSince, put } from "./server.js";
import { createStrips } from "./strips.js";
import { createSync } from "./sync.js";
import { createTabs } from "./tabs.js";
import { showTimeOut } from "./timeout.js";
import { openVault, unavailable } from "./vault.js";
import { emptyDraft } from "./vialform.js";
import { createWatch } from "./watch.js";
import { speak, t, tn } from "./words.js";
import { beforeLeaving, isCovered } from "../lock.js";

const TICK = 20_000;

// The tools with which a finger leaves a line instead of moving the picture.
const DRAWS = new Set(["select", "grid"]);

// Locked as it was opened: there is nothing to fill any more.
if (isCovered()) await new Promise(() => undefined);

const embedded = (id) => JSON.parse(document.getElementById(id).textContent);
const part = (id) => document.getElementById(id);

const data = { ...embedded("chart-data"), sign_in: part("chart").dataset.signIn };
speak(embedded("words"), data.language);
countTo(data.hours);

/** One window of this tablet edits a chart at a time: two would write over what the other keeps. */
async function onlyWindow() {
  if (!navigator.locks) return;
  await new Promise((mine) => {
    const held = () => new Promise(() => mine(undefined));
    const wait = setTimeout(() => halt(t("This chart is open in another window of this tablet. Close it there to go on here.")), 1000);
    navigator.locks.request(`chart ${data.treatment}`, () => {
      clearTimeout(wait);
      part("halt").hidden = true;
      return held();
    });
  });
}

function halt(sentence, { again = false } = {}) {
  part("halt").hidden = false;
  part("halt").querySelector("p").textContent = sentence;
  part("halt").querySelector("[data-again]").hidden = !again;
}

/** Offline a browser would not draw an icon of another file, so they move into the page. */
async function shelveIcons() {
  const icons = part("chart").dataset;
  const sprite = await fetch(icons.icons).then((answer) => answer.text());
  part("art").append(...new DOMParser().parseFromString(sprite, "image/svg+xml").documentElement.children);
  icons.icons = "";
}

async function start() {
  await onlyWindow();
  await shelveIcons();
  const catalogue = unfolded(await fetch(data.catalogue_url).then((answer) => answer.json()));
  const vault = unavailable() ? null : await openVault(data.person.id, data.treatment, data.vault_secret).catch(() => null);
  const left = vault && (await vault.read().catch(() => null));
  if (left) await fetchMerging();
  // Without the worker nothing could be opened from here, so nothing is kept.
  const opened = vault && data.stays && navigator.serviceWorker?.ready.then(() => import("../offline/opened.js")).then((kept) => kept.createOpened(data.person.id, data.treatment, data.vault_secret)).catch(() => null);
  if (opened) window.name = `stipple ${data.person.id} ${data.vault_secret}`;
  // What waits here may know a newer chart of the server's than the one that was kept to be opened.
  if (data.is_kept && left?.base && left.revision > data.revision) Object.assign(data, { chart: left.base, revision: left.revision });

  const drawings = createDrawings({ shelf: part("art"), addresses: data.maps, own: data.own_map_url, kept: data.drawings ?? {}, catalogue });
  const located = new Map();
  const placed = new WeakMap();
  const skew = Date.parse(data.now) - Date.now();
  const now = () => new Date(Date.now() + skew).toISOString();

  /** What is in hand and open, and is no part of the chart. */
  const hand = {
    selected: null, chosen: new Set(), tool: null, grid: null, detail: false, view: null, opened: [], open: new Set(),
    brush: 0, own: false, ownBrush: 0, brushChosen: false,
    preparation: null, patient: data.patient, mayMakeProtocol: data.may_make_protocol, recent: data.recent_vials, draft: null, exact: new Set(), otherMl: null, whys: new Set(), scans: null,
    panel: null, levels: nothingSaid(), limb: null, blocks: null, asked: null, message: null, drag: null, moving: null, picture: false, wrong: new Set(), finding: 0, why: null,
    save: { is: "saved", at: data.figures.saved_at }, aside: [], heading: null, vaultless: vault === null,
    past: { sessions: data.earlier, reactions: data.reactions, all: data.earlier_all, at: 0, shown: true },
    conflicts: left?.conflicts ?? [], clash: left?.conflicts?.[0]?.id ?? null, person: data.person.name,
    readOnly: data.may_chart ? null : t("This chart can be read here, not changed."),
    today: dayIn(data.now, data.zone),
    theme: document.documentElement.dataset.theme ?? "",
    left: document.documentElement.dataset.hand === "left",
    refit: () => picture.fit(),
    steer: (at) => picture.steer(at),
    /** The finger is followed first; what the site would be there is named when that is painted. */
    showDrag() {
      named ??= painted().then(() => {
        named = null;
        if (!hand.drag) return;
        showPicture();
        naming.show(scene);
      });
    },
    regionAt(ref, x, y) {
      const key = `${ref} ${x} ${y}`;
      if (!located.has(key)) located.set(key, locate(drawings.get(ref), [x, y]));
      return located.get(key);
    },
    /** Where a site lies and on which side, once its drawing is here; a site is frozen, so it is asked once. */
    placeOf(site) {
      const map = drawings.get(site.map);
      if (map && !placed.has(site)) {
        const { region } = hand.regionAt(site.map, Number(site.x), Number(site.y));
        placed.set(site, { region, side: sideOf(map, region, catalogue.muscles[site.muscle], Number(site.x)) });
      }
      return placed.get(site);
    },
  };
  // Where keys are at work: the focus comes back to it.
  let from = "list";
  let figures = data.figures;
  let told = data.told_at ?? data.now;
  let scene;
  let tools = null;
  let panels = null;
  let pastStrip = null;
  let named = null;

  const sync = createSync({
    put: (body) => put(data.save_url, body),
    // To seal a chart is work: it begins when the picture of the change has been painted.
    vault: vault && { ...vault, keep: (...kept) => painted().then(() => vault.keep(...kept)) },
    server: {
      chart: data.chart,
      revision: data.revision,
      saved_at: data.figures.saved_at,
      saved_by: data.figures.saved_by,
      signed: data.signed,
      patient: data.patient.id,
    },
    left,
    uuid: () => crypto.randomUUID(),
    on: {
      state(state) {
        hand.save = state;
        if (state.is === "saved") stay();
        hand.aside = sync.aside;
        hand.conflicts = sync.conflicts;
        if (state.because === "moved") {
          hand.readOnly = t("This session was moved to another patient. What you did here since is kept on this tablet; open the session again and look whose it is.");
          halt(hand.readOnly, { again: true });
        } else if (sync.ended) hand.readOnly = hand.heading ?? t("This session is signed. What follows is written as an addendum.");
        showSoon();
      },
      figures(answer) {
        if (answer.findings) [figures, told] = [answer, now()];
        showTimeOut(part("time-out"), figures.time_out);
        hand.finding = 0;
        showSoon();
      },
      newer(chart, met) {
        hand.heading = met.said ?? null;
        hand.wrong = new Set();
        const known = new Set(hand.conflicts.map(({ id }) => id));
        hand.conflicts = sync.conflicts;
        hand.clash = hand.conflicts.find(({ id }) => !known.has(id))?.id ?? hand.clash;
        hand.selected = met.renamed.get(hand.selected) ?? hand.selected;
        hand.chosen = new Set([...hand.chosen].map((key) => met.renamed.get(key) ?? key));
        if (!chart.sites.some((site) => site.key === hand.selected)) hand.selected = null;
        const isFirst = store.chart.indications.length === 0;
        store.take(chart, met.renamed);
        if (met.changes.length) said(tn(met.changes.length, "{name} made 1 change on another tablet.", "{name} made {n} changes on another tablet.", { name: met.by }));
        see();
        // Sites may have come to stand in another group; the one in hand is not lost from the list.
        if (scene.selected) hand.open.add(scene.selected.group.place);
        if (isFirst && chart.indications.length) takeUp();
        if (!scene.tabs.some(({ ref }) => ref === hand.view)) hand.view = (scene.next?.map ?? scene.tabs[0]?.ref) || null;
        show();
        fetchArt(chart).then(() => {
          show();
          if (hand.save.is === "saved") stay();
        }, () => undefined);
      },
      refused(errors, chart) {
        const at = errors.map(({ path }) => Number(/^sites\[(\d+)\]/.exec(path)?.[1] ?? -1));
        hand.wrong = new Set(at.map((index) => chart.sites[index]?.key).filter(Boolean));
        showSoon();
      },
    },
  });
  const store = createStore(sync.chart);
  const neededBy = (chart) => [
    ...new Set([
      ...chart.indications.flatMap((id) => catalogue.indications[id]?.maps ?? []).map((id) => catalogue.maps[id.split("@")[0]].ref),
      ...chart.sites.map((site) => site.map),
    ]),
  ];
  const fetchArt = (chart) => drawings.fetch(neededBy(chart));

  let whoBar = part("who-bar").outerHTML;
  /** Keep the chart as the server has it now, to be opened when that is away. */
  function stay() {
    const { vault_secret: _, is_kept: __, ...carried } = data;
    const kept = { ...carried, chart: sync.chart, revision: sync.revision, figures, told_at: told, drawings: drawings.ownOf(neededBy(sync.chart)) };
    const token = document.querySelector("meta[name='csrf-token']").content;
    // A covered screen has no line of the patient any more: it stays as it was kept.
    whoBar = part("who-bar")?.outerHTML ?? whoBar;
    void opened?.then((pages) => pages?.keep({ data: kept, bar: whoBar, token, version: data.version, skew, at: Date.now() }));
  }

  // ── showing ──

  function see() {
    hand.told = told;
    scene = createScene({ chart: store.chart, catalogue, drawings, hand, figures }, scene);
  }
  const said = (sentence) => {
    if (isCovered()) return;
    // The same sentence twice is said twice.
    const again = part("said").textContent === sentence;
    part("said").textContent = again ? `${sentence}\u00a0` : sentence;
  };

  let due = false;
  function showSoon() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => due && show());
  }

  let byFinger = false;
  let waits = false;
  let ticking = 0;
  /**
   * What a finger did on the picture is seen there at once; its name when that is painted, and after it
   * what it comes to round about. Before the next finger or key is heard all is shown, else at once.
   */
  function show() {
    due = false;
    see();
    // A locked screen shows nothing of this; what waits is still kept and sent.
    if (isCovered()) return;
    const held = document.activeElement;
    // Another tablet may have taken away what is under way here.
    const isGone = (key) => key && !scene.rows.has(key);
    if (isGone(hand.moving)) hand.moving = null;
    if (isGone(hand.drag?.key)) hand.drag = null;
    if (isGone(hand.asked?.moving)) hand.asked = null;
    if (!hand.view && scene.tabs.length) hand.view = (scene.next ?? scene.tabs[0]).map ?? scene.tabs[0].ref;
    const alone = byFinger && !hand.panel && part("panel").hidden;
    // A drawing that is opened fits itself into the room that is left to it.
    if (!alone) for (const around of [tabs, foot, strips]) around.show(scene);
    showPicture();
    words(part("canvas-said"), hand.message ?? "");
    showSave(part("save"), hand.save, data.zone);
    if (!alone) return showRest(held);
    if (waits) return;
    waits = true;
    painted().then(() => {
      if (waits) showName();
      return painted();
    }).then(() => waits && showRest());
  }

  function showName() {
    if (isCovered()) return;
    naming.show(scene);
    corner.look(hand.view);
  }

  function showRest(held = document.activeElement) {
    waits = false;
    if (isCovered()) return;
    showName();
    const closed = part("panel").hidden || hand.panel ? null : part("panel").dataset.shows;
    list.show(scene);
    tabs.show(scene);
    foot.show(scene);
    rail.show(scene, store);
    showTools();
    strips.show(scene);
    showBar(part("what-bar"), scene, data.zone);
    part("menu-button").setAttribute("aria-expanded", String(hand.panel === "menu"));
    showPanel();
    scans.show(scene);
    pastStrip?.show(scene);
    showFirst(part("first"), scene);
    showWhich();
    if (held !== document.body && !isThere(document.activeElement)) refocus(closed);
    // The clock of a mixed vial goes on while it is looked at; else nothing runs until somebody touches the tablet.
    clearTimeout(ticking);
    if (hand.panel === "product") ticking = setTimeout(show, TICK);
  }

  const isThere = (node) => node !== document.body && node.isConnected && node.checkVisibility();

  /** What had the focus is gone: it goes on where that came from, else to the site in hand. */
  function refocus(closed) {
    if (hand.panel) return part("panel").focus({ preventScroll: true });
    if (closed) return document.querySelector(`[data-panel='${closed}'], [data-action='${closed}']`).focus({ preventScroll: true });
    if (from === "picture" || !list.focus()) picture.focus();
  }

  /** On a phone the list or the picture is shown; elsewhere both are. */
  function showWhich() {
    part("chart").dataset.shows = hand.picture ? "picture" : "list";
  }

  function showPicture() {
    const site = scene.selected?.site;
    const lies = site?.map === hand.view && !scene.chosen.length ? scene.placeOf(site).region : null;
    const region = hand.drag ? hand.drag.meaning?.region : (hand.asked?.region ?? lies);
    picture.show({
      map: hand.view ? drawings.get(hand.view) : undefined,
      title: hand.view ? catalogue.maps[mapId(hand.view)].tab : "",
      zone: hand.tool === "grid" && gridIn(scene).sites.length && hand.grid.where.ref === hand.view ? hand.grid.zone : region ? [region.polygon] : null,
      items: hand.view ? [...scene.items(hand.view), ...scene.others(hand.view)] : [],
      ghosts: showGhosts(),
      asked: hand.asked?.ref === hand.view ? hand.asked.point : null,
      moving: Boolean(hand.moving) || hand.tool === "grid",
      fixed: Boolean(hand.readOnly),
      draws: DRAWS.has(hand.tool) && !hand.readOnly,
      many: scene.chosen.length > 0,
    });
  }

  let ghosts = { of: [], seen: [] };
  /** What of an earlier session lies beneath, where today's sites leave it to be seen. */
  function showGhosts() {
    const { sessions, at, shown, reactions } = hand.past;
    const of = [shown && sessions[at], hand.view, store.chart.sites, reactions];
    if (of.some((each, index) => each !== ghosts.of[index])) ghosts = { of, seen: of[0] ? [...ringed(reactions, hand.view), ...uncovered(...of)] : [] };
    return ghosts.seen;
  }

  /** The panels come when one is opened first. */
  function showPanel() {
    if (panels || !hand.panel) return panels?.show(scene);
    Promise.all([import("./panels.js"), act.fetchRest()]).then(
      ([{ createPanels }]) => {
        panels ??= createPanels(part("panel"), act, data.zone, () => Date.parse(now()));
        show();
      },
      // It says why.
      () => act.fetchRest(),
    );
  }

  /** So do the strip of a tool and the bar of a selection. */
  function showTools() {
    if (tools || !(hand.tool || hand.chosen.size)) return tools?.forEach((each) => each.show(scene));
    Promise.all([import("./selecting.js"), import("./tools.js")]).then(
      ([{ createSelectionBar }, { createToolStrip }]) => {
        tools ??= [createSelectionBar(part("selection"), act), createToolStrip(part("tool"), act)];
        show();
      },
      () => act.fetchRest(),
    );
  }

  // ── the parts ──

  const act = createActs({ store, sync, hand, catalogue, drawings, data, scene: () => scene, show, said, now });
  Object.assign(act, {
    escape() {
      if (hand.drag) picture.letGo();
      else if (hand.panel) act.openPanel(null);
      else if (hand.asked) act.dropAsked();
      else if (hand.moving) act.stopMove();
      else if (scene.chosen.length) act.letGo();
      else if (hand.tool) act.takeTool(null);
    },
    showPicture(shown) {
      hand.picture = shown;
      show();
    },
    byFinger(does) {
      byFinger = true;
      try {
        does();
      } finally {
        byFinger = false;
      }
    },
    pictureViewed: () => corner.look(),
  });

  const picture = createPicture(part("picture"), part("strips"), act);
  const naming = createNaming(part("naming"), act, data.zone);
  watchHands(showSoon);
  const fingers = new Set();
  const corner = createCorner(part("naming"), { marks: () => picture.marks(), touched: () => fingers.size > 0, left: (box) => picture.uncovered(box) });
  const list = createList(part("sites"), act);
  const rail = createRail(part("rail"), act);
  const tabs = createTabs(part("views"), act);
  const strips = createStrips(part("strips"), act, { zone: data.zone, person: data.person.name });
  if (data.earlier.length) {
    import("./paststrip.js").then(
      ({ createPastStrip }) => {
        pastStrip = createPastStrip(part("strips"), part("rail").querySelector("[data-action='last-time']"), act);
        showSoon();
      },
      () => act.fetchRest(),
    );
  }
  const foot = createFoot(part("sums"), act);

  obey(part("first"), { repeat: () => act.repeatLast(), indication: (control) => act.toggleIndication(control.dataset.key) });
  const bar = { panel: (control) => act.openPanel(control.dataset.panel) };
  obey(part("who-bar"), {
    ...bar,
    "time-out": (_, event) => {
      event.preventDefault();
      act.timeOut();
    },
  });
  obey(part("zoom"), { ...bar, closer: () => picture.closer(), fit: () => picture.fitOrRegion() });
  obey(part("what-bar"), { ...bar, protocol: () => act.openPanel("protocol") });
  document.addEventListener("focusin", ({ target }) => {
    if (!target.closest("#naming, #panel")) from = target.closest("#picture") ? "picture" : "list";
  });
  document.addEventListener("pointerdown", (event) => {
    if (hand.panel && !event.target.closest("#panel, [data-panel], [data-action='protocol'], [data-action='areas'], [data-action='other-vials'], [data-action='from'], dialog")) act.openPanel(null);
  });
  // Who touches the page is about to open something.
  for (const kind of ["pointerdown", "keydown", "focusin"]) document.addEventListener(kind, () => act.fetchRest(), { capture: true, once: true });
  const scans = createScans(document, part("scan"), act);
  listenForKeys(document, act, () => scene);
  part("discard").querySelector("form").addEventListener("submit", () => void vault?.clear());
  for (const close of document.querySelectorAll("[data-action='close-dialog']")) {
    close.addEventListener("click", () => close.closest("dialog").close());
  }

  store.subscribe((chart) => {
    see();
    sync.change(chart);
  });
  beforeLeaving({ send: () => sync.flush(), exposed: () => sync.exposed });
  for (const [kind, does] of [["pointerdown", "add"], ["pointerup", "delete"], ["pointercancel", "delete"]]) {
    document.addEventListener(
      kind,
      ({ pointerId }) => {
        fingers[does](pointerId);
        corner.look();
      },
      { capture: true },
    );
  }
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => waits && showRest(), { capture: true });
  const watch = createWatch({
    ask: (revision) => askSince(data.save_url, revision),
    sync,
    touched: () => fingers.size > 0,
    gone(sentence, status) {
      if (status === 404) void import("../offline/opened.js").then((kept) => kept.dropOpened(data.person.id, data.treatment));
      halt(sentence ?? t("This session can no longer be opened here."));
    },
  });
  window.addEventListener("online", () => {
    sync.retry();
    watch.start();
  });
  document.addEventListener("visibilitychange", () => {
    sync.retry();
    if (document.visibilityState === "hidden") watch.stop();
    else watch.start();
  });
  window.addEventListener("beforeunload", (event) => {
    if (sync.exposed) event.preventDefault();
  });

  /** Take in hand what comes first on a chart that is opened, here or by another tablet. */
  function takeUp() {
    if (!hand.brushChosen) act.freshBrush();
    hand.draft = emptyDraft(scene);
    hand.view = (scene.next?.map ?? scene.tabs[0]?.ref) || null;
    hand.selected = scene.next?.key ?? null;
    hand.open = new Set(scene.groups.filter(({ rows }) => rows.some((row) => row.site.map === hand.view)).map(({ place }) => place));
  }

  /** Where the browser may throw away what waits here, that is said before the first tap, once. */
  async function sayIfUnsure() {
    if (!vault || (await navigator.storage?.persist?.().catch(() => false))) return;
    hand.unsure = t("This browser may clear what waits on this tablet when it runs short of space. Put Stipple on the home screen.");
    if (part("first").hidden && !sessionStorage.getItem("stipple.unsure") && !hand.message && store.chart === sync.chart) {
      sessionStorage.setItem("stipple.unsure", "said");
      hand.message = hand.unsure;
      said(hand.message);
    }
    showSoon();
  }

  await fetchArt(store.chart);
  see();
  takeUp();
  show();
  part("chart").removeAttribute("aria-busy");
  sync.start();
  if (location.hash === "#repeat") {
    history.replaceState(null, "", location.pathname);
    if (!store.chart.indications.length) act.repeatLast();
  }
  void sayIfUnsure();
  if (document.visibilityState === "visible") watch.start();
}

start().catch(() => halt(t("The chart could not be opened. Nothing is lost; reload the page when the network is back.")));
