import { Disposable } from "../base/disposable.ts";
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { linkedAbort } from "../base/linked-abort.ts";
import { getLlama as getLocalLlama, type Llama } from "../engine/llama.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import { HttpEndpoint } from "./http/http-endpoint.ts";
import { LlamaServerEngine } from "./llama-server/llama-server-engine.ts";
import { probeEngine } from "./probe-engine.ts";
import type { RemoteEngine } from "./remote-engine.ts";
import { RemoteModel } from "./remote-model.ts";
import { checkRemoteOptions, type RemoteEngineOptions, refuseOthers } from "./remote-options.ts";
import { VllmEngine } from "./vllm/vllm-engine.ts";

export interface RemoteModelOptions {
  /** The GGUF file of the model that the engine serves. Its vocabulary is read, its weights are not. */
  modelPath: string;
  /** The name under which the engine serves the model. Default: the first it lists. */
  servedName?: string;
  /** Aborts the loading and the probe. */
  loadSignal?: AbortSignal;
}

const defaultRetries = 5;
const defaultRetryDelayMs = 100;
const defaultSessionHeader = "x-session-id";

/** An engine elsewhere in place of llama.cpp here. Made by `getLlama({engine})`. */
export class RemoteLlama extends Disposable {
  readonly gpu = false;
  readonly engine: Readonly<RemoteEngineOptions>;
  readonly #local: Llama;

  private constructor(local: Llama, engine: RemoteEngineOptions) {
    super("Llama");
    this.#local = local;
    this.engine = engine;
    this.scope.add(() => local.dispose());
  }

  /** @internal @throws ColloquyError `invalid-argument`, `no-binary` */
  static async connect(engine: RemoteEngineOptions): Promise<RemoteLlama> {
    checkRemoteOptions(engine);
    // Vocabularies are read by llama.cpp's own code, so that they are exactly the engine's.
    return new RemoteLlama(await getLocalLlama({ gpu: false }), engine);
  }

  /**
   * Reads the vocabulary, connects, and probes that the engine does what is needed of it.
   * @throws ColloquyError `model-not-found`, `model-file-invalid`, `native-failure` when the engine cannot be reached,
   *   `unsupported` when it serves another model or lacks something, `aborted`
   */
  async loadModel(options: RemoteModelOptions): Promise<RemoteModel> {
    this.scope.check();
    if (options === null || typeof options !== "object" || typeof options.modelPath !== "string")
      throw new InvalidArgumentError("loadModel() takes {modelPath: string, servedName?: string}", {
        hint: "the model's GGUF file is needed for its vocabulary",
      });
    refuseOthers(options, ["modelPath", "servedName", "loadSignal"], "loadModel()");
    const { loadSignal, modelPath, servedName } = options;
    const vocabulary = await this.#local.loadModel({ modelPath, vocabOnly: true, loadSignal });
    const abort = linkedAbort(loadSignal);
    try {
      const engine = this.#createEngine(vocabulary);
      const facts = await engine.facts(servedName, abort.signal);
      if (facts.contextSize < 1)
        throw new ColloquyError("unsupported", `The engine offers a context of ${facts.contextSize} tokens`);
      await probeEngine(engine, vocabulary, facts.modelName, abort.signal);
      const { retries = defaultRetries, retryDelayMs = defaultRetryDelayMs } = this.engine;
      const model = new RemoteModel(vocabulary, { engine, retries, retryDelayMs }, facts);
      model.onDispose(this.scope.add(() => model.dispose()));
      return model;
    } catch (error) {
      await vocabulary.dispose();
      throw error;
    } finally {
      abort.abort();
      abort.unlink();
    }
  }

  /** As {@link Llama.createGrammar}. */
  get createGrammar(): Llama["createGrammar"] {
    return this.#local.createGrammar.bind(this.#local);
  }
  /** As {@link Llama.createGrammarForJsonSchema}. */
  get createGrammarForJsonSchema(): Llama["createGrammarForJsonSchema"] {
    return this.#local.createGrammarForJsonSchema.bind(this.#local) as Llama["createGrammarForJsonSchema"];
  }
  /** As {@link Llama.getGrammarFor}. */
  get getGrammarFor(): Llama["getGrammarFor"] {
    return this.#local.getGrammarFor.bind(this.#local);
  }

  #createEngine(vocabulary: LlamaModel): RemoteEngine {
    const { apiKey, headers, sessionHeader = defaultSessionHeader, type, url } = this.engine;
    const endpoint = new HttpEndpoint({ url, apiKey, headers, sessionHeader });
    return type === "vllm" ? new VllmEngine(endpoint) : new LlamaServerEngine(endpoint, () => vocabulary);
  }
}
