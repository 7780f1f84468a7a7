import { useEffect, useMemo } from "preact/hooks";

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
