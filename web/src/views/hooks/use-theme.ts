import { useState } from "preact/hooks";

export type Theme = "system" | "light" | "dark";

const storageName = "colloquy.theme";
const following: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

/** The chosen theme, kept in this browser, and a function that goes on to the next one. */
export function useTheme(): readonly [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(themeNow);
  const goOn = () => {
    const next = following[themeNow()];
    if (next === "system") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem(storageName);
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem(storageName, next);
    }
    setTheme(next);
  };
  return [theme, goOn];
}

/** The theme that the page has at this moment. */
function themeNow(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}
