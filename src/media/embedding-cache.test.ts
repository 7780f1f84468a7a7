import { expect, test } from "vitest";
import { seededRandom } from "../../test/gguf/seeded-random.ts";
import { EmbeddingCache } from "./embedding-cache.ts";

test("keeps what was used last, as a plain list does", () => {
  const random = seededRandom(5);
  const bytesMax = 400;
  const cache = new EmbeddingCache(bytesMax);
  let twin: { key: string; size: number }[] = [];
  for (let step = 0; step < 2000; step++) {
    const key = `k${Math.floor(random() * 12)}`;
    const known = twin.find((entry) => entry.key === key);
    twin = twin.filter((entry) => entry !== known);
    if (random() < 0.5) {
      const size = 1 + Math.floor(random() * 30);
      cache.set(key, new Float32Array(size));
      if (4 * size <= bytesMax) twin.push({ key, size });
      while (twin.reduce((sum, entry) => sum + 4 * entry.size, 0) > bytesMax) twin.shift();
    } else {
      expect(cache.get(key)?.length).toBe(known?.size);
      if (known !== undefined) twin.push(known);
    }
    expect(cache.size).toBe(twin.length);
    expect(cache.bytes).toBe(twin.reduce((sum, entry) => sum + 4 * entry.size, 0));
  }
  cache.set("huge", new Float32Array(bytesMax));
  expect(cache.get("huge")).toBeUndefined();
});
