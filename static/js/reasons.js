// Reasons typed on the review page stay typed while another answer of the page is sent. They wait
// on the tablet as unsent charts do, encrypted. A reason comes back only to the very sentence it was
// written about: one for 400 U is none for 500 U.
import { openVault, unavailable } from "./chart/vault.js";

const page = document.querySelector("[data-vault]");
const fields = [...document.querySelectorAll(".finding__reason input[form=signing]")];

const aboutOf = (field) => field.closest("[data-finding]").querySelector(".finding__text b").textContent;
const typed = () =>
  Object.fromEntries(fields.filter((field) => field.value).map((field) => [field.name, [aboutOf(field), field.value]]));

async function start() {
  const { person, place, vault: secret } = page.dataset;
  const vault = await openVault(person, place, secret).catch(() => null);
  if (!vault) return;
  let keeping = null;
  let again = false;

  async function keep() {
    again = true;
    keeping ??= (async () => {
      while (again) {
        again = false;
        // A sentence half written is no change of a chart that signing out would ask about.
        await vault.keep(typed(), 0).catch(() => null);
      }
      keeping = null;
    })();
    return keeping;
  }

  const left = (await vault.read().catch(() => null)) ?? {};
  for (const field of fields) {
    const [about, words] = left[field.name] ?? [];
    if (!field.value && about === aboutOf(field)) field.value = words;
    field.addEventListener("input", keep);
  }
  if (fields.some((field) => field.value)) await keep();

  document.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    // The note keeps them from here on; a form that comes back brings them along.
    if (event.target.id === "signing") return void vault.clear().catch(() => null);
    if (!keeping) return;
    event.preventDefault();
    await keeping;
    event.target.requestSubmit(event.submitter);
  });
}

if (fields.length > 0 && !unavailable()) await start();
