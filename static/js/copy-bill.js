// Copies the bill as text. Without a script, or without a clipboard, the form opens it to be read.

const form = document.querySelector("[data-copy-bill]");
const said = document.querySelector("[data-copied]");

form?.addEventListener("submit", async (event) => {
  if (!navigator.clipboard) return;
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (!answer.ok) throw new Error(String(answer.status));
    await navigator.clipboard.writeText(await answer.text());
    said.hidden = false;
  } catch {
    form.submit();
  }
});
