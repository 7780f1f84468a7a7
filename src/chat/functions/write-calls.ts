import { LlamaText } from "../../template/llama-text.ts";
import type { LlamaChatResponseFunctionCall } from "../generation/options.ts";
import { readOpening } from "../generation/read-opening.ts";
import type { ReplyState } from "../generation/reply-state.ts";
import { triggerSymbols } from "../response/trigger-symbols.ts";
import { type CallGrammar, callGrammar } from "./call-grammar.ts";
import { CallReader } from "./call-reader.ts";

export interface WrittenCalls {
  readonly calls: LlamaChatResponseFunctionCall[];
  /** Why writing ended in the middle of a call. */
  readonly broken?: "length" | "abort" | "eog";
}

/**
 * Has the model write a call, or several where the format has parallel calls. From the call's prefix on, a grammar
 * leaves it nothing but names of functions and parameters that their schemas allow.
 */
export async function writeCalls(state: ReplyState): Promise<WrittenCalls> {
  const { wrapper, sequence, options } = state;
  const { call, parallelism } = wrapper.settings.functions;
  const grammar = callGrammar(options.functions ?? {}, wrapper.settings, sequence.model);
  const callsMax =
    parallelism === undefined ? 1 : (options.maxParallelFunctionCalls ?? Number.POSITIVE_INFINITY);
  const calls: LlamaChatResponseFunctionCall[] = [];
  if (parallelism !== undefined) state.insert(LlamaText(parallelism.call.sectionPrefix));
  const next = LlamaText(parallelism?.call.betweenCalls ?? "", call.prefix);
  const openers = triggerSymbols(next, sequence.model);
  while (true) {
    state.insert(LlamaText(calls.length === 0 ? call.prefix : next));
    const written = await writeCall(state, grammar, calls.length);
    if (typeof written === "string") return { calls, broken: written };
    calls.push(written);
    options.onFunctionCall?.(written);
    if (calls.length >= callsMax) return { calls };
    const length = state.reply.length;
    const opening = await readOpening(
      state,
      openers.map((symbols) => ({ symbols, value: true })),
      true,
    );
    state.reply.length = length;
    if (opening.matched === undefined) return { calls };
  }
}

async function writeCall(
  state: ReplyState,
  grammar: CallGrammar,
  callIndex: number,
): Promise<LlamaChatResponseFunctionCall | "length" | "abort" | "eog"> {
  const { options, sequence } = state;
  const onParams = (functionName: string, paramsChunk: string, done = false) =>
    options.onFunctionCallParamsChunk?.({ callIndex, functionName, paramsChunk, done });
  const reader = new CallReader(grammar.syntaxes, sequence.model, onParams);
  const tokens = state.generate(grammar.matcher());
  let reason: string | undefined;
  try {
    while (reason === undefined) {
      const next = await tokens.next();
      if (next.done) reason = next.value;
      else reader.push(next.value);
    }
  } finally {
    await tokens.return("abort");
  }
  const read = reader.end();
  if (read === undefined || !isJson(read.params))
    return reason === "length" || reason === "abort" ? reason : "eog";
  const { syntax, params } = read;
  onParams(syntax.name, "", true);
  const hasParams = (options.functions?.[syntax.name]?.params ?? undefined) !== undefined;
  const prefix = state.wrapper.settings.functions.call.prefix;
  return {
    functionName: syntax.name,
    params: hasParams ? JSON.parse(params) : undefined,
    raw: LlamaText(prefix, syntax.head, params, syntax.tail).toJSON(),
  };
}

/** Nothing is written for a function without parameters. A call that was cut off may lack a part of its JSON. */
function isJson(text: string): boolean {
  if (text === "") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
