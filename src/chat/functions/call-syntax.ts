import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { ChatWrapperSettings } from "../../template/chat-wrapper-settings.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { triggerSymbols } from "../response/trigger-symbols.ts";

/** What stands before and after the parameters of a call of one function. */
export interface CallSyntax {
  readonly name: string;
  /** The name and what leads to the parameters. */
  readonly head: LlamaText;
  readonly tail: LlamaText;
  readonly headSymbols: readonly number[];
  readonly tailSymbols: readonly number[];
}

export function callSyntax(name: string, settings: ChatWrapperSettings, model: LanguageModel): CallSyntax {
  const { paramsPrefix, suffix } = settings.functions.call;
  const head = LlamaText(name, withName(paramsPrefix, name));
  const tail = withName(suffix, name);
  return {
    name,
    head,
    tail,
    headSymbols: triggerSymbols(head, model)[0] ?? [],
    tailSymbols: triggerSymbols(tail, model)[0] ?? [],
  };
}

function withName(text: string | LlamaText, name: string): LlamaText {
  return LlamaText(text).mapValues((value) =>
    typeof value === "string" ? value.replaceAll("{{functionName}}", () => name) : value,
  );
}
