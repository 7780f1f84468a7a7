import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { tokenizeContext } from "../../template/tokenize-context.ts";
import type { BotFunction } from "../bot-functions/bot-function.ts";
import { runFunctionCalls } from "../bot-functions/run-function-calls.ts";
import { adoptEvaluatedTokens } from "../generation/adopt-evaluated-tokens.ts";
import {
  type ChatHistoryOptions,
  type KvCache,
  languageModelOf,
  type ResetOptions,
} from "./chat-history-options.ts";
import { ChatMessage, type ChatMessageOptions } from "./chat-message.ts";
import type { ContentInput } from "./content-part.ts";
import { type EmbedChatOptions, type EmbeddedChat, embedTokens } from "./embed-chat.ts";
import { type HistoryFormat, itemType, messageToItem, type ShownFunctions } from "./history-format.ts";
import { checkPrepared, prepareMessages } from "./history-media.ts";
import { indexable } from "./indexable.ts";
import { isReply, type MessageContent, type MessageInput, messageOfInput } from "./message-of-input.ts";
import { messageOfItem } from "./message-of-item.ts";
import { removalRange } from "./removal-range.ts";
import { resolveHistoryFormat } from "./resolve-history-format.ts";
import { type ListedMessage, listMessages } from "./to-list.ts";
import { commonLength, type TokenSpan, tokenSpans } from "./token-spans.ts";

/**
 * An editable list of messages. Edits are plain list operations; what they mean for the cache is worked out when the
 * chat is evaluated the next time, by comparing its tokens with those that are there.
 *
 * @example
 * const history = new ChatHistory(model, { systemPrompt: "Be brief." });
 * history.append("user", "Hi");
 * history.remove(-1);
 */
export class ChatHistory implements Iterable<ChatMessage> {
  readonly [index: number]: ChatMessage;
  readonly model: LanguageModel;
  readonly format: HistoryFormat;
  /** What the sequence that evaluates this chat holds; set by `append` of a reply. */
  kvCache: KvCache | undefined;
  /** Counts the edits. */
  version = 0;
  private list: ChatMessage[] = [];
  private prompt: string | undefined;
  /** Held so that the tokens of images stay known. */
  private readonly media: object[] = [];
  private holders = 0;
  private shown: ShownFunctions = {};
  private memo: { key: string; tokens: readonly Token[]; spans?: TokenSpan[] } | undefined;
  private readonly self: ChatHistory;

  /** @throws ColloquyError `template-unknown`, `template-invalid`, `invalid-argument` */
  constructor(model: LanguageModel, { chatTemplate = "auto", systemPrompt }: ChatHistoryOptions = {}) {
    if (typeof model?.tokenize !== "function") throw new InvalidArgumentError("A ChatHistory needs a model");
    this.model = languageModelOf(model);
    this.format = resolveHistoryFormat(this.model, chatTemplate);
    this.prompt = systemPrompt === undefined ? this.format.defaultSystemPrompt : systemPrompt || undefined;
    this.self = indexable(this);
    this.self.addSystemPrompt();
    // biome-ignore lint/correctness/noConstructorReturn: integer keys reach the messages
    return this.self;
  }

  /** How the chat becomes text; `history.template.stop` ends a reply. */
  get template(): HistoryFormat {
    return this.format;
  }

  get length(): number {
    return this.list.length;
  }

  /** All messages, in order. */
  get messages(): readonly ChatMessage[] {
    return this.list;
  }

  at(index: number): ChatMessage | undefined {
    return this.list.at(index);
  }

  slice(start?: number, end?: number): ChatMessage[] {
    return this.list.slice(start, end);
  }

  indexOf(message: ChatMessage): number {
    return this.list.indexOf(message);
  }

  [Symbol.iterator](): IterableIterator<ChatMessage> {
    return this.list[Symbol.iterator]();
  }

