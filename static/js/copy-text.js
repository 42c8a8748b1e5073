// Copies what a form answers as text: the bill, or the note. Without a script, or without a
// clipboard, the form opens the text to be read and selected by hand.

for (const form of document.querySelectorAll("[data-copies]")) {
  form.addEventListener("submit", async (event) => {
    if (!navigator.clipboard) return;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      if (!answer.ok) throw new Error(String(answer.status));
      await navigator.clipboard.writeText(await answer.text());
      document.getElementById(form.dataset.copies).hidden = false;
    } catch {
      form.submit();
    }
  });
}
