import { basename } from "node:path";
import type { LlamaChatSession } from "../../chat/session/llama-chat-session.ts";
import type { ContextSequence, LanguageModel } from "../../engine/context-sequence.ts";
import type { GpuRequest } from "../../native/platform.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import type { CliIo } from "../cli-io.ts";
import type { Confirm } from "../terminal/confirm.ts";
import { openImages } from "./open-images.ts";
import { isFile, readTextFile } from "./prompt-file.ts";

export interface SessionSettings {
  readonly modelPath: string;
  /** The model's projector. Default: the one beside it. */
  readonly mmprojPath?: string;
  readonly gpu: GpuRequest;
  readonly threads?: number;
  readonly contextSize?: number;
  readonly chatTemplate?: string;
  readonly systemPrompt?: string;
}

/** A session with everything below it; `dispose` gives all of it back. */
export interface OpenSession {
  readonly session: LlamaChatSession;
  /** The file's name: what stands inside of files as a name is often a note of whoever made them. */
  readonly modelName: string;
  /** Something worth telling about this machine. */
  readonly hint: string | undefined;
  /** Makes images usable: see `openImages`. */
  openImages(signal: AbortSignal, confirm: Confirm | undefined): Promise<void>;
  dispose(): Promise<void>;
}

/** Loads the model and opens a chat on it. Standard error shows how far the loading is, on a terminal. */
export async function openSession(settings: SessionSettings, io: CliIo): Promise<OpenSession> {
  const [{ getLlama }] = await Promise.all([import("../../engine/llama.ts"), chatSession()]);
  const llama = await getLlama({ gpu: settings.gpu });
  try {
    const { modelPath, mmprojPath, threads, contextSize } = settings;
    const progress = loadProgress(basename(modelPath), io);
    const model = await llama
      .loadModel({ modelPath, mmprojPath, onLoadProgress: progress.update, loadSignal: io.interrupt })
      .finally(progress.clear);
    const chatWrapper = await templateWrapper(model, settings.chatTemplate);
    const context = await model.createContext({ threads, contextSize, createSignal: io.interrupt });
    return {
      session: await startSession(context.getSequence(), chatWrapper, settings),
      modelName: basename(modelPath, ".gguf"),
      hint: llama.hint,
      openImages: (signal, confirm) => openImages(model, { ...io, confirm, signal }),
      dispose: () => llama.dispose(),
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

/** Only programs that chat load it. */
const chatSession = () => import("../../chat/session/llama-chat-session.ts");

/** A chat on a sequence, here or elsewhere. */
export async function startSession(
  contextSequence: ContextSequence,
  chatWrapper: ChatWrapper | undefined,
  { systemPrompt }: Pick<SessionSettings, "systemPrompt">,
): Promise<LlamaChatSession> {
  const { LlamaChatSession } = await chatSession();
  return new LlamaChatSession({ contextSequence, systemPrompt, chatWrapper: chatWrapper ?? "auto" });
}

/** The wrapper that `--chat-template` names: a template's name or its JSON file. */
export async function templateWrapper(
  model: LanguageModel,
  name: string | undefined,
): Promise<ChatWrapper | undefined> {
  if (name === undefined || name === "auto") return undefined;
  const { NamedTemplateChatWrapper } = await import("../../template/named/named-template-chat-wrapper.ts");
  const { isChatTemplateName } = await import("../../template/named/chat-templates.ts");
  if (isChatTemplateName(name) || !(await isFile(name))) return new NamedTemplateChatWrapper(name);
  const content = await readTextFile(name);
  if (/\.jinja2?$/i.test(name)) {
    const { JinjaTemplateChatWrapper } = await import("../../template/jinja/jinja-template-chat-wrapper.ts");
    return new JinjaTemplateChatWrapper({ template: content, tokenizer: model.tokenizer });
  }
  const { parseChatTemplate } = await import("../../template/named/chat-template.ts");
  return new NamedTemplateChatWrapper(parseChatTemplate(content));
}

function loadProgress(name: string, { errors }: CliIo) {
  let shown = -1;
  return {
    update: (progress: number) => {
      const percent = Math.floor(progress * 100);
      if (errors.isTTY !== true || percent === shown) return;
      shown = percent;
      errors.write(`\r\u001b[2KLoading ${name} ${percent}%`);
    },
    clear: () => {
      if (shown >= 0) errors.write("\r\u001b[2K");
    },
  };
}
