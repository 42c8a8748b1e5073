// Theme and hand: kept on this tablet, shown at once.

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
