import type {
  ChatHistoryItem,
  ChatModelFunctionCall,
  ChatModelFunctions,
  ChatModelResponse,
  ChatModelSegmentType,
} from "./chat-history-items.ts";
import { type ChatWrapperSettings, defaultChatWrapperSettings } from "./chat-wrapper-settings.ts";
import { ChatModelFunctionsDocumentationGenerator } from "./functions-documentation.ts";
import { jsonDumps } from "./json-dumps.ts";
import { LlamaText } from "./llama-text.ts";
import { renderCallsAndResults, renderResponse } from "./render-response.ts";

export interface ChatWrapperGenerateContextStateOptions {
  chatHistory: readonly ChatHistoryItem[];
  availableFunctions?: ChatModelFunctions;
  /** Describe the parameters of the functions to the model. Default `true`. */
  documentFunctionParams?: boolean;
}

export interface ChatWrapperGenerateInitialHistoryOptions {
  /** Default: {@link defaultSystemPrompt}. An empty string keeps the default from appearing. */
  systemPrompt?: string;
}

interface RenderedContext {
  /** The whole chat, up to where the model goes on writing. */
  contextText: LlamaText;
  /** Texts that end the generation. */
  stopGenerationTriggers: LlamaText[];
}

/** What begins when a trigger is the first thing that the model writes. */
export type ChatWrapperPrefixTrigger =
  /** A function call: the trigger is replaced by the call's prefix unless `replaceTrigger` is `false`. */
  | { triggers: LlamaText[]; type: "functionCall"; replaceTrigger?: boolean; inject?: LlamaText }
  | { triggers: LlamaText[]; type: "segment"; segmentType: ChatModelSegmentType; inject?: LlamaText }
  | { triggers: LlamaText[]; type: "response"; inject?: LlamaText };

/** What begins when none of the triggers was written. `inject` is evaluated first. */
export type ChatWrapperNoPrefixTrigger =
  | { type: "functionCall"; inject: LlamaText }
  | { type: "segment"; segmentType: ChatModelSegmentType; inject: LlamaText }
  | { type: "response"; inject: LlamaText };

/** For formats in which the first words decide what kind of text follows. */
export interface ChatWrapperGeneratedPrefixTriggersContextState extends RenderedContext {
  prefixTriggers?: ChatWrapperPrefixTrigger[];
  noPrefixTrigger?: ChatWrapperNoPrefixTrigger;
  /** Render the chat again when one of the triggers is written. */
  rerender?: { triggers: LlamaText[]; action?: "closeResponseItem" };
  /** Look for the call prefix within the text. Default `true`; `false` when only a prefix trigger opens calls. */
  detectFunctionCalls?: boolean;
  ignoreStartText?: never;
  functionCall?: never;
}

/** For formats in which a response may begin directly with a call. */
export interface ChatWrapperGeneratedInitiallyEngagedFunctionsContextState extends RenderedContext {
  /** Texts that are dropped when the response begins with them. */
  ignoreStartText?: LlamaText[];
  functionCall?: { initiallyEngaged: boolean; disengageInitiallyEngaged: LlamaText[] };
  prefixTriggers?: never;
  noPrefixTrigger?: never;
  rerender?: never;
  detectFunctionCalls?: never;
}

export type ChatWrapperGeneratedContextState =
  | ChatWrapperGeneratedPrefixTriggersContextState
  | ChatWrapperGeneratedInitiallyEngagedFunctionsContextState;

/**
 * The system prompt of a new chat when the caller gives none. Short on purpose: small models follow a plain sentence
 * better than rules, and better than the name and maker that some templates put there (see docs/log.md).
 */
export const defaultSystemPrompt = "You are a helpful AI assistant.";

/**
 * Turns a chat history into the text that a model was trained on. Subclass it for a format of your own:
 * set `wrapperName`, override `settings` and `generateContextState`.
 *
 * @example
 * class MyWrapper extends ChatWrapper {
 *   readonly wrapperName = "My";
 *   override generateContextState({chatHistory}) { … return {contextText, stopGenerationTriggers}; }
 * }
 */
export abstract class ChatWrapper {
  static defaultSettings: ChatWrapperSettings = defaultChatWrapperSettings;

  abstract readonly wrapperName: string;
  readonly settings: ChatWrapperSettings = ChatWrapper.defaultSettings;

