// Light, dark, or as the system has it.
const order = ["system", "light", "dark"];
const signs = { system: "◐", light: "☀", dark: "☾" };

/** Makes a button go through the three; the choice outlives the visit. */
export function wireThemeSwitch(button) {
  const root = document.documentElement;
  const show = () => {
    const now = root.dataset.theme ?? "system";
    button.textContent = signs[now];
    button.setAttribute("aria-label", `Colours: ${now}`);
    button.title = `Colours: ${now}`;
  };
  button.addEventListener("click", () => {
    const now = root.dataset.theme ?? "system";
    const next = order[(order.indexOf(now) + 1) % order.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("quiver.theme");
      else localStorage.setItem("quiver.theme", next);
    } catch {
      // Without a store the choice lasts as long as the page.
    }
    show();
  });
  show();
}
