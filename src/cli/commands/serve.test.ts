import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import OpenAI from "openai";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CapturedOutput } from "../../../test/cli/fake-chat.ts";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, replies } from "../../../test/fake/fake-sequence.ts";
import type { ServerOptions } from "../../server/create-server.ts";
import { runCli } from "../run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "colloquy-serve-"));
const modelPath = join(folder, "some-model.gguf");
writeFileSync(modelPath, "no weights");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the command asked the engine for, and what it gave back. */
const engine = vi.hoisted(() => ({
  gpu: undefined as unknown,
  context: undefined as unknown,
  loaded: undefined as unknown,
  embeddings: 0,
  disposed: 0,
  sequences: [] as { calls: unknown[]; disposed: boolean }[],
}));

vi.mock("../../engine/llama.ts", async () => ({
  getLlama: async ({ gpu }: { gpu: unknown }) => {
    engine.gpu = gpu;
    return {
      loadModel: async (options: unknown) => fakeModel(options),
      dispose: async () => engine.disposed++,
    };
  },
}));
vi.mock("../commands/resolve-model.ts", () => ({ resolveModel: async (name?: string) => name ?? modelPath }));

function fakeModel(options: unknown) {
  engine.loaded = options;
  const model = new FakeModel();
  return {
    filename: "some-model.gguf",
    createContext: async (wanted: { sequences: number }): Promise<ServerOptions["context"]> => {
      engine.context = wanted;
      const next = replies("Hello there!");
      engine.sequences = Array.from({ length: wanted.sequences }, () => new FakeSequence(model, { next }));
      let taken = 0;
      return {
        get sequencesLeft() {
          return engine.sequences.length - taken;
        },
        getSequence: () => engine.sequences[taken++] as FakeSequence,
      };
    },
    createEmbeddingContext: async () => {
      engine.embeddings++;
      return {
        contextSize: 64,
        calculateInputLength: () => 1,
        getEmbeddingFor: async () => ({ vector: [1] }),
      };
    },
  };
}

const running: { stop: () => Promise<number> }[] = [];
beforeEach(() => {
  engine.embeddings = 0;
  engine.disposed = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const { stop } of running.splice(0)) await stop();
});

/** Runs `colloquy serve` until it is stopped; `url` is there once it serves. */
function serve(...args: string[]) {
  const [input, output, errors] = [new PassThrough(), new CapturedOutput(), new CapturedOutput()];
  input.end();
  const interrupt = new AbortController();
  const io = { input, output, errors, environment: {}, interrupt: interrupt.signal };
  const ended = runCli(["serve", ...args], io);
  const url = async () => {
    await output.waitFor(/at http:\S+/);
    return /at (http:\S+)/.exec(output.text)![1]!;
  };
  const stop = async () => {
    interrupt.abort();
    return ended;
  };
  running.push({ stop });
  return { url, stop, ended, output, errors };
}

describe("colloquy serve", () => {
  test("serves until it is interrupted, and gives everything back", async () => {
    const { url, stop, output, errors } = serve("--port", "0", "--sequences", "2", "--gpu", "off");
    const client = new OpenAI({ baseURL: `${await url()}/v1`, apiKey: "none" });
    const { choices } = await client.chat.completions.create({
      model: "any",
      messages: [{ role: "user", content: "Hi" }],
      temperature: 0,
    });
    expect(choices[0]!.message.content).toBe("Hello there!");
    expect(output.text).toMatch(/^Serving some-model\.gguf at http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(engine.gpu).toBe(false);
    expect(engine.context).toMatchObject({ sequences: 2, contextSize: { max: 4096 } });
    expect(engine.loaded).toMatchObject({ modelPath });
    expect(await stop()).toBe(0);
    expect(errors.text).toBe("");
    expect(engine.disposed).toBe(1);
    expect(engine.sequences.every(({ disposed }) => disposed)).toBe(true);
    await expect(fetch(`${await url()}/health`)).rejects.toThrow();
  });

  test("options reach the server: prompt, store, page, embeddings, origins", async () => {
    const web = mkdtempSync(join(folder, "web-"));
    writeFileSync(join(web, "index.html"), "<p>page");
    const store = join(folder, "chats.sqlite");
    const { url } = serve(
      ...["--port", "0", "--store", store, "--web", web, "--embeddings", "--threads", "3"],
      ...["--system-prompt", "Be a pirate.", "--cors-origin", "https://chat.example", "--context-size", "99"],
    );
    const address = await url();
    expect(await (await fetch(`${address}/`)).text()).toBe("<p>page");
    const headers = { origin: "https://chat.example", "content-type": "application/json" };
    const listed = await fetch(`${address}/api/sessions`, { headers });
    expect(listed.headers.get("access-control-allow-origin")).toBe("https://chat.example");
    const body = JSON.stringify({ messages: [{ role: "user", content: "Hi" }], max_tokens: 1 });
    await (await fetch(`${address}/v1/chat/completions`, { method: "POST", headers, body })).text();
    const asked = engine.sequences.flatMap(({ calls }) => calls)[0] as { target: never };
    expect(new FakeModel().detokenize(asked.target, true)).toContain("Be a pirate.");
    expect(engine.context).toMatchObject({ threads: 3, sequences: 4, contextSize: { max: 99 } });
    expect(engine.embeddings).toBe(1);
    const created = await fetch(`${address}/api/sessions`, { method: "POST" });
    const { id } = (await created.json()) as { id: string };
    await running.pop()!.stop();
    const again = serve("--port", "0", "--store", store);
    expect((await fetch(`${await again.url()}/api/sessions/${id}`)).status).toBe(200);
  });

  test("beyond this machine only with a key, which may come from the environment", async () => {
    const open = serve("--port", "0", "--host", "0.0.0.0");
    expect(await open.ended).toBe(1);
    expect(open.errors.text).toMatch(/requires an API key/);
    expect(engine.disposed).toBe(1);
    vi.stubEnv("COLLOQUY_API_KEY", "secret");
    const closed = serve("--port", "0", "--host", "0.0.0.0");
    const address = (await closed.url()).replace("0.0.0.0", "127.0.0.1");
    expect((await fetch(`${address}/v1/models`)).status).toBe(401);
    const headers = { authorization: "Bearer secret" };
    expect((await fetch(`${address}/v1/models`, { headers })).status).toBe(200);
  });

  test("a port that is taken, and a store that cannot be opened, end it with 1", async () => {
    const first = serve("--port", "0");
    const port = new URL(await first.url()).port;
    const second = serve("--port", port);
    expect(await second.ended).toBe(1);
    expect(second.errors.text).toMatch(/EADDRINUSE/);
    const third = serve("--port", "0", "--store", join(folder, "no", "such", "folder"));
    expect(await third.ended).toBe(1);
    expect(third.errors.text).toMatch(/^colloquy: /);
  });

  test.each([
    ["--gpu", "fast"],
    ["--port", "70000"],
    ["--port", "x"],
    ["--sequences", "0"],
    ["--context-size", "1.5"],
    ["--threads", "-1"],
    ["--colour", "red"],
  ])("%s %s is refused before anything is loaded", async (...args) => {
    engine.loaded = undefined;
    const { ended, errors } = serve(...args);
    expect(await ended).toBe(2);
    expect(errors.text).toContain(args[0]);
    expect(engine.loaded).toBeUndefined();
  });
});
