// Answers in the server's place while that is away: with files and an empty page, which hold nothing of
// a patient. While the server answers nothing comes from here, so an old worker serves no old script.
// KEPT stands above, from app/offline.py.

const NAME = `stipple files ${KEPT.version}`;
const FILES = "stipple files ";
const LANGUAGE = "/offline/language";
// The pages that are waited for no longer than this: each has its like on the tablet.
const PATIENCE = 20_000;
const LIKENED = /^\/(lock|treatments\/[^/]+\/chart)?$/;
// So long after the server was missed, files come from here first: asking it would only take time.
const A_WHILE = 30_000;
const UNREACHABLE = [502, 504];

const files = new Set(KEPT.files);
let missed = 0;

async function install() {
  const cache = await caches.open(NAME);
  const wanted = [...KEPT.files, ...Object.values(KEPT.pages)];
  await cache.addAll(wanted.map((address) => new Request(address, { cache: "no-cache" })));
  await self.skipWaiting();
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(FILES) && name !== NAME) await caches.delete(name);
  }
  await self.clients.claim();
}

/** The empty page, in the language of who was last at this tablet. */
async function empty() {
  const spoken = await (await caches.match(LANGUAGE))?.text();
  return caches.match(KEPT.pages[spoken] ?? Object.values(KEPT.pages)[0], { cacheName: NAME });
}

async function page(request, path) {
  if (path === "/offline") return empty();
  try {
    const asked = fetch(request);
    const late = new Promise((_, fail) => setTimeout(fail, PATIENCE));
    const answer = await (LIKENED.test(path) ? Promise.race([asked, late]) : asked);
    if (!UNREACHABLE.includes(answer.status)) {
      missed = 0;
      return answer;
    }
  } catch {
    // Nobody answered.
  }
  missed = Date.now();
  return empty();
}

async function file(request) {
  const kept = () => caches.match(request, { ignoreVary: true });
  const first = Date.now() - missed < A_WHILE ? await kept() : null;
  return first ?? fetch(request).catch(async (fault) => (await kept()) ?? Promise.reject(fault));
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (origin !== self.location.origin || request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(page(request, pathname));
  else if (files.has(pathname + search) || pathname.startsWith(KEPT.catalogues)) event.respondWith(file(request));
});
