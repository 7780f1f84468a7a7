/** What may come next. */
type Expectation = "value" | "value or ]" | "key" | "key or }" | ":" | "more";

/** A token that ends at `end`: whole, or broken off by the end of the text, or none at all. */
interface Token {
  readonly end: number;
  readonly state: "whole" | "broken" | "wrong";
}

/** Whether a text that is no JSON could become JSON by writing on. Linear in its length. */
export function isCutShort(text: string): boolean {
  const open: ("{" | "[")[] = [];
  let expect: Expectation = "value";
  for (let position = 0; position < text.length; ) {
    if (" \t\n\r".includes(text[position]!)) {
      position++;
      continue;
    }
    const token = scanToken(text, position);
    if (token.state === "wrong") return false;
    if (token.state === "broken") return takes(expect, text[position]!);
    const next = step(text[position]!, expect, open);
    if (next === undefined) return false;
    expect = next;
    position = token.end;
  }
  return expect !== "more" || open.length > 0;
}

function takes(expect: Expectation, first: string): boolean {
  if (expect === ":" || expect === "more") return false;
  return first === '"' || expect === "value" || expect === "value or ]";
}

function scanToken(text: string, from: number): Token {
  const first = text[from]!;
  if ("{}[],:".includes(first)) return { end: from + 1, state: "whole" };
  if (first === '"') return scanString(text, from);
  for (const word of ["true", "false", "null"]) {
    if (text.startsWith(word, from)) return { end: from + word.length, state: "whole" };
    if (word.startsWith(text.slice(from, from + word.length))) return { end: text.length, state: "broken" };
  }
  return scanNumber(text, from);
}

function scanString(text: string, from: number): Token {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '"') return { end: at + 1, state: "whole" };
    if (text[at]! < " ") return { end: at, state: "wrong" };
    if (text[at] !== "\\") continue;
    const escaped = text.slice(at + 1, at + 6);
    if (/^u[0-9A-Fa-f]{4}/.test(escaped)) at += 5;
    else if (/^["\\/bfnrt]/.test(escaped)) at += 1;
    else {
      const isBroken = at + 1 + escaped.length === text.length && /^(u[0-9A-Fa-f]{0,3})?$/.test(escaped);
      return { end: text.length, state: isBroken ? "broken" : "wrong" };
    }
  }
  return { end: text.length, state: "broken" };
}

function scanNumber(text: string, from: number): Token {
  const pattern = /-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)?/y;
  pattern.lastIndex = from;
  const end = from + (pattern.exec(text)?.[0].length ?? 0);
  const rest = text.slice(end, end + 3);
  const isLast = end + rest.length === text.length;
  if (end === from) return { end, state: "wrong" };
  if (text.slice(from, end) === "-") return { end, state: end === text.length ? "broken" : "wrong" };
  if (isLast && /^(\.|[eE][+-]?)$/.test(rest)) return { end: text.length, state: "broken" };
  return { end, state: "whole" };
}

/** What may come behind a token, or `undefined` where the token itself must not stand. */
function step(first: string, expect: Expectation, open: ("{" | "[")[]): Expectation | undefined {
  switch (expect) {
    case ":":
      return first === ":" ? "value" : undefined;
    case "key":
    case "key or }":
      if (first === '"') return ":";
      return first === "}" && expect === "key or }" ? close(open) : undefined;
    case "more": {
      const inner = open[open.length - 1];
      if (first === "," && inner !== undefined) return inner === "{" ? "key" : "value";
      return (first === "}" && inner === "{") || (first === "]" && inner === "[") ? close(open) : undefined;
    }
    default:
      if (first === "]" && expect === "value or ]") return close(open);
      if (first === "{" || first === "[") {
        open.push(first);
        return first === "{" ? "key or }" : "value or ]";
      }
      return "],:}".includes(first) ? undefined : "more";
  }
}

function close(open: ("{" | "[")[]): Expectation {
  open.pop();
  return "more";
}
