// Hands a PDF to another program of the tablet where it offers that; a button that could not is
// never shown. What cannot be handed on after all is saved.

const sample = new File([""], "note.pdf", { type: "application/pdf" });

async function fetched(button) {
  const form = button.form;
  const answer = form ? await fetch(form.action, { method: "POST", body: new FormData(form) }) : await fetch(button.dataset.share);
  if (!answer.ok || !answer.headers.get("Content-Type").startsWith("application/pdf")) throw new Error(String(answer.status));
  return new File([await answer.blob()], button.dataset.name, { type: "application/pdf" });
}

function save(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const button of document.querySelectorAll("[data-share]")) {
  if (!navigator.canShare?.({ files: [sample] })) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (button.form && !button.form.reportValidity()) return;
    const said = document.querySelector("[data-share-said]");
    said.hidden = true;
    try {
      const file = await fetched(button);
      await navigator.share({ files: [file] }).catch((refusal) => {
        // Whoever closed the sheet of the tablet changed their mind; nothing is saved then.
        if (refusal.name !== "AbortError") save(file);
      });
    } catch {
      said.hidden = false;
    }
  });
}
