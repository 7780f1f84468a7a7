/** What an idle sequence holds. */
export interface IdleSequence {
  readonly tokens: readonly number[];
  /** Grows with every use. */
  readonly lastUse: number;
}

/**
 * Which idle sequence a prompt goes to: the one that holds the longest beginning of it, if at least half of what that
 * sequence holds goes on being used. Otherwise the one that was used longest ago: the engine shares a common beginning
 * with it, and the conversation that the other sequence holds stays where it is.
 */
export function chooseSequence(idle: readonly IdleSequence[], target: readonly number[]): number {
  let chosen = -1;
  let longest = 0;
  for (const [index, { tokens }] of idle.entries()) {
    const length = commonLength(tokens, target);
    if (length > longest && length * 2 >= tokens.length) {
      longest = length;
      chosen = index;
    }
  }
  if (chosen !== -1) return chosen;
  return idle.reduce((oldest, one, index) => (one.lastUse < idle[oldest]!.lastUse ? index : oldest), 0);
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  const max = Math.min(a.length, b.length);
  let length = 0;
  while (length < max && a[length] === b[length]) length++;
  return length;
}
