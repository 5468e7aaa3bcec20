// Light, dark, or as the system says.
const NEXT = { auto: "light", light: "dark", dark: "auto" };

export function themes() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const show = () => {
    const now = root.dataset.theme || "auto";
    button.textContent = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" }[now];
    button.setAttribute("aria-label", `Theme: ${now}. Change to ${NEXT[now]}.`);
  };
  button.addEventListener("click", () => {
    const next = NEXT[root.dataset.theme || "auto"];
    if (next === "auto") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      localStorage.setItem("theme", next);
    } catch {
      // Then it holds until the page is closed.
    }
    show();
  });
  show();
}
