import { createBuiltInFunctions } from "../../chat/bot-functions/built-in-functions.ts";
import { answerLines } from "../chat/answer-lines.ts";
import { answerPrompts } from "../chat/answer-prompts.ts";
import { Chat } from "../chat/chat.ts";
import { loadChat } from "../chat/chat-file.ts";
import { openRemoteSession } from "../chat/open-remote-session.ts";
import { openSession } from "../chat/open-session.ts";
import { promptInputs, textOrFile } from "../chat/prompt-file.ts";
import { runTerminalChat } from "../chat/terminal-chat.ts";
import type { CliIo } from "../cli-io.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { terminalConfirm } from "../terminal/confirm.ts";
import { styleOf } from "../terminal/style.ts";
import { UsageError } from "../usage-error.ts";
import type { ChatOptions } from "./chat.ts";
import { engineChoice } from "./engine-flags.ts";
import { resolveModel } from "./resolve-model.ts";

const gpus = {
  auto: "auto",
  cuda: "cuda",
  vulkan: "vulkan",
  metal: "metal",
  off: false,
  cpu: false,
  false: false,
} as const;

/** Runs `colloquy chat`: what is wrong with the options is said before anything is loaded. */
export async function runChat(options: ChatOptions, io: CliIo): Promise<ExitCode> {
  const gpu = gpus[options.gpu as keyof typeof gpus];
  if (gpu === undefined)
    throw new UsageError(`--gpu takes auto, cuda, vulkan, metal or off, not "${options.gpu}"`);
  const prompts = options.prompt && (await Promise.all(options.prompt.map(promptInputs))).flat();
  const resumed = options.resume === undefined ? undefined : await loadChat(options.resume);
  const systemPrompt =
    options.systemPrompt === undefined ? undefined : await textOrFile(options.systemPrompt);
  const { threads, contextSize, chatTemplate } = options;
  const elsewhere = engineChoice(options, {
    "--gpu": options.gpu === "auto" ? undefined : options.gpu,
    "--threads": threads,
    "--mmproj": options.mmproj,
  });
  const shared = { contextSize, chatTemplate, systemPrompt };
  const opened =
    elsewhere === undefined
      ? await openSession({ ...shared, ...(await resolveFiles(options, io)), gpu, threads }, io)
      : await openRemoteSession(elsewhere, { ...shared, model: options.model }, io);
  try {
    const chat = new Chat(opened.session, {
      sampling: samplingOf(options),
      output: io.output,
      errors: io.errors,
      style: styleOf(io.output, io.environment, options.color),
      savePath: options.save,
      functions: options.functions ? createBuiltInFunctions() : [],
      showStats: options.stats === true,
      modelName: opened.modelName,
      openImages: opened.openImages,
    });
    chat.confirm = terminalConfirm(io);
    if (resumed !== undefined) chat.resume(resumed, systemPrompt);
    if (prompts !== undefined) return await answerPrompts(chat, prompts, io.interrupt);
    const isTerminal = io.input.isTTY === true && io.output.isTTY === true;
    if (!isTerminal) return await answerLines(chat, io.input, io.interrupt);
    await runTerminalChat(chat, { ...io, hint: opened.hint });
    return exitCode.ok;
  } finally {
    await opened.dispose();
  }
}

async function resolveFiles({ model, mmproj }: ChatOptions, io: CliIo) {
  const modelPath = await resolveModel(model, io);
  return { modelPath, mmprojPath: mmproj === undefined ? undefined : await resolveModel(mmproj, io) };
}

function samplingOf(options: ChatOptions) {
  const { maxNewTokens: maxTokens, temperature, topK, topP, minP, seed, repeatPenalty } = options;
  return {
    maxTokens,
    temperature,
    topK,
    topP,
    minP,
    seed,
    repeatPenalty: repeatPenalty === undefined ? undefined : { penalty: repeatPenalty },
  };
}
