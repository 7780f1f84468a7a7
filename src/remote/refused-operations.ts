import { Disposable } from "../base/disposable.ts";
import { UnsupportedError } from "../base/errors.ts";
import { LiveSequence } from "../engine/live-sequence.ts";

/** Members of a local object that one elsewhere lacks, by the way in which they are used. */
interface RefusedMembers {
  /** What to use in place of a member, by its name. */
  readonly hints?: Readonly<Record<string, string>>;
  readonly values?: readonly string[];
  readonly methods?: readonly string[];
  /** Methods whose promise is rejected. */
  readonly asyncMethods?: readonly string[];
}

function refusal(name: string, hint: string | undefined): UnsupportedError {
  return new UnsupportedError(`${name}: offered by models in this process alone`, { hint });
}

/**
 * Makes what only weights and cells in this process allow throw by its name, in place of being `undefined`. Types do not
 * list these members, so that only programs that are not checked meet the errors.
 */
function refuseMembers(
  prototype: object,
  { hints = {}, values, methods, asyncMethods }: RefusedMembers,
): void {
  const define = (names: readonly string[] = [], of: (name: string) => PropertyDescriptor) => {
    for (const name of names)
      Object.defineProperty(prototype, name, { configurable: true, enumerable: false, ...of(name) });
  };
  define(values, (name) => ({
    get() {
      throw refusal(name, hints[name]);
    },
  }));
  define(methods, (name) => ({
    value() {
      throw refusal(name, hints[name]);
    },
  }));
  define(asyncMethods, (name) => ({
    value: async () => {
      throw refusal(name, hints[name]);
    },
  }));
}

/** The part of `Llama` that is about this machine. */
export class RefusedLlamaOperations extends Disposable {}
refuseMembers(RefusedLlamaOperations.prototype, {
  values: [
    "logLevel",
    "logger",
    "maxThreads",
    "cpuMathCores",
    "systemInfo",
    "supportsGpuOffloading",
    "supportsMmap",
    "gpuSupportsMmap",
    "supportsMlock",
    "cmakeOptions",
    "ramPaddingSize",
    "numa",
    "llamaCppRelease",
    "buildType",
  ],
  asyncMethods: ["getVramState", "getRamState", "getSwapState", "getGpuDeviceNames", "vramPaddingSize"],
});

/** The part of a local model that an engine elsewhere has no request for. */
export class RefusedModelOperations extends Disposable {}
refuseMembers(RefusedModelOperations.prototype, {
  values: [
    "vocabularyType",
    "architecture",
    "embeddingVectorSize",
    "size",
    "parameterCount",
    "typeDescription",
    "isRecurrent",
    "slidingWindowSize",
    "gpuLayers",
    "llama",
    "fileInfo",
    "modelPath",
    "projectorFile",
    "options",
  ],
  methods: ["getTokenAttributes"],
  asyncMethods: ["createEmbeddingContext", "createRankingContext"],
});

/** The part of a local context that is about its memory and its threads. */
export class RefusedContextOperations extends Disposable {}
refuseMembers(RefusedContextOperations.prototype, {
  values: [
    "currentThreads",
    "idealThreads",
    "stateSize",
    "stats",
    "memoryUsage",
    "batchSize",
    "flashAttention",
    "kvCacheKeyType",
    "kvCacheValueType",
    "canShift",
  ],
  methods: ["getAllocatedContextSize", "printTimings"],
  asyncMethods: ["dispatchPendingBatch"],
});

/** The part of a local sequence that an engine elsewhere has no request for. */
export abstract class RefusedSequenceOperations extends LiveSequence {}
refuseMembers(RefusedSequenceOperations.prototype, {
  hints: {
    evaluateWithMetadata: "generate() takes logprobs",
    controlledEvaluate: "generate() takes logprobs",
  },
  methods: ["evaluateWithMetadata"],
  asyncMethods: ["controlledEvaluate"],
});
