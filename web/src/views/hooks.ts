import { useEffect, useMemo, useState } from "preact/hooks";
import type { Store } from "../state/store.ts";

/** The store's state; pieces that arrive together are drawn together. */
export function useStore<State, Action>(store: Store<State, Action>): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      setState(store.state);
    };
    const stop = store.subscribe(() => {
      timer ??= setTimeout(draw, 16);
    });
    draw();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [store]);
  return state;
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const change = () => setHolds(list.matches);
    list.addEventListener("change", change);
    return () => list.removeEventListener("change", change);
  }, [query]);
  return holds;
}

/** Moves the focus into a drawer that opens, and back to where it was when it closes. */
export function useDrawerFocus(selector: string | null): void {
  // Read before the page behind the drawer becomes inert, which takes the focus away.
  const before = useMemo(() => document.activeElement, [selector]);
  useEffect(() => {
    if (selector === null) return;
    document.querySelector<HTMLElement>(`${selector} button`)?.focus();
    return () => {
      if (before instanceof HTMLElement) queueMicrotask(() => before.focus());
    };
  }, [selector, before]);
}

export type Theme = "system" | "light" | "dark";

const themeName = "colloquy.theme";

/** The theme that the page has at this moment. */
export function themeNow(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

/** The chosen theme, kept in this browser. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(themeNow);
  const choose = (next: Theme) => {
    if (next === "system") {
      delete document.documentElement.dataset.theme;
      localStorage.removeItem(themeName);
    } else {
      document.documentElement.dataset.theme = next;
      localStorage.setItem(themeName, next);
    }
    setTheme(next);
  };
  return [theme, choose];
}
