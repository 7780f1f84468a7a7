import type { LanguageModel } from "../../engine/context-sequence.ts";

/** The vocabulary of a model that an engine elsewhere serves: read from its file, or from the engine itself. */
export interface RemoteVocabulary extends LanguageModel {
  readonly filename: string;
  /** Identifies the vocabulary: states saved with one are refused by another. */
  readonly fingerprint: string;
  dispose(): Promise<void>;
}
