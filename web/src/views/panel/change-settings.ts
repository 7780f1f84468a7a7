import type { SessionSettings } from "../../api/wire.ts";

/** Resolves to what is wrong with the settings, or `null`. */
export type ChangeSettings = (settings: Partial<SessionSettings>) => Promise<string | null>;
