import { afterAll, beforeAll, expect, test } from "vitest";
import { soundCells, writeRandomAudioProjector } from "../../test/gguf/tiny-projector.ts";
import { quartersPng } from "../../test/media/colours.ts";
import { type OpenedMediaModel, openingMsMax, openTinyMediaModel } from "../../test/media/open-models.ts";
import { toneWav } from "../../test/media/sounds.ts";
import { LlamaChatSession } from "../chat/session/llama-chat-session.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import { projectorOf } from "./prepare-chat-media.ts";
import type { Projector } from "./projector.ts";

let opened: OpenedMediaModel;
let model: LlamaModel;
let projector: Projector;

beforeAll(async () => {
  opened = await openTinyMediaModel("llama", (file, width) => writeRandomAudioProjector(file, width, 3));
  ({ model } = opened);
  projector = await projectorOf(model);
}, openingMsMax);
afterAll(() => opened?.close());

test("a model says that it hears", () => {
  expect([model.supportsAudio, model.supportsImages]).toEqual([true, false]);
  expect([projector.supportsAudio, projector.supportsImages]).toEqual([true, false]);
});

test("a sound is as many cells as its windows have, keyed by what is heard", async () => {
  const cells = async (file: Buffer) =>
    (await projector.prepare("audio", file)).tokens.filter((id) => id < 0);
  const short = await cells(toneWav(0.5, 440));
  expect(short).toHaveLength(soundCells);
  expect(new Set(short).size).toBe(1);
  // Two windows of 30 seconds are two spans.
  const long = await cells(toneWav(31, 440));
  expect(long).toHaveLength(2 * soundCells);
  expect(new Set(long).size).toBe(2);
  expect(await cells(toneWav(0.5, 440))).toEqual(short);
  expect(await cells(toneWav(0.5, 880))).not.toEqual(short);
  // The same samples in a longer file: unknown chunks of WAV are passed over.
  const tone = toneWav(0.5, 440);
  const noted = Buffer.concat([tone, Buffer.from("note\u0004\0\0\0abcd", "latin1")]);
  expect(await cells(noted)).toEqual(short);
});

test("a sound in a chat is encoded once, and the chat goes on with it", async () => {
  const context = await model.createContext({ contextSize: 512 });
  const session = new LlamaChatSession({ contextSequence: context.getSequence() });
  const before = projector.stats.encodings;
  const buffer = toneWav(0.5, 220);
  await session.prompt([{ type: "audio", buffer }, "What do you hear?"], { maxTokens: 4 });
  const heard = () => session.sequence.contextTokens.filter((id) => id < 0);
  expect(heard()).toHaveLength(soundCells);
  await session.prompt("And again?", { maxTokens: 4 });
  session.setChatHistory(JSON.parse(JSON.stringify(session.getChatHistory())));
  await session.prompt("And now?", { maxTokens: 4 });
  expect(heard()).toHaveLength(soundCells);
  expect(projector.stats.encodings).toBe(before + 1);
  await context.dispose();
});

test("what is no sound, or none for this projector, has a code, and the chat goes on", async () => {
  const context = await model.createContext({ contextSize: 256 });
  const session = new LlamaChatSession({ contextSequence: context.getSequence() });
  const png = await quartersPng(["red", "red", "red", "red"]);
  const noFrames = Buffer.concat([toneWav(0, 440).subarray(0, 20), Buffer.alloc(60)]);
  for (const buffer of [png, Buffer.from("no sound"), Buffer.alloc(0), noFrames, toneWav(0.05, 440)])
    await expect(session.prompt([{ type: "audio", buffer }, "Well?"])).rejects.toMatchObject({
      code: "media-invalid",
    });
  await expect(session.prompt([{ type: "image", buffer: png }, "Well?"])).rejects.toMatchObject({
    code: "media-unsupported",
  });
  expect(session.getChatHistory()).toHaveLength(1);
  await session.prompt("Hi", { maxTokens: 2 });
  await context.dispose();
});

test("a small file cannot hold a long sound", async () => {
  // One sample a second, of which the projector would get 16,000.
  const slow = toneWav(2000, 0.1, 1);
  for (const [file, secondsMax] of [
    [slow, 60],
    [toneWav(2, 440), 1],
  ] as const)
    await expect(projector.prepare("audio", file, { limits: { secondsMax } })).rejects.toMatchObject({
      code: "media-invalid",
      message: `The sound is longer than ${secondsMax} seconds`,
    });
});
