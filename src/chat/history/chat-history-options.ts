import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";

/** What a sequence holds in its cache. */
export interface KvCache {
  readonly tokens: readonly Token[];
}

export interface ChatHistoryOptions {
  /** `"auto"` (default), the name of a built-in template, a path of a JSON file, a template, or a chat wrapper. */
  chatTemplate?: "auto" | string | object | ChatWrapper;
  /** Default: the template's own. `false`: none. */
  systemPrompt?: string | false;
}

export interface ResetOptions {
  /** `true` (default): the present system prompt; a text: this one from now on; `false`: none. */
  systemPrompt?: boolean | string;
  /** Go on using what the cache holds, as far as it fits. Default `true`. */
  useCache?: boolean;
  /** Keep the newest turns that take at most this many tokens. Default: keep none. */
  wrapTokens?: number;
}

/** What `model.generate` returns, as far as a history takes it over. */
export interface ReplyLike {
  readonly text: string;
  readonly tokens?: ArrayLike<number>;
  readonly kvCache?: KvCache;
  /** Whether it is still being written: then it cannot be appended. */
  readonly running?: boolean;
}

/** The model itself, when it is given together with its context. */
export function languageModelOf(model: LanguageModel & { readonly model?: LanguageModel }): LanguageModel {
  return model.model ?? model;
}
