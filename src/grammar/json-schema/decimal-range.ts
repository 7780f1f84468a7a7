import {
  characters,
  choice,
  EMPTY,
  type GrammarNode,
  literal,
  NEVER,
  optional,
  repeat,
  sequence,
} from "../ir.ts";

/**
 * The decimal texts of the numbers from `low` to `high`, both inclusive and counted in units of 10^-fractionDigits.
 * At most `fractionDigits` digits follow the point; trailing zeros may be written. There is no exponent and no `-0`.
 * The size of the result grows with the square of the digits at most.
 *
 * @example
 * decimalRange(-5n, 120n, 0) // the integers from -5 to 120
 * decimalRange(15n, 20n, 1)  // 1.5, 1.6 … 2.0 and 2
 */
export function decimalRange(low: bigint, high: bigint, fractionDigits: number): GrammarNode {
  const options: GrammarNode[] = [];
  if (low < 0n) {
    const nearest = high < 0n ? -high : 1n;
    if (nearest <= -low) options.push(sequence(literal("-"), magnitudes(nearest, -low, fractionDigits)));
  }
  if (high >= 0n && low <= high) options.push(magnitudes(low > 0n ? low : 0n, high, fractionDigits));
  return options.length === 0 ? NEVER : choice(...options);
}

const DIGIT = characters([[0x30, 0x39]]);

function magnitudes(low: bigint, high: bigint, fractionDigits: number): GrammarNode {
  const [lowWhole, lowPart] = split(low, fractionDigits);
  const [highWhole, highPart] = split(high, fractionDigits);
  const zeros = "0".repeat(fractionDigits);
  const nines = "9".repeat(fractionDigits);
  if (lowWhole === highWhole) return sequence(literal(String(lowWhole)), fractions(lowPart, highPart));
  const options: GrammarNode[] = [];
  let first = lowWhole;
  let last = highWhole;
  if (lowPart !== zeros) {
    options.push(sequence(literal(String(lowWhole)), fractions(lowPart, nines)));
    first += 1n;
  }
  if (highPart !== nines) {
    options.push(sequence(literal(String(highWhole)), fractions(zeros, highPart)));
    last -= 1n;
  }
  if (first <= last)
    options.push(sequence(wholeNumbers(String(first), String(last)), fractions(zeros, nines)));
  return choice(...options);
}

function split(value: bigint, fractionDigits: number): [bigint, string] {
  const scale = 10n ** BigInt(fractionDigits);
  return [value / scale, fractionDigits === 0 ? "" : String(value % scale).padStart(fractionDigits, "0")];
}

/** The whole numbers from `low` to `high`, one option for each count of digits. */
function wholeNumbers(low: string, high: string): GrammarNode {
  const options: GrammarNode[] = [];
  for (let length = low.length; length <= high.length; length++) {
    const from = length === low.length ? low : `1${"0".repeat(length - 1)}`;
    const to = length === high.length ? high : "9".repeat(length);
    options.push(sameLength(from, to));
  }
  return choice(...options);
}

/** The digit strings between two of the same length. */
function sameLength(low: string, high: string): GrammarNode {
  if (low === high) return low === "" ? EMPTY : literal(low);
  const rest = low.length - 1;
  if (/^0*$/.test(low) && /^9*$/.test(high)) return anyDigits(low.length, low.length);
  const [a, b] = [Number(low[0]), Number(high[0])];
  const anyRest = anyDigits(rest, rest);
  if (a === b) return sequence(literal(String(a)), sameLength(low.slice(1), high.slice(1)));
  const options: GrammarNode[] = [];
  let [first, last] = [a, b];
  if (!/^.0*$/.test(low)) {
    options.push(sequence(digits(a, a), sameLength(low.slice(1), "9".repeat(rest))));
    first++;
  }
  if (!/^.9*$/.test(high)) {
    options.push(sequence(digits(b, b), sameLength("0".repeat(rest), high.slice(1))));
    last--;
  }
  if (first <= last) options.push(sequence(digits(first, last), anyRest));
  return choice(...options);
}

/** Nothing, or a point and digits, such that the digits padded with zeros lie between the two strings. */
function fractions(low: string, high: string): GrammarNode {
  if (low === "") return EMPTY;
  const some = sequence(literal("."), fractionDigits(low, high, false));
  return /^0*$/.test(low) ? optional(some) : some;
}

function fractionDigits(low: string, high: string, mayStop: boolean): GrammarNode {
  if (low === "") return EMPTY;
  const allNines = /^9*$/.test(high);
  const allZeros = /^0*$/.test(low);
  if (allZeros && allNines) return anyDigits(mayStop ? 0 : 1, low.length);
  const [a, b] = [Number(low[0]), Number(high[0])];
  const rest = low.length - 1;
  const options: GrammarNode[] = [];
  if (a === b) options.push(sequence(digits(a, a), fractionDigits(low.slice(1), high.slice(1), true)));
  else {
    options.push(sequence(digits(a, a), fractionDigits(low.slice(1), "9".repeat(rest), true)));
    options.push(sequence(digits(b, b), fractionDigits("0".repeat(rest), high.slice(1), true)));
    if (a + 1 <= b - 1) options.push(sequence(digits(a + 1, b - 1), anyDigits(0, rest)));
  }
  const some = choice(...options);
  return mayStop && allZeros ? optional(some) : some;
}

function digits(first: number, last: number): GrammarNode {
  return characters([[0x30 + first, 0x30 + last]]);
}

function anyDigits(min: number, max: number): GrammarNode {
  return max === 0 ? EMPTY : repeat(DIGIT, min, max);
}
