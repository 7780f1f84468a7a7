import type { Draw } from "./draw.ts";

const PIECES = [
  ..."()[]{}*+?|^$\\.-,:<=!\"#'/ \n\t01xuUpé😀",
  "::=",
  "{0,",
  "\\x",
  "\\u{",
  "\u0000",
  "\ud83d",
  "#/",
];

/** The text with a few characters taken out, put in, doubled or moved. */
export function damageText(draw: Draw, text: string): string {
  let damaged = text;
  for (let count = 1 + draw.below(3); count > 0; count--) {
    const at = draw.below(damaged.length + 1);
    const length = 1 + draw.below(4);
    const [head, piece, tail] = [
      damaged.slice(0, at),
      damaged.slice(at, at + length),
      damaged.slice(at + length),
    ];
    const kinds = [head + tail, head + draw.pick(PIECES) + piece + tail, head + piece + piece + tail, head];
    damaged = draw.pick(kinds.slice(0, draw.chance(0.1) ? 4 : 3));
  }
  return damaged;
}

const JUNK = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  "a",
  "#",
  "#/$defs/one",
  [],
  {},
  [{}],
  ["a", 1],
  { type: 7 },
];

/** The JSON value with one thing in it taken out, renamed, or replaced by something else. */
export function damageJson(draw: Draw, value: unknown, keywords: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || draw.chance(0.15)) return draw.pick(JUNK);
  if (Array.isArray(value)) {
    const index = draw.below(value.length);
    return value.map((item, at) => (at === index ? damageJson(draw, item, keywords) : item));
  }
  const entries = Object.entries(value);
  const index = draw.below(entries.length);
  if (draw.chance(0.2)) return { ...value, [draw.pick(keywords)]: draw.pick(JUNK) };
  if (draw.chance(0.15)) return Object.fromEntries(entries.filter((_, at) => at !== index));
  const changed = entries.map(([key, item], at) => {
    if (at !== index) return [key, item];
    return draw.chance(0.15) ? [draw.pick(keywords), item] : [key, damageJson(draw, item, keywords)];
  });
  return Object.fromEntries(changed);
}
