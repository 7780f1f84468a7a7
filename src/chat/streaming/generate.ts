import { InvalidArgumentError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import { type ReplyOptions, resolveReplyOptions } from "./reply-options.ts";
import { type ReplyInput, replyTarget } from "./reply-target.ts";
import { SequenceCache } from "./sequence-cache.ts";
import { fixedSource } from "./sequence-pool.ts";
import { StreamingResponse } from "./streaming-response.ts";

/**
 * Writes a reply on a sequence. What the sequence holds is used as far as it is the beginning of the input.
 *
 * @throws ColloquyError `invalid-argument`; everything else reaches the readers of the reply
 * @example
 * const reply = generate(context.getSequence(), history.embedChat(), { maxNewTokens: 64 });
 * console.log(await reply.wait());
 */
export function generate(
  sequence: ContextSequence,
  input: ReplyInput,
  options: ReplyOptions = {},
): StreamingResponse {
  if (typeof sequence?.generate !== "function")
    throw new InvalidArgumentError("generate() takes a sequence first");
  const { model } = sequence;
  return new StreamingResponse({
    kvCache: new SequenceCache(model, fixedSource(sequence)),
    target: replyTarget(input, [], model),
    settings: resolveReplyOptions(options, model),
    options,
  });
}
