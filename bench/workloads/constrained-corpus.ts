/** A schema with values that satisfy it and values that do not, all with their members in the schema's order. */
export interface CorpusEntry {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly accept: readonly unknown[];
  readonly reject: readonly unknown[];
}

type Schema = Readonly<Record<string, unknown>>;

/** An object with all these members and no others. */
export function record(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const string = { type: "string" };
const integer = { type: "integer" };
const number = { type: "number" };
const boolean = { type: "boolean" };
const list = (items: Schema, more: Schema = {}): Schema => ({ type: "array", items, ...more });
const one = (name: string, schema: Schema, accept: readonly unknown[], reject: readonly unknown[]) => ({
  name,
  schema: record({ value: schema }),
  accept: accept.map((value) => ({ value })),
  reject: reject.map((value) => ({ value })),
});

const SENTENCE =
  'The lighthouse keeper wrote a long letter to his sister in Málaga, and he said: "Come before winter!"';

const person = record({ name: string, age: integer, email: string, active: boolean });
const ada = { name: "Ada Lovelace", age: 36, email: "ada@example.org", active: true };

const address = record({
  street: { type: "string", maxLength: 60 },
  city: string,
  postalCode: { type: "string", pattern: "^[0-9]{5}$" },
  country: { enum: ["DE", "FR", "ES", "GB", "US"] },
});
const home = { street: "12 Garden Lane", city: "Bristol", postalCode: "90210", country: "GB" };

const product = record({
  id: integer,
  title: { type: "string", minLength: 1, maxLength: 80 },
  price: { type: "number", minimum: 0 },
  tags: list(string, { maxItems: 5 }),
  inStock: boolean,
});
const lamp = (id: number) => ({
  id,
  title: `Brass desk lamp, model ${id}`,
  price: 10.5 + id,
  tags: ["light", "office", "brass"].slice(0, id % 4),
  inStock: id % 2 === 0,
});
const products = (count: number) => Array.from({ length: count }, (_, id) => lamp(id));

const tree = {
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
const leaf = (label: string) => ({ label, children: [] as unknown[] });
const family = {
  label: "root",
  children: [
    { label: "left branch", children: [leaf("first leaf"), leaf("second leaf")] },
    leaf("right leaf"),
  ],
};

const expression = {
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
const sum = {
  op: "add",
  left: 1.5,
  right: { op: "mul", left: 2, right: { op: "sub", left: 10, right: -3 } },
};

const toolArguments: Readonly<Record<string, Schema>> = {
  get_weather: record({ city: string, unit: { enum: ["celsius", "fahrenheit"] } }),
  search_web: record({
    query: { type: "string", maxLength: 200 },
    limit: { type: "integer", minimum: 1, maximum: 20 },
  }),
  send_email: record({ to: { type: "string", format: "email" }, subject: string, body: string }),
  create_event: record({ title: string, date: { type: "string", format: "date" }, guests: list(string) }),
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
const tools = {
  anyOf: Object.entries(toolArguments).map(([name, parameters]) =>
    record({ name: { const: name }, arguments: parameters }),
  ),
};

const wide = record(
  Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `field_${i}`,
      i % 3 === 0 ? string : i % 3 === 1 ? integer : boolean,
    ]),
  ),
);
const wideValue = (last: unknown = true) => ({
  ...Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [
      `field_${i}`,
      i % 3 === 0 ? `text ${i}` : i % 3 === 1 ? i * 7 : i % 2 === 0,
    ]),
  ),
  field_197: last,
});

const optionals: Schema = {
  type: "object",
  properties: { a: string, b: integer, c: boolean, d: number, e: list(integer) },
  required: ["b"],
  additionalProperties: false,
};

