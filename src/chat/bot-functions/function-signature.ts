/** What a function's source text says about it. */
export interface FunctionSignature {
  /** Parameter names in order; `undefined` when the source cannot tell (native code, patterns). */
  readonly names: readonly string[] | undefined;
  /** How many of `names` have no default value. They come first in a well-formed signature. */
  readonly required: readonly string[];
  /** The function's one parameter is an object pattern: `names` are its keys. */
  readonly takesObject: boolean;
  /** The last parameter gathers the rest. */
  readonly rest: boolean;
  /** The block comment that opens the function's body, without its stars; "" when there is none. */
  readonly comment: string;
}

const UNKNOWN: FunctionSignature = {
  names: undefined,
  required: [],
  takesObject: false,
  rest: false,
  comment: "",
};

/**
 * Reads parameter names and the leading block comment from `fn.toString()`.
 * A fallback for functions without a schema: a minifier renames parameters and drops comments.
 *
 * @example readFunctionSignature("(city, days = 3) => {…}") // {names: ["city", "days"], required: ["city"], …}
 */
export function readFunctionSignature(source: string): FunctionSignature {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) return UNKNOWN;
  const head = /^(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(source);
  if (head) {
    const names = [head[1]!];
    return { ...UNKNOWN, names, required: names, comment: leadingComment(source.slice(head[0].length)) };
  }
  const open = findOpening(source);
  if (open < 0) return UNKNOWN;
  const { parts, end } = splitList(source, open);
  const comment = leadingComment(source.slice(end).replace(/^\s*=>/, ""));
  if (parts.length === 1 && parts[0]!.startsWith("{")) {
    return { ...readParameters(splitList(parts[0]!, 0).parts, true), takesObject: true, comment };
  }
  return { ...readParameters(parts, false), takesObject: false, comment };
}

function readParameters(parts: readonly string[], isPattern: boolean): Omit<FunctionSignature, "comment"> {
  const names: string[] = [];
  const required: string[] = [];
  let rest = false;
  for (const part of parts) {
    const match = /^(\.\.\.)?\s*([A-Za-z_$][\w$]*)\s*(=|:|$)/.exec(part);
    if (!match) return { ...UNKNOWN };
    if (match[1]) {
      rest = true;
      continue;
    }
    names.push(match[2]!);
    // In a pattern `key: local = 1` the default stands behind the local name.
    const hasDefault = match[3] === "=" || (isPattern && /^[^=]*=(?![=>])/.test(part));
    if (!hasDefault) required.push(match[2]!);
  }
  return { names, required, takesObject: false, rest };
}

/** The parenthesis that opens the parameter list; a computed method name may hold parentheses of its own. */
function findOpening(source: string): number {
  for (let i = 0; i < source.length; ) {
    const next = skipOpaque(source, i);
    if (next > i) {
      i = next;
    } else if (source[i] === "[") {
      i = splitList(source, i).end;
    } else if (source[i] === "(") {
      return i;
    } else {
      i++;
    }
  }
  return -1;
}

/** The comma-separated parts between the bracket at `open` and its partner, without comments. */
function splitList(source: string, open: number): { parts: string[]; end: number } {
  const parts: string[] = [];
  let part = "";
  let depth = 0;
  let i = open;
  while (i < source.length) {
    const next = skipOpaque(source, i);
    if (next > i) {
      if (source[i] !== "/") part += source.slice(i, next);
      i = next;
      continue;
    }
    const char = source[i++]!;
    if ("([{".includes(char) && depth++ === 0) continue;
    if (")]}".includes(char) && --depth === 0) break;
    if (char === "," && depth === 1) {
      parts.push(part.trim());
      part = "";
    } else {
      part += char;
    }
  }
  if (part.trim() !== "") parts.push(part.trim());
  return { parts, end: i };
}

/** The end of the comment or string that starts at `i`, or `i` when none does. */
function skipOpaque(source: string, i: number): number {
  const char = source[i]!;
  if (char === "/" && source[i + 1] === "*") return endOr(source, source.indexOf("*/", i + 2), 2);
  if (char === "/" && source[i + 1] === "/") return endOr(source, source.indexOf("\n", i), 1);
  if (char !== '"' && char !== "'" && char !== "`") return i;
  let end = i + 1;
  while (end < source.length && source[end] !== char) end += source[end] === "\\" ? 2 : 1;
  return Math.min(end + 1, source.length);
}

function endOr(source: string, index: number, width: number): number {
  return index < 0 ? source.length : index + width;
}

function leadingComment(body: string): string {
  const match = /^\s*\{?\s*\/\*+([\s\S]*?)\*+\//.exec(body);
  if (!match) return "";
  return match[1]!
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s?/, "").trimEnd())
    .join("\n")
    .trim();
}
