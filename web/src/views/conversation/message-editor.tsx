import { useEffect, useRef, useState } from "preact/hooks";
import { Pictures } from "./user-content.tsx";

interface MessageEditorProps {
  readonly text: string;
  /** Pictures that stay with the message. */
  readonly images?: readonly string[];
  /** Offers to have the changed message answered again. */
  readonly canAnswer: boolean;
  readonly onSave: (text: string, answer: boolean) => void;
  readonly onCancel: () => void;
}

export function MessageEditor({
  text: before,
  images = [],
  canAnswer,
  onSave,
  onCancel,
}: MessageEditorProps) {
  const [text, setText] = useState(before);
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    area.current?.focus();
    area.current?.setSelectionRange(before.length, before.length);
  }, [before]);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onCancel();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSave(text, canAnswer);
  };
  return (
    <div class="editor">
      <Pictures images={images} />
      <textarea
        ref={area}
        aria-label="The message's text"
        dir="auto"
        value={text}
        rows={Math.min(16, Math.max(2, text.split("\n").length + 1))}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={keys}
      />
      <div class="row">
        {canAnswer && (
          <button type="button" class="button primary" onClick={() => onSave(text, true)}>
            Save and answer
          </button>
        )}
        <button
          type="button"
          class={canAnswer ? "button" : "button primary"}
          onClick={() => onSave(text, false)}
        >
          Save
        </button>
        <button type="button" class="button quiet" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </div>
  );
}