const objects: readonly CorpusEntry[] = [
  {
    name: "flat object",
    schema: person,
    accept: [ada, { name: "", age: -1, email: "x", active: false }],
    reject: [{ ...ada, age: 3.5 }, { ...ada, active: null }, { name: "x" }, []],
  },
  {
    name: "nested object",
    schema: record({ person, address, notes: string }),
    accept: [{ person: ada, address: home, notes: SENTENCE }],
    reject: [
      { person: ada, address: { ...home, country: "IT" }, notes: "" },
      { person: ada, address: { ...home, postalCode: "9021" }, notes: "" },
    ],
  },
  {
    name: "optional members",
    schema: optionals,
    accept: [{ b: 1 }, { a: "x", b: 2, e: [1, 2] }, { a: "", b: 0, c: true, d: 1.5, e: [] }],
    reject: [{}, { a: "x" }, { b: "1" }, { b: 1, f: 2 }],
  },
  {
    name: "additional integers",
    schema: { type: "object", additionalProperties: integer },
    accept: [{}, { one: 1, "key two": 2 }],
    reject: [{ one: "1" }, { one: 1.5 }],
  },
  {
    name: "additional beside listed",
    schema: { type: "object", properties: { id: integer }, required: ["id"], additionalProperties: string },
    accept: [{ id: 1 }, { id: 1, note: SENTENCE }],
    reject: [{ id: "1" }, { id: 1, note: 2 }],
  },
  {
    name: "pattern properties",
    schema: { type: "object", patternProperties: { "^x-[a-z]+$": string }, additionalProperties: false },
    accept: [{}, { "x-header": "value" }, { "x-a": "1", "x-b": "2" }],
    reject: [{ header: "v" }, { "x-1": "v" }, { "x-a": 1 }],
  },
  {
    name: "member counts",
    schema: { type: "object", additionalProperties: boolean, minProperties: 1, maxProperties: 3 },
    accept: [{ a: true }, { a: true, b: false, c: true }],
    reject: [{}, { a: true, b: true, c: true, d: true }],
  },
  { name: "200 members", schema: wide, accept: [wideValue()], reject: [wideValue(1)] },
  {
    name: "open object",
    schema: { type: "object" },
    accept: [{}, ada, { a: { b: [1, null, SENTENCE] } }],
    reject: [[], "x", 1],
  },
  {
    name: "any value",
    schema: record({ payload: {} }),
    accept: [{ payload: family }, { payload: null }, { payload: [1, "two", { three: 3 }] }],
    reject: [{}, { data: 1 }],
  },
  {
    name: "keys that share beginnings",
    schema: record({ address: string, address_line: string, address_line_2: string }),
    accept: [{ address: "a", address_line: "b", address_line_2: "c" }],
    reject: [{ address: "a", address_line_2: "c", address_line: "b" }],
  },
  {
    name: "keys to be escaped",
    schema: record({ 'say "x"': integer, "tab\there": integer, "naïve ключ": integer }),
    accept: [{ 'say "x"': 1, "tab\there": 2, "naïve ключ": 3 }],
    reject: [{ 'say "x"': 1, "tab here": 2, "naïve ключ": 3 }],
  },
];

const values: readonly CorpusEntry[] = [
  one("small enum", { enum: ["red", "green", "blue"] }, ["red", "blue"], ["yellow", "", "redd", null]),
  one("mixed enum", { enum: ["auto", 0, 1.5, null, false] }, ["auto", 0, 1.5, null, false], ["0", 1, true]),
  one(
    "enum of 300",
    { enum: Array.from({ length: 300 }, (_, i) => `option number ${i}`) },
    ["option number 7", "option number 299"],
    ["option number 300", "option"],
  ),
  one(
    "constant object",
    { const: { kind: "point", at: [1, 2] } },
    [{ kind: "point", at: [1, 2] }],
    [{ kind: "point", at: [2, 1] }],
  ),
  one("string", string, ["", SENTENCE, "日本語のテキスト", "emoji 🙂 and \\ and \n"], [1, null, ["x"]]),
  one(
    "bounded string",
    { type: "string", minLength: 3, maxLength: 12 },
    ["abc", "twelve chars", "ééééé"],
    ["ab", "thirteen char", ""],
  ),
  one("long bound", { type: "string", maxLength: 500 }, [SENTENCE.repeat(4), ""], ["x".repeat(501)]),
  one("long minimum", { type: "string", minLength: 100 }, [SENTENCE + SENTENCE], ["short"]),
  one("integer", integer, [0, -7, 123456789], [1.5, "1", true]),
  one("number", number, [0, -1.25, 300000, 0.001], ["1", null]),
  one("integer range", { type: "integer", minimum: -10, maximum: 250 }, [-10, 0, 99, 250], [-11, 251, 1000]),
  one("exclusive range", { type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 100 }, [1, 99], [0, 100]),
  one("number range", { type: "number", minimum: 0, maximum: 1 }, [0, 0.5, 1], [-0.1, 1.01, 2]),
  one("multiple", { type: "integer", multipleOf: 5, minimum: 0, maximum: 100 }, [0, 5, 95], [3, 101, 105]),
  one("boolean", boolean, [true, false], ["true", 0]),
  one("null", { type: "null" }, [null], [false, "null"]),
  one("nullable", { type: ["string", "null"] }, ["x", null], [1, false]),
  one(
    "several types",
    { type: ["integer", "boolean", "array"], items: integer },
    [1, true, [1, 2]],
    ["1", ["1"]],
  ),
  one(
    "date",
    { type: "string", format: "date" },
    ["2024-02-29", "1999-12-31"],
    ["2023-02-29", "2024-13-01", "24-1-1"],
  ),
  one("time", { type: "string", format: "time" }, ["12:30:00Z", "23:59:59+02:00"], ["24:00:00Z", "12:30"]),
  one(
    "date-time",
    { type: "string", format: "date-time" },
    ["2024-05-17T08:15:30Z", "2024-05-17T08:15:30.250-07:00"],
    ["2024-05-17 08:15:30Z", "2024-05-32T00:00:00Z"],
  ),
  one(
    "uuid",
    { type: "string", format: "uuid" },
    ["123e4567-e89b-12d3-a456-426614174000"],
    ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"],
  ),
  one(
    "email",
    { type: "string", format: "email" },
    ["jane.doe@mail.example.com", "a@b.de"],
    ["jane.doe", "a@", "@b.de"],
  ),
  one("ipv4", { type: "string", format: "ipv4" }, ["192.168.0.1", "255.255.255.255"], ["256.1.1.1", "1.2.3"]),
  one(
    "ipv6",
    { type: "string", format: "ipv6" },
    ["2001:db8::1", "::1", "1:2:3:4:5:6:7:8"],
    ["1:2:3", "12345::"],
  ),
  one(
    "uri",
    { type: "string", format: "uri" },
    ["https://example.com/a/b?c=d#e", "http://localhost:8080/"],
    ["example.com", "://x"],
  ),
];

