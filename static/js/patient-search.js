// Finds patients while somebody types. Asks by POST, so that no name stands in an address.

const form = document.querySelector("[data-patient-search]");

if (form) {
  const field = form.querySelector("[type=search]");
  const results = form.querySelector("[data-search-results]");
  const status = form.querySelector("[data-search-status]");
  const PAUSE_MS = 150;
  let waiting;
  let running;

  form.querySelector("[data-search-button]").hidden = true;

  const show = (html) => {
    results.innerHTML = html;
    status.textContent = results.querySelector("[data-says]")?.dataset.says ?? "";
  };

  const ask = async () => {
    running?.abort();
    if (!field.value.trim()) return show("");
    running = new AbortController();
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "fetch", Accept: "text/html" },
        signal: running.signal,
      });
      // Signed out meanwhile, or refused: the whole page says so better than a list.
      if (answer.ok) show(await answer.text());
      else form.submit();
    } catch (fault) {
      if (fault.name !== "AbortError") status.textContent = "";
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE_MS);
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    await ask();
    const found = results.querySelectorAll("[data-found] .lines a");
    if (found.length === 1) found[0].click();
    else found[0]?.focus();
  });

  field.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    results.querySelector("a")?.focus();
  });

  results.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const links = [...results.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement) + step;
    (links[place] ?? (place < 0 ? field : links.at(-1))).focus();
  });
}
