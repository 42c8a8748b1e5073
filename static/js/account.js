// Theme and hand: kept on this tablet, shown at once. A PIN that is changed opens nothing here any more.
import { unavailable } from "./chart/vault.js";
import { dropPin } from "./offline/pin.js";

const change = document.querySelector("[data-sets-pin]");

if (!unavailable()) {
  change?.addEventListener("submit", async (event) => {
    event.preventDefault();
    await dropPin(document.body.dataset.person).catch(() => undefined);
    change.submit();
  });
}

for (const group of document.querySelectorAll("[data-appearance]")) {
  const name = group.dataset.appearance;
  const kept = localStorage.getItem(`stipple.${name}`) ?? "";
  for (const choice of group.querySelectorAll("input")) {
    choice.checked = choice.value === kept;
    choice.addEventListener("change", () => {
      if (choice.value) {
        localStorage.setItem(`stipple.${name}`, choice.value);
        document.documentElement.dataset[name] = choice.value;
      } else {
        localStorage.removeItem(`stipple.${name}`);
        delete document.documentElement.dataset[name];
      }
    });
  }
}
