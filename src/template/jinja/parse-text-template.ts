import { InvalidArgumentError } from "../../base/errors.ts";

/**
 * Splits a text at `{{placeholders}}` that must stand in the given order.
 * @returns the text before each placeholder, and the text after the last one
 * @throws ColloquyError `invalid-argument` when one is missing, doubled, or out of order
 *
 * @example splitAtPlaceholders("a{{x}}b{{y}}c", ["x", "y"]) // ["a", "b", "c"]
 */
export function splitAtPlaceholders(text: string, names: readonly string[]): string[] {
  const parts: string[] = [];
  let rest = text;
  for (const name of names) {
    const mark = `{{${name}}}`;
    const index = rest.indexOf(mark);
    if (index === -1)
      throw new InvalidArgumentError(`The template ${JSON.stringify(text)} has no ${mark} in its place`, {
        hint: `needed, in this order: ${names.map((known) => `{{${known}}}`).join(", ")}`,
      });
    parts.push(rest.slice(0, index));
    rest = rest.slice(index + mark.length);
  }
  for (const name of names)
    if (rest.includes(`{{${name}}}`)) throw new InvalidArgumentError(`The template holds {{${name}}} twice`);
  return [...parts, rest];
}
