// What is not on the server yet lies on this tablet, encrypted. The key is made at sign-in, cannot
// leave the browser, lives twelve hours at most and goes at sign-out; with it goes what it kept.
// A second key comes with the owner's own pages and lies nowhere on the tablet: while somebody else
// is on it, or nobody, what lies here cannot be read even by who takes the browser apart.

export const HOURS_12 = 12 * 60 * 60 * 1000;
const IV_BYTES = 12;

/** Why this browser cannot keep anything, as a word for the page, or null. */
export function unavailable() {
  if (!globalThis.crypto?.subtle) return "insecure";
  return globalThis.indexedDB ? null : "no-database";
}

export const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  const request = indexedDB.open("stipple", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("keys", { keyPath: "person" });
    request.result.createObjectStore("charts", { keyPath: ["person", "treatment"] });
  };
  return settled(request);
}

/** Run `work` on both stores in one strict transaction; resolves once it is on the disk. */
export async function write(database, work) {
  const transaction = database.transaction(["keys", "charts"], "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = () => reject(transaction.error);
  });
  work(transaction.objectStore("charts"), transaction.objectStore("keys"));
  await done;
}

export const all = (database, store) => settled(database.transaction(store).objectStore(store).getAll());

export const fresh = (row) => Date.now() - row.made < HOURS_12;

export async function seal(key, plain) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain) };
}

export const unseal = (key, { iv, sealed }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);

/** The key that came with the page, from its hex digits. */
export function fromHex(digits) {
  const bytes = Uint8Array.from(digits.match(/../g), (pair) => Number.parseInt(pair, 16));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A value as bytes that only the owner's pages can read. */
export async function enclose(own, value) {
  const { iv, sealed } = await seal(own, new TextEncoder().encode(JSON.stringify(value)));
  return new Blob([iv, sealed]).arrayBuffer();
}

export async function disclose(own, bytes) {
  const plain = await unseal(own, { iv: bytes.slice(0, IV_BYTES), sealed: bytes.slice(IV_BYTES) });
  return JSON.parse(new TextDecoder().decode(plain));
}

/** The key is never changed while something is sealed or opened with it, in any window. */
const guarded = (mode, work) =>
  globalThis.navigator?.locks ? navigator.locks.request("stipple key", { mode }, work) : work();

export async function withDatabase(mode, work) {
  return guarded(mode, async () => {
    const database = await open();
    try {
      return await work(database);
    } finally {
      database.close();
    }
  });
}

const keyOf = async (database, person) =>
  (await all(database, "keys")).find((row) => row.person === person && fresh(row))?.key;

/**
 * Make this person's key; called once they have signed in. What they left unsent under an older
 * key that still lives is sealed again under the new one. Keys past their time go, with their charts.
 */
export const makeKey = (person) => withDatabase("exclusive", (database) => renew(database, person));

async function renew(database, person) {
  const keys = await all(database, "keys");
  const charts = await all(database, "charts");
  const mine = keys.find((row) => row.person === person && fresh(row));
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const kept = [];
  for (const row of mine ? charts.filter((each) => each.person === person) : []) {
    kept.push({ ...row, ...(await seal(key, await unseal(mine.key, row))) });
  }
  const living = new Set(keys.filter(fresh).map((row) => row.person));
  await write(database, (chartStore, keyStore) => {
    for (const row of keys.filter((each) => !fresh(each))) keyStore.delete(row.person);
    for (const row of charts.filter((each) => !living.has(each.person))) {
      chartStore.delete([row.person, row.treatment]);
    }
    for (const row of kept) chartStore.put(row);
    // What a PIN opened under the older key, it opens no more: that was another sign-in.
    keyStore.put({ person, key, made: Date.now() });
  });
}

/** How many changes of this person lie here and have not reached the server, by treatment. */
export const unsent = (person) =>
  withDatabase("shared", async (database) => {
    const rows = (await all(database, "charts")).filter((row) => row.person === person);
    return new Map(rows.map((row) => [row.treatment, row.changes ?? 1]));
  });

/**
 * Drop a person's key and all it kept on this tablet; called at sign-out. What others keep stays,
 * but for what has lived its twelve hours.
 */
export async function forget(person) {
  if (unavailable()) return;
  await withDatabase("exclusive", async (database) => {
    const gone = (row) => row.person === person || !fresh(row);
    const dropped = new Set((await all(database, "keys")).filter(gone).map((row) => row.person)).add(person);
    const charts = (await all(database, "charts")).filter((row) => dropped.has(row.person));
    await write(database, (chartStore, keyStore) => {
      for (const one of dropped) keyStore.delete(one);
      for (const row of charts) chartStore.delete([row.person, row.treatment]);
    });
  });
}

/**
 * The place of one treatment's unsent changes on this tablet. Rejects where nothing can be kept.
 * @param {string} person
 * @param {string} treatment
 * @param {string} secret  what the owner's pages alone carry
 */
export async function openVault(person, treatment, secret) {
  const own = await fromHex(secret);
  const place = [person, treatment];
  await withDatabase("exclusive", async (database) => {
    if (!(await keyOf(database, person))) await renew(database, person);
  });
  return {
    /** What lies here, or null; what was sealed under a lost key cannot be read. */
    read: () =>
      withDatabase("shared", async (database) => {
        const row = await settled(database.transaction("charts").objectStore("charts").get(place));
        const key = row && (await keyOf(database, person));
        return key
          ? unseal(key, row)
              .then((bytes) => disclose(own, bytes))
              .catch(() => null)
          : null;
      }),

    /**
     * Resolves once it is on the disk; rejects when the key is gone, as after a sign-out. How many
     * `changes` it holds lies beside it in the clear, for whoever signs out.
     */
    keep: (value, changes = 1) =>
      withDatabase("shared", async (database) => {
        const key = await keyOf(database, person);
        if (!key) throw new Error("no key");
        const row = { person, treatment, changes, ...(await seal(key, await enclose(own, value))) };
        await write(database, (charts) => charts.put(row));
      }),

    clear: () => withDatabase("shared", (database) => write(database, (charts) => charts.delete(place))),
  };
}
