import { useEffect, useRef, useState } from "preact/hooks";
import { Attachments, imageTypes, readImages } from "./attachments.tsx";
import { Icon, IconButton } from "./icon.tsx";
import { useCompletion } from "./use-completion.ts";

interface ComposerProps {
  readonly chatId: string;
  readonly isBusy: boolean;
  readonly isStopping: boolean;
  readonly isOffline: boolean;
  /** Whether the model takes pictures. */
  readonly takesImages: boolean;
  /** Text to begin with, and a count that makes the same text another one. */
  readonly suggestion: { readonly text: string; readonly count: number };
  /** Resolves to whether the server took it. */
  readonly onSend: (text: string, images: readonly string[]) => Promise<boolean>;
  readonly onStop: () => void;
  readonly complete: (text: string, signal: AbortSignal) => Promise<string>;
}

interface Draft {
  readonly text: string;
  readonly images: readonly string[];
}

const emptyDraft: Draft = { text: "", images: [] };

export function Composer(props: ComposerProps) {
  const { chatId, isBusy, isOffline, suggestion } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const drafts = useRef(new Map<string, Draft>());
  const [, redraw] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const [isDropping, setDropping] = useState(false);
  const draft = drafts.current.get(chatId) ?? emptyDraft;
  const { ghost, typed, dismiss } = useCompletion(chatId, props.complete);

  const change = (id: string, next: Draft) => {
    drafts.current.set(id, next);
    redraw((count) => count + 1);
  };
  useEffect(() => {
    if (suggestion.count === 0) return;
    change(chatId, { ...draft, text: suggestion.text });
    area.current?.focus();
  }, [suggestion.count]);
  useEffect(() => {
    setProblem(null);
    if (matchMedia("(hover: hover)").matches) area.current?.focus();
  }, [chatId]);

  const write = (text: string) => {
    change(chatId, { ...draft, text });
    const atEnd = area.current?.selectionEnd === text.length;
    typed(atEnd && !isBusy && !isOffline ? text : "");
  };
  const send = async () => {
    if (isBusy || isOffline || draft.text.trim() === "") return;
    dismiss();
    setProblem(null);
    change(chatId, emptyDraft);
    const isTaken = await props.onSend(draft.text, draft.images);
    const now = drafts.current.get(chatId) ?? emptyDraft;
    if (!isTaken && now.text === "" && now.images.length === 0) change(chatId, draft);
  };
  const attach = async (files: Iterable<File>) => {
    const { images, refused } = await readImages(files, draft.images.length);
    setProblem(refused);
    if (images.length > 0) {
      const now = drafts.current.get(chatId) ?? emptyDraft;
      change(chatId, { ...now, images: [...now.images, ...images] });
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === "Tab" && ghost !== "" && !event.shiftKey) {
      event.preventDefault();
      write(draft.text + ghost);
    } else if (event.key === "Escape" && ghost !== "") {
      event.preventDefault();
      dismiss();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void send();
    }
  };
  return (
    <form
      class={`composer ${isDropping ? "dropping" : ""}`}
      aria-label="Your message"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        void attach(event.dataTransfer?.files ?? []);
      }}
    >
      <Attachments
        images={draft.images}
        warning={
          draft.images.length > 0 && !props.takesImages ? "The model that is served takes text only." : null
        }
        onRemove={(index) => change(chatId, { ...draft, images: draft.images.toSpliced(index, 1) })}
      />
      {problem !== null && (
        <p class="field-error" role="alert">
          {problem}
        </p>
      )}
      <div class="input-stack">
        <div class="mirror" aria-hidden="true">
          <span class="typed">{draft.text}</span>
          <span class="ghost">{ghost}</span>{" "}
        </div>
        <textarea
          ref={area}
          rows={1}
          value={draft.text}
          placeholder="Write a message"
          aria-label="Message"
          aria-describedby="composer-hint"
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={keys}
          onBlur={dismiss}
          onPaste={(event) => {
            const files = [...(event.clipboardData?.files ?? [])];
            if (files.length === 0) return;
            event.preventDefault();
            void attach(files);
          }}
        />
      </div>
      <div class="composer-foot">
        <label class="icon-button" title="Add pictures">
          <Icon name="image" />
          <span class="unseen">Add pictures</span>
          <input
            class="unseen"
            type="file"
            accept={imageTypes.join(",")}
            multiple
            onChange={(event) => {
              void attach([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }}
          />
        </label>
        <p id="composer-hint" class="hint">
          {ghost === "" ? (
            <>
              <kbd>Enter</kbd> sends, <kbd>Shift+Enter</kbd> starts a new line
            </>
          ) : (
            <>
              <kbd>Tab</kbd> takes the suggestion, <kbd>Esc</kbd> dismisses it
            </>
          )}
        </p>
        <p class="unseen" role="status">
          {ghost === "" ? "" : `Suggestion: ${ghost}`}
        </p>
        {isBusy ? (
          <IconButton
            name="stop"
            label="Stop"
            shortcut="Esc"
            class="send stop"
            disabled={props.isStopping}
            onClick={props.onStop}
          />
        ) : (
          <button
            type="submit"
            class="icon-button send"
            aria-label="Send"
            title="Send (Enter)"
            disabled={isOffline || draft.text.trim() === ""}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}
