/** How many bytes at the end of `bytes` begin a character that is not complete yet: 0 to 3. */
export function incompleteTailLength(bytes: Uint8Array | readonly number[], end = bytes.length): number {
  for (let back = 1; back <= Math.min(3, end); back++) {
    const byte = bytes[end - back]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? (byte <= 0xf4 ? 4 : 1) : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return back < length ? back : 0;
  }
  return 0;
}
