import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, Option } from "commander";
import type { ServerOptions } from "../../server/create-server.ts";
import type { CliIo } from "../cli-io.ts";
import { errorText } from "../error-text.ts";
import { UsageError } from "../usage-error.ts";
import { addEngineFlags, type EngineChoice, type EngineFlags, engineChoice } from "./engine-flags.ts";
import { numberOption } from "./parse-number.ts";

interface ServeOptions extends EngineFlags {
  readonly model?: string;
  readonly mmproj?: string;
  readonly host: string;
  readonly port: number;
  readonly apiKey?: string;
  readonly store?: string;
  readonly web?: string;
  readonly corsOrigin?: string[];
  readonly contextSize: number;
  readonly sequences: number;
  readonly gpu: string;
  readonly threads?: number;
  readonly systemPrompt?: string;
  readonly embeddings?: boolean;
  readonly debug?: boolean;
}

const gpus = { auto: "auto", cuda: "cuda", vulkan: "vulkan", metal: "metal", off: false } as const;

const details = `
OpenAI's interface is at /v1, chats with a store at /api, the description of both at /openapi.json.
The key can also be given as the environment variable COLLOQUY_API_KEY. Ends when interrupted.`;

/** `colloquy serve` */
export function addServeCommand(program: Command, io: CliIo): void {
  const whole = { integer: true, min: 1 } as const;
  addEngineFlags(program.command("serve"))
    .description("serve a model over HTTP, as OpenAI's interface and with chats of its own")
    .option("-m, --model <uri>", "model file, hf:owner/repo:QUANT or https://… (default: a small model)")
    .option("--host <name>", "address to listen on; another than this machine's needs a key", "127.0.0.1")
    .option(
      "--port <n>",
      "port to listen on; 0: any free one",
      numberOption("--port", { integer: true, min: 0, max: 65_535 }),
      8642,
    )
    .addOption(new Option("--api-key <key>", "key that requests must bring").env("COLLOQUY_API_KEY"))
    .option("--store <file>", "SQLite file for the chats (default: they are lost at the end)")
    .option(
      "--web <folder>",
      "folder with a built web client, served at / (default: the one that comes along)",
    )
    .option("--cors-origin <origin...>", "origins of web pages elsewhere that may use the server")
    .option(
      "-c, --context-size <n>",
      "room of each request, tokens",
      numberOption("--context-size", whole),
      4096,
    )
    .option("--sequences <n>", "requests answered at the same time", numberOption("--sequences", whole), 4)
    .option("--gpu <device>", "auto, cuda, vulkan, metal or off", "auto")
    .option(
      "--threads <n>",
      "processor cores to use (default: the usable ones)",
      numberOption("--threads", whole),
    )
    .option("--system-prompt <text>", 'of chats and requests that bring none; "": none')
    .option("--mmproj <uri>", "the model's projector for images (default: the one beside the model)")
    .option("--embeddings", "answer /v1/embeddings with this model")
    .option("--debug", "print stack traces")
    .addHelpText("after", details)
    .action((options: ServeOptions) => serve(options, io));
}

/** Serves until the user interrupts. */
async function serve(options: ServeOptions, io: CliIo): Promise<void> {
  if (!Object.hasOwn(gpus, options.gpu)) {
    throw new UsageError(`--gpu takes auto, cuda, vulkan, metal or off, not "${options.gpu}"`);
  }
  const elsewhere = engineChoice(options, {
    "--gpu": options.gpu === "auto" ? undefined : options.gpu,
    "--threads": options.threads,
    "--mmproj": options.mmproj,
    "--embeddings": options.embeddings,
  });
  const opened = await (elsewhere === undefined
    ? openHere(options, io)
    : openElsewhere(elsewhere, options, io));
  const { createServer } = await import("../../server/create-server.ts");
  try {
    const server = createServer({
      ...opened.served,
      storePath: options.store === undefined ? undefined : resolve(options.store),
      webDirectory: options.web === undefined ? ownWebClient() : resolve(options.web),
      systemPrompt: options.systemPrompt,
      apiKey: options.apiKey,
      corsOrigins: options.corsOrigin,
      onError: (error) => io.errors.write(`colloquy: ${errorText(error, options.debug)}\n`),
    });
    try {
      const { url } = await server.listen({ host: options.host, port: options.port });
      io.output.write(`Serving ${opened.modelName} at ${url}\n`);
      await interrupted(io.interrupt);
    } finally {
      await server.close();
    }
  } finally {
    await opened.dispose();
  }
}

/** What is served, and what it is called. */
interface Opened {
  readonly served: Pick<ServerOptions, "context" | "embeddings" | "modelName">;
  readonly modelName: string;
  dispose(): Promise<void>;
}

async function openHere(options: ServeOptions, io: CliIo): Promise<Opened> {
  const { resolveModel } = await import("./resolve-model.ts");
  const modelPath = await resolveModel(options.model, io);
  const mmprojPath = options.mmproj === undefined ? undefined : await resolveModel(options.mmproj, io);
  const { getLlama } = await import("../../engine/llama.ts");
  const llama = await getLlama({ gpu: gpus[options.gpu as keyof typeof gpus] });
  try {
    const model = await llama.loadModel({ modelPath, mmprojPath, loadSignal: io.interrupt });
    const { threads, contextSize: wanted, sequences } = options;
    const contextSize = { max: wanted };
    const context = await model.createContext({
      threads,
      contextSize,
      sequences,
      createSignal: io.interrupt,
    });
    const embeddings = options.embeddings ? await model.createEmbeddingContext({ threads }) : undefined;
    return {
      served: { context, embeddings },
      modelName: model.filename ?? "the model",
      dispose: () => llama.dispose(),
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

async function openElsewhere(choice: EngineChoice, options: ServeOptions, io: CliIo): Promise<Opened> {
  const { openRemoteModel } = await import("./open-remote-model.ts");
  const { llama, model } = await openRemoteModel(choice, options.model, io);
  try {
    const { contextSize: wanted, sequences } = options;
    const context = await model.createContext({
      contextSize: Math.min(wanted, model.engineContextSize),
      sequences,
    });
    const modelName = basename(model.name, ".gguf");
    return { served: { context, modelName }, modelName, dispose: () => llama.dispose() };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}

/** The web client beside the bundled program; there is none when the sources run unbuilt. */
function ownWebClient(): string | undefined {
  const folder = fileURLToPath(new URL("../web", import.meta.url));
  return existsSync(join(folder, "index.html")) ? folder : undefined;
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    // An open server keeps the process alive; the signal alone would not.
    signal.addEventListener("abort", () => done(), { once: true });
  });
}
