import { boolean, type CorpusEntry, integer, number, one, SENTENCE, string } from "./constrained-shapes.ts";

/** Single values of each kind. */
export const values: readonly CorpusEntry[] = [
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

/** Texts that must match a pattern. */
export const patterns: readonly CorpusEntry[] = [
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
