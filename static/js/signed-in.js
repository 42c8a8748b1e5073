// The first page after a sign-in makes the key under which unsent charts lie on this tablet.
import { makeKey } from "./chart/vault.js";

const person = document.body.dataset.person;

if (person && sessionStorage.getItem("stipple.signing-in")) {
  sessionStorage.removeItem("stipple.signing-in");
  await makeKey(person);
}
