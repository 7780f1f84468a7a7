import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = {
  "colloquy/server": fileURLToPath(new URL("./src/server/index.ts", import.meta.url)),
  "colloquy/grammar": fileURLToPath(new URL("./src/grammar/index.ts", import.meta.url)),
  colloquy: fileURLToPath(new URL("./src/index.ts", import.meta.url)),
};

// Two projects: tests without weights run in parallel; tests that load a model or drive a
// browser run one file at a time, because two model-running processes on a small machine slow each other down a hundredfold.
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/*.model.test.ts", "**/*.e2e.test.ts", "**/node_modules/**"],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve: { alias },
        test: {
          name: "model",
          include: ["src/**/*.model.test.ts", "test/**/*.model.test.ts", "test/**/*.e2e.test.ts"],
          exclude: ["**/node_modules/**"],
          pool: "forks",
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
