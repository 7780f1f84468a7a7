import { copyFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FileServer } from "../../test/gguf/file-server.ts";
import { type TinyArchitecture, tinyModel } from "../../test/gguf/tiny-model.ts";
import { writeRandomGemma3Projector } from "../../test/gguf/tiny-projector.ts";
import { writeGguf } from "../../test/gguf/write-gguf.ts";
import { type ColourName, colourTokens, quartersPng } from "../../test/media/colours.ts";
import { type OpenedMediaModel, openColourModel, openingMsMax } from "../../test/media/open-models.ts";
import { LlamaChatSession } from "../chat/session/llama-chat-session.ts";
import type { LlamaContextSequence } from "../engine/context/llama-context-sequence.ts";
import type { GeneratedToken } from "../engine/context-sequence.ts";
import type { Llama } from "../engine/llama.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import type { Token } from "../engine/token.ts";
import { resolveModelFile } from "../models/resolve-model-file.ts";
import { mediaMarker } from "../template/chat-media.ts";
import { prepareChatMedia, projectorOf } from "./prepare-chat-media.ts";
import { loadProjector, type Projector } from "./projector.ts";

let opened: OpenedMediaModel;
let folder: string;
let llama: Llama;
let model: LlamaModel;
let projector: Projector;
const quarters: ColourName[] = ["red", "green", "blue", "yellow"];

beforeAll(async () => {
  opened = await openColourModel();
  ({ folder, llama, model } = opened);
  projector = await projectorOf(model);
}, openingMsMax);
afterAll(() => opened?.close());

async function generate(sequence: LlamaContextSequence, target: readonly Token[], maxTokens = 6) {
  const tokens: GeneratedToken[] = [];
  for await (const token of sequence.generate(target, { maxTokens, logprobs: 5 })) tokens.push(token);
  return tokens;
}

async function withSession<T>(
  contextSize: number,
  use: (session: LlamaChatSession<LlamaContextSequence>) => Promise<T>,
): Promise<T> {
  const context = await model.createContext({ contextSize });
  try {
    return await use(new LlamaChatSession({ contextSequence: context.getSequence() }));
  } finally {
    await context.dispose();
  }
}

