import { InvalidArgumentError } from "../../base/errors.ts";
import type { LlamaChatSessionOptions } from "./options.ts";

/** @throws ColloquyError `invalid-argument` naming the option that is of the wrong kind */
export function checkSessionOptions({ systemPrompt, contextShift }: LlamaChatSessionOptions): void {
  if (systemPrompt !== undefined && typeof systemPrompt !== "string") {
    throw new InvalidArgumentError("systemPrompt must be a string");
  }
  if (contextShift === undefined) return;
  if (typeof contextShift !== "object" || contextShift === null) {
    throw new InvalidArgumentError("contextShift must be an object, like {size: 100}");
  }
  if (![undefined, "exact", "shift"].includes(contextShift.edit)) {
    throw new InvalidArgumentError('contextShift.edit must be "shift" or "exact"');
  }
  const { media } = contextShift;
  if (media !== undefined && media !== "leave" && media !== "stub" && typeof media !== "function") {
    throw new InvalidArgumentError('contextShift.media must be "leave", "stub" or a function');
  }
}
