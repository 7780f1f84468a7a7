/** Within this time after the first one, a second Ctrl+C leaves. */
const secondWithinMs = 2000;

export type InterruptAction = "stop" | "clear" | "leave";

/**
 * What Ctrl+C does: it stops a reply, else drops the line that is being typed; at an empty line, or for a second time
 * within two seconds, it leaves the chat.
 * @param now milliseconds on any clock
 */
export function createInterrupts(now: () => number = () => performance.now()) {
  let pressedAt = Number.NEGATIVE_INFINITY;
  return (state: { readonly replying: boolean; readonly line: string }): InterruptAction => {
    const again = now() - pressedAt <= secondWithinMs;
    pressedAt = now();
    if (again) return "leave";
    if (state.replying) return "stop";
    return state.line === "" ? "leave" : "clear";
  };
}
