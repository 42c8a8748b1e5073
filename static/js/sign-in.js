// The door and this tablet's own store: emptied after a sign-out, given a new key after a sign-in.
import { forget, unavailable } from "./chart/vault.js";

const form = document.querySelector("[data-signs-in]");

// Only a sign-out empties it: a session that merely ended may have left a chart unsent.
if (form?.dataset.signsIn === "after-sign-out") await forget();

// The page that follows makes the key. A refused sign-in comes back here and takes the word back.
sessionStorage.removeItem("stipple.signing-in");
if (!unavailable()) {
  form?.addEventListener("submit", () => sessionStorage.setItem("stipple.signing-in", "yes"));
}
