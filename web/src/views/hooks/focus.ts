/** Where there is no keyboard, a focused field would call up one over the half of the page. */
export function focusMessageField(): void {
  if (matchMedia("(hover: hover)").matches)
    document.querySelector<HTMLElement>(".composer textarea")?.focus();
}

/** The list may have to be drawn first. */
export function focusSearch(): void {
  setTimeout(() => document.querySelector<HTMLElement>(".search input")?.focus());
}
