import type { EditMode } from "../../engine/context-sequence.ts";
import { FieldError } from "../http/request-error.ts";

export const editModes = ["exact", "shift"] as const satisfies readonly EditMode[];

/** For requests that have no body. */
export const modeParameter = {
  name: "mode",
  in: "query",
  schema: { enum: editModes, default: "exact" },
} as const;

/** How a change of a chat's messages reaches the cache, as the query says. @throws FieldError */
export function modeOf(url: URL): EditMode {
  const given = url.searchParams.get("mode") ?? "exact";
  const mode = editModes.find((one) => one === given);
  if (mode === undefined) throw new FieldError("mode", 'must be "exact" or "shift"');
  return mode;
}
