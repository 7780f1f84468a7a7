/** A controller that aborts with its parent, until it is unlinked. */
export interface LinkedAbort {
  signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the parent, which may live much longer. */
  unlink(): void;
}

/**
 * In place of `AbortSignal.any`, whose combined signals Node 20 may collect before they fire when nothing else
 * holds them.
 */
export function linkedAbort(parent: AbortSignal | undefined): LinkedAbort {
  const controller = new AbortController();
  const onAbort = () => controller.abort(parent?.reason);
  if (parent?.aborted) onAbort();
  else parent?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => parent?.removeEventListener("abort", onAbort),
  };
}
