import { describe, expect, test } from "vitest";
import { chooseModelFile } from "./hub-repository.ts";
import { parseModelReference } from "./model-reference.ts";
import { defaultModelsDirectory } from "./models-directory.ts";

const repository = "o/m";

describe("references", () => {
  test.each([
    ["hf:o/m", { kind: "hub-quant", repository, revision: "main", quant: undefined }],
    ["hf:o/m:Q4_K_M", { kind: "hub-quant", repository, revision: "main", quant: "Q4_K_M" }],
    ["huggingface:o/m:", { kind: "hub-quant", repository, revision: "main", quant: undefined }],
    ["hf:o/m/a/b.gguf", { kind: "hub-file", repository, revision: "main", path: "a/b.gguf" }],
    ["hf:o/m/b.gguf#dev", { kind: "hub-file", repository, revision: "dev", path: "b.gguf" }],
    ["https://huggingface.co/o/m", { kind: "hub-quant", repository, revision: "main", quant: undefined }],
    [
      "https://huggingface.co/o/m/resolve/v1/a%20b.gguf?download=true",
      { kind: "hub-file", repository, revision: "v1", path: "a b.gguf" },
    ],
    ["https://example.com/o/m.gguf", { kind: "url", url: "https://example.com/o/m.gguf" }],
    ["models/m.gguf", { kind: "path", path: "models/m.gguf" }],
    ["C:\\models\\m.gguf", { kind: "path", path: "C:\\models\\m.gguf" }],
    ["file:///models/m%20n.gguf", { kind: "path", path: "/models/m n.gguf" }],
  ])("%s", (text, reference) => {
    expect(parseModelReference(text, { huggingFace: "https://huggingface.co" })).toEqual(reference);
  });
});

describe("the choice among files", () => {
  test("quantisations are whole words, in any case", () => {
    const paths = [
      "m-Q4_K_M.gguf",
      "m-IQ4_XS.gguf",
      "m-Q4_0_4_4.gguf",
      "m.q5_k_s.gguf",
      "UD/m-UD-Q2_K_XL.gguf",
    ];
    expect(chooseModelFile(paths, "Q4_K")).toBeUndefined();
    expect(chooseModelFile(paths, "Q4_0")).toBeUndefined();
    expect(chooseModelFile(paths, "Q4_XS")).toBeUndefined();
    expect(chooseModelFile(paths, "Q5_K_S")).toBe("m.q5_k_s.gguf");
    expect(chooseModelFile(paths, "ud-q2_k_xl")).toBe("UD/m-UD-Q2_K_XL.gguf");
    expect(chooseModelFile(paths, undefined)).toBe("m-Q4_K_M.gguf");
  });

  test("projectors, matrices and later parts are no models", () => {
    expect(
      chooseModelFile(["mmproj-Q8_0.gguf", "m.imatrix.gguf", "m-00002-of-00002.gguf"], undefined),
    ).toBeUndefined();
    expect(chooseModelFile(["m-00002-of-00002.gguf", "m-00001-of-00002.gguf"], undefined)).toBe(
      "m-00001-of-00002.gguf",
    );
    expect(chooseModelFile(["odd.gguf"], undefined)).toBe("odd.gguf");
  });
});

test("the models folder follows the platform and the environment", () => {
  expect(defaultModelsDirectory({}, "linux", "/h/a")).toBe("/h/a/.cache/colloquy/models");
  expect(defaultModelsDirectory({ XDG_CACHE_HOME: "/c" }, "linux", "/h/a")).toBe("/c/colloquy/models");
  expect(defaultModelsDirectory({ XDG_CACHE_HOME: "c" }, "linux", "/h/a")).toBe(
    "/h/a/.cache/colloquy/models",
  );
  expect(defaultModelsDirectory({}, "darwin", "/h/a")).toBe("/h/a/Library/Caches/colloquy/models");
  expect(defaultModelsDirectory({ COLLOQUY_MODELS_DIRECTORY: "/m" }, "win32", "/a")).toBe("/m");
});
