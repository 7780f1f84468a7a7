/**
 * The part of a growing text that can be read out: up to its last full sentence or line. Word by word, a screen reader
 * would never come to an end of a phrase.
 */
export function spokenText(text: string, isDone: boolean): string {
  if (isDone) return text;
  const end = Math.max(...[". ", "! ", "? ", ": ", "\n"].map((mark) => text.lastIndexOf(mark)));
  return end === -1 ? "" : text.slice(0, end + 1);
}
