export interface StreamedEvent {
  readonly name: string;
  readonly data: string;
}

/** Longest event that is read, characters. */
const eventLengthMax = 16 * 2 ** 20;

/**
 * The events of a server-sent stream, wherever its bytes are cut.
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @throws Error when an event is longer than 16 Mi characters
 */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let name = "";
  let data: string[] = [];
  try {
    while (true) {
      const { done, value } = await reader.read();
      text += done ? decoder.decode() : decoder.decode(value, { stream: true });
      if (text.length > eventLengthMax) throw new Error("An event of the stream is too long");
      // A CR at the end may be the first half of a CRLF.
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { name: name || "message", data: data.join("\n") };
          name = "";
          data = [];
          continue;
        }
        const { field, value: content } = splitLine(line);
        if (field === "event") name = content;
        if (field === "data") data.push(content);
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** A line that begins with a colon is a comment: its field is empty. */
function splitLine(line: string): { field: string; value: string } {
  const colon = line.indexOf(":");
  if (colon === -1) return { field: line, value: "" };
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, "") };
}
