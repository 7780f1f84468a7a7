import { expect, test } from "vitest";
import { matchProjectors } from "./match-projectors.ts";

test.each([
  // By name, with any precision and in any place of the name.
  [
    "cat-3b-Q4_K_M.gguf",
    ["mmproj-cat-3b-f16.gguf", "mmproj-dog-f16.gguf", "dog-Q8_0.gguf"],
    ["mmproj-cat-3b-f16.gguf"],
  ],
  ["cat-3b-00001-of-00002.gguf", ["cat-3b-mmproj.gguf"], ["cat-3b-mmproj.gguf"]],
  // Several precisions: half precision first.
  [
    "cat-Q4_0.gguf",
    [
      "mmproj-cat-Q8_0.gguf",
      "mmproj-cat-F32.gguf",
      "mmproj-cat-BF16.gguf",
      "mmproj-cat-F16.gguf",
      "mmproj-cat-Q4_0.gguf",
    ],
    [
      "mmproj-cat-F16.gguf",
      "mmproj-cat-BF16.gguf",
      "mmproj-cat-Q8_0.gguf",
      "mmproj-cat-F32.gguf",
      "mmproj-cat-Q4_0.gguf",
    ],
  ],
  // One model's folder; another model in it makes the projector anybody's.
  ["cat-Q4_0.gguf", ["cat-Q4_0.gguf", "cat-Q8_0.gguf", "mmproj-model-f16.gguf"], ["mmproj-model-f16.gguf"]],
  ["cat-Q4_0.gguf", ["cat-Q4_0.gguf", "dog.gguf", "mmproj-model-f16.gguf"], []],
  ["cat-Q4_0.gguf", ["cat-Q4_0.gguf", "mmproj-a.gguf", "mmproj-b.gguf"], []],
  // A models folder with files of several repositories.
  [
    "hf_o_cats_cat-Q4_0.gguf",
    [
      "hf_o_cats_cat-Q4_0.gguf",
      "hf_o_cats_mmproj-model-f16.gguf",
      "hf_o_dogs_mmproj-f16.gguf",
      "hf_o_dogs_dog.gguf",
    ],
    ["hf_o_cats_mmproj-model-f16.gguf"],
  ],
  [
    "hf_o_cats_Q4__cat-00001-of-00002.gguf",
    ["hf_o_cats_mmproj-F16.gguf", "hf_o_cats_mmproj-BF16.gguf"],
    ["hf_o_cats_mmproj-F16.gguf", "hf_o_cats_mmproj-BF16.gguf"],
  ],
  ["hf_o_dogs_dog.gguf", ["hf_o_cats_cat.gguf", "hf_o_dogs_dog.gguf", "hf_o_cats_mmproj-F16.gguf"], []],
  ["cat.gguf", ["cat.gguf", "notes-mmproj.txt"], []],
])("of %s", (model, names, expected) => {
  expect(matchProjectors(model, names)).toEqual(expected);
});

test("files of one repository belong together, whatever they are called", () => {
  const names = ["cat-qat.gguf", "cat-Q8_0.gguf", "mmproj-model-f16.gguf"];
  expect(matchProjectors("cat-qat.gguf", names)).toEqual([]);
  expect(matchProjectors("cat-qat.gguf", names, true)).toEqual(["mmproj-model-f16.gguf"]);
});
