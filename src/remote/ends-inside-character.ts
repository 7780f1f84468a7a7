/**
 * Whether bytes end in the middle of a character of UTF-8 (RFC 3629, section 3). Bytes that are no UTF-8 at all do not.
 * @example endsInsideCharacter(Uint8Array.of(0xe4, 0xbd)) // true: "你" has three bytes
 */
export function endsInsideCharacter(bytes: Uint8Array): boolean {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return false;
    // A lead byte says how many bytes the character has.
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2);
  }
  return false;
}
