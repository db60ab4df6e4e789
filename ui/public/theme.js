// Before the first paint: a person's choice of theme, so that no page flashes in the other one.
try {
  const choice = localStorage.getItem("gradus.theme");
  if (choice === "dark" || choice === "light") document.documentElement.dataset.theme = choice;
} catch {
  // Storage can be forbidden; the system's theme then holds.
}
