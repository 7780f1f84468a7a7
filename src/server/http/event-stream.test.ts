import { describe, expect, test } from "vitest";
import { parseEvents } from "../../../test/server/fake-server.ts";
import { EventStream } from "./event-stream.ts";

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
});
