/** The kind of everything beyond ASCII. */
export const BEYOND_ASCII_KIND = 15;

/** Characters that patterns and strings usually take or refuse together. */
const KINDS: readonly RegExp[] = [
  /[a-f]/,
  /[g-z]/,
  /[A-F]/,
  /[G-Z]/,
  /[0-9]/,
  / /,
  /_/,
  /-/,
  /\./,
  /[,:;!?]/,
  /"/,
  /\\/,
  /[\t\n\r]/,
  /[#-'()*+/<-@[\]^`{-~]/,
];
const OTHER_KIND = 14;

/** The kind of each byte; 16 kinds in all, so that a set of them is 16 bits. */
export const KIND_OF_BYTE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return BEYOND_ASCII_KIND;
  const kind = KINDS.findIndex((kindOf) => kindOf.test(String.fromCharCode(byte)));
  return kind < 0 ? OTHER_KIND : kind;
});

/** The bytes of each kind of ASCII. */
export const BYTES_OF_KIND: readonly (readonly number[])[] = Array.from(
  { length: BEYOND_ASCII_KIND },
  (_, kind) => Array.from({ length: 128 }, (_, byte) => byte).filter((byte) => KIND_OF_BYTE[byte] === kind),
);
