import { InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";
import type { BotFunction } from "../../chat/bot-functions/bot-function.ts";
import { renderFunctionDocs } from "../../chat/bot-functions/function-docs.ts";
import type { LlamaChatResponseChunk } from "../../chat/response/response-chunk.ts";
import type { LlamaChatSession } from "../../chat/session/llama-chat-session.ts";
import type { LLamaChatPromptOptions } from "../../chat/session/options.ts";
import type { PromptMedia, SessionPrompt } from "../../chat/session/prompt-part.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { CliOutput } from "../cli-io.ts";
import type { Confirm } from "../terminal/confirm.ts";
import { printable } from "../terminal/printable.ts";
import type { Style } from "../terminal/style.ts";
import { saveChat } from "./chat-file.ts";
import { isFile, type PromptInput } from "./prompt-file.ts";
import { promptWithFunctions } from "./prompt-with-functions.ts";
import { type ReplyFigures, replyFiguresText } from "./reply-figures.ts";

export type ChatSampling = Pick<
  LLamaChatPromptOptions,
  "maxTokens" | "temperature" | "topK" | "topP" | "minP" | "seed" | "repeatPenalty"
>;

export interface ChatSettings {
  readonly modelName: string;
  readonly sampling: ChatSampling;
  readonly output: CliOutput;
  readonly errors: CliOutput;
  readonly style: Style;
  /** Where the chat is saved after every reply. */
  readonly savePath?: string;
  /** Functions that the model may call while it writes. Default: none. */
  readonly functions?: readonly BotFunction[];
  /**
   * Makes images usable for the model, asking the user for what it needs. Default: nothing is done.
   * @throws when they cannot be used; text goes on
   */
  readonly openImages?: (signal: AbortSignal, confirm: Confirm | undefined) => Promise<void>;
  /** Print figures after every reply. */
  readonly showStats: boolean;
}

/** A conversation at the command line: asks the session and writes what it answers. */
export class Chat {
  readonly session: LlamaChatSession;
  readonly settings: ChatSettings;
  /** Asks a question with yes or no as the answer, where somebody can answer. */
  confirm: Confirm | undefined;
  /** What the last reply cost. */
  figures: ReplyFigures | undefined;
  /** Images that were shown and not asked about yet. */
  #images: PromptMedia[] = [];
  #retries = 0;

  constructor(session: LlamaChatSession, settings: ChatSettings) {
    this.session = session;
    this.settings = settings;
    if (this.#functions.length > 0) this.setSystemPrompt(session.history.systemPrompt);
  }

  get #functions(): readonly BotFunction[] {
    return this.settings.functions ?? [];
  }

  /** Sets the system prompt; what the model must know of its functions is added. */
  setSystemPrompt(text: string): void {
    const docs = renderFunctionDocs(this.#functions);
    this.session.history.systemPrompt = [text, docs].filter((part) => part !== "").join("\n\n");
  }

  /** Begins with the messages of a saved chat; a system prompt that is given takes the place of the saved one. */
  resume(items: readonly ChatHistoryItem[], systemPrompt?: string): void {
    this.session.setChatHistory(items);
    if (systemPrompt !== undefined) this.setSystemPrompt(systemPrompt);
  }

  /** Shows the model an image; the next text is the question about it. */
  async #show(image: string, signal: AbortSignal): Promise<void> {
    if (this.session.model.supportsImages !== true)
      throw new UnsupportedError(`This model takes no images ("${image}")`, {
        hint: "give the file of its projector as --mmproj",
      });
    const isAddress = /^(https?|data|file):/i.test(image);
    if (!isAddress && !(await isFile(image))) throw new InvalidArgumentError(`There is no file "${image}"`);
    await this.settings.openImages?.(signal, this.confirm);
    this.#images.push(isAddress ? { type: "image", url: image } : { type: "image", path: image });
    if (this.settings.output.isTTY) this.note("What is the question about the image?");
  }

  /** The text with the images that were shown before it. An image that cannot be read is not shown again. */
  #promptOf(text: string): SessionPrompt {
    const images = this.#images.splice(0);
    return images.length === 0 ? text : [...images, { type: "text", text }];
  }

  /** Forgets images that nobody asked about. */
  forgetImages(): void {
    this.#images = [];
  }

  /**
   * Asks, writes the reply while it is written, and saves the chat when it is to be saved.
   * @param signal stops the reply; what was written of it stays in the chat
   */
  async answer(input: PromptInput, signal: AbortSignal, sampling: ChatSampling = {}): Promise<void> {
    if ("image" in input) return this.#show(input.image, signal);
    // A chat that was loaded may hold images too.
    if (this.session.getChatHistory().some((item) => item.type === "user" && (item.media ?? []).length > 0))
      await this.settings.openImages?.(signal, this.confirm);
    const prompt = this.#promptOf(input.text);
    const { output, errors, style } = this.settings;
    const before = this.session.sequence.tokenMeter.getState();
    const startedAt = performance.now();
    const show = output.isTTY === true ? printable : (text: string) => text;
    let end: string | undefined;
    const options = {
      ...this.settings.sampling,
      ...sampling,
      signal,
      stopOnAbortSignal: true,
      onResponseChunk: ({ type, text }: Pick<LlamaChatResponseChunk, "type" | "text">) => {
        const shown = show(text);
        if (shown === "") return;
        // A thought is not part of the reply: a program that reads the output must not get it.
        if (type === "segment") (output.isTTY ? output : errors).write(style.quiet(shown));
        else output.write(shown);
        end = shown.endsWith("\n") ? "" : "\n";
      },
    };
    const functions = this.#functions;
    const reply =
      functions.length === 0
        ? this.session.promptWithMeta(prompt, options)
        : promptWithFunctions(this.session, prompt, { ...options, functions });
    const result = await reply.finally(() => output.write(end ?? ""));
    // An empty reply is a line too.
    if (end === undefined) output.write("\n");
    this.figures = this.#figuresOf(performance.now() - startedAt, before);
    if (result.stopReason === "maxTokens")
      this.note(`(cut at ${this.settings.sampling.maxTokens} tokens, see --max-new-tokens)`);
    if (this.settings.showStats) this.note(replyFiguresText(this.figures));
    if (this.settings.savePath !== undefined)
      await saveChat(this.settings.savePath, this.session.getChatHistory());
  }

  /** Writes something that is not a reply. */
  readonly tell = (text: string): void => {
    const { output, errors } = this.settings;
    (output.isTTY ? output : errors).write(`${text}\n`);
  };

  /** Writes a remark. */
  readonly note = (text: string): void => this.tell(this.settings.style.quiet(text));

  /** Writes what went wrong. */
  readonly complain = (text: string): void => {
    const { output, style } = this.settings;
    this.tell(output.isTTY ? style.warning(text) : `colloquy: ${text}`);
  };

  /** A seed that no reply of this chat has had. */
  nextSeed(): number {
    this.#retries++;
    return (this.settings.sampling.seed ?? 0) + this.#retries;
  }

  #figuresOf(elapsedMs: number, before: { usedInputTokens: number; usedOutputTokens: number }): ReplyFigures {
    const { sequence } = this.session;
    const {
      reusedTokens = 0,
      movedTokens = 0,
      sharedTokens = 0,
      evaluatedTokens = 0,
      promptMs = 0,
    } = sequence.lastEvaluation ?? {};
    return {
      reusedTokens: reusedTokens + movedTokens + sharedTokens,
      evaluatedTokens,
      promptMs,
      generatedTokens: sequence.tokenMeter.diff(before).usedOutputTokens,
      generationMs: Math.max(0, elapsedMs - promptMs),
      contextTokens: sequence.contextTokens.length,
      contextSize: sequence.contextSize,
    };
  }
}
