import { readFileSync } from "node:fs";
import {
  type CompiledGrammar,
  compileGrammar,
  type GrammarVocabulary,
  parseGbnf,
  parsePattern,
  TokenTrie,
} from "../src/grammar/index.ts";

/** Masks without a model (B5): `node bench/grammar-masks.ts [vocabulary.json]`, an array of texts or of byte arrays. */

const JSON_GRAMMAR = `
root ::= object
value ::= object | array | string | number | "true" | "false" | "null"
object ::= "{" ws (pair ("," ws pair)*)? "}"
pair ::= string ":" ws value ws
array ::= "[" ws (value ws ("," ws value ws)*)? "]"
string ::= "\\"" ([^"\\\\\\x00-\\x1F] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\\""
number ::= "-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [-+]? [0-9]+)?
ws ::= [ \\t\\n]*`;

const RECORD_GRAMMAR = `
root ::= "[" record (", " record){0,99} "]"
record ::= "{\\"name\\": " name ", \\"kind\\": " kind ", \\"note\\": " note ", \\"score\\": " [0-9]{1,3} "}"
kind ::= "\\"red\\"" | "\\"green\\"" | "\\"blue\\"" | "\\"colourless\\""
name ::= "\\"" [A-Za-z ]{1,40} "\\""
note ::= "\\"" ([^"\\\\\\x00-\\x1F] | "\\\\" ["\\\\/bfnrt]){0,200} "\\""`;

const RECORDS = Array.from({ length: 30 }, (_, i) => ({
  [`key number ${i}`]: i * 1.25,
  text: `A sentence with some words, "quoted" ones among them — and the number ${i}.\n`,
  nested: { list: [true, false, null, [i, [i + 1]]], "naïve café": "日本語のテキスト" },
}));
const JSON_DOCUMENT = JSON.stringify(RECORDS, null, 1);

const RECORD_DOCUMENT = `[${Array.from(
  { length: 30 },
  (_, i) =>
    `{"name": "Ada ${"abcdefghij".repeat((i % 3) + 1)}", "kind": "${["red", "green", "blue", "colourless"][i % 4]}", ` +
    `"note": "${"Some words to be said about this one. ".repeat((i % 5) + 1)}", "score": ${i * 3}}`,
).join(", ")}]`;

interface Case {
  readonly name: string;
  compile(): CompiledGrammar;
  readonly text: string;
}

const CASES: readonly Case[] = [
  {
    name: "json",
    compile: () => compileGrammar(parseGbnf(JSON_GRAMMAR)),
    text: JSON.stringify(RECORDS[0]),
  },
  {
    name: "json, long",
    compile: () => compileGrammar(parseGbnf(`${JSON_GRAMMAR}\nlist ::= array`, "list")),
    text: JSON_DOCUMENT,
  },
  {
    name: "records, bounded strings",
    compile: () => compileGrammar(parseGbnf(RECORD_GRAMMAR)),
    text: RECORD_DOCUMENT,
  },
  {
    name: "pattern",
    compile: () =>
      compileGrammar({
        root: "root",
        rules: new Map([["root", parsePattern("^(\\w+ ){1,200}[a-z]{3,5}\\.$")]]),
      }),
    text: `${"some words to be said and ".repeat(12)}done.`,
  },
];