  /**
   * Adds a message at the end. A string is always text. A reply of `model.generate` brings its cache along.
   * @throws ColloquyError `role-unknown`, `invalid-argument`, `busy` while a response is being written
   */
  append(message: ChatMessage | MessageInput): ChatMessage;
  append(role: string, content: MessageContent, options?: ChatMessageOptions): ChatMessage;
  append(
    role: string | ChatMessage | MessageInput,
    content?: MessageContent,
    options?: ChatMessageOptions,
  ): ChatMessage {
    const message = this.createMessage(role, content, options);
    this.splice(this.list.length, 0, [message]);
    if (isReply(content)) this.kvCache = content.kvCache;
    return message;
  }

  /** Puts a message before the one at `index`; negative counts from the end. @throws ColloquyError `range` */
  insert(
    index: number,
    role: string | ChatMessage,
    content?: ContentInput | readonly ContentInput[],
    options?: ChatMessageOptions,
  ): ChatMessage {
    const place = index < 0 ? index + this.list.length : index;
    if (!Number.isInteger(place) || place < 0 || place > this.list.length)
      throw outOfRange(index, this.list.length);
    const message = this.createMessage(role, content, options);
    this.splice(place, 0, [message]);
    return message;
  }

  /** Puts a message in the place of the one at `index`. A plain content keeps the role. */
  replace(
    index: number,
    content: ChatMessage | ContentInput | readonly ContentInput[],
    options?: ChatMessageOptions,
  ): ChatMessage {
    const place = index < 0 ? index + this.list.length : index;
    const old = this.list[place];
    if (old === undefined) throw outOfRange(index, this.list.length);
    const message =
      content instanceof ChatMessage
        ? this.createMessage(content)
        : this.createMessage(old.role, content, { pinned: old.pinned, ...options });
    this.splice(place, 1, [message]);
    return message;
  }

  /** Removes the last `count` messages and returns them. @throws RangeError, nothing is changed then */
  pop(count = 1): ChatMessage[] {
    if (!Number.isInteger(count) || count < 0 || count > this.list.length)
      throw outOfRange(count, this.list.length);
    return this.splice(this.list.length - count, count, []);
  }

  /**
   * Removes the messages from `start` to before `stop`, only that at `start` without `stop`. Negative indices count
   * from the end; `stop` 0 after a negative `start` is the end.
   * @throws RangeError, nothing is changed then
   */
  remove(start: number, stop?: number): ChatMessage[] {
    const range = removalRange(start, stop, this.list.length);
    return this.splice(range.start, range.stop - range.start, []);
  }

  /** Removes every message that the test says yes to, and returns them. */
  removeWhere(test: (message: ChatMessage, index: number) => boolean): ChatMessage[] {
    const removed = this.list.filter(test);
    if (removed.length > 0) this.replaceAll(this.list.filter((message) => !removed.includes(message)));
    return removed;
  }

  /** Empties the chat, apart from the system prompt and what `wrapTokens` keeps. */
  reset({ systemPrompt = true, useCache = true, wrapTokens }: ResetOptions = {}): void {
    const entry = wrapTokens === undefined ? undefined : this.findWrapEntry(wrapTokens);
    const tail = entry === undefined ? [] : this.list.slice(this.indexOf(entry));
    const present = this.systemPrompt;
    if (typeof systemPrompt === "string") this.prompt = systemPrompt || undefined;
    else if (present !== "") this.prompt = present;
    this.replaceAll([]);
    if (systemPrompt !== false) this.addSystemPrompt();
    this.replaceAll([...this.list, ...tail.filter(({ role }) => itemType(role) !== "system")]);
    if (!useCache) this.kvCache = undefined;
  }

  /** The text of the first system message; empty when there is none. */
  get systemPrompt(): string {
    return this.list.find(({ role }) => role === "system")?.text ?? "";
  }

  /** Only the system message changes; an empty text removes it. */
  set systemPrompt(text: string | undefined) {
    if (text === undefined || text === this.systemPrompt) return;
    this.prompt = text || undefined;
    const index = this.list.findIndex(({ role }) => role === "system");
    if (index === -1) this.splice(0, 0, text === "" ? [] : [this.createMessage("system", text)]);
    else this.splice(index, 1, text === "" ? [] : [this.createMessage("system", text)]);
  }