describe("an image", () => {
  test("gives the logits of the words in its place", async () => {
    const image = await projector.prepare("image", await quartersPng(quarters));
    const context = await model.createContext({ contextSize: 256, sequences: 2 });
    const before = model.tokenize("The colours are:");
    const after = model.tokenize(". I repeat, the colours are:");
    const seen = await generate(context.getSequence(), [...before, ...image.tokens, ...after]);
    const read = await generate(context.getSequence(), [
      ...before,
      ...colourTokens(model, quarters),
      ...after,
    ]);
    expect(image.tokens).toHaveLength(4);
    // Both count the same: cells of an image are evaluated tokens.
    expect(context.stats.tokens).toBe(2 * (before.length + 4 + after.length + seen.length - 1));
    expect(seen).toEqual(read);
    expect(model.detokenize(seen.map(({ token }) => token))).toMatch(/^ red green blue yellow/);
    await context.dispose();
  });

  test("is read upright, and transparent parts are white", async () => {
    const { default: sharp } = await import("sharp");
    const upright = await quartersPng(quarters);
    // Orientation 3: to be turned by half a turn.
    const turned = await sharp(upright).rotate(180).withMetadata({ orientation: 3 }).png().toBuffer();
    const transparent = await sharp(await quartersPng(["red", "red", "red", "red"]))
      .ensureAlpha(0)
      .png()
      .toBuffer();
    const keys = async (file: Buffer) => (await projector.prepare("image", file)).tokens;
    expect(await keys(turned)).toEqual(await keys(upright));
    expect(await keys(transparent)).toEqual(
      await keys(await quartersPng(["white", "white", "white", "white"])),
    );
  });

  test("keeps the rest of its sequence right when it leaves", async () => {
    const image = await projector.prepare("image", await quartersPng(quarters));
    const context = await model.createContext({ contextSize: 256, sequences: 2 });
    const sequence = context.getSequence();
    const text = model.tokenize(
      "One two three four five six seven eight nine ten, once upon a time there was",
    );
    await sequence.preload([...text.slice(0, 5), ...image.tokens, ...text.slice(5)]);
    await sequence.preload(text, { edit: "shift" });
    expect(sequence.contextTokens).toEqual(text);
    const exact = await generate(sequence, text);
    const fresh = await generate(context.getSequence(), text);
    expect(exact.map(({ token }) => token)).toEqual(fresh.map(({ token }) => token));
    await context.dispose();
  });

  test("survives a saved state", async () => {
    const image = await projector.prepare("image", await quartersPng(["pink", "pink", "cyan", "black"]));
    const context = await model.createContext({ contextSize: 256, sequences: 2 });
    const target = [...model.tokenize("Colours:"), ...image.tokens, ...model.tokenize(" and these again:")];
    const first = context.getSequence();
    const expected = await generate(first, target);
    const file = path.join(folder, "image.state");
    await first.saveStateToFile(file);
    await first.dispose();
    const second = context.getSequence();
    await second.loadStateFromFile(file);
    const encodings = projector.stats.encodings;
    expect(await generate(second, target)).toEqual(expected);
    expect(second.lastEvaluation?.evaluatedTokens).toBe(1);
    expect(projector.stats.encodings).toBe(encodings);
    await context.dispose();
  });

  test("is not evaluated in parts, unknown, or at the end", async () => {
    const image = await projector.prepare("image", await quartersPng(quarters));
    const context = await model.createContext({ contextSize: 64 });
    const sequence = context.getSequence();
    const words = model.tokenize("Hi");
    for (const target of [
      [...words, ...image.tokens.slice(1), ...words],
      [...words, -5 as Token, ...words],
      [...words, ...image.tokens],
    ])
      await expect(generate(sequence, target)).rejects.toMatchObject({ code: "invalid-argument" });
    const stopped = new AbortController();
    stopped.abort();
    await expect(
      sequence.preload([...words, ...image.tokens, ...words], { signal: stopped.signal }),
    ).rejects.toBe(stopped.signal.reason);
    expect(sequence.contextTokens).toEqual([]);
    await context.dispose();
  });
});