/** Words, pieces of them, punctuation runs and single bytes, in the proportions of a byte-level vocabulary. */
function syntheticVocabulary(size: number): Uint8Array[] {
  let state = 12345;
  const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % below;
  const tokens = new Set<string>();
  for (let byte = 0; byte < 256; byte++) tokens.add(String.fromCharCode(byte));
  const syllables = Array.from({ length: 900 }, () =>
    Array.from({ length: 1 + random(3) }, () => "etaoinshrdlucmfwypvbgk"[random(22)]).join(""),
  );
  const marks = [
    '"',
    '",',
    '":',
    '":"',
    '{"',
    '"}',
    "}",
    "},",
    "]",
    "],",
    "\\n",
    "\n",
    "\n\n",
    "(",
    ");",
    ". ",
    ", ",
    " =",
    '\\"',
  ];
  while (tokens.size < size) {
    const kind = random(100);
    let text = random(2) === 0 ? " " : "";
    for (let i = 1 + random(3); i > 0; i--) text += syllables[random(syllables.length)];
    if (kind < 8)
      text = (random(3) === 0 ? text : "") + marks[random(marks.length)] + marks[random(marks.length)];
    else if (kind < 20)
      text = Buffer.from(
        String.fromCodePoint(0x4e00 + random(20000), 0x4e00 + random(20000)).slice(0, 1 + random(2)),
      ).toString("latin1");
    else if (kind < 25) text = String(random(1000));
    tokens.add(text);
  }
  return [...tokens].slice(0, size).map((text) => new Uint8Array(Buffer.from(text, "latin1")));
}

function vocabularyOf(tokens: readonly Uint8Array[]): GrammarVocabulary {
  const ids = new Map(tokens.map((bytes, id) => [Buffer.from(bytes).toString("latin1"), id]));
  const longest = tokens.reduce((most, bytes) => Math.max(most, bytes.length), 1);
  return {
    size: tokens.length + 1,
    tokenBytes: (id) => tokens[id] ?? new Uint8Array(0),
    endTokens: [tokens.length],
    tokenize: (text) => {
      const bytes = Buffer.from(text).toString("latin1");
      const found: number[] = [];
      for (let at = 0; at < bytes.length; ) {
        let length = Math.min(longest, bytes.length - at);
        while (!ids.has(bytes.slice(at, at + length))) length--;
        found.push(ids.get(bytes.slice(at, at + length))!);
        at += length;
      }
      return found;
    },
  };
}

function readVocabulary(path: string): Uint8Array[] {
  const listed = JSON.parse(readFileSync(path, "utf8")) as (string | number[])[];
  return listed.map((token) =>
    typeof token === "string" ? new TextEncoder().encode(token) : Uint8Array.from(token),
  );
}

function measure(label: string, tokens: readonly Uint8Array[]): void {
  const vocabulary = vocabularyOf(tokens);
  const before = performance.now();
  const trie = TokenTrie.from(vocabulary);
  console.log(
    `\n${label}: ${tokens.length} tokens, trie built in ${(performance.now() - before).toFixed(0)} ms`,
  );
  for (const { name, compile, text } of CASES) {
    const start = performance.now();
    const grammar = compile();
    const compiled = performance.now();
    let matcher = grammar.matcher(trie);
    matcher.mask();
    const first = performance.now();
    const [times, all] = [[] as number[], vocabulary.tokenize(text)];
    let forced = 0;
    for (const token of all) {
      const from = performance.now();
      matcher.mask();
      times.push((performance.now() - from) * 1000);
      if (matcher.forced().length > 0) forced++;
      matcher.accept(token);
    }
    if (!matcher.canEnd) throw new Error(`${name}: the text does not match`);
    matcher = grammar.matcher(trie);
    const again = performance.now();
    for (const token of all) {
      matcher.mask();
      matcher.accept(token);
    }
    const warm = ((performance.now() - again) * 1000) / all.length;
    times.sort((a, b) => a - b);
    const at = (share: number) =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    console.log(
      `${name}: compile ${(compiled - start).toFixed(2)} ms, first mask ${(first - start).toFixed(2)} ms, ` +
        `${times.length} masks: mean ${mean.toFixed(1)} µs, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}; ` +
        `second time ${warm.toFixed(2)} µs; forced at ${forced}`,
    );
  }
}

const path = process.argv[2];
if (path !== undefined) measure(path, readVocabulary(path));
else for (const size of [49_152, 262_144]) measure("synthetic", syntheticVocabulary(size));
