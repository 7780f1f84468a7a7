import { describe, expect, test } from "vitest";
import { parseEvents, serveFake } from "../../../test/server/fake-server.ts";
import { type EventSink, EventStream, eventStreamOf } from "./event-stream.ts";

describe("an event stream", () => {
  test("hands over in one piece what was sent meanwhile", async () => {
    const stream = new EventStream(1000);
    stream.send({ a: 1 }, "one");
    stream.send("line\nbreak");
    stream.sendRaw("[DONE]");
    stream.end();
    const reader = stream.response.body!.getReader();
    const { value } = await reader.read();
    expect(parseEvents(new TextDecoder().decode(value))).toEqual([
      { name: "one", data: { a: 1 } },
      { name: "", data: "line\nbreak" },
      { name: "", data: "[DONE]" },
    ]);
    expect((await reader.read()).done).toBe(true);
    expect(stream.signal.aborted).toBe(false);
  });

  test("is broken off when its reader falls too far behind", async () => {
    const stream = new EventStream(1000);
    for (let i = 0; i < 20 && !stream.signal.aborted; i++) stream.send("x".repeat(90));
    expect(stream.signal.aborted).toBe(true);
    await expect(stream.response.text()).rejects.toMatchObject({ code: "aborted" });
  });

  test("goes on for a reader that keeps up, however much is sent", async () => {
    const stream = new EventStream(1000);
    const reader = stream.response.body!.getReader();
    let bytes = 0;
    for (let i = 0; i < 100; i++) {
      stream.send("x".repeat(90));
      bytes += (await reader.read()).value!.byteLength;
    }
    expect(bytes).toBeGreaterThan(9000);
    expect(stream.signal.aborted).toBe(false);
    stream.end();
  });

  test("tells when its reader goes away, also while nothing is sent", async () => {
    const stream = new EventStream(1000);
    const reader = stream.response.body!.getReader();
    const read = reader.read();
    await reader.cancel();
    expect(stream.signal.aborted).toBe(true);
    expect((await read).done).toBe(true);
    stream.send("too late");
    stream.end();
  });

  describe("with a sink", () => {
    class Sink implements EventSink {
      text = "";
      writableLength = 0;
      ended = false;
      destroyed = false;
      close = () => {};
      once(_event: "close", listener: () => void): void {
        this.close = listener;
      }
      write(text: string): void {
        this.text += text;
      }
      end(): void {
        this.ended = true;
      }
      destroy(): void {
        this.destroyed = true;
      }
    }

    test("hands over what waits, and then each event by itself", () => {
      const stream = new EventStream(1000);
      expect(eventStreamOf(stream.response)).toBe(stream);
      stream.send({ a: 1 }, "one");
      const sink = new Sink();
      stream.sendTo(sink);
      expect(parseEvents(sink.text)).toEqual([{ name: "one", data: { a: 1 } }]);
      stream.sendRaw("[DONE]");
      expect(parseEvents(sink.text)).toHaveLength(2);
      expect(sink.ended).toBe(false);
      stream.end();
      expect(sink.ended).toBe(true);
      sink.close();
      expect(stream.signal.aborted).toBe(false);
    });

    test("ends at once when everything was sent before", () => {
      const stream = new EventStream(1000);
      stream.send("all");
      stream.end();
      const sink = new Sink();
      stream.sendTo(sink);
      expect([parseEvents(sink.text), sink.ended]).toEqual([[{ name: "", data: "all" }], true]);
    });

    test("is broken off when the sink takes too little, and when it is closed", () => {
      const [slow, gone] = [new EventStream(1000), new EventStream(1000)];
      const [sink, other] = [new Sink(), new Sink()];
      slow.sendTo(sink);
      slow.send("a");
      expect(slow.signal.aborted).toBe(false);
      sink.writableLength = 1001;
      slow.send("b");
      expect([slow.signal.aborted, sink.destroyed]).toEqual([true, true]);
      gone.sendTo(other);
      other.close();
      expect(gone.signal.aborted).toBe(true);
      gone.send("too late");
      expect(other.text).toBe("");
    });
  });

  test("the server hands its streams over as such", async () => {
    const fake = serveFake();
    const messages = [{ role: "user", content: "hi" }];
    const response = await fake.post("/v1/chat/completions", { messages, stream: true });
    expect(eventStreamOf(response)).toBeInstanceOf(EventStream);
    await response.text();
    await fake.server.close();
  });
});
