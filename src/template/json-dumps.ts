/**
 * JSON as Python's `json.dumps` writes it: `", "` and `": "` between items, because that is what models saw in
 * training. Characters outside ASCII are kept as they are. `undefined` becomes `null`.
 *
 * @example jsonDumps({a: [1, 2]}) // '{"a": [1, 2]}'
 */
export function jsonDumps(value: unknown): string {
  const text = JSON.stringify(value);
  return text === undefined ? "null" : format(JSON.parse(text));
}

function format(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(format).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${format(item)}`);
  return `{${entries.join(", ")}}`;
}
