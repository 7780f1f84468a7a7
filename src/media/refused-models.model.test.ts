import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { tinyModel } from "../../test/gguf/tiny-model.ts";
import { writeRandomGemma3Projector } from "../../test/gguf/tiny-projector.ts";
import { type WritableGguf, writeGguf } from "../../test/gguf/write-gguf.ts";
import { quartersPng } from "../../test/media/colours.ts";
import { LlamaChatSession } from "../chat/session/llama-chat-session.ts";
import { getLlama } from "../engine/llama.ts";
import { buildMediaLibrary } from "./library/build-media-library.ts";

/** A model with positions in three dimensions: tensors as in the plain one, sections of the rotation besides. */
function tinyQwen2Vl(): WritableGguf {
  const { metadata, tensors } = tinyModel({ architecture: "llama" });
  const renamed = Object.entries(metadata).map(([key, value]): [string, typeof value] => [
    key.replace(/^llama\./, "qwen2vl."),
    key === "general.architecture" ? "qwen2vl" : value,
  ]);
  const sections = { type: "array", elementType: "int32", value: [4, 2, 2, 0] } as const;
  return { metadata: [...renamed, ["qwen2vl.rope.dimension_sections", sections]], tensors };
}

test("a model with positions in three dimensions is refused images by name, and goes on with text", async () => {
  await buildMediaLibrary();
  const folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  const llama = await getLlama({ gpu: false, maxThreads: 1 });
  try {
    const modelPath = path.join(folder, "three.gguf");
    writeGguf(modelPath, tinyQwen2Vl());
    const plain = await llama.loadModel({ modelPath, mmprojPath: false });
    const mmprojPath = path.join(folder, "mmproj.gguf");
    writeRandomGemma3Projector(mmprojPath, plain.embeddingVectorSize, 1);
    await plain.dispose();
    const model = await llama.loadModel({ modelPath, mmprojPath });
    const context = await model.createContext({ contextSize: 256 });
    const session = new LlamaChatSession({ contextSequence: context.getSequence() });
    const buffer = await quartersPng(["red", "red", "red", "red"]);
    await expect(session.prompt([{ type: "image", buffer }, "Well?"])).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("M-RoPE"),
    });
    expect(session.getChatHistory()).toHaveLength(1);
    const { stopReason } = await session.promptWithMeta("Hi", { maxTokens: 4 });
    expect(stopReason).toBe("maxTokens");
  } finally {
    await llama.dispose();
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
