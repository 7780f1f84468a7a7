/** A schema with values that satisfy it and values that do not, all with their members in the schema's order. */
export interface CorpusEntry {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly accept: readonly unknown[];
  readonly reject: readonly unknown[];
}

export type Schema = Readonly<Record<string, unknown>>;

/** An object with all these members and no others. */
export function record(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

export const string = { type: "string" };
export const integer = { type: "integer" };
export const number = { type: "number" };
export const boolean = { type: "boolean" };
export const list = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });
export const one = (
  name: string,
  schema: Schema,
  accept: readonly unknown[],
  reject: readonly unknown[],
) => ({
  name,
  schema: record({ value: schema }),
  accept: accept.map((value) => ({ value })),
  reject: reject.map((value) => ({ value })),
});

export const SENTENCE =
  'The lighthouse keeper wrote a long letter to his sister in Málaga, and he said: "Come before winter!"';

export const person = record({ name: string, age: integer, email: string, active: boolean });
export const ada = { name: "Ada Lovelace", age: 36, email: "ada@example.org", active: true };

export const address = record({
  street: { type: "string", maxLength: 60 },
  city: string,
  postalCode: { type: "string", pattern: "^[0-9]{5}$" },
  country: { enum: ["DE", "FR", "ES", "GB", "US"] },
});
export const home = { street: "12 Garden Lane", city: "Bristol", postalCode: "90210", country: "GB" };

export const product = record({
  id: integer,
  title: { type: "string", minLength: 1, maxLength: 80 },
  price: { type: "number", minimum: 0 },
  tags: list(string, { maxItems: 5 }),
  inStock: boolean,
});
export const lamp = (id: number) => ({
  id,
  title: `Brass desk lamp, model ${id}`,
  price: 10.5 + id,
  tags: ["light", "office", "brass"].slice(0, id % 4),
  inStock: id % 2 === 0,
});
export const products = (count: number) => Array.from({ length: count }, (_, id) => lamp(id));

export const tree = {
  $defs: {
    node: {
      type: "object",
      properties: { label: string, children: list({ $ref: "#/$defs/node" }) },
      required: ["label", "children"],
      additionalProperties: false,
    },
  },
  $ref: "#/$defs/node",
};
export const leaf = (label: string) => ({ label, children: [] as unknown[] });
export const family = {
  label: "root",
  children: [
    { label: "left branch", children: [leaf("first leaf"), leaf("second leaf")] },
    leaf("right leaf"),
  ],
};

export const expression = {
  $defs: {
    expression: {
      anyOf: [
        number,
        record({
          op: { enum: ["add", "sub", "mul"] },
          left: { $ref: "#/$defs/expression" },
          right: { $ref: "#/$defs/expression" },
        }),
      ],
    },
  },
  $ref: "#/$defs/expression",
};
export const sum = {
  op: "add",
  left: 1.5,
  right: { op: "mul", left: 2, right: { op: "sub", left: 10, right: -3 } },
};

export const toolArguments: Readonly<Record<string, Schema>> = {
  get_weather: record({ city: string, unit: { enum: ["celsius", "fahrenheit"] } }),
  search_web: record({
    query: { type: "string", maxLength: 200 },
    limit: { type: "integer", minimum: 1, maximum: 20 },
  }),
  send_email: record({ to: { type: "string", format: "email" }, subject: string, body: string }),
  create_event: record({
    title: string,
    date: { type: "string", format: "date" },
    guests: list(string, { maxItems: 5 }),
  }),
  read_file: record({ path: string, fromLine: integer, toLine: integer }),
  write_file: record({ path: string, content: string }),
  run_query: record({ sql: string, parameters: list({ type: ["string", "number", "null"] }) }),
  set_timer: record({ seconds: { type: "integer", minimum: 1, maximum: 86400 } }),
  translate: record({
    text: string,
    from: { type: "string", pattern: "^[a-z]{2}$" },
    to: { type: "string", pattern: "^[a-z]{2}$" },
  }),
  get_stock_price: record({ symbol: { type: "string", pattern: "^[A-Z]{1,5}$" } }),
  list_directory: record({ path: string, recursive: boolean }),
  calculate: record({ expression: string }),
};
export const tools = {
  anyOf: Object.entries(toolArguments).map(([name, parameters]) =>
    record({ name: { const: name }, arguments: parameters }),
  ),
};

export const wide = record(
  Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `field_${i}`,
      i % 3 === 0 ? string : i % 3 === 1 ? integer : boolean,
    ]),
  ),
);
export const wideValue = (last: unknown = true) => ({
  ...Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `field_${i}`,
      i % 3 === 0 ? `text ${i}` : i % 3 === 1 ? i * 7 : i % 2 === 0,
    ]),
  ),
  field_197: last,
});

export const optionals: Schema = {
  type: "object",
  properties: { a: string, b: integer, c: boolean, d: number, e: list(integer) },
  required: ["b"],
  additionalProperties: false,
};
