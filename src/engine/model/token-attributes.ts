/** Bits of `llama_token_attr` in llama.h. */
export const tokenAttributeBits = {
  undefined: 0,
  unknown: 1 << 0,
  unused: 1 << 1,
  normal: 1 << 2,
  control: 1 << 3,
  userDefined: 1 << 4,
  byte: 1 << 5,
  normalized: 1 << 6,
  lstrip: 1 << 7,
  rstrip: 1 << 8,
  singleWord: 1 << 9,
} as const;

/** What a vocabulary says of one of its tokens. */
export class TokenAttributes {
  readonly #bits: number;

  constructor(bits: number) {
    this.#bits = bits;
  }

  get undefined(): boolean {
    return this.#bits === 0;
  }
  get unknown(): boolean {
    return this.#has("unknown");
  }
  get unused(): boolean {
    return this.#has("unused");
  }
  get normal(): boolean {
    return this.#has("normal");
  }
  /** A special token, such as the end of a turn. */
  get control(): boolean {
    return this.#has("control");
  }
  get userDefined(): boolean {
    return this.#has("userDefined");
  }
  /** Stands for one raw byte. */
  get byte(): boolean {
    return this.#has("byte");
  }
  get normalized(): boolean {
    return this.#has("normalized");
  }
  get lstrip(): boolean {
    return this.#has("lstrip");
  }
  get rstrip(): boolean {
    return this.#has("rstrip");
  }
  get singleWord(): boolean {
    return this.#has("singleWord");
  }

  #has(name: keyof typeof tokenAttributeBits): boolean {
    return (this.#bits & tokenAttributeBits[name]) !== 0;
  }
}
