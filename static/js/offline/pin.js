// What a PIN opens while the server is away: the key to its owner's words, wrapped under the PIN. It is
// made when the server has found the PIN right, belongs to that sign-in, and goes with it. Every try is
// counted on the disk before it is made; after five wrong ones only the server opens.
import { all, disclose, enclose, fresh, seal, unseal, withDatabase, write } from "../chart/vault.js";

const ROUNDS = 600_000;
const SALT_BYTES = 32;
const TRIES = 5;
const HELD = /^stipple (\S+) (\w+)$/;

async function keyFrom(pin, { salt, rounds }) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const put = (database, row) => write(database, (_, keys) => keys.put(row));

const rowOf = async (database, person) =>
  (await all(database, "keys")).find((row) => row.person === person && fresh(row));

/**
 * From now until they sign out this PIN opens what its owner keeps here. The server must have found
 * it right.
 */
export async function keepPin({ person, name, secret }, pin) {
  const made = { salt: crypto.getRandomValues(new Uint8Array(SALT_BYTES)), rounds: ROUNDS };
  const own = await keyFrom(pin, made);
  await withDatabase("exclusive", async (database) => {
    const row = await rowOf(database, person);
    if (row) await put(database, { ...row, name, pin: { ...made, tries: 0, ...(await seal(row.key, await enclose(own, secret))) } });
  });
}

/** A new PIN: the one before opens nothing here any more. */
export const dropPin = (person) =>
  withDatabase("exclusive", async (database) => {
    const row = await rowOf(database, person);
    if (!row) return;
    delete row.pin;
    await put(database, row);
  });

/** Whose PIN opens something here. @returns {Promise<{person: string, name: string}[]>} */
export const names = () =>
  withDatabase("shared", async (database) => (await all(database, "keys")).filter((row) => fresh(row) && row.pin));

/**
 * Try a PIN. @returns {Promise<{secret?: string, left: number}>} what it opens, or how many tries are
 * left.
 */
export const tryPin = (person, pin) =>
  withDatabase("exclusive", async (database) => {
    const row = await rowOf(database, person);
    if (!row?.pin) return { left: 0 };
    row.pin.tries += 1;
    await put(database, row);
    const own = await keyFrom(pin, row.pin);
    const secret = await disclose(own, await unseal(row.key, row.pin)).catch(() => null);
    const left = TRIES - row.pin.tries;
    if (secret) row.pin.tries = 0;
    else if (left <= 0) delete row.pin;
    await put(database, row);
    return secret ? { secret, left } : { left };
  });

// A window that was opened stays so through a reload: what opens it lies in the window's name, which
// the browser holds in memory, gives to no other site, and forgets with the window.

/** Leave this window open for its person. */
export const hold = (person, secret) => {
  window.name = `stipple ${person} ${secret}`;
};

/** Who this window is open for, and what opens their words; {} where it is not. */
export const held = () => {
  const [, person, secret] = HELD.exec(window.name) ?? [];
  return { person, secret };
};
