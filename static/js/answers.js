// Each answer is one tap: it is sent, and what stands on the page is what the server then says stands.
// Without this script every button is a plain form.

const trouble = document.querySelector("[data-answer-trouble]");

/** Where the finger was, said so that it is found again in the new page. */
function placeOf(button) {
  const question = button.closest("[data-question]");
  return question ? `[data-question="${question.dataset.question}"] [data-says="${button.dataset.says}"]` : null;
}

function swap(page) {
  for (const part of document.querySelectorAll("[data-swaps]")) {
    const fresh = page.querySelector(`[data-swaps="${part.dataset.swaps}"]`);
    if (fresh) part.replaceWith(document.importNode(fresh, true));
  }
}

let busy = false;

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-answers]");
  if (!form) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  const button = event.submitter;
  const place = button && placeOf(button);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form, button),
      headers: { "X-Requested-With": "fetch", Accept: "text/html" },
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Signed out, signed or refused meanwhile: the whole page says so better than a part.
    if (!page.querySelector("[data-swaps]")) return location.reload();
    if (trouble) trouble.textContent = "";
    swap(page);
    const found = place && document.querySelector(place);
    const question = form.closest("[data-question]")?.dataset.question;
    const reasons = document.querySelector(`#q-${question}[data-answer=""] > .ask__more button`);
    (reasons || found || document.querySelector("[data-swaps=questions] a"))?.focus({ preventScroll: true });
  } catch {
    if (!trouble) return;
    trouble.textContent = trouble.dataset.says;
    trouble.classList.remove("visually-hidden");
  } finally {
    busy = false;
  }
});
