import { seededRandom } from "../runner/statistics.ts";

const words = `river stone garden winter letter window market bridge captain shadow music paper forest island
 summer harbor silver village mountain engine morning teacher window library weather history science
 color number travel kitchen table doctor machine animal flower ocean desert station message picture`
  .trim()
  .split(/\s+/);

/** Counts the tokens of a text. */
export type CountTokens = (text: string) => Promise<number>;

/** `opening` and then words, the longest text that has no more than `length` tokens. Same seed, same text. */
export async function textOfLength(
  count: CountTokens,
  opening: string,
  length: number,
  seed: number,
): Promise<string> {
  const random = seededRandom(seed);
  const filler = Array.from({ length }, () => words[Math.floor(random() * words.length)]!);
  const text = (size: number) => [opening, ...filler.slice(0, size)].join(" ").trim();
  let [fits, tooLong] = [0, filler.length + 1];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if ((await count(text(middle))) <= length) fits = middle;
    else tooLong = middle;
  }
  return text(fits);
}

export const plainSystemPrompt = "You are a helpful assistant.";

/** Makes the default model write on for more than 512 tokens. */
export const longStoryPrompt =
  "Write a very long story about a lighthouse keeper and the sea, with many chapters.";

const subjects = [
  "the harbor",
  "a storm",
  "the old captain",
  "an island",
  "the market",
  "a letter",
  "winter",
];

/** What the user says in turn `turn` of a chat, about `length` tokens. */
export function userText(count: CountTokens, turn: number, length: number): Promise<string> {
  const subject = subjects[turn % subjects.length]!;
  const opening = `Chapter ${turn + 1}: go on with a long chapter about ${subject}, and use these words:`;
  return textOfLength(count, opening, length, 1000 + turn);
}

export function systemText(count: CountTokens, length: number): Promise<string> {
  return textOfLength(count, "You are a storyteller who writes long chapters. Words you like:", length, 7);
}

/** A message as the default model's template writes it; the raw loop has no template of its own. */
export function chatMl(role: "system" | "user" | "assistant", text: string): string {
  return `<|im_start|>${role}\n${text}<|im_end|>\n`;
}

/** What stands before an answer. */
export const chatMlAnswer = "<|im_start|>assistant\n";

/** About 400 tokens that the default model copies word for word. */
export const storyPassage = `The captain walked along the harbor in the early morning. The sea was calm and the market was still closed. He stopped at the old bridge and read the letter again. It spoke of a silver key that lay in the library behind the garden. Nobody had opened the library for many years. He put the letter away and went up the hill. The station was empty, and the clock had stopped at noon. A small bird sat on the window and looked at him. He knocked at the door of the teacher, who had known his father. She gave him tea and told him about the winter when the river froze. Children had walked across it to the island. One of them had found the key and thrown it into the well. The captain thanked her and went to look for the well.

It stood behind the mill, under three tall trees. The rope was broken, and the bucket lay in the grass. He tied a new rope to the wheel and let the lamp down into the dark. The water was not deep, and something shone between the stones. He climbed down, step by step, until his boots were wet. There was the key, and beside it a small box of iron. The box was locked. He took both and climbed up again, and his hands were cold.

In the evening he sat by the fire and tried the key. It turned at once. In the box there was a map of the coast, drawn by his father, and a picture of a ship with two masts. On the back of the picture stood a name and a year. The captain knew the ship. She had left the harbor before he was born, and no one had seen her since. He folded the map, put out the lamp, and slept until the first light.`;