const patterns: readonly CorpusEntry[] = [
  one(
    "pattern: digits",
    { type: "string", pattern: "^[0-9]{3}-[0-9]{4}$" },
    ["555-1234"],
    ["5551234", "555-12345"],
  ),
  one(
    "pattern: words",
    { type: "string", pattern: "^(\\w+ ){1,200}[a-z]{3,5}\\.$" },
    ["some words to be said and done.", "a b cde."],
    ["Some words", "one."],
  ),
  one(
    "pattern: version",
    { type: "string", pattern: "^v?\\d+\\.\\d+\\.\\d+(-[a-z0-9.]+)?$" },
    ["1.2.3", "v10.0.1-beta.2"],
    ["1.2", "1.2.3-"],
  ),
  one(
    "pattern: not anchored",
    { type: "string", pattern: "[0-9]{2}" },
    ["room 42 upstairs", "00"],
    ["room 4", ""],
  ),
  one(
    "pattern: slug",
    { type: "string", pattern: "^[a-z0-9]+(-[a-z0-9]+)*$" },
    ["a-long-slug-of-words-2024", "x"],
    ["-x", "a--b", "A"],
  ),
  one(
    "pattern: colour",
    { type: "string", pattern: "^#([0-9a-f]{3}|[0-9a-f]{6})$" },
    ["#fff", "#a0b1c2"],
    ["#ffff", "fff"],
  ),
  one(
    "pattern and length",
    { type: "string", pattern: "^[A-Z][a-z ]*$", minLength: 3, maxLength: 30 },
    ["Hello there", "Abc"],
    ["hello", "Ab", `A${"b".repeat(30)}`],
  ),
  one(
    "pattern: beyond ascii",
    { type: "string", pattern: "^[\\u0400-\\u04ff ]+$" },
    ["Привет мир"],
    ["Hello", ""],
  ),
  one(
    "pattern: phone",
    { type: "string", pattern: "^\\+?[0-9 ()-]{7,20}$" },
    ["+49 (30) 123456-7"],
    ["12345", "phone 1234567"],
  ),
  one(
    "pattern: alternatives",
    { type: "string", pattern: "^(north|south|east|west)(-(north|south|east|west))?$" },
    ["north", "south-west"],
    ["northwest", "north-"],
  ),
];

