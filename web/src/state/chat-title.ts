const titleLength = 60;

/** A title from what was asked first: its first line, cut at a word. */
export function titleOf(text: string): string {
  const line = text.trim().split(/\s*\n/, 1)[0] ?? "";
  const words = line.replace(/\s+/g, " ");
  if (words.length <= titleLength) return words;
  const cut = words.slice(0, titleLength);
  const space = cut.lastIndexOf(" ");
  return `${(space > titleLength / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
