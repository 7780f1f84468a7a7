import { TransportError } from "./transport-error.ts";

/** A line of an event stream that is longer than this is no token. */
const lineMax = 1 << 24;

/**
 * The data of a server-sent event stream, one JSON value per event; `[DONE]` is left out. Events of these engines have
 * one line of data each (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * @throws TransportError when the connection breaks or an event is no JSON
 */
export async function* eventData(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<unknown, void, void> {
  if (response.body === null) throw new TransportError("The answer has no body");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      let start = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
        const line = text.slice(start, end).trimEnd();
        start = end + 1;
        if (!line.startsWith("data:")) continue;
        const data = line.slice(5).trim();
        if (data !== "[DONE]") yield JSON.parse(data);
      }
      text = text.slice(start);
      if (text.length > lineMax) throw new TransportError("The engine sent a line without end");
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof TransportError ? error : new TransportError("The stream broke off", error);
  } finally {
    await reader.cancel().catch(() => {});
  }
}