  /** Whether the system prompt is written into the first user turn, because the format has no place for it. */
  get systemPromptFolded(): boolean {
    return !this.format.hasSystemRole && this.systemPrompt !== "";
  }

  /** Adds a system message at the beginning; nothing where the format has no such role. */
  addSystemPrompt(systemPrompt: string | undefined = this.prompt): ChatMessage | undefined {
    if (systemPrompt === undefined || this.format.canonicalRole("system") === undefined) return undefined;
    this.prompt = systemPrompt;
    return this.insert(0, "system", systemPrompt);
  }

  /** Whether it is this role's turn. A user may say several things in a row. @throws ColloquyError `role-unknown` */
  turn(role = "user"): boolean {
    const type = itemType(role);
    const last = this.list.at(-1)?.role;
    if (type === "system") return last === undefined;
    if (type === "user") return last === undefined ? !this.format.hasSystemRole : last !== "tool_response";
    if (type === "model")
      return last === "tool_response" || (last !== undefined && itemType(last) === "user");
    this.checkRole(role);
    return true;
  }

  /** The rendered chat, images as negative ids. @throws ColloquyError `media-unsupported` before {@link prepareMedia} */
  get tokens(): readonly Token[] {
    return this.rendered().tokens;
  }

  /** Length of the rendered chat. @throws ColloquyError as {@link tokens} */
  get numTokens(): number {
    return this.tokens.length;
  }

  /** How many tokens from the beginning the cache holds already. */
  get position(): number {
    return this.kvCache === undefined ? 0 : commonLength(this.tokens, this.kvCache.tokens);
  }

  /** @internal The tokens of one message. */
  span(message: ChatMessage): TokenSpan | undefined {
    const memo = this.rendered();
    memo.spans ??= tokenSpans(this.list.length, (count) => this.render(count));
    return memo.spans[this.indexOf(message)];
  }

  /** The oldest user message from which the chat takes at most `tokens` tokens. */
  findWrapEntry(tokens: number): ChatMessage | undefined {
    const total = this.numTokens;
    return this.list.find(
      (message) => itemType(message.role) === "user" && total - message.startToken <= tokens,
    );
  }

  /**
   * The tokens that are new to the cache, and how many come before them.
   * @returns a pair that can be taken apart as `[input, position]` or as `{input, position}`
   * @throws ColloquyError `context-overflow` when the newest turn alone exceeds `wrapTokens`; `media-unsupported` for
   * an image or sound before {@link prepareMedia}
   */
  embedChat(options: EmbedChatOptions = {}): EmbeddedChat {
    const { maxTokens, wrapTokens } = options;
    if (maxTokens !== undefined && wrapTokens !== undefined && this.numTokens > maxTokens) {
      if (this.findWrapEntry(wrapTokens) === undefined) {
        throw new ColloquyError(
          "context-overflow",
          `The chat takes ${this.numTokens} tokens, more than ${maxTokens}, and no turn at its end fits into ${wrapTokens}`,
        );
      }
      this.reset({ wrapTokens });
    }
    return embedTokens(
      this.tokens,
      options.useCache === false ? [] : (this.kvCache?.tokens ?? []),
      maxTokens,
    );
  }

