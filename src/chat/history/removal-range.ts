/**
 * The messages that `remove(start, stop)` means, as a range with `start <= stop`.
 * @throws RangeError when an end lies outside, or the range is reversed
 */
export function removalRange(
  start: number,
  stop: number | undefined,
  length: number,
): { readonly start: number; readonly stop: number } {
  if (!Number.isInteger(start) || (stop !== undefined && !Number.isInteger(stop))) {
    throw new RangeError(`Not a range of messages: ${start} to ${stop}`);
  }
  const from = start < 0 ? start + length : start;
  const isEnd = stop === 0 && start < 0;
  const to = stop === undefined ? from + 1 : isEnd ? length : stop < 0 ? stop + length : stop;
  if (from < 0 || to > length || to < from) {
    throw new RangeError(`The range ${start} to ${stop ?? start + 1} is not within ${length} messages`);
  }
  return { start: from, stop: to };
}