  /** Renders a history, ending where the model's response begins or goes on. */
  generateContextState(options: ChatWrapperGenerateContextStateOptions): ChatWrapperGeneratedContextState {
    const history = this.addAvailableFunctionsSystemMessageToHistory(
      options.chatHistory,
      options.availableFunctions,
      { documentParams: options.documentFunctionParams },
    );
    const lines = history.map((item) => {
      if (item.type === "system") return LlamaText("system: ", LlamaText.fromJSON(item.text));
      if (item.type === "user") return LlamaText("user: ", item.text);
      return LlamaText("model: ", this.generateModelResponseText(item.response));
    });
    return { contextText: LlamaText.joinValues("\n", lines), stopGenerationTriggers: [] };
  }

  /** Calls made together, then their results. `useRawCall`: as they were generated. Default `true`. */
  generateFunctionCallsAndResults(calls: readonly ChatModelFunctionCall[], useRawCall = true): LlamaText {
    return renderCallsAndResults(this, calls, useRawCall);
  }

  generateFunctionCall(name: string, params: unknown): LlamaText {
    const { prefix, paramsPrefix, suffix, emptyCallParamsPlaceholder: empty } = this.settings.functions.call;
    const noParams = empty === undefined || empty === "" ? "" : jsonDumps(empty);
    return LlamaText([
      prefix,
      name,
      fillPlaceholders(paramsPrefix, name),
      params === undefined ? noParams : jsonDumps(params),
      fillPlaceholders(suffix, name),
    ]);
  }

  /** `undefined` is written as `void`, everything else as JSON. */
  generateFunctionCallResult(functionName: string, functionParams: unknown, result: unknown): LlamaText {
    const text = result === undefined ? "void" : jsonDumps(result);
    return this.frameFunctionCallResult(functionName, functionParams, text);
  }

  /** A result that is text already, within the settings' texts for results. */
  protected frameFunctionCallResult(functionName: string, functionParams: unknown, text: string): LlamaText {
    const { prefix, suffix } = this.settings.functions.result;
    const params = functionParams === undefined ? "" : jsonDumps(functionParams);
    return LlamaText([
      fillPlaceholders(prefix, functionName, params),
      text,
      fillPlaceholders(suffix, functionName, params),
    ]);
  }

  /** The items of a response as one text. `useRawValues`: calls and segments as they were generated. Default `true`. */
  generateModelResponseText(response: ChatModelResponse["response"], useRawValues = true): LlamaText {
    return renderResponse(this, response, useRawValues);
  }

  /** What tells the model which functions there are and how to call them. Empty without functions. */
  generateAvailableFunctionsSystemText(
    availableFunctions: ChatModelFunctions,
    { documentParams = true }: { documentParams?: boolean } = {},
  ): LlamaText {
    const documentation = new ChatModelFunctionsDocumentationGenerator(availableFunctions);
    if (!documentation.hasAnyFunctions) return LlamaText();
    return LlamaText.joinValues("\n", [
      "You can call functions to look things up or to get things done. When a function can give what is needed, call it before you answer, without announcing it.",
      "These are the functions:",
      "```typescript",
      documentation.getTypeScriptFunctionSignatures({ documentParams }),
      "```",
      "",
      "Write a call like this, the leading || included:",
      this.generateFunctionCall("getSomeInfo", { someKey: "someValue" }),
      "",
      "The result appears after the call. The user sees neither the call nor the result, so say in your own words what you learned.",
    ]);
  }

  /** Puts the functions' description after the leading system messages. Without functions: the same history. */
  addAvailableFunctionsSystemMessageToHistory(
    history: readonly ChatHistoryItem[],
    availableFunctions?: ChatModelFunctions,
    { documentParams = true }: { documentParams?: boolean } = {},
  ): readonly ChatHistoryItem[] {
    if (availableFunctions === undefined || Object.keys(availableFunctions).length === 0) return history;
    const text = this.generateAvailableFunctionsSystemText(availableFunctions, { documentParams }).toJSON();
    const firstOther = history.findIndex((item) => item.type !== "system");
    return history.toSpliced(firstOther === -1 ? history.length : firstOther, 0, { type: "system", text });
  }

  /** The first messages of a new chat. */
  generateInitialChatHistory({
    systemPrompt = defaultSystemPrompt,
  }: ChatWrapperGenerateInitialHistoryOptions = {}): ChatHistoryItem[] {
    return [{ type: "system", text: systemPrompt }];
  }
}

/** Placeholders count only in plain text; special text is the format's own and stays as it is. */
function fillPlaceholders(text: string | LlamaText, functionName: string, functionParams = ""): LlamaText {
  return LlamaText(text).mapValues((value) =>
    typeof value === "string"
      ? value.replace(/\{\{(functionName|functionParams)\}\}/g, (_match, key) =>
          key === "functionName" ? functionName : functionParams,
        )
      : value,
  );
}
