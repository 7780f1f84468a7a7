import path from "node:path";
import sharp from "sharp";
import type { LanguageModel } from "../../src/engine/context-sequence.ts";
import { type PureColour, projectorImageSide, writeColourProjector } from "../gguf/tiny-projector.ts";

/** Eight colours whose words are one token each in the default model's vocabulary. */
export const pureColours = {
  black: [0, 0, 0],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
  yellow: [1, 1, 0],
  pink: [1, 0, 1],
  cyan: [0, 1, 1],
  white: [1, 1, 1],
} as const satisfies Record<string, PureColour>;
export type ColourName = keyof typeof pureColours;
export const colourNames = Object.keys(pureColours) as ColourName[];

/** A PNG of four quarters, in reading order. */
export async function quartersPng(
  quarters: readonly ColourName[],
  side = projectorImageSide,
): Promise<Buffer> {
  const data = Buffer.alloc(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const colour = pureColours[quarters[2 * Math.floor((2 * y) / side) + Math.floor((2 * x) / side)]!];
      for (let channel = 0; channel < 3; channel++)
        data[3 * (y * side + x) + channel] = 255 * colour[channel]!;
    }
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

/** The tokens that stand for quarters. */
export function colourTokens(model: LanguageModel, quarters: readonly ColourName[]) {
  return quarters.map((name) => {
    const tokens = model.tokenize(` ${name}`);
    if (tokens.length !== 1) throw new Error(`" ${name}" has ${tokens.length} tokens`);
    return tokens[0]!;
  });
}

/** Writes the projector that reads colours as words into a folder. Returns its path. */
export function writeColours(model: LanguageModel, modelPath: string, folder: string): string {
  const file = path.join(folder, "colours-mmproj.gguf");
  const words = colourNames.map((colour) => ({
    colour: pureColours[colour],
    token: colourTokens(model, [colour])[0]!,
  }));
  writeColourProjector(file, modelPath, words);
  return file;
}
