import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatSessionModelFunctions } from "./chat-session-function.ts";

/** @throws ColloquyError `invalid-argument` for a name that no call can have, or a handler that is none */
export function checkFunctions(functions: ChatSessionModelFunctions | undefined): void {
  if (functions === undefined) return;
  if (typeof functions !== "object" || functions === null || Array.isArray(functions)) {
    throw new InvalidArgumentError("functions must be an object, names to definitions");
  }
  for (const [name, definition] of Object.entries(functions)) {
    if (name === "" || /\s/.test(name)) {
      throw new InvalidArgumentError(
        `A function name must not be empty or hold white space: ${JSON.stringify(name)}`,
      );
    }
    if (typeof definition?.handler !== "function") {
      throw new InvalidArgumentError(`The function "${name}" has no handler`, {
        hint: "use defineChatSessionFunction",
      });
    }
  }
}
