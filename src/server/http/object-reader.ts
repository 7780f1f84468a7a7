import { FieldError } from "./request-error.ts";

export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/** Reads the fields of a JSON object. A field that is `null` counts as missing; a wrong one is refused by name. */
export class ObjectReader {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /** @throws FieldError when it is no object */
  constructor(value: unknown, path = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FieldError(path === "" ? "body" : path, "must be an object");
    }
    this.#values = value as Record<string, unknown>;
    this.#path = path;
  }

  /** Refuses fields that are not listed. */
  only(...names: readonly string[]): this {
    const unknown = Object.keys(this.#values).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new FieldError(this.path(unknown.slice(0, 100)), "is not a known field");
    return this;
  }

  path(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  names(): string[] {
    return Object.keys(this.#values);
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  string(name: string, maxLength = Number.POSITIVE_INFINITY): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw new FieldError(this.path(name), "must be a string");
    if (value.length > maxLength) {
      throw new FieldError(this.path(name), `must have at most ${maxLength} characters`);
    }
    return value;
  }

  number(name: string, bounds: NumberBounds = {}): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = bounds;
    const isNumber = typeof value === "number" && Number.isFinite(value);
    if (!isNumber || value < min || value > max || (integer && !Number.isSafeInteger(value))) {
      throw new FieldError(this.path(name), `must be ${describe(bounds)}`);
    }
    return value;
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === "boolean") return value;
    throw new FieldError(this.path(name), "must be true or false");
  }

  oneOf<const Value extends string>(name: string, ...values: readonly Value[]): Value | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (values.includes(value as Value)) return value as Value;
    throw new FieldError(this.path(name), `must be ${values.map((one) => `"${one}"`).join(" or ")}`);
  }

  object(name: string): ObjectReader | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new ObjectReader(value, this.path(name));
  }

  array(name: string, maxLength: number): readonly unknown[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new FieldError(this.path(name), "must be an array");
    if (value.length > maxLength) {
      throw new FieldError(this.path(name), `must have at most ${maxLength} entries`);
    }
    return value;
  }

  /** The objects of an array. */
  objects(name: string, maxLength: number): ObjectReader[] | undefined {
    return this.array(name, maxLength)?.map(
      (value, index) => new ObjectReader(value, `${this.path(name)}[${index}]`),
    );
  }

  /** What a field must have. @throws FieldError when it is missing */
  required<Value>(name: string, value: Value | undefined): Value {
    if (value === undefined) throw new FieldError(this.path(name), "is required");
    return value;
  }
}

function describe({ min, max, integer }: NumberBounds): string {
  const kind = integer ? "an integer" : "a number";
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`;
  if (min !== undefined) return `${kind} of at least ${min}`;
  return max === undefined ? kind : `${kind} of at most ${max}`;
}