const lists: readonly CorpusEntry[] = [
  {
    name: "list of strings",
    schema: record({ items: list(string) }),
    accept: [{ items: [] }, { items: [SENTENCE, "b", ""] }],
    reject: [{ items: [1] }, { items: "x" }],
  },
  {
    name: "list of 20 objects",
    schema: record({ products: list(product, { minItems: 20, maxItems: 20 }) }),
    accept: [{ products: products(20) }],
    reject: [{ products: products(19) }, { products: products(21) }],
  },
  {
    name: "bounded list",
    schema: record({
      scores: list({ type: "integer", minimum: 0, maximum: 100 }, { minItems: 1, maxItems: 4 }),
    }),
    accept: [{ scores: [0] }, { scores: [1, 20, 100, 4] }],
    reject: [{ scores: [] }, { scores: [1, 2, 3, 4, 5] }, { scores: [101] }],
  },
  {
    name: "tuple",
    schema: record({
      point: { type: "array", prefixItems: [number, number, string], items: false, minItems: 3 },
    }),
    accept: [{ point: [1, 2.5, "label"] }],
    reject: [{ point: [1, "2", "x"] }, { point: [1, 2, "x", 3] }],
  },
  {
    name: "matrix",
    schema: record({ rows: list(list(number, { minItems: 3, maxItems: 3 })) }),
    accept: [
      {
        rows: [
          [1, 0, 0],
          [0, 1, 0],
          [0.5, 0.25, 1],
        ],
      },
      { rows: [] },
    ],
    reject: [{ rows: [[1, 2]] }],
  },
  {
    name: "records of bounded strings",
    schema: list(
      record({
        name: { type: "string", minLength: 1, maxLength: 40 },
        kind: { enum: ["red", "green", "blue", "colourless"] },
        note: { type: "string", maxLength: 200 },
        score: { type: "integer", minimum: 0, maximum: 999 },
      }),
      { maxItems: 100 },
    ),
    accept: [
      Array.from({ length: 12 }, (_, i) => ({
        name: `Ada ${"abcdefghij".repeat((i % 3) + 1)}`,
        kind: ["red", "green", "blue", "colourless"][i % 4],
        note: "Some words to be said about this one. ".repeat((i % 5) + 1),
        score: i * 31,
      })),
    ],
    reject: [
      [{ name: "", kind: "red", note: "", score: 1 }],
      [{ name: "x", kind: "red", note: "y".repeat(201), score: 1 }],
    ],
  },
  {
    name: "list of enums",
    schema: record({
      days: list({ enum: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }, { minItems: 1, maxItems: 7 }),
    }),
    accept: [{ days: ["mon", "fri"] }],
    reject: [{ days: [] }, { days: ["monday"] }],
  },
];