  /**
   * Reads the images and sounds of the chat, which is needed before `embedChat`. Without any it does nothing.
   * @throws ColloquyError `media-unsupported`, `media-invalid`, `download-failed`; the signal's reason
   */
  async prepareMedia({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.media.splice(0, this.media.length, ...(await prepareMessages(this.list, this.model, signal)));
    this.memo = undefined;
  }

  /** The messages as plain data for a program; with `html`, texts as safe HTML. */
  toList({
    html = false,
    messages = this.list,
  }: {
    html?: boolean;
    messages?: readonly ChatMessage[];
  } = {}): ListedMessage[] {
    return listMessages(messages, html ? this.model : undefined);
  }

  /** The messages as they are saved. @throws ColloquyError `media-unsupported`, `role-unknown` */
  toItems(): ChatHistoryItem[] {
    return structuredClone(this.list.map(messageToItem));
  }

  toJSON(): ChatHistoryItem[] {
    return this.toItems();
  }

  /** Replaces all messages by saved ones. @throws ColloquyError `invalid-argument` when they are none */
  setItems(items: readonly ChatHistoryItem[]): void {
    if (!Array.isArray(items)) throw new InvalidArgumentError("A chat history must be an array");
    this.replaceAll(structuredClone([...items]).map(messageOfItem));
  }

  /**
   * Runs the calls that a text makes and appends their results, as role `tool_response` where the format has it.
   * @returns the results' message, `undefined` when there was no call
   */
  async runTools(
    message: ChatMessage | { text: string } | string,
    tools: Iterable<BotFunction> = [],
    append = true,
  ): Promise<ChatMessage | undefined> {
    const functions = [...tools];
    const text = typeof message === "string" ? message : message.text;
    const results = await runFunctionCalls(text, functions);
    if (results.length === 0) return undefined;
    const role = this.format.canonicalRole("tool_response") === undefined ? "user" : "tool_response";
    const answer = new ChatMessage(role, results.map((result) => JSON.stringify(result)).join("\n"));
    return append ? this.append(answer) : answer;
  }

  /** @internal Counts the description of these functions as part of the chat. */
  showFunctions(shown: ShownFunctions): void {
    this.shown = shown;
    this.memo = undefined;
  }

  /** @internal Refuses edits until the returned function is called. */
  hold(): () => void {
    this.holders++;
    let released = false;
    return () => {
      if (!released) this.holders--;
      released = true;
    };
  }

  private createMessage(
    role: string | ChatMessage | MessageInput,
    content?: MessageContent,
    options?: ChatMessageOptions,
  ): ChatMessage {
    if (typeof role === "string") this.checkRole(role);
    const message = messageOfInput(role, content, options);
    this.checkRole(message.role);
    if (message.owner !== undefined && message.owner !== this.self) {
      throw new InvalidArgumentError("The message is in another history");
    }
    return message;
  }

  private checkRole(role: string): void {
    if (typeof role === "string" && this.format.canonicalRole(role) !== undefined) return;
    throw new ColloquyError(
      "role-unknown",
      `The template ${this.format.name} has no role ${JSON.stringify(role)}`,
      { hint: `it has ${this.format.roles.join(", ")}` },
    );
  }

  private splice(start: number, count: number, added: readonly ChatMessage[]): ChatMessage[] {
    if (this.holders > 0) {
      throw new ColloquyError("busy", "The history cannot be edited while a response is being written");
    }
    const removed = this.list.splice(start, count, ...added);
    for (const message of removed) message.owner = undefined;
    for (const message of added) message.owner = this.self;
    this.version++;
    return removed;
  }

  private replaceAll(messages: readonly ChatMessage[]): void {
    this.splice(0, this.list.length, messages);
  }

  private render(count: number): readonly Token[] {
    // A marker in place of an image would be counted as text.
    checkPrepared(this.list, this.model);
    const tokens = tokenizeContext(this.format.render(this.list.slice(0, count), this.shown), this.model);
    return this.kvCache === undefined
      ? tokens
      : adoptEvaluatedTokens(tokens, this.kvCache.tokens, this.model);
  }

  private rendered() {
    const held = this.kvCache?.tokens;
    const key = `${this.version} ${held?.length ?? "-"} ${held?.at(-1) ?? "-"}`;
    if (this.memo?.key !== key) this.memo = { key, tokens: this.render(this.list.length) };
    return this.memo;
  }
}

function outOfRange(index: number, length: number): RangeError {
  return new RangeError(`${index} is out of range: the history has ${length} messages`);
}
