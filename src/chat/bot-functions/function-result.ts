/** Longest text of one result, UTF-16 units. */
export const RESULT_LENGTH_MAX_DEFAULT = 4096;

/** The outcome of writing a result down. */
export type ResultText = { readonly text: string | undefined } | { readonly error: string };

/**
 * A function's result as text for the model: strings as they are, everything else as JSON, `undefined` as no text.
 * A result that JSON cannot say (a cycle, a bigint, a function) is an error.
 */
export function renderResult(value: unknown, lengthMax: number = RESULT_LENGTH_MAX_DEFAULT): ResultText {
  if (value === undefined) return { text: undefined };
  if (typeof value === "string") return { text: clip(value, lengthMax) };
  try {
    const json: string | undefined = JSON.stringify(value);
    if (json !== undefined) return { text: clip(json, lengthMax) };
  } catch {
    // The reason below is what the model can use.
  }
  return { error: "the result cannot be written as JSON" };
}

/** Cuts a text at `lengthMax` units, never inside of a surrogate pair, and says that it did. */
export function clip(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const isHalf = /[\uD800-\uDBFF]/.test(text[lengthMax - 1] ?? "");
  return `${text.slice(0, isHalf ? lengthMax - 1 : lengthMax)}… (${text.length} characters in all)`;
}
