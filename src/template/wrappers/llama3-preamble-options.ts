import type { Llama3Preamble } from "../formats/llama.ts";

/** What stands at the start of the system message of Llama 3.1 and 3.2. */
export interface Llama3PreambleOptions {
  /** What the model knows ends here; `null` leaves the line out. Default December 2023. */
  cuttingKnowledgeDate?: Date | (() => Date) | number | string | null;
  /** `null` leaves the line out. Default: today, asked anew for every rendering. */
  todayDate?: Date | (() => Date) | number | string | null;
  /** Leave out the general advice about tools. Default `false`. */
  noToolInstructions?: boolean;
}

type DateInput = Date | (() => Date) | number | string | null;

/** A date option as the formats take it. */
export function resolveDate(date: DateInput): Date | (() => Date) | null {
  return date === null || typeof date === "function" ? date : new Date(date);
}

export function resolvePreamble({
  cuttingKnowledgeDate = "2023-12-01T00:00:00Z",
  todayDate = () => new Date(),
  noToolInstructions = false,
}: Llama3PreambleOptions): Llama3Preamble {
  return {
    cuttingKnowledgeDate: resolveDate(cuttingKnowledgeDate),
    todayDate: resolveDate(todayDate),
    noToolInstructions,
  };
}
