import type {
  ChatModelFunctionCall,
  ChatModelFunctions,
  ChatModelResponse,
} from "../../template/chat-history-items.ts";
import {
  ChatWrapper,
  type ChatWrapperGenerateContextStateOptions,
  type ChatWrapperGeneratedContextState,
} from "../../template/chat-wrapper.ts";
import { type ChatWrapperSettings, segmentTags } from "../../template/chat-wrapper-settings.ts";
import { LlamaText } from "../../template/llama-text.ts";

/** A chat format in which the next response begins with a call, whatever the model would write. */
export class ForcedCallWrapper extends ChatWrapper {
  readonly wrapperName: string;
  override readonly settings: ChatWrapperSettings;
  readonly #inner: ChatWrapper;

  constructor(inner: ChatWrapper) {
    super();
    this.#inner = inner;
    this.wrapperName = inner.wrapperName;
    this.settings = withoutOpenedThoughts(inner.settings);
  }

  override generateContextState(
    options: ChatWrapperGenerateContextStateOptions,
  ): ChatWrapperGeneratedContextState {
    const { contextText, stopGenerationTriggers } = this.#inner.generateContextState(options);
    return {
      contextText: closedThought(contextText, this.#inner.settings),
      stopGenerationTriggers,
      functionCall: { initiallyEngaged: true, disengageInitiallyEngaged: [] },
    };
  }

  override generateFunctionCallsAndResults(
    calls: readonly ChatModelFunctionCall[],
    useRawCall?: boolean,
  ): LlamaText {
    return this.#inner.generateFunctionCallsAndResults(calls, useRawCall);
  }

  override generateModelResponseText(
    response: ChatModelResponse["response"],
    useRawValues?: boolean,
  ): LlamaText {
    return this.#inner.generateModelResponseText(response, useRawValues);
  }

  override generateAvailableFunctionsSystemText(
    functions: ChatModelFunctions,
    options?: { documentParams?: boolean },
  ): LlamaText {
    return this.#inner.generateAvailableFunctionsSystemText(functions, options);
  }
}

/** The call comes at once, so nothing opens a thought first. */
function withoutOpenedThoughts(settings: ChatWrapperSettings): ChatWrapperSettings {
  const { thought, ...others } = settings.segments ?? {};
  if (thought === undefined) return settings;
  return { ...settings, segments: others };
}

/** Where a prompt ends inside a thought, the thought is closed. */
function closedThought(text: LlamaText, settings: ChatWrapperSettings): LlamaText {
  const thought = settings.segments?.thought;
  const tags = segmentTags(settings, "thought");
  if (thought === undefined || tags?.suffix === undefined) return text;
  const opening = tags.prefix?.toString().trim() ?? "";
  const tail = text.values.slice(-4).join("").trimEnd();
  const isOpen = tags.prefix === undefined || (opening !== "" && tail.endsWith(opening));
  return isOpen ? LlamaText(text, tags.suffix) : text;
}
