import {
  ada,
  address,
  boolean,
  type CorpusEntry,
  expression,
  family,
  home,
  integer,
  leaf,
  list,
  number,
  optionals,
  person,
  product,
  products,
  record,
  type Schema,
  SENTENCE,
  string,
  sum,
  tools,
  tree,
  wide,
  wideValue,
} from "./constrained-shapes.ts";
import { patterns, values } from "./constrained-values.ts";

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
    // node-llama-cpp knows oneOf only; of anyOf alone it makes a grammar that says null.
    schema: { oneOf: tools.anyOf },
    prompt: "Call a tool as JSON with name and arguments: what is the weather in Lisbon?",
  },
};