const structures: readonly CorpusEntry[] = [
  {
    name: "tree",
    schema: tree,
    accept: [leaf("x"), family],
    reject: [{ label: "x" }, { label: "x", children: [{ label: 1, children: [] }] }],
  },
  {
    name: "expression",
    schema: expression,
    accept: [1, sum],
    reject: [
      { op: "div", left: 1, right: 2 },
      { op: "add", left: 1 },
    ],
  },
  {
    name: "linked list",
    schema: {
      $defs: {
        link: { anyOf: [{ type: "null" }, record({ value: integer, next: { $ref: "#/$defs/link" } })] },
      },
      $ref: "#/$defs/link",
    },
    accept: [null, { value: 1, next: { value: 2, next: null } }],
    reject: [{ value: 1 }, { value: 1, next: 2 }],
  },
  {
    name: "union by kind",
    schema: {
      oneOf: [
        record({ kind: { const: "circle" }, radius: number }),
        record({ kind: { const: "square" }, side: number }),
        record({ kind: { const: "text" }, text: string }),
      ],
    },
    accept: [
      { kind: "circle", radius: 2.5 },
      { kind: "text", text: SENTENCE },
    ],
    reject: [{ kind: "circle", side: 1 }, { kind: "line" }],
  },
  {
    name: "union of types",
    schema: record({ id: { anyOf: [integer, { type: "string", format: "uuid" }] } }),
    accept: [{ id: 12 }, { id: "123e4567-e89b-12d3-a456-426614174000" }],
    reject: [{ id: "12" }, { id: null }],
  },
  {
    name: "merged objects",
    schema: {
      allOf: [
        { type: "object", properties: { a: string }, required: ["a"] },
        { type: "object", properties: { b: integer }, required: ["b"] },
      ],
      type: "object",
    },
    accept: [{ a: "x", b: 1 }],
    reject: [{ a: "x" }, { a: 1, b: 1 }],
  },
  {
    name: "12 tools",
    schema: tools,
    accept: [
      { name: "get_weather", arguments: { city: "Lisbon", unit: "celsius" } },
      { name: "send_email", arguments: { to: "ada@example.org", subject: "Hello", body: SENTENCE } },
      {
        name: "run_query",
        arguments: { sql: "SELECT * FROM users WHERE id = ?", parameters: [1, null, "x"] },
      },
    ],
    reject: [
      { name: "get_weather", arguments: { city: "Lisbon", unit: "kelvin" } },
      { name: "format_disk", arguments: {} },
      { name: "set_timer", arguments: { seconds: 0 } },
    ],
  },
  {
    name: "list of tool calls",
    schema: record({ thought: { type: "string", maxLength: 300 }, calls: list(tools, { maxItems: 4 }) }),
    accept: [
      {
        thought: SENTENCE,
        calls: [
          { name: "translate", arguments: { text: "good morning", from: "en", to: "pt" } },
          { name: "get_stock_price", arguments: { symbol: "ABC" } },
        ],
      },
    ],
    reject: [
      { thought: "", calls: [{ name: "translate", arguments: { text: "x", from: "eng", to: "pt" } }] },
    ],
  },
  {
    name: "form",
    schema: record({
      id: { type: "string", format: "uuid" },
      created: { type: "string", format: "date-time" },
      contact: { type: "string", format: "email" },
      site: { type: "string", format: "uri" },
      address,
    }),
    accept: [
      {
        id: "123e4567-e89b-12d3-a456-426614174000",
        created: "2024-05-17T08:15:30Z",
        contact: "jane@example.com",
        site: "https://example.com/jane",
        address: home,
      },
    ],
    reject: [
      {
        id: "1",
        created: "2024-05-17T08:15:30Z",
        contact: "jane@example.com",
        site: "https://example.com",
        address: home,
      },
    ],
  },
  {
    name: "configuration",
    schema: record({
      server: record({ host: string, port: { type: "integer", minimum: 1, maximum: 65535 }, tls: boolean }),
      log: record({
        level: { enum: ["debug", "info", "warning", "error"] },
        file: { type: ["string", "null"] },
      }),
      limits: { type: "object", additionalProperties: integer },
    }),
    accept: [
      {
        server: { host: "localhost", port: 8080, tls: false },
        log: { level: "info", file: null },
        limits: { memory: 1024, files: 64 },
      },
    ],
    reject: [
      {
        server: { host: "localhost", port: 70000, tls: false },
        log: { level: "info", file: null },
        limits: {},
      },
    ],
  },
];

/** Every construct that replies are held to in practice, and some that are there to be hard. */
export const corpus: readonly CorpusEntry[] = [...objects, ...values, ...patterns, ...lists, ...structures];

/** The six schemas of constrained generation, by name. */
export const generationSchemas: Readonly<
  Record<string, { readonly schema: Schema; readonly prompt: string }>
> = {
  "flat object": {
    schema: person,
    prompt: "Describe Ada Lovelace as JSON with name, age, email and active.",
  },
  enums: {
    schema: record({
      sentiment: { enum: ["positive", "neutral", "negative"] },
      language: { enum: ["english", "german", "french", "spanish"] },
      urgent: boolean,
    }),
    prompt: "Classify as JSON with sentiment, language and urgent: I love this lamp, it arrived early!",
  },
  "list of 20 objects": {
    schema: record({
      products: list(
        record({
          id: { type: "integer", minimum: 1, maximum: 99 },
          title: { type: "string", maxLength: 40 },
          inStock: boolean,
        }),
        { minItems: 20, maxItems: 20 },
      ),
    }),
    prompt: "List twenty products of a furniture shop as JSON with id, title and inStock.",
  },
  "bounded strings": {
    schema: record({
      title: { type: "string", minLength: 5, maxLength: 60 },
      summary: { type: "string", minLength: 20, maxLength: 200 },
      keyword: { type: "string", maxLength: 20 },
    }),
    prompt: "Summarize the story of a lighthouse keeper as JSON with title, summary and keyword.",
  },
  recursive: {
    schema: {
      $defs: {
        node: record({
          label: { type: "string", maxLength: 30 },
          children: list({ $ref: "#/$defs/node" }, { maxItems: 3 }),
        }),
      },
      $ref: "#/$defs/node",
    },
    prompt: "Write the table of contents of a book about the sea as JSON nodes with label and children.",
  },
  "12 tools": {
    schema: tools,
    prompt: "Call a tool as JSON with name and arguments: what is the weather in Lisbon?",
  },
};
