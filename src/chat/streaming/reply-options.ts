import { InvalidArgumentError } from "../../base/errors.ts";
import type { EditMode, EvaluationPriority, LanguageModel } from "../../engine/context-sequence.ts";
import type { SamplingOptions } from "../../engine/sampling/options.ts";
import type { StopTrigger } from "../../engine/sequence-grammar.ts";
import type { Token } from "../../engine/token.ts";
import {
  type BotFunction,
  type BotFunctionHandler,
  defineBotFunction,
  isBotFunction,
} from "../bot-functions/bot-function.ts";
import type { InlineCall } from "../bot-functions/inline-call-runner.ts";
import { resolveSampling } from "../generation/sampling.ts";

/** Options of a reply that is written while it is read. */
export interface ReplyOptions {
  /** Most tokens of the reply, results of functions included. Default 128. */
  maxNewTokens?: number;
  /** Neither an end token nor a stop text ends the reply before it has this many tokens. Default 0. */
  minNewTokens?: number;
  /**
   * Draw tokens at random instead of always taking the most probable one.
   * Default: whether one of `temperature`, `topP`, `topK`, `minP`, `seed` is given.
   */
  doSample?: boolean;
  /** Default 0.7 when tokens are drawn. */
  temperature?: number;
  /** Keep the smallest set of tokens whose probabilities reach this. Default 0.95. */
  topP?: number;
  /** Keep the most probable tokens. Default 40; 0 is off. */
  topK?: number;
  /** Drop tokens less probable than `minP` times the best. Default 0: off. */
  minP?: number;
  /** Makes draws repeatable. Default: random. */
  seed?: number;
  /** Divides positive logits of the reply's last 64 tokens, multiplies negative ones. Default 1: off. */
  repetitionPenalty?: number;
  /**
   * What ends the reply besides the model's own end tokens: texts, token ids, lists of both. It is not part of the
   * reply's text. `history.template.stop` fits.
   */
  stopTokens?: StopTrigger | readonly StopTrigger[];
  /** What the reply may call while it is written, see `BotFunctions`. Default: nothing. */
  functions?: Iterable<BotFunction | BotFunctionHandler>;
  /** How long one call may take, milliseconds. Default 10,000. */
  functionTimeoutMs?: number;
  /** Told of every call when its result is there. */
  onFunctionCall?: (call: InlineCall) => void;
  /** Ends the reply, during the prompt too; readers then get the signal's reason. */
  signal?: AbortSignal;
  /** With an aborted signal the reply ends as with `stop()`, without an error. Default `false`. */
  stopOnAbortSignal?: boolean;
  /** How an edit of the chat reaches the cache. Default `"exact"`. */
  edit?: EditMode;
  /** 1 (lowest) to 5 (default). */
  priority?: EvaluationPriority;
}

/** {@link ReplyOptions}, checked and complete. */
export interface ReplySettings {
  readonly maxNewTokens: number;
  readonly minNewTokens: number;
  readonly stops: readonly StopTrigger[];
  readonly functions: readonly BotFunction[];
  readonly sampling: (replyTokens: () => readonly Token[]) => SamplingOptions;
}

/** @throws ColloquyError `invalid-argument` */
export function resolveReplyOptions(options: ReplyOptions, model: LanguageModel): ReplySettings {
  const { maxNewTokens = 128, minNewTokens = 0, repetitionPenalty = 1 } = options;
  for (const [name, value] of Object.entries({ maxNewTokens, minNewTokens: Math.max(0, minNewTokens) })) {
    if (typeof value !== "number" || !(value >= 0) || (Number.isFinite(value) && !Number.isInteger(value)))
      throw new InvalidArgumentError(`${name} must be an integer of 0 or more, not ${String(value)}`);
  }
  if (minNewTokens > maxNewTokens)
    throw new InvalidArgumentError(`minNewTokens is ${minNewTokens}, more than maxNewTokens ${maxNewTokens}`);
  if (!(repetitionPenalty > 0))
    throw new InvalidArgumentError(
      `repetitionPenalty must be greater than 0, not ${String(repetitionPenalty)}`,
    );
  const { temperature, topP, topK, minP, seed } = options;
  const given = [temperature, topP, topK, minP, seed].some((value) => value !== undefined);
  const draw = options.doSample ?? given;
  return {
    maxNewTokens,
    minNewTokens: Math.max(0, minNewTokens),
    stops: stopList(options.stopTokens),
    functions: [...(options.functions ?? [])].map((fn) => (isBotFunction(fn) ? fn : defineBotFunction(fn))),
    sampling: (replyTokens) =>
      resolveSampling(
        {
          temperature: draw ? (temperature ?? 0.7) : 0,
          ...(draw ? { topP: topP ?? 0.95, topK, minP, seed } : {}),
          repeatPenalty: repetitionPenalty === 1 ? false : { penalty: repetitionPenalty },
        },
        replyTokens,
        model,
      ),
  };
}

/** One trigger or several: in a plain list each text, id and inner list is a trigger of its own. */
function stopList(stops: ReplyOptions["stopTokens"]): readonly StopTrigger[] {
  if (stops === undefined) return [];
  if (!Array.isArray(stops)) return [typeof stops === "number" ? [stops as Token] : (stops as StopTrigger)];
  return stops.map((stop) => (typeof stop === "number" ? [stop as Token] : (stop as StopTrigger)));
}
