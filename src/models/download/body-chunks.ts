export interface BodyOptions {
  signal?: AbortSignal;
  /** Longest pause between two pieces. Default: 30,000. */
  idleTimeoutMs?: number;
}

/** The pieces of a response's body. A line that stays silent too long counts as broken. */
export async function* bodyChunks(response: Response, options: BodyOptions = {}): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await orStopped(reader.read(), options);
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: a connection that hangs may never confirm it.
    reader.cancel().catch(() => {});
  }
}

/** The result, or a rejection when the signal fires or the time is over first. */
function orStopped<T>(result: Promise<T>, { signal, idleTimeoutMs = 30_000 }: BodyOptions): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      act();
    };
    const onAbort = () => settle(() => reject(signal?.reason));
    const timer = setTimeout(
      () => settle(() => reject(new Error(`no data for ${idleTimeoutMs} ms`))),
      idleTimeoutMs,
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    result.then(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(error)),
    );
    if (signal?.aborted) onAbort();
  });
}
