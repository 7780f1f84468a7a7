import { InvalidArgumentError } from "../../base/errors.ts";
import type { BotFunction } from "./bot-function.ts";
import type { JsonSchema } from "./parameter-schema.ts";

export interface GenerateDocsOptions {
  /** The sentence before the list: true for the default one, false for none, or your own. Default true. */
  prologue?: boolean | string;
  /** The sentence behind the list, likewise. The default one shows a call of a function that is in the list. */
  epilogue?: boolean | string;
  /**
   * `"python"` (default): one bullet per function, for calls inside of the reply.
   * `"openai"`: a JSON list of tool schemas; its default sentences are empty.
   */
  spec?: "python" | "openai";
}

const PROLOGUE = "You can call these functions while you write:";

/**
 * Describes functions to a model, for its system prompt. No functions: "".
 * @throws InvalidArgumentError for another `spec`
 */
export function renderFunctionDocs(
  functions: readonly BotFunction[],
  options: GenerateDocsOptions = {},
): string {
  const spec = options.spec ?? "python";
  if (spec !== "python" && spec !== "openai") {
    throw new InvalidArgumentError(`${JSON.stringify(spec)} is not a spec of function docs`, {
      hint: 'use "python" or "openai"',
    });
  }
  if (functions.length === 0) return "";
  const isPython = spec === "python";
  const body = isPython
    ? functions.map(renderBullet).join("\n")
    : JSON.stringify(functions.map((fn) => fn.openai));
  const prologue = sentence(options.prologue, isPython ? PROLOGUE : "");
  const epilogue = sentence(options.epilogue, isPython ? exampleSentence(functions) : "");
  return [prologue, body, epilogue].filter((part) => part !== "").join("\n");
}

function sentence(option: boolean | string | undefined, standard: string): string {
  if (typeof option === "string") return option;
  return option === false ? "" : standard;
}

function renderBullet(fn: BotFunction): string {
  const lines = fn.docs.split("\n").map((line) => line.trim());
  const docs = lines.filter((line) => line !== "").join(" ");
  return `* \`${renderSignature(fn)}\`${docs === "" ? "" : `: ${docs}`}`;
}

function renderSignature(fn: BotFunction): string {
  const names = fn.parameterNames ?? [];
  const parts = names.map((name) => (fn.requiredNames.includes(name) ? name : `${name}=None`));
  return `${fn.name}(${(fn.rest ? [...parts, "..."] : parts).join(", ")})`;
}

function exampleSentence(functions: readonly BotFunction[]): string {
  const fn = functions.find((one) => one.requiredNames.length === 0) ?? functions[0]!;
  const args = fn.requiredNames.map((name) => exampleValue(fn.params?.properties?.[name]));
  const call = `${fn.name}(${args.join(", ")})`;
  return `For example, write \`${call}\` and the result of ${fn.name} appears behind it. Give plain values as arguments.`;
}

function exampleValue(schema: JsonSchema | undefined): string {
  if (Array.isArray(schema?.enum) && schema.enum.length > 0) return JSON.stringify(schema.enum[0]);
  switch (schema?.type) {
    case "number":
    case "integer":
      return "1";
    case "boolean":
      return "True";
    case "array":
      return "[]";
    case "object":
      return "{}";
    default:
      return '"text"';
  }
}
