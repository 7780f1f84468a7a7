import { type NextToken, scripted } from "../fake/fake-sequence.ts";

/** What the model would write, by what the user said last. */
const answers: Readonly<Record<string, string>> = {
  greet: "Hello there!",
  stop: "one two three four",
  lines: "a\nb",
  weather: '||call: getWeather({"city": "Kiel"})',
};

export const next: NextToken = scripted(({ text, written }) => {
  const asked = /.*<\|im_start\|>user\n(.*?)<\|im_end\|>/s.exec(text)?.[1] ?? "";
  const own = written.startsWith("||call") ? answers.weather : answers[asked];
  const reply = text.includes("||result") ? "It is warm." : (own ?? "Yes.");
  const rest = written.includes("||result") ? written.slice(written.lastIndexOf("\n") + 1) : written;
  return reply.startsWith(rest) ? reply.slice(rest.length) : "";
});

/** A tool that the script calls when it is asked for the weather. */
export const tool = {
  type: "function",
  function: {
    name: "getWeather",
    description: "The weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
} as const;
export const ping = { type: "function", function: { name: "ping" } } as const;
