import { UnsupportedError } from "../base/errors.ts";
import type { SamplingOptions } from "../engine/sampling/options.ts";
import { resolveSamplingOptions } from "../engine/sampling/resolve-sampling-options.ts";
import type { RemoteSampling } from "./remote-engine.ts";

/**
 * Sampling options as engines elsewhere can follow them.
 * @throws InvalidArgumentError on a bad option, UnsupportedError naming one that is called or computed for each token
 */
export function remoteSampling(options: SamplingOptions = {}): RemoteSampling {
  const sampling = resolveSamplingOptions(options);
  if (sampling.repeatPenalty !== undefined)
    throw new UnsupportedError(
      "repeatPenalty: an engine elsewhere cannot be told which tokens to punish; it is offered by local models",
      { hint: "dryRepeatPenalty is offered with llama-server" },
    );
  if (typeof options.tokenBias === "function")
    throw new UnsupportedError(
      "tokenBias: a function is called for every token, which local models do alone",
      {
        hint: "pass a TokenBias or a Map",
      },
    );
  return {
    temperature: sampling.temperature,
    topK: sampling.topK,
    topP: sampling.topP,
    minP: sampling.minP,
    seed: options.seed === undefined ? undefined : sampling.seed,
    xtc: sampling.xtc,
    dry: sampling.dryRepeatPenalty,
    tokenBias: sampling.tokenBias?.(),
  };
}
