import { ColloquyError } from "../../base/errors.ts";

/** The reason of an abort by the time limit. */
export class TimeLimitError extends ColloquyError {
  constructor(ms: number) {
    super("aborted", `The time limit of ${ms} ms was reached`);
  }
}

export interface GenerationSignal {
  readonly signal: AbortSignal;
  /** Lets go of the timer and of the other signals. */
  release(): void;
}

/** A signal that is aborted by any of the others, and by the time limit. */
export function generationSignal(ms: number, ...others: readonly AbortSignal[]): GenerationSignal {
  const controller = new AbortController();
  const listeners = others.map((other) => () => controller.abort(other.reason));
  for (const [index, other] of others.entries()) {
    if (other.aborted) listeners[index]!();
    else other.addEventListener("abort", listeners[index]!, { once: true });
  }
  const timer = setTimeout(() => controller.abort(new TimeLimitError(ms)), ms);
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      for (const [index, other] of others.entries()) other.removeEventListener("abort", listeners[index]!);
    },
  };
}
