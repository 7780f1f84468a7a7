import { characters, choice, type GrammarNode, literal, NEVER, optional, repeat, sequence } from "../ir.ts";
import type { Compilation } from "./compilation.ts";
import type { Constraints, NumberBound } from "./constraints.ts";
import { decimalRange } from "./decimal-range.ts";
import { unsupportedSchema } from "./schema-error.ts";
import {
  EXPONENT_DIGITS_MAX,
  FRACTION_DIGITS_MAX,
  INTEGER_DIGITS_MAX,
  SCHEMA_LIMITS,
} from "./schema-options.ts";

const digit = characters([[0x30, 0x39]]);
const whole = choice(
  literal("0"),
  sequence(characters([[0x31, 0x39]]), repeat(digit, 0, INTEGER_DIGITS_MAX - 1)),
);
const sign = optional(literal("-"));
const INTEGER = sequence(sign, whole);
const NUMBER = sequence(
  sign,
  whole,
  optional(sequence(literal("."), repeat(digit, 1, FRACTION_DIGITS_MAX))),
  optional(
    sequence(
      characters([
        [0x45, 0x45],
        [0x65, 0x65],
      ]),
      optional(
        characters([
          [0x2b, 0x2b],
          [0x2d, 0x2d],
        ]),
      ),
      repeat(digit, 1, EXPONENT_DIGITS_MAX),
    ),
  ),
);
const WHOLE_LIMIT = 10n ** BigInt(INTEGER_DIGITS_MAX);

/**
 * The numbers that satisfy the constraints. Every text is finite and exact enough that the parsed number satisfies
 * the bounds too: at most 15 digits before the point, and with a range at most 15 significant digits near a bound.
 * @throws ColloquyError `grammar-unsupported` for `multipleOf` that cannot be written, and bounds of 10^15 or more
 */
export function numberGrammar(compilation: Compilation, constraints: Constraints): GrammarNode {
  const { minimum, maximum, path } = constraints;
  const step = commonStep(constraints);
  const isWhole = constraints.integer || step !== undefined;
  if (minimum === undefined && maximum === undefined && (step ?? 1n) === 1n)
    return isWhole ? INTEGER : NUMBER;
  refuseFarBounds(minimum, maximum);
  const fractionDigits = isWhole ? 0 : fractionDigitsFor(minimum, maximum);
  const scale = 10n ** BigInt(fractionDigits);
  const limit = WHOLE_LIMIT * scale - 1n;
  const low = minimum === undefined ? -limit : largest(-limit, scaledBound(minimum, fractionDigits, 1n));
  const high = maximum === undefined ? limit : -largest(-limit, -scaledBound(maximum, fractionDigits, -1n));
  if (low > high) {
    const why = `no ${isWhole ? "whole number" : "number"} lies between minimum ${minimum?.value} and maximum ${maximum?.value}`;
    compilation.contradictions.push({ path, why });
    return NEVER;
  }
  if (step === undefined || step === 1n) return decimalRange(low, high, fractionDigits);
  const multiples = multiplesGrammar(step, low, high, path, minimum !== undefined && maximum !== undefined);
  if (multiples === NEVER)
    compilation.contradictions.push({ path, why: `no multiple of ${step} lies within the bounds` });
  return multiples;
}

/** The least common multiple of all `multipleOf`; `undefined` without any. */
function commonStep(constraints: Constraints): bigint | undefined {
  let step: bigint | undefined;
  for (const multiple of constraints.multiplesOf) {
    if (!Number.isInteger(multiple))
      throw unsupportedSchema(constraints.path, "multipleOf", `${multiple} is not a whole number`);
    if (BigInt(multiple) >= WHOLE_LIMIT)
      throw unsupportedSchema(constraints.path, "multipleOf", `${multiple} is too large`);
    const next = BigInt(multiple);
    step = step === undefined ? next : (step * next) / greatestDivisor(step, next);
  }
  return step;
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestDivisor(b, a % b);
}

function multiplesGrammar(
  step: bigint,
  low: bigint,
  high: bigint,
  path: string,
  closed: boolean,
): GrammarNode {
  const first = -floorDivide(-low, step);
  const last = floorDivide(high, step);
  if (first > last) return NEVER;
  if (closed && last - first < BigInt(SCHEMA_LIMITS.multiples)) {
    const values: GrammarNode[] = [];
    for (let factor = first; factor <= last; factor++) values.push(literal(String(factor * step)));
    return choice(...values);
  }
  const zeros = /^10*$/.test(String(step)) ? String(step).slice(1) : undefined;
  if (zeros === undefined)
    throw unsupportedSchema(
      path,
      "multipleOf",
      `${step} cannot be written without a small range`,
      `give minimum and maximum with at most ${SCHEMA_LIMITS.multiples} multiples between`,
    );
  const options: GrammarNode[] = [];
  if (first < 0n) options.push(sequence(decimalRange(first, last < 0n ? last : -1n, 0), literal(zeros)));
  if (first <= 0n && last >= 0n) options.push(literal("0"));
  if (last > 0n) options.push(sequence(decimalRange(first > 0n ? first : 1n, last, 0), literal(zeros)));
  return choice(...options);
}

function refuseFarBounds(minimum: NumberBound | undefined, maximum: NumberBound | undefined): void {
  const limit = Number(WHOLE_LIMIT);
  if (minimum !== undefined && minimum.value >= limit)
    throw unsupportedSchema(
      minimum.path,
      undefined,
      `asks for numbers of more than ${INTEGER_DIGITS_MAX} digits`,
    );
  if (maximum !== undefined && maximum.value <= -limit)
    throw unsupportedSchema(
      maximum.path,
      undefined,
      `asks for numbers of more than ${INTEGER_DIGITS_MAX} digits`,
    );
}

/** As many as leave the digits near a bound within 15, which every JavaScript number keeps apart. */
function fractionDigitsFor(...bounds: readonly (NumberBound | undefined)[]): number {
  const digits = bounds.map((bound) =>
    bound === undefined ? 1 : String(Math.trunc(Math.min(Math.abs(bound.value), 1e15))).length,
  );
  return Math.max(0, INTEGER_DIGITS_MAX - Math.max(...digits));
}

/** The bound in units of 10^-fractionDigits, rounded inwards; `inwards` is 1 for a minimum, -1 for a maximum. */
function scaledBound(bound: NumberBound, fractionDigits: number, inwards: bigint): bigint {
  const { digits, exponent } = decompose(bound.value);
  const shift = exponent + fractionDigits;
  if (shift >= 0) {
    const exact = digits * 10n ** BigInt(shift);
    return bound.exclusive ? exact + inwards : exact;
  }
  const divisor = 10n ** BigInt(-shift);
  if (digits % divisor === 0n) {
    const exact = digits / divisor;
    return bound.exclusive ? exact + inwards : exact;
  }
  const below = floorDivide(digits, divisor);
  return inwards === 1n ? below + 1n : below;
}

/** A number as its shortest decimal: `digits * 10^exponent`. */
function decompose(value: number): { digits: bigint; exponent: number } {
  const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
  const [head, tail = ""] = mantissa.split(".") as [string, string?];
  return { digits: BigInt(head + tail), exponent: Number(exponent) - tail.length };
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

function largest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