describe("a chat", () => {
  test("encodes an image once over five turns and an edit, and its reply names the colour", async () => {
    await withSession(512, async (session) => {
      const before = projector.stats.encodings;
      const buffer = await quartersPng(["blue", "blue", "blue", "blue"]);
      const answer = await session.prompt(
        [
          { type: "text", text: "Here is a colour:" },
          { type: "image", buffer },
          { type: "text", text: "Which colour is it?" },
        ],
        { maxTokens: 12 },
      );
      expect(answer.toLowerCase()).toContain("blue");
      for (let turn = 0; turn < 4; turn++) {
        await session.prompt("Say the colour again.", { maxTokens: 6 });
        expect(session.sequence.lastEvaluation!.evaluatedTokens).toBeLessThan(24);
      }
      session.history.replace(1, [{ text: "What is shown here?" }, { image: buffer }]);
      await session.prompt("Which colour?", { maxTokens: 4 });
      expect(projector.stats.encodings).toBe(before + 1);
    });
  });

  test("keeps its images in JSON", async () => {
    const file = path.join(folder, "quarters.png");
    writeFileSync(file, await quartersPng(quarters));
    const saved = await withSession(512, async (session) => {
      await session.prompt([{ type: "image", path: file }, "Which colours?"], { maxTokens: 4 });
      return JSON.stringify(session.getChatHistory());
    });
    expect(JSON.parse(saved)[1]).toEqual({
      type: "user",
      text: "\ufffc\nWhich colours?",
      media: [{ type: "image", source: file }],
    });
    await withSession(512, async (session) => {
      session.setChatHistory(JSON.parse(saved));
      await session.prompt("And again?", { maxTokens: 2 });
      const image = await prepareChatMedia(model, [{ type: "image", source: file, marker: "same" }]);
      const held = session.sequence.contextTokens;
      const at = held.indexOf(image[0]!.tokens[0]!);
      expect(held.slice(at, at + 4)).toEqual(image[0]!.tokens);
      expect(JSON.parse(JSON.stringify(session.getChatHistory()))).toEqual(session.getChatHistory());
    });
  });

  test("loses an image whole when the context is full", async () => {
    await withSession(160, async (session) => {
      const buffer = await quartersPng(["yellow", "yellow", "yellow", "yellow"]);
      await session.prompt([{ type: "image", buffer }, "Which colour?"], { maxTokens: 8 });
      expect(session.sequence.contextTokens.filter((id) => id < 0)).toHaveLength(4);
      for (let turn = 0; turn < 5; turn++)
        await session.prompt("Tell me something about the history of paper.", { maxTokens: 24 });
      expect(session.sequence.contextTokens.filter((id) => id < 0)).toHaveLength(0);
      expect(session.getChatHistory()[1]).toHaveProperty("media");
    });
  });

  test("leaves a text in an image's place when the context is full and that is wanted", async () => {
    const context = await model.createContext({ contextSize: 192 });
    const session = new LlamaChatSession({
      contextSequence: context.getSequence(),
      // The images of this projector are hardly longer than "[image]".
      contextShift: { media: () => "@" },
    });
    const buffer = await quartersPng(["yellow", "yellow", "yellow", "yellow"]);
    const images = Array.from({ length: 20 }, () => ({ type: "image" as const, buffer }));
    await session.prompt([...images, "Which colour?"], { maxTokens: 8 });
    const cells = () => session.sequence.contextTokens.filter((id) => id < 0).length;
    const text = () =>
      model.detokenize(
        session.sequence.contextTokens.filter((id) => id >= 0),
        true,
      );
    expect(cells()).toBe(80);
    while (cells() === 80) await session.prompt("Tell me something about paper.", { maxTokens: 16 });
    expect(cells()).toBeGreaterThan(0);
    expect(text().match(/@/g)).toHaveLength(20 - cells() / 4);
    expect(text()).toContain("Which colour?");
    expect(JSON.stringify(session.getChatHistory())).not.toContain("@");
    // The next prompt goes on from there.
    const before = cells();
    await session.prompt("Yes?", { maxTokens: 1 });
    expect(cells()).toBe(before);
    await context.dispose();
  });

  test("reads no files where they are not allowed", async () => {
    const context = await model.createContext({ contextSize: 128 });
    const file = path.join(folder, "allowed.png");
    writeFileSync(file, await quartersPng(quarters));
    // Reading it for a chat that may does not open it to one that may not.
    await prepareChatMedia(model, [
      { type: "image", source: file, marker: mediaMarker({ type: "image", source: file }) },
    ]);
    const session = new LlamaChatSession({
      contextSequence: context.getSequence(),
      mediaLimits: { allowFiles: false, allowPrivateNetwork: false },
    });
    for (const source of [file, "http://127.0.0.1:9/image.png"])
      await expect(session.prompt([{ type: "image", url: source }, "Well?"])).rejects.toMatchObject({
        code: "media-unsupported",
      });
    await context.dispose();
  });

  test("stays usable after an image that cannot be read", async () => {
    await withSession(256, async (session) => {
      const file = path.join(folder, "no-image.png");
      writeFileSync(file, "no image");
      await expect(session.prompt([{ type: "image", path: file }, "Well?"])).rejects.toMatchObject({
        code: "media-invalid",
      });
      await expect(session.prompt([{ type: "audio", path: file }, "Well?"])).rejects.toMatchObject({
        code: "media-unsupported",
      });
      expect(session.getChatHistory()).toHaveLength(1);
      expect(await session.prompt("Hi", { maxTokens: 2 })).not.toBe("");
    });
  });
});

