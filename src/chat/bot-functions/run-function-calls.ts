import { InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";
import type { BotFunction } from "./bot-function.ts";
import type { CallArguments } from "./call-arguments.ts";
import { parseCalls } from "./call-parser.ts";
import { clip, RESULT_LENGTH_MAX_DEFAULT, renderResult } from "./function-result.ts";
import { type InvokeOptions, invokeBotFunction } from "./invoke-bot-function.ts";

/**
 * One call's outcome. `name` is "" when the call's text names no function.
 * `content` is a JSON value; a function that returned nothing has `null`.
 */
export type FunctionCallResult =
  | { readonly name: string; readonly content: unknown }
  | { readonly name: string; readonly error: string };

/** The part of a chat template that says how calls are written. */
export interface ToolCallFormat {
  /** Pattern of one call; its first group, or else the whole match, is the call's JSON. A dot matches newlines. */
  readonly tool_call?: string | RegExp;
  readonly tool_response?: string;
}

export interface RunFunctionCallsOptions extends InvokeOptions {
  /** How calls are written. Default: in the text, python-style. */
  template?: ToolCallFormat;
  /** Longest content of one result, UTF-16 units. Default 4,096. */
  resultLengthMax?: number;
  /** Most calls that one text may make. Default 64; the ones behind are answered with an error. */
  callsMax?: number;
}

type FoundCall =
  | { readonly name: string; readonly call: CallArguments }
  | { readonly name: string; readonly error: string };

const CALLS_MAX_DEFAULT = 64;

/**
 * Runs all calls that a finished text makes, one after the other, each once.
 *
 * @returns one result per call, in the order of the text; [] when there is none. `JSON.stringify` of a result is what
 * a tool message holds.
 * @throws UnsupportedError when the template says nothing of calls
 * @throws ColloquyError `aborted` when the signal is aborted
 */
export async function runFunctionCalls(
  text: string,
  functions: readonly BotFunction[],
  options: RunFunctionCallsOptions = {},
): Promise<FunctionCallResult[]> {
  const enabled = new Map(functions.filter((fn) => fn.enabled).map((fn) => [fn.name, fn]));
  const found = options.template ? findJsonCalls(text, options.template) : findInlineCalls(text, enabled);
  const callsMax = options.callsMax ?? CALLS_MAX_DEFAULT;
  const results: FunctionCallResult[] = [];
  for (const [index, one] of found.entries()) {
    if (index >= callsMax)
      results.push({ name: one.name, error: `more than ${callsMax} calls in one reply` });
    else if ("error" in one) results.push(one);
    else results.push(await runOne(one.name, one.call, enabled, options));
  }
  return results;
}

async function runOne(
  name: string,
  call: CallArguments,
  enabled: ReadonlyMap<string, BotFunction>,
  options: RunFunctionCallsOptions,
): Promise<FunctionCallResult> {
  const fn = enabled.get(name);
  if (!fn) {
    const known = [...enabled.keys()].join(", ");
    return {
      name,
      error: `there is no function ${name}; there ${known === "" ? "are none" : `is ${known}`}`,
    };
  }
  const lengthMax = options.resultLengthMax ?? RESULT_LENGTH_MAX_DEFAULT;
  const invocation = await invokeBotFunction(fn, call, options);
  if (!invocation.ok) return { name, error: clip(invocation.error, lengthMax) };
  const result = renderResult(invocation.value, lengthMax);
  if ("error" in result) return { name, error: result.error };
  if (result.text === undefined) return { name, content: null };
  if (typeof invocation.value === "string") return { name, content: result.text };
  const json = JSON.stringify(invocation.value);
  return { name, content: result.text === json ? JSON.parse(json) : result.text };
}

function findInlineCalls(text: string, enabled: ReadonlyMap<string, BotFunction>): FoundCall[] {
  return parseCalls(text, enabled.keys()).map((site) =>
    site.kind === "call" ? { name: site.name, call: site } : { name: site.name, error: site.reason },
  );
}

function findJsonCalls(text: string, template: ToolCallFormat): FoundCall[] {
  const pattern = compilePattern(template.tool_call);
  return [...text.matchAll(pattern)].flatMap((match) => readCalls(match[1] ?? match[0]));
}

function compilePattern(pattern: string | RegExp | undefined): RegExp {
  if (pattern === undefined) {
    throw new UnsupportedError("This chat template does not say how function calls are written (tool_call)");
  }
  const source = typeof pattern === "string" ? pattern : pattern.source;
  const flags = new Set(`gs${typeof pattern === "string" ? "" : pattern.flags.replace("y", "")}`);
  try {
    return new RegExp(source, [...flags].join(""));
  } catch (cause) {
    throw new InvalidArgumentError(`tool_call is not a regular expression: ${source}`, { cause });
  }
}

/** The calls that one match holds: an object, or a list of objects. */
function readCalls(source: string): FoundCall[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(source);
  } catch {
    return [{ name: "", error: "the call is not valid JSON" }];
  }
  return (Array.isArray(parsed) ? parsed : [parsed]).map(readCall);
}

/** `{name, arguments}`, `{name, parameters}`, or either inside of `{function: …}`; arguments may be JSON text. */
function readCall(parsed: unknown): FoundCall {
  const outer = asRecord(parsed);
  const record = asRecord(outer?.function) ?? outer;
  const name = record?.name;
  if (typeof name !== "string" || name === "") return { name: "", error: "the call has no name" };
  let given: unknown = record?.arguments ?? record?.parameters ?? {};
  if (typeof given === "string") {
    try {
      given = JSON.parse(given);
    } catch {
      return { name, error: "the arguments are not valid JSON" };
    }
  }
  const keywords = asRecord(given);
  if (Array.isArray(given)) return { name, call: { args: given, keywords: {} } };
  return keywords
    ? { name, call: { args: [], keywords } }
    : { name, error: "the arguments are not an object" };
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
