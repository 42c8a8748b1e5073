// Grid fill: an even grid over a region or a drawn area, laid as planned, with the dose shared exactly.
import { locate, sideOf } from "./anatomy.js";
import { fixed, hundredths, plain, typedUnits } from "./exact.js";
import { bounds, contains } from "./geometry.js";
import { areaOf, areaOfRegions, evenly, inOrder, sharedOut } from "./grids.js";
import { shares } from "./blocks.js";
import { due } from "./laying.js";
import { across, mirrored, twinOf } from "./mirroring.js";
import { placeName, subjectName, units } from "./names.js";
import { tapMeaning, gridIn } from "./scene.js";
import { t, tn } from "./words.js";

/** How far apart points may be asked to lie, in life-size millimetres. */
export const SPACINGS = [10, 15, 20];
const USUAL_SPACING = 15;
const LEAST_SPACING = 5;
const LEAST_AREA = 100;
const MOST = 100;

/** @param {import("./acts.js").Desk} desk */
export function fillingActs(desk) {
  const { store, hand, catalogue, drawings, scene, uuid, newSite, perform, refuse, remembered, openGroupsOf, openView } = desk;

  const planned = () => store.chart.sites.filter(({ state, key }) => state === "planned" && !scene().twice.has(key));
  const pointOf = (site) => [Number(site.x), Number(site.y)];
  const regionOf = (map, point) => locate(map, point).region;

  /** The sites that the indication's usual protocol has in this muscle or area of that side. */
  function usualSites(ref, muscle, side) {
    const [id] = ref.split("@");
    const protocol = scene().indications.filter(({ muscles }) => muscles.includes(muscle)).map((each) => catalogue.protocols[each.default_protocol]).find(Boolean);
    return protocol && !protocol.per_limb ? due(protocol).filter((site) => site.map.split("@")[0] === id && site.muscle === muscle && site.side === side) : [];
  }

  /**
   * The area that a tap or a drawn line means; or why it means none.
   * @param {{ref: string, at?: number[], polygon?: number[][]}} where
   */
  function areaIn(where) {
    const map = drawings.get(where.ref);
    const middle = where.at ?? middleOf(where.polygon);
    const { region, muscle: meant, indication } = tapMeaning(scene(), where.ref, middle, remembered);
    const muscle = meant ?? region?.muscles[0];
    if (!muscle || region.warn) return { why: region?.warn ?? t("No muscle or area is charted here.") };
    const side = sideOf(map, region, catalogue.muscles[muscle], middle[0]);
    const usual = usualSites(where.ref, muscle, side);
    const own = new Set(usual.map((site) => regionOf(map, pointOf(site))?.id));
    const ids = own.has(region.id) ? own : new Set([region.id]);
    const zone = where.polygon ? [where.polygon] : map.regions.filter(({ id }) => ids.has(id)).map(({ polygon }) => polygon);
    const doses = own.has(region.id) ? usual.map((site) => hundredths(site.units)) : [];
    const isIn = (point) => (where.polygon ? contains(where.polygon, point) : ids.has(regionOf(map, point)?.id));
    const given = store.chart.sites.filter((site) => site.map === where.ref && site.state === "given").map(pointOf);
    const isCharted = (point) => {
      const under = regionOf(map, point);
      return Boolean(under?.muscles.length) && !under.warn;
    };
    return {
      map, muscle, side, indication, zone, isIn,
      box: bounds(zone.flat()),
      area: where.polygon ? areaOf(where.polygon) : areaOfRegions(map.regions, ids),
      usual: doses.length && !doses.includes(null) ? { count: doses.length, total: doses.reduce((sum, dose) => sum + dose, 0) } : null,
      // What was given there keeps its distance as any point of the grid does.
      fits: (point, apart) => isIn(point) && isCharted(point) && given.every(([x, y]) => Math.hypot(x - point[0], y - point[1]) >= apart),
    };
  }

  const middleOf = (polygon) => [0, 1].map((axis) => polygon.reduce((sum, point) => sum + point[axis], 0) / polygon.length);

  /** A site of the grid: its muscle is the area's wherever its place offers that. */
  function siteAt({ map, muscle, indication }, [x, y], dose, key) {
    const offered = regionOf(map, [x, y]).muscles;
    return newSite({
      key, map: map.ref, x: fixed(Math.round(x * 100)), y: fixed(Math.round(y * 100)),
      muscle: offered.includes(muscle) ? muscle : tapMeaning(scene(), map.ref, [x, y], remembered).muscle,
      indication: indication ?? scene().indications[0]?.id ?? null,
      units: plain(dose), state: "planned", given_at: null,
    });
  }

  /** Lay these points, in place of what was planned in the area; null for the dose: the brush at each. */
  function lay(where, area, points, total) {
    const n = points.length;
    if (n === 0) return refuse(t("There is no room for a grid here."));
    if (n > MOST) return refuse(t("That would be {n} sites. Choose a wider spacing, or a smaller area.", { n }));
    if (total !== null && total < n) return refuse(t("Fewer units than there are points cannot be shared out."));
    const before = gridIn(scene()).sites;
    const doses = total === null ? points.map(() => hand.brush) : shares(total, n);
    const sites = inOrder(points).map((point, at) => siteAt(area, point, doses[at], before[at]?.key ?? uuid()));
    const lifted = new Set([...before, ...planned().filter((site) => site.map === where.ref && area.isIn(pointOf(site)))].map(({ key }) => key));
    return put(where, area, sites, lifted, false);
  }

  function put(where, area, sites, lifted, isMirrored) {
    const sum = sites.reduce((all, site) => all + hundredths(site.units), 0);
    const sides = new Set(sites.map(({ muscle, x, y }) => sideOf(area.map, regionOf(area.map, [Number(x), Number(y)]), catalogue.muscles[muscle], Number(x))));
    const name = sides.size > 1 ? subjectName(catalogue, area) : placeName(catalogue, area, [...sides][0]);
    const grid = {
      where, zone: area.zone, name, isMirrored,
      cm2: Math.round(area.area / area.map.scale ** 2 / 100),
      keys: new Set([...(isMirrored ? [] : (hand.grid?.keys ?? [])), ...sites.map(({ key }) => key)]),
    };
    const edit = (chart) => {
      const first = chart.sites.findIndex(({ key }) => lifted.has(key));
      const kept = (from, to) => chart.sites.slice(from, to).filter(({ key }) => !lifted.has(key));
      const at = first < 0 ? chart.sites.length : first;
      return { ...chart, sites: [...kept(0, at), ...sites, ...kept(at)] };
    };
    return perform(edit, t("{name}, {sites}, {dose}, laid as planned.", { name, sites: tn(sites.length, "1 site", "{n} sites"), dose: units(sum) }), () => {
      hand.grid = { ...hand.grid, ...grid };
      hand.selected = null;
      openGroupsOf(where.ref);
    });
  }

  /** A new grid: with the usual points and dose of the area, else as far apart as is usual with the brush. */
  function fill(where) {
    const area = areaIn(where);
    hand.message = null;
    if (area.why) return refuse(area.why);
    hand.grid = null;
    const { usual, map } = area;
    const byCount = usual && where.at;
    const points = byCount
      ? sharedOut(area.box, area.area, usual.count, LEAST_SPACING * map.scale, area.fits)
      : evenly(area.box, USUAL_SPACING * map.scale, area.fits);
    const total = usual?.total ?? null;
    return lay(where, area, points, total) && Object.assign(hand.grid, { total, spacing: byCount ? null : USUAL_SPACING }) && desk.show();
  }

  /** The grid in hand laid anew; nothing that was given is laid out again. */
  function again(change, pointsOf) {
    const { sites, isPlan } = gridIn(scene());
    if (!sites.length || !isPlan) return refuse(t("Some of this grid is given. What was given stays."));
    const { where } = hand.grid;
    const area = areaIn(where);
    const isMirrored = hand.grid.isMirrored;
    const next = { ...hand.grid, ...change };
    if (!lay(where, area, pointsOf(area, sites), next.total)) return undefined;
    Object.assign(hand.grid, change, { isMirrored });
    return desk.show();
  }

  const soMany = (count) => (area) => sharedOut(area.box, area.area, count, LEAST_SPACING * area.map.scale, area.fits);

  return {
    fillAt(ref, at) {
      if (hand.readOnly) return refuse(hand.readOnly);
      return fill({ ref, at });
    },

    fillWithin(ref, polygon) {
      const { scale } = drawings.get(ref);
      if (areaOf(polygon) < LEAST_AREA * scale ** 2) return refuse(t("That area is too small for a grid. Draw round it."));
      return fill({ ref, polygon });
    },

    /** One point more or fewer; the dose is shared out again. */
    stepGrid(direction) {
      const count = gridIn(scene()).sites.length + direction;
      if (count > 0) again({ spacing: null }, soMany(count));
    },

    spaceGrid: (spacing) => again({ spacing }, (area) => evenly(area.box, spacing * area.map.scale, area.fits)),

    typeGridUnits(text) {
      const total = typedUnits(text);
      if (total === null) return refuse(t("Units are a number above 0 with at most two decimals, such as 2.5."));
      return again({ total }, (_, sites) => sites.map(pointOf));
    },

    /** The grid in hand on the other side, in place of what was planned there. */
    async mirrorGrid() {
      const { sites } = gridIn(scene());
      const { where } = hand.grid;
      const ref = twinOf(where.ref, catalogue.maps);
      try {
        await drawings.fetch([ref]);
      } catch {
        return refuse(t("This drawing could not be fetched. Try again when the network is back."));
      }
      const from = drawings.get(where.ref);
      const flip = (point) => across(from, point.map((value) => Math.round(value * 100))).map((value) => value / 100);
      const there = { ref, ...(where.at ? { at: flip(where.at) } : { polygon: where.polygon.map(flip) }) };
      const area = areaIn(there);
      if (area.why) return refuse(area.why);
      const lifted = new Set(planned().filter((site) => site.map === ref && area.isIn(pointOf(site))).map(({ key }) => key));
      const stays = store.chart.sites.filter(({ key }) => !lifted.has(key));
      const { copies } = mirrored({ sites, there: stays, mapOf: drawings.get, catalogue, indications: scene().indications, uuid });
      if (!copies.length) return refuse(t("There is no room for a grid here."));
      const { total, spacing } = hand.grid;
      if (put(there, area, copies, lifted, true)) Object.assign(hand.grid, { total, spacing });
      return ref === hand.view ? desk.show() : openView(ref);
    },
  };
}
