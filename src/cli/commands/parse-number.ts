import { UsageError } from "../usage-error.ts";

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/**
 * A parser of one option's number.
 * @throws UsageError naming the option and what it takes
 */
export function numberOption(option: string, range: NumberRange = {}): (text: string) => number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = range;
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const fits = value >= min && value <= max && (!integer || Number.isSafeInteger(value));
    if (fits) return value;
    throw new UsageError(`${option} takes ${describe(range)}, not "${text}"`);
  };
}

function describe({ min, max, integer }: NumberRange): string {
  const kind = integer ? "an integer" : "a number";
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  if (min !== undefined) return `${kind} of at least ${min}`;
  return max === undefined ? kind : `${kind} of at most ${max}`;
}
