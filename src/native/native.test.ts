import { expect, test } from "vitest";
import { loadNative } from "./native.ts";
import { platformPackages, resolveLibraries } from "./platform.ts";

const cpu = () => resolveLibraries(false)[0]!;

test("loads the platform's CPU package once and checks its version", () => {
  const native = loadNative(cpu());
  expect(native.functions.llama_version()).toMatch(/^0\.5\.0/);
  expect(native.functions.ggml_backend_dev_count()).toBeGreaterThan(0);
  expect(loadNative(cpu())).toBe(native);
});
test("lists packages", () => {
  expect(platformPackages("darwin", "arm64")).toEqual([{ name: "mac-arm64-metal", gpu: "metal" }]);
});
