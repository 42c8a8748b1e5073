// The charts that their owner opened here since they signed in, so that they open again without the
// server: sealed as what is unsent is, for twelve hours at most. Nothing here is the only copy of
// anything, so what cannot be read any more is simply gone.
import { HOURS_12, all, disclose, enclose, fresh, fromHex, seal, settled, unseal, withDatabase } from "../chart/vault.js";

// The catalogues these charts were opened with. They say nothing of a patient.
const CATALOGUES = "stipple catalogues";
const CHARTS = 12;

/**
 * @typedef {object} Page  one chart, as it can be opened again
 * @property {any} data  what the page carried, but for the secret, with the clinic's own drawings it needs
 * @property {string} bar  the patient's line above the chart
 * @property {string} token  of the session it was opened in
 * @property {string} version  of the scripts that it was opened with
 * @property {number} skew  ms that the server's clock is ahead of this one
 * @property {number} at  when, by this tablet's clock
 */

async function open() {
  const request = indexedDB.open("stipple-opened", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("pages", { keyPath: ["person", "treatment"] });
  return settled(request);
}

/** Run `work` with this person's key and the store of pages; null where either is not there. */
const withPages = (person, work) =>
  withDatabase("shared", async (keys) => {
    const row = (await all(keys, "keys")).find((each) => each.person === person && fresh(each));
    if (!row) return null;
    const pages = await open();
    try {
      const store = (mode) => pages.transaction("pages", mode).objectStore("pages");
      return await work(row.key, store);
    } finally {
      pages.close();
    }
  });

async function read(key, own, row) {
  const page = await unseal(key, row)
    .then((bytes) => disclose(own, bytes))
    .catch(() => null);
  return page && Date.now() - page.at < HOURS_12 ? page : null;
}

/** The charts this person can open here, newest first. @returns {Promise<Page[]>} */
export async function openedBy(person, secret) {
  const own = await fromHex(secret);
  const found = await withPages(person, async (key, store) => {
    const rows = (await settled(store("readonly").getAll())).filter((row) => row.person === person);
    return Promise.all(rows.map((row) => read(key, own, row)));
  });
  return (found ?? []).filter(Boolean).sort((a, b) => b.at - a.at);
}

/**
 * What its owner may no longer see goes as soon as the server says so: a patient may have been restricted
 * since. Where nobody answers it stays, and opens as before.
 */
export async function dropHidden(person) {
  const own = await withPages(person, async (_, store) => (await settled(store("readonly").getAllKeys())).filter((key) => key[0] === person));
  if (!own?.length) return;
  const query = new URLSearchParams(own.map(([, treatment]) => ["treatment", treatment]));
  const answer = await fetch(`/api/kept?${query}`, { headers: { Accept: "application/json", "X-Stipple-Background": "1" } });
  if (!answer.ok || answer.redirected) return;
  const { stays } = await answer.json();
  for (const [, treatment] of own) if (!stays.includes(treatment)) await dropOpened(person, treatment);
}

/** Drop this person's charts, or one of them, and those of everybody whose key is gone. */
export async function dropOpened(person, treatment) {
  const living = await withDatabase("shared", async (keys) => new Set((await all(keys, "keys")).filter(fresh).map((row) => row.person)));
  const pages = await open();
  const store = pages.transaction("pages", "readwrite").objectStore("pages");
  for (const key of await settled(store.getAllKeys())) {
    const isMeant = key[0] === person && (treatment ?? key[1]) === key[1];
    if (isMeant || !living.has(key[0])) store.delete(key);
  }
  const left = await settled(store.count());
  pages.close();
  if (left === 0 && !treatment) await globalThis.caches?.delete(CATALOGUES);
}

/** Keeps one chart as it stands on the server, whenever that is told anew. */
export async function createOpened(person, treatment, secret) {
  const own = await fromHex(secret);
  let keeping = null;
  let newest = null;

  async function write(page) {
    const sealed = await enclose(own, page);
    await withPages(person, async (key, store) => {
      const row = { person, treatment, ...(await seal(key, sealed)) };
      await settled(store("readwrite").put(row));
      const others = (await settled(store("readonly").getAll())).filter((each) => each.person === person);
      if (others.length <= CHARTS) return;
      const told = await Promise.all(others.map(async (each) => [each.treatment, (await read(key, own, each))?.at ?? 0]));
      for (const [old] of told.sort((a, b) => b[1] - a[1]).slice(CHARTS)) await settled(store("readwrite").delete([person, old]));
    });
    await keepCatalogue(page.data.catalogue_url);
  }

  return {
    /** Resolves once it is kept. @param {Page} page */
    keep(page) {
      newest = page;
      keeping ??= (async () => {
        while (newest) {
          const next = newest;
          newest = null;
          await write(next).catch(() => undefined);
        }
        keeping = null;
      })();
      return keeping;
    },
  };
}

async function keepCatalogue(address) {
  const cache = await caches.open(CATALOGUES);
  if (await cache.match(address)) return;
  await cache.add(address);
  for (const old of (await cache.keys()).slice(0, -2)) await cache.delete(old);
}
