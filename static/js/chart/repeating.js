// An earlier session beside today's: what differs, and what of it is laid again. As values; sites come
// with side and product.
import { hundredths } from "./exact.js";
import { subjectOf } from "./memory.js";

const mapOf = ({ map }) => map.split("@")[0];
const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/**
 * Which site of then is which of now: first what one place of a protocol laid, then, of one muscle
 * and side on one drawing, whatever lies nearest.
 * @template {{map: string}} S
 * @param {S[]} was
 * @param {S[]} now
 * @returns {{was: S, now: S}[]}
 */
export function paired(was, now) {
  const [left, free] = [new Set(was), new Set(now)];
  const pairs = [];
  const pair = (then, today) => {
    if (!left.delete(then) || !free.delete(today)) return;
    pairs.push({ was: then, now: today });
  };
  const laid = (site) => site.protocol && site.protocol_site && `${site.protocol} ${site.protocol_site}`;
  const places = new Map(now.filter(laid).map((site) => [laid(site), site]));
  for (const then of was) if (places.has(laid(then))) pair(then, places.get(laid(then)));
  const alike = (site) => [subjectOf(site), site.side, mapOf(site)].join();
  const near = [...left].flatMap((then) => [...free].filter((today) => alike(today) === alike(then)).map((today) => ({ then, today, far: apart(then, today) })));
  for (const { then, today } of near.sort((a, b) => a.far - b.far)) if (left.has(then) && free.has(today)) pair(then, today);
  return pairs;
}

/**
 * What differs between two sessions. Units are compared within one product, places within one
 * version of a drawing.
 * @param {any[]} was
 * @param {any[]} now
 * @param {(ref: string) => number | undefined} scaleOf  map units in a life-size mm
 */
export function difference(was, now, scaleOf) {
  const pairs = paired(was, now);
  const known = new Set(pairs.flatMap((pair) => [pair.was, pair.now]));
  const mm = (pair) => (pair.was.map === pair.now.map ? Math.round(apart(pair.was, pair.now) / scaleOf(pair.now.map)) : 0);
  const products = [was, now].map((sites) => [...new Set(sites.map(({ product }) => product).filter(Boolean))].sort());
  return {
    added: now.filter((site) => !known.has(site)),
    left: was.filter((site) => !known.has(site)),
    moved: pairs.map((pair) => ({ site: pair.now, mm: mm(pair) })).filter((each) => each.mm > 0),
    doses: pairs
      .map((pair) => ({ site: pair.now, product: [pair.was.product, pair.now.product], from: hundredths(pair.was.units), to: hundredths(pair.now.units) }))
      .filter(({ product: [then, today], from, to }) => then === today && from !== to),
    products: String(products[0]) === String(products[1]) ? null : { was: products[0], now: products[1] },
  };
}

/**
 * A session again, as planned: why, which products, and its sites with units and depth. Nothing that
 * a person said comes with it: no vial, no lot, no time, no answer.
 * @param {() => string} uuid
 */
export function repeated(session, catalogue, uuid) {
  const sites = session.sites.filter(({ indication }) => catalogue.indications[indication]);
  const preparations = [...new Set(sites.map(({ product }) => product).filter((id) => catalogue.products[id]))].map((product) => ({
    key: uuid(), product, diluent: null, diluent_ml: null, reconstituted_at: null, vials: [],
  }));
  return {
    indications: session.indications.filter((id) => catalogue.indications[id]),
    preparations,
    sites: sites.map(({ map, x, y, muscle, other, units, depth, product, indication, protocol, protocol_site: place }) => ({
      key: uuid(), map, x, y, muscle, other, units, depth,
      state: "planned",
      preparation: preparations.find((each) => each.product === product)?.key ?? null,
      indication,
      protocol: catalogue.protocols[protocol] ? protocol : null,
      protocol_site: catalogue.protocols[protocol] ? place : null,
      given_at: null,
    })),
  };
}
