import type { RefObject } from "preact";

interface MessageFieldProps {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  /** How the text may go on. */
  readonly ghost: string;
  readonly hasImages: boolean;
  readonly onWrite: (text: string) => void;
  readonly onSend: () => void;
  readonly onDismiss: () => void;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A field that grows with its text. The mirror behind it has the same text and shows how it may go on. */
export function MessageField(props: MessageFieldProps) {
  const { text, ghost, onWrite, onDismiss } = props;
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Tab" && ghost !== "" && !event.shiftKey) {
      event.preventDefault();
      onWrite(text + ghost);
    } else if (event.key === "Escape" && ghost !== "") {
      event.preventDefault();
      onDismiss();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      props.onSend();
    }
  };
  return (
    <div class="input-stack">
      <div class="mirror" aria-hidden="true" dir="auto">
        <span class="typed">{text}</span>
        <span class="ghost">{ghost}</span>{" "}
      </div>
      <textarea
        ref={props.area}
        rows={1}
        dir="auto"
        value={text}
        placeholder={props.hasImages ? "Ask something about it" : "Write a message"}
        aria-label="Message"
        aria-describedby="composer-hint"
        onInput={(event) => onWrite(event.currentTarget.value)}
        onKeyDown={keys}
        onBlur={onDismiss}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          props.onFiles(files);
        }}
      />
    </div>
  );
}
