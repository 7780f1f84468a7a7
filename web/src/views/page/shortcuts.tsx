import { useEffect } from "preact/hooks";
import { Dialog } from "../controls/dialog.tsx";

const listed: readonly (readonly [string, string])[] = [
  ["Enter", "Send the message"],
  ["Shift+Enter", "New line"],
  ["Tab", "Take the suggestion"],
  ["Esc", "Dismiss the suggestion; stop the reply"],
  ["/", "To the message field"],
  ["Alt+N", "New chat"],
  ["Alt+↑ / Alt+↓", "Chat above / below"],
  ["Alt+K", "Search the chats"],
  ["Alt+R", "Write the last reply again"],
  ["Alt+Z", "Undo the last change of the chat"],
  ["Alt+S", "Settings and context"],
  ["Alt+T", "Theme: system, light, dark"],
  ["?", "This list"],
];

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {listed.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              {keys.split(" / ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** What a key does; by `code` for those with Alt, since Alt changes what a letter's key writes. */
export type ShortcutActions = Readonly<
  Partial<
    Record<
      "KeyN" | "KeyK" | "ArrowUp" | "ArrowDown" | "KeyR" | "KeyZ" | "KeyS" | "KeyT" | "/" | "?" | "Escape",
      () => void
    >
  >
>;

export function useShortcuts(actions: ShortcutActions): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]"))
        return;
      const isTyping = event.target instanceof Element && event.target.matches("input, textarea, select");
      const name = event.altKey ? event.code : isTyping && event.key !== "Escape" ? "" : event.key;
      const action =
        event.altKey === /^(Key|Arrow)/.test(name) ? actions[name as keyof ShortcutActions] : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [actions]);
}
