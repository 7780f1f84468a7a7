/** After a whole character, or at the beginning of a text. */
export const BOUNDARY = 0;
/** After bytes that begin no character. */
export const INVALID = 8;

const FINAL = [0x80, 0xbf] as const;
/** What a byte may be in each state, and the state after it: states 1 to 3 lack so many bytes (RFC 3629). */
const STEPS: readonly (readonly [state: number, first: number, last: number, next: number])[] = [
  [BOUNDARY, 0x00, 0x7f, BOUNDARY],
  [BOUNDARY, 0xc2, 0xdf, 1],
  [BOUNDARY, 0xe0, 0xe0, 4],
  [BOUNDARY, 0xe1, 0xec, 2],
  [BOUNDARY, 0xed, 0xed, 5],
  [BOUNDARY, 0xee, 0xef, 2],
  [BOUNDARY, 0xf0, 0xf0, 6],
  [BOUNDARY, 0xf1, 0xf3, 3],
  [BOUNDARY, 0xf4, 0xf4, 7],
  [1, ...FINAL, BOUNDARY],
  [2, ...FINAL, 1],
  [3, ...FINAL, 2],
  [4, 0xa0, 0xbf, 1],
  [5, 0x80, 0x9f, 1],
  [6, 0x90, 0xbf, 2],
  [7, 0x80, 0x8f, 2],
];

/** Where in UTF-8 a text is: the state after `state` and a byte, at `state * 256 + byte`. */
export const NEXT_STATE: Uint8Array = new Uint8Array(9 * 256).fill(INVALID);
for (const [state, first, last, next] of STEPS)
  NEXT_STATE.fill(next, state * 256 + first, state * 256 + last + 1);
