/** What a vocabulary stands for, the other way round: `latin1` of the bytes to ids. */
export type TokensByBytes = ReadonlyMap<string, readonly number[]>;

/**
 * The one way to write bytes as exactly `count` tokens, or `undefined` when there is none or more than one.
 * `bytes` has one character per byte.
 */
export function splitText(bytes: string, count: number, vocabulary: TokensByBytes): number[] | undefined {
  let found: number[] | undefined;
  let ways = 0;
  const chosen: number[] = [];
  const walk = (from: number): void => {
    const left = count - chosen.length;
    if (ways > 1 || bytes.length - from < left) return;
    if (left === 0) {
      if (from !== bytes.length) return;
      ways++;
      found = [...chosen];
      return;
    }
    for (let end = from + 1; end <= bytes.length - left + 1; end++)
      for (const id of vocabulary.get(bytes.slice(from, end)) ?? []) {
        chosen.push(id);
        walk(end);
        chosen.pop();
      }
  };
  walk(0);
  return ways === 1 ? found : undefined;
}
