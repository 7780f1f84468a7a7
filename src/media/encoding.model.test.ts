import { afterAll, beforeAll, expect, test } from "vitest";
import { writeRandomGemma3Projector } from "../../test/gguf/tiny-projector.ts";
import { type ColourName, quartersPng } from "../../test/media/colours.ts";
import { type OpenedMediaModel, openingMsMax, openTinyMediaModel } from "../../test/media/open-models.ts";
import type { LlamaContextSequence } from "../engine/context/llama-context-sequence.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import { projectorOf } from "./prepare-chat-media.ts";
import type { Projector } from "./projector.ts";

let opened: OpenedMediaModel;
let model: LlamaModel;
let projector: Projector;

beforeAll(async () => {
  opened = await openTinyMediaModel("gemma3", (file, width) =>
    writeRandomGemma3Projector(file, width, 5, 320),
  );
  ({ model } = opened);
  projector = await projectorOf(model);
}, openingMsMax);
afterAll(() => opened?.close());

const picture = async (colour: ColourName) => {
  const image = await projector.prepare("image", await quartersPng([colour, "red", "green", "blue"]));
  // Whoever has the tokens keeps the image.
  return { image, target: [...model.tokenize("a b"), ...image.tokens, ...model.tokenize("c d")] };
};

/** Generates until it is stopped, and counts. */
function stream(sequence: LlamaContextSequence) {
  const stop = new AbortController();
  const seen = { tokens: 0 };
  const done = (async () => {
    const prompt = model.tokenize("once upon a time");
    const options = { maxTokens: 4000, signal: stop.signal, ignoreEog: true };
    for await (const _ of sequence.generate(prompt, options)) seen.tokens++;
  })();
  const end = () => {
    stop.abort();
    return done.catch(() => {});
  };
  return { seen, end };
}

test("others keep streaming while an image is encoded, and an abort ends that soon", async () => {
  const context = await model.createContext({ contextSize: 4096, sequences: 3 });
  const other = stream(context.getSequence());
  while (other.seen.tokens === 0) await new Promise(setImmediate);

  const sequence = context.getSequence();
  const first = await picture("cyan");
  const { encodings } = projector.stats;
  let start = other.seen.tokens;
  await sequence.preload(first.target);
  const whileEncoding = other.seen.tokens - start;
  expect(projector.stats.encodings).toBe(encodings + 1);
  expect(whileEncoding).toBeGreaterThan(20);

  const second = await picture("pink");
  const stop = new AbortController();
  start = other.seen.tokens;
  const aborted = sequence.preload(second.target, { signal: stop.signal });
  while (other.seen.tokens < start + 5) await new Promise(setImmediate);
  stop.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  expect(other.seen.tokens - start).toBeLessThan(whileEncoding / 2);
  expect(projector.stats.encodings).toBe(encodings + 1);
  expect(sequence.contextTokens.every((id) => id >= 0)).toBe(true);
  await other.end();

  // What was stopped has left nothing wrong behind.
  const logits = async (one: LlamaContextSequence) => {
    for await (const { logprobs } of one.generate(second.target, { maxTokens: 1, logprobs: 5 }))
      return logprobs;
    return undefined;
  };
  const after = await logits(sequence);
  expect(after).toBeDefined();
  await context.dispose();
  projector.forgetEmbeddings();
  const fresh = await model.createContext({ contextSize: 256 });
  expect(await logits(fresh.getSequence())).toEqual(after);
  await fresh.dispose();
});

test("two who ask for the same image encode it once; one who leaves does not take it from the other", async () => {
  const context = await model.createContext({ contextSize: 256, sequences: 2 });
  const { target } = await picture("black");
  const { encodings } = projector.stats;
  const stop = new AbortController();
  const [a, b] = [context.getSequence(), context.getSequence()];
  // Of different beginnings, so that they do not share cells.
  const leaves = a.preload([...model.tokenize("x y"), ...target], { signal: stop.signal });
  const stays = b.preload(target);
  setImmediate(() => stop.abort(new Error("gone")));
  await expect(leaves).rejects.toThrow("gone");
  await stays;
  expect(b.contextTokens).toEqual(target);
  await a.preload([...model.tokenize("x y"), ...target]);
  expect(projector.stats.encodings).toBe(encodings + 1);
  await context.dispose();
});

test("a projector that is disposed while it encodes waits for it, and then refuses", async () => {
  const context = await model.createContext({ contextSize: 256 });
  const { target } = await picture("white");
  const reading = context.getSequence().preload(target);
  await new Promise(setImmediate);
  const disposing = projector.dispose();
  await reading.catch((error: unknown) => expect(error).toMatchObject({ code: "disposed" }));
  await disposing;
  await expect(projector.prepare("image", Buffer.alloc(0))).rejects.toMatchObject({ code: "disposed" });
  await context.dispose();
});