describe("a projector", () => {
  async function loadTiny(architecture: TinyArchitecture): Promise<LlamaModel> {
    const modelPath = path.join(folder, `${architecture}.gguf`);
    writeGguf(modelPath, tinyModel({ architecture }));
    return llama.loadModel({ modelPath, mmprojPath: false });
  }

  test("whose cells see each other is evaluated in one batch, or refused", async () => {
    const tiny = await loadTiny("gemma3");
    const file = path.join(folder, "random-gemma3.gguf");
    writeRandomGemma3Projector(file, tiny.embeddingVectorSize, 7);
    const gemma = await loadProjector(tiny, file);
    const image = await gemma.prepare("image", await quartersPng(quarters));
    const cells = image.tokens.filter((id) => id < 0).length;
    expect(cells).toBe(4);
    const context = await tiny.createContext({ contextSize: 128 });
    const target = [...tiny.tokenize("a b"), ...image.tokens, ...tiny.tokenize("c d")];
    expect(await generate(context.getSequence(), target, 2)).toHaveLength(2);
    await tiny.dispose();
  });

  test("for another width, or that is none, is refused with llama.cpp's reason", async () => {
    const tiny = await loadTiny("llama");
    await expect(loadProjector(tiny, model.projectorFile!.path)).rejects.toMatchObject({
      code: "model-file-unsupported",
      cause: expect.stringContaining("embd"),
    });
    await expect(
      llama.loadModel({ modelPath: model.modelPath, mmprojPath: model.modelPath }),
    ).rejects.toMatchObject({ code: "model-file-unsupported" });
    await tiny.dispose();
  });

  test("is found beside its model", async () => {
    const beside = path.join(folder, "beside-llama.gguf");
    writeGguf(beside, tinyModel({ architecture: "llama" }));
    const plain = await llama.loadModel({ modelPath: beside });
    expect(plain.supportsImages).toBe(false);
    writeRandomGemma3Projector(
      path.join(folder, "mmproj-beside-llama-f16.gguf"),
      plain.embeddingVectorSize,
      1,
    );
    // One that does not fit by its width is left alone.
    copyFileSync(model.projectorFile!.path, path.join(folder, "beside-llama-mmproj-q8_0.gguf"));
    const found = await llama.loadModel({ modelPath: beside });
    expect(found.supportsImages).toBe(true);
    expect(path.basename(found.projectorFile!.path)).toBe("mmproj-beside-llama-f16.gguf");
    const without = await llama.loadModel({ modelPath: beside, mmprojPath: false });
    expect(without.supportsImages).toBe(false);
  });

  test("of a hub repository is fetched with the model and found beside it", async () => {
    const source = path.join(folder, "hub-source.gguf");
    writeGguf(source, tinyModel({ architecture: "llama" }));
    const plain = await llama.loadModel({ modelPath: source, mmprojPath: false });
    const projectorFile = path.join(folder, "hub-projector.gguf");
    writeRandomGemma3Projector(projectorFile, plain.embeddingVectorSize, 2);
    const hub = await FileServer.start();
    try {
      const files = { "eyes-Q8_0.gguf": source, "mmproj-model-f16.gguf": projectorFile };
      const listing = Object.keys(files).map((name) => ({
        type: "file",
        path: name,
        size: statSync(files[name as keyof typeof files]).size,
      }));
      hub.serve("/api/models/o/eyes/tree/main", {
        body: Buffer.from(JSON.stringify(listing)),
        ranges: false,
      });
      for (const [name, file] of Object.entries(files))
        hub.serve(`/o/eyes/resolve/main/${name}`, { body: readFileSync(file) });
      const directory = mkdtempSync(path.join(folder, "hub-"));
      const options = {
        directory,
        cli: false,
        endpoints: { huggingFace: hub.origin },
        tokens: { huggingFace: "" },
      };
      const modelPath = await resolveModelFile("hf:o/eyes:Q8_0", options);
      const seeing = await llama.loadModel({ modelPath });
      expect(path.basename(seeing.projectorFile!.path)).toBe("hf_o_eyes_mmproj-model-f16.gguf");
      expect((await projectorOf(seeing)).supportsImages).toBe(true);
    } finally {
      await hub.stop();
    }
  });
});
