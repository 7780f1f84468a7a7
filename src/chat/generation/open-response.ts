import type { Token } from "../../engine/token.ts";
import type { ChatModelSegmentType } from "../../template/chat-history-items.ts";
import type { ChatWrapperNoPrefixTrigger, ChatWrapperPrefixTrigger } from "../../template/chat-wrapper.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { triggerSymbols } from "../response/trigger-symbols.ts";
import type { SegmentBudgets } from "./budgets.ts";
import { type Opening, readOpening } from "./read-opening.ts";
import type { ReplyState } from "./reply-state.ts";

/** How a response begins. */
export type ResponseStart =
  /** With text or a segment; `tokens` are generated already and are still to be read. */
  | { readonly type: "text"; readonly tokens: readonly Token[]; readonly finish?: "length" | "abort" | "eog" }
  | { readonly type: "call" };

/** Finds out what a response begins with, and writes what the format wants written there. */
export async function openResponse(state: ReplyState, budgets: SegmentBudgets): Promise<ResponseStart> {
  openFirstThought(state, budgets);
  const { prefixTriggers, noPrefixTrigger, functionCall, ignoreStartText } = state.rendered.state;
  if (prefixTriggers !== undefined || noPrefixTrigger !== undefined) {
    return openByTriggers(state, budgets, prefixTriggers ?? [], noPrefixTrigger);
  }
  const isHeld = state.options.grammar !== undefined;
  if (isHeld && !(functionCall?.initiallyEngaged && mayCall(state))) {
    // A grammar holds the answer itself, so what leads to it is written for the model.
    if (ignoreStartText?.[0] !== undefined) state.insert(ignoreStartText[0]);
    return noTokens;
  }
  if (functionCall?.initiallyEngaged && hasFunctions(state)) {
    return openByCall(state, functionCall.disengageInitiallyEngaged, ignoreStartText ?? []);
  }
  if (ignoreStartText === undefined || ignoreStartText.length === 0) return noTokens;
  const opening = await readOpening(state, openings(state, ignoreStartText, true));
  return { type: "text", tokens: opening.matched ? [] : opening.tokens, finish: opening.finish };
}

const noTokens: ResponseStart = { type: "text", tokens: [] };

/**
 * Opens the thought that a response begins with: because the rendered prompt already ends inside of one, or because
 * the format wants the engine to write the opening tag.
 */
function openFirstThought(state: ReplyState, budgets: SegmentBudgets): void {
  const { builder, wrapper, before } = state;
  const thought = wrapper.settings.segments?.thought;
  if (thought === undefined || builder.isOpen("thought") || state.generated > 0) return;
  const last = before.at(-1);
  const afterCall = typeof last === "object" && last.type === "functionCall";
  if (last !== undefined && !afterCall) return;
  const { prefix } = thought;
  if (typeof prefix === "object" && "type" in prefix) {
    if (!afterCall || prefix.afterFunctionCalls === true) builder.open("thought");
    return;
  }
  const tag = LlamaText(prefix);
  if (endsInside(state, tag)) {
    builder.open("thought");
    return;
  }
  const wanted = afterCall ? thought.reopenAfterFunctionCalls : thought.openOnResponseStart;
  if (wanted !== true || budgets.thought <= 0 || state.options.grammar !== undefined) return;
  builder.open("thought");
  state.insert(tag);
}

/** Whether the rendered prompt ends with this opening tag. */
function endsInside(state: ReplyState, prefix: LlamaText): boolean {
  const tag = prefix.toString().trim();
  const tail = state.rendered.state.contextText.values.slice(-4).join("").trimEnd();
  return tag !== "" && tail.endsWith(tag);
}

async function openByTriggers(
  state: ReplyState,
  budgets: SegmentBudgets,
  prefixTriggers: readonly ChatWrapperPrefixTrigger[],
  otherwise: ChatWrapperNoPrefixTrigger | undefined,
): Promise<ResponseStart> {
  const usable = <T extends { type: string; segmentType?: ChatModelSegmentType }>(trigger: T) => {
    if (trigger.type === "functionCall") return hasFunctions(state);
    if (trigger.type !== "segment" || trigger.segmentType === undefined) return true;
    if (state.options.grammar !== undefined) return false;
    const left = budgets[trigger.segmentType] - state.builder.segmentTokens[trigger.segmentType];
    return left > 0 || state.builder.isOpen(trigger.segmentType);
  };
  const triggers = prefixTriggers.filter(usable);
  const fallback = otherwise !== undefined && usable(otherwise) ? otherwise : undefined;
  const isHeld = state.options.grammar !== undefined;
  if (isHeld && !mayCall(state)) {
    const answer = triggers.find(({ type }) => type === "response");
    const inject = fallback?.type === "response" ? fallback.inject : undefined;
    state.insert(LlamaText(answer?.triggers[0] ?? "", answer?.inject ?? inject ?? ""));
    return noTokens;
  }
  const length = state.reply.length;
  const opening = await readOpening(
    state,
    triggers.flatMap((trigger) => openings(state, trigger.triggers, trigger)),
  );
  const { matched } = opening;
  if (matched !== undefined) {
    if (matched.type === "functionCall" && matched.replaceTrigger !== false) state.reply.length = length;
    return begin(state, matched);
  }
  if (fallback === undefined || opening.finish !== undefined) {
    return isHeld ? unheard(state, length) : { type: "text", tokens: opening.tokens, finish: opening.finish };
  }
  state.reply.length = length;
  return begin(state, fallback);
}

function begin(
  state: ReplyState,
  trigger: ChatWrapperPrefixTrigger | ChatWrapperNoPrefixTrigger,
): ResponseStart {
  if (trigger.inject !== undefined) state.insert(trigger.inject);
  if (trigger.type === "functionCall") return { type: "call" };
  if (trigger.type === "segment") state.builder.open(trigger.segmentType);
  return noTokens;
}

/** A response that begins with a call unless the model writes one of the texts that say otherwise. */
async function openByCall(
  state: ReplyState,
  disengage: readonly LlamaText[],
  ignored: readonly LlamaText[],
): Promise<ResponseStart> {
  if (disengage.length === 0) return { type: "call" };
  const length = state.reply.length;
  const opening = await readOpening<"ignore" | LlamaText>(state, [
    ...openings(state, ignored, "ignore" as const),
    ...disengage.flatMap((text) => openings(state, [text], text)),
  ]);
  const { matched } = opening;
  if (matched === "ignore") return noTokens;
  if (matched !== undefined || opening.finish !== undefined) {
    if (state.options.grammar === undefined) {
      return { type: "text", tokens: opening.tokens, finish: opening.finish };
    }
    const start = unheard(state, length);
    if (matched !== undefined) state.insert(matched);
    return start;
  }
  state.reply.length = length;
  return { type: "call" };
}

/** What was written before a grammar held it is written again. */
function unheard(state: ReplyState, length: number): ResponseStart {
  state.reply.length = length;
  return noTokens;
}

function mayCall(state: ReplyState): boolean {
  return hasFunctions(state) && state.options.abortOnNonText !== true;
}

function hasFunctions(state: ReplyState): boolean {
  return Object.keys(state.options.functions ?? {}).length > 0;
}

function openings<Value>(state: ReplyState, texts: readonly LlamaText[], value: Value): Opening<Value>[] {
  return texts.flatMap((text) =>
    triggerSymbols(text, state.sequence.model).map((symbols) => ({ symbols, value })),
  );
}
