/**
 * The part of a growing text that can be read out: up to its last full sentence or line. Word by word, a screen reader
 * would never come to an end of a phrase. Marks of Markdown are left out.
 */
export function spokenText(text: string, isDone: boolean): string {
  const plain = text.replace(/[*_`#|>]+/g, "");
  if (isDone) return plain;
  const end = Math.max(...[". ", "! ", "? ", ": ", "\n"].map((mark) => plain.lastIndexOf(mark)));
  return end === -1 ? "" : plain.slice(0, end + 1);
}
