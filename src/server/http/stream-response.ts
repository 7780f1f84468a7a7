import type { Serving } from "../serving.ts";
import { errorBody, statusOf } from "./error-response.ts";
import { EventStream } from "./event-stream.ts";

/** After this long without an event the response is begun, so that clients do not give up, milliseconds. */
const openAfterMs = 5000;

/**
 * Answers with what `work` sends. What it throws before the first event is thrown, so that it gets a status of its own;
 * later it is sent as the last event.
 */
export async function streamResponse(
  { limits, onError }: Pick<Serving, "limits" | "onError">,
  work: (stream: EventStream) => Promise<void>,
): Promise<Response> {
  const stream = new EventStream(limits.streamBufferBytes);
  let isOpen = false;
  let failure: { readonly error: unknown } | undefined;
  const running = work(stream)
    .catch((error: unknown) => {
      if (!isOpen) failure = { error };
      else {
        stream.send(errorBody(error));
        if (statusOf(error) === 500) onError(error);
      }
    })
    .finally(() => stream.end());
  let timer: NodeJS.Timeout | undefined;
  const opened = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, openAfterMs);
  });
  await Promise.race([stream.begun, running, opened]);
  clearTimeout(timer);
  if (failure !== undefined) throw failure.error;
  isOpen = true;
  return stream.response;
}
