/**
 * Storage types of tensors, by the number that a GGUF file writes.
 * Numbers that ggml once used and withdrew (Q4_2, Q4_0_4_4, …) keep their names, so that a file can be refused by name.
 */
export const GgmlType = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q4_2: 4,
  Q4_3: 5,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  Q8_1: 9,
  Q2_K: 10,
  Q3_K: 11,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  Q8_K: 15,
  IQ2_XXS: 16,
  IQ2_XS: 17,
  IQ3_XXS: 18,
  IQ1_S: 19,
  IQ4_NL: 20,
  IQ3_S: 21,
  IQ2_S: 22,
  IQ4_XS: 23,
  I8: 24,
  I16: 25,
  I32: 26,
  I64: 27,
  F64: 28,
  IQ1_M: 29,
  BF16: 30,
  Q4_0_4_4: 31,
  Q4_0_4_8: 32,
  Q4_0_8_8: 33,
  TQ1_0: 34,
  TQ2_0: 35,
  IQ4_NL_4_4: 36,
  IQ4_NL_4_8: 37,
  IQ4_NL_8_8: 38,
  MXFP4: 39,
  NVFP4: 40,
  Q1_0: 41,
  Q2_0: 42,
} as const;
export type GgmlType = (typeof GgmlType)[keyof typeof GgmlType];
export type GgmlTypeName = keyof typeof GgmlType;

/** How a storage type packs its elements: so many elements of a row in so many bytes. */
export interface GgmlBlock {
  elements: number;
  bytes: number;
}

/** Block sizes as in ggml-common.h of llama.cpp 0.5.0. A type without an entry cannot be loaded by it. */
const blocks: Partial<Record<GgmlTypeName, readonly [elements: number, bytes: number]>> = {
  F32: [1, 4],
  F16: [1, 2],
  Q4_0: [32, 18],
  Q4_1: [32, 20],
  Q5_0: [32, 22],
  Q5_1: [32, 24],
  Q8_0: [32, 34],
  Q8_1: [32, 36],
  Q2_K: [256, 84],
  Q3_K: [256, 110],
  Q4_K: [256, 144],
  Q5_K: [256, 176],
  Q6_K: [256, 210],
  Q8_K: [256, 292],
  IQ2_XXS: [256, 66],
  IQ2_XS: [256, 74],
  IQ3_XXS: [256, 98],
  IQ1_S: [256, 50],
  IQ4_NL: [32, 18],
  IQ3_S: [256, 110],
  IQ2_S: [256, 82],
  IQ4_XS: [256, 136],
  I8: [1, 1],
  I16: [1, 2],
  I32: [1, 4],
  I64: [1, 8],
  F64: [1, 8],
  IQ1_M: [256, 56],
  BF16: [1, 2],
  TQ1_0: [256, 54],
  TQ2_0: [256, 66],
  MXFP4: [32, 17],
  NVFP4: [64, 36],
  Q1_0: [128, 18],
  Q2_0: [64, 18],
};

const nameByNumber = new Map<number, GgmlTypeName>(
  Object.entries(GgmlType).map(([name, number]) => [number, name as GgmlTypeName]),
);

/** The name of a storage type, or `undefined` for a number that ggml never used. */
export function ggmlTypeName(type: number): GgmlTypeName | undefined {
  return nameByNumber.get(type);
}

/** The block of a storage type, or `undefined` when llama.cpp 0.5.0 cannot load the type. */
export function ggmlBlock(type: number): GgmlBlock | undefined {
  const name = nameByNumber.get(type);
  const block = name === undefined ? undefined : blocks[name];
  return block === undefined ? undefined : { elements: block[0], bytes: block[1] };
}

/** Bytes of a row of `elements` elements, a fraction when the row does not fill its last block. */
export function ggmlRowBytes(type: GgmlType, elements: number): number {
  const block = ggmlBlock(type);
  return block === undefined ? 0 : (elements / block.elements) * block.bytes;
}
