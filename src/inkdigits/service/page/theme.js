// Light or dark: as the system has it until somebody says otherwise. Not a module, and in the head,
// so that the page is never seen in the wrong one.
{
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colours = { light: "#f6f4ef", dark: "#14161b" };

  // A browser may forbid to keep anything; then the choice holds for this page.
  let chosen = null;
  try {
    chosen = localStorage.getItem("inkdigits-theme");
  } catch {}

  const show = () => {
    const theme = chosen in colours ? chosen : dark.matches ? "dark" : "light";
    root.dataset.theme = theme;
    document.querySelector("meta[name=theme-color]").content = colours[theme];
    document.getElementById("theme")?.setAttribute("aria-pressed", theme === "dark");
    document.dispatchEvent(new Event("themechange"));
  };

  const toggle = () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("inkdigits-theme", chosen);
    } catch {}
    show();
  };

  show();
  dark.addEventListener("change", show);
  addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme").addEventListener("click", toggle);
  });
}
