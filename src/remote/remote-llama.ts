import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { linkedAbort } from "../base/linked-abort.ts";
import { getLlama as getLocalLlama, Llama } from "../engine/llama.ts";
import { HttpEndpoint } from "./http/http-endpoint.ts";
import { LlamaServerEngine } from "./llama-server/llama-server-engine.ts";
import { probeEngine } from "./probe-engine.ts";
import { RefusedLlamaOperations } from "./refused-operations.ts";
import type { EngineFacts, RemoteEngine } from "./remote-engine.ts";
import { RemoteModel } from "./remote-model.ts";
import { checkRemoteOptions, type RemoteEngineOptions, refuseOthers } from "./remote-options.ts";
import { VllmEngine } from "./vllm/vllm-engine.ts";
import type { RemoteVocabulary } from "./vocabulary/remote-vocabulary.ts";

export interface RemoteModelOptions {
  /**
   * The GGUF file of the model that the engine serves. Its vocabulary is read, its weights are not. Default: the
   * vocabulary as llama-server tells it; every text that is new to this process is then a request that stops the process
   * until it is answered.
   */
  modelPath?: string;
  /** The name under which the engine serves the model. Default: the first it lists. */
  servedName?: string;
  /** Aborts the loading and the probe. */
  loadSignal?: AbortSignal;
}

const defaultRetries = 5;
const defaultRetryDelayMs = 100;
const defaultSessionHeader = "x-session-id";

/** An engine elsewhere in place of llama.cpp here. Made by `getLlama({engine})`. */
export class RemoteLlama extends RefusedLlamaOperations {
  readonly gpu = false;
  /** What could be better about this machine: nothing is evaluated on it. */
  readonly hint = undefined;
  readonly engine: Readonly<RemoteEngineOptions>;
  #local: Promise<Llama> | undefined;

  /** @internal @throws InvalidArgumentError */
  constructor(engine: RemoteEngineOptions) {
    super("Llama");
    checkRemoteOptions(engine);
    this.engine = engine;
    this.scope.add(async () => (await this.#local?.catch(() => undefined))?.dispose());
  }

  /**
   * Reads the vocabulary, connects, and probes that the engine does what is needed of it.
   * @throws ColloquyError `model-not-found`, `model-file-invalid`, `no-binary`, `native-failure` when the engine cannot be reached,
   *   `unsupported` when it serves another model or lacks something, `aborted`
   * @example
   * await llama.loadModel({ modelPath: "model.gguf", servedName: "my-model" });
   * await llama.loadModel({ servedName: "my-model" });
   */
  async loadModel(options: RemoteModelOptions = {}): Promise<RemoteModel> {
    this.scope.check();
    if (options === null || typeof options !== "object" || typeof (options.modelPath ?? "") !== "string")
      throw new InvalidArgumentError("loadModel() takes {modelPath?: string, servedName?: string}");
    refuseOthers(options, ["modelPath", "servedName", "loadSignal"], "loadModel()");
    const { loadSignal, modelPath, servedName } = options;
    const abort = linkedAbort(loadSignal);
    let vocabulary: RemoteVocabulary | undefined;
    const { engine, endpoint } = this.#createEngine(() => vocabulary!);
    try {
      if (modelPath !== undefined) vocabulary = await this.#readFile(modelPath, loadSignal);
      const facts = await engine.facts(servedName, abort.signal);
      if (facts.contextSize < 1)
        throw new ColloquyError("unsupported", `The engine offers a context of ${facts.contextSize} tokens`);
      vocabulary ??= await engine.readVocabulary(facts.modelName, abort.signal);
      await probeEngine(engine, vocabulary, facts.modelName, abort.signal);
      const contextSize = await this.#probeWorkers(vocabulary, facts, abort.signal);
      const { retries = defaultRetries, retryDelayMs = defaultRetryDelayMs } = this.engine;
      const model = new RemoteModel(vocabulary, { engine, retries, retryDelayMs }, { ...facts, contextSize });
      const forget = this.scope.add(() => model.dispose());
      model.onDispose(() => {
        endpoint.close();
        forget();
      });
      return model;
    } catch (error) {
      endpoint.close();
      await vocabulary?.dispose();
      throw error;
    } finally {
      abort.abort();
      abort.unlink();
    }
  }

  /** As {@link Llama.createGrammar}. */
  readonly createGrammar: Llama["createGrammar"] = Llama.prototype.createGrammar;
  /** As {@link Llama.createGrammarForJsonSchema}. */
  readonly createGrammarForJsonSchema: Llama["createGrammarForJsonSchema"] =
    Llama.prototype.createGrammarForJsonSchema;
  /** As {@link Llama.getGrammarFor}. */
  readonly getGrammarFor: Llama["getGrammarFor"] = Llama.prototype.getGrammarFor;

  /** llama.cpp's own code reads files, so that their vocabularies are exactly the engine's. */
  async #readFile(modelPath: string, loadSignal: AbortSignal | undefined): Promise<RemoteVocabulary> {
    this.#local ??= getLocalLlama({ gpu: false });
    return (await this.#local).loadModel({ modelPath, vocabOnly: true, loadSignal });
  }

  /** Probes every worker of a fleet. @returns the least context size of all @throws ColloquyError naming the worker */
  async #probeWorkers(
    vocabulary: RemoteVocabulary,
    facts: EngineFacts,
    signal: AbortSignal,
  ): Promise<number> {
    const sizes = (this.engine.workers ?? []).map(async (url) => {
      const { endpoint, engine } = this.#createEngine(() => vocabulary, url);
      try {
        const { contextSize } = await engine.facts(facts.modelName, signal);
        await probeEngine(engine, vocabulary, facts.modelName, signal);
        return contextSize;
      } catch (error) {
        if (!(error instanceof ColloquyError)) throw error;
        throw new ColloquyError(error.code, `The worker ${url}: ${error.message}`, { cause: error });
      } finally {
        endpoint.close();
      }
    });
    return Math.min(facts.contextSize, ...(await Promise.all(sizes)));
  }

  #createEngine(
    vocabulary: () => RemoteVocabulary,
    url: string = this.engine.url,
  ): { engine: RemoteEngine; endpoint: HttpEndpoint } {
    const { apiKey, headers, sessionHeader = defaultSessionHeader, type } = this.engine;
    const endpoint = new HttpEndpoint({ url, apiKey, headers, sessionHeader });
    const engine = type === "vllm" ? new VllmEngine(endpoint) : new LlamaServerEngine(endpoint, vocabulary);
    return { engine, endpoint };
  }
}
