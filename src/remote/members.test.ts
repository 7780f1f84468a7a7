import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LlamaContext } from "../engine/context/llama-context.ts";
import { LlamaContextSequence } from "../engine/context/llama-context-sequence.ts";
import { Llama } from "../engine/llama.ts";
import { LlamaModel } from "../engine/model/llama-model.ts";
import { RemoteContext } from "./remote-context.ts";
import { RemoteContextSequence } from "./remote-context-sequence.ts";
import { RemoteLlama } from "./remote-llama.ts";
import { RemoteModel } from "./remote-model.ts";

interface Pair {
  readonly local: { readonly prototype: object; readonly name: string };
  readonly remote: { readonly prototype: object; readonly name: string };
  readonly files: readonly string[];
  /** Where the fields of an instance elsewhere are declared. */
  readonly remoteFiles: readonly string[];
}

const pairs: readonly Pair[] = [
  { local: Llama, remote: RemoteLlama, files: ["engine/llama.ts"], remoteFiles: ["remote/remote-llama.ts"] },
  {
    local: LlamaModel,
    remote: RemoteModel,
    files: ["engine/model/llama-model.ts"],
    remoteFiles: ["remote/remote-model.ts"],
  },
  {
    local: LlamaContext,
    remote: RemoteContext,
    files: ["engine/context/llama-context.ts"],
    remoteFiles: ["remote/remote-context.ts"],
  },
  {
    local: LlamaContextSequence,
    remote: RemoteContextSequence,
    files: [
      "engine/context/llama-context-sequence.ts",
      "engine/low-level/low-level-sequence.ts",
      "engine/live-sequence.ts",
    ],
    remoteFiles: ["remote/remote-context-sequence.ts", "engine/live-sequence.ts"],
  },
];

const sourceOf = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
const docs = readFileSync(new URL("../../docs/guide/cluster.md", import.meta.url), "utf8");

const modifier = "readonly|async|get|set|override|protected|private|static|abstract";
const declaration = new RegExp(`^ {2}((?:(?:${modifier}) |\\*)*)(?!(?:${modifier}) )(\\w+)\\W`);

/** Members of the classes in a file by their declarations: public ones, and the others. */
function declared(files: readonly string[]): { all: Set<string>; hidden: Set<string> } {
  const all = new Set<string>();
  const hidden = new Set<string>();
  for (const file of files) {
    const [, body = ""] = /export (?:abstract )?class[^\n]*\n(.*?)\n\}/s.exec(sourceOf(file)) ?? [];
    const lines = body.split("\n");
    for (const [index, line] of lines.entries()) {
      const [, words = "", name = ""] = declaration.exec(line) ?? [];
      if (name === "" || name === "constructor" || words.includes("static")) continue;
      const isInternal = /@internal/.test(lines[index - 1] ?? "");
      if (isInternal || /protected|private/.test(words)) hidden.add(name);
      else all.add(name);
    }
  }
  for (const name of hidden) all.delete(name);
  return { all, hidden };
}

function onPrototype(prototype: object): string[] {
  const names = new Set<string>();
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const key of Reflect.ownKeys(at)) if (typeof key === "string") names.add(key);
  names.delete("constructor");
  return [...names];
}

/** Names in the table of a class in the docs, by what it says of them. */
function table(name: string): { works: string[]; refused: string[] } {
  const row = (state: string) => {
    const [, cell = ""] = new RegExp(`\\| \`${name}\` \\| ${state} \\|([^|\\n]*)\\|`).exec(docs) ?? [];
    return [...cell.matchAll(/`(\w+)`/g)].map(([, member]) => member!);
  };
  return { works: row("works"), refused: row("refused") };
}

async function failureOf(prototype: object, name: string): Promise<unknown> {
  try {
    const value = Reflect.get(prototype, name) as () => unknown;
    await value();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(pairs)("$local.name and $remote.name", ({ local, remote, files, remoteFiles }) => {
  const { all, hidden } = declared(files);
  const members = [...new Set([...all, ...onPrototype(local.prototype).filter((name) => !hidden.has(name))])];
  const { works, refused } = table(local.name);

  test("the table names every member once", () => {
    expect(members.length).toBeGreaterThan(10);
    expect([...works, ...refused].sort()).toEqual([...members].sort());
  });

  test("what works is there", () => {
    const there = new Set([...onPrototype(remote.prototype), ...declared(remoteFiles).all]);
    expect(works.filter((name) => !there.has(name))).toEqual([]);
  });

  test("what is refused says its name", async () => {
    for (const name of refused)
      expect(await failureOf(remote.prototype, name), name).toMatchObject({
        code: "unsupported",
        message: expect.stringContaining(`${name}:`),
      });
  });
});
