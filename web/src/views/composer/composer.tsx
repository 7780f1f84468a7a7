import { useEffect, useRef } from "preact/hooks";
import { focusMessageField } from "../hooks/focus.ts";
import { Attachments } from "./attachments.tsx";
import { ComposerFoot } from "./composer-foot.tsx";
import { MessageField } from "./message-field.tsx";
import { useCompletion } from "./use-completion.ts";
import { useDrafts } from "./use-drafts.ts";
import { useFileDrop } from "./use-file-drop.ts";
import { usePictures } from "./use-pictures.ts";

export interface ComposerProps {
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

/** Where the next message is written. */
export function Composer(props: ComposerProps) {
  const { chatId, isBusy, isOffline, suggestion } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const drafts = useDrafts(chatId);
  const { draft, change } = drafts;
  const { problem, attach, forget } = usePictures(drafts);
  const { ghost, typed, dismiss } = useCompletion(chatId, props.complete);
  const hasText = draft.text.trim() !== "";

  useEffect(() => {
    if (suggestion.count === 0) return;
    change({ text: suggestion.text });
    area.current?.focus();
  }, [suggestion.count]);
  useEffect(() => {
    forget();
    focusMessageField();
  }, [chatId]);

  const write = (text: string) => {
    change({ text });
    const isAtEnd = area.current?.selectionEnd === text.length;
    typed(isAtEnd && !isBusy && !isOffline ? text : "");
  };
  const send = async () => {
    if (isBusy || isOffline || !hasText) return;
    dismiss();
    forget();
    await drafts.give(props.onSend);
  };
  const isDropping = useFileDrop(attach);
  return (
    <form
      class={`composer ${isDropping ? "dropping" : ""}`}
      aria-label="Your message"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {isDropping && <p class="drop-hint">Drop pictures anywhere to add them</p>}
      <Attachments
        images={draft.images}
        isRefused={!props.takesImages}
        onRemove={(index) => change({ images: draft.images.toSpliced(index, 1) })}
      />
      {problem !== null && (
        <p class="field-error" role="alert">
          {problem}
        </p>
      )}
      <MessageField
        {...{ area, ghost }}
        text={draft.text}
        hasImages={draft.images.length > 0}
        onWrite={write}
        onSend={() => void send()}
        onDismiss={dismiss}
        onFiles={(files) => void attach(files)}
      />
      <ComposerFoot
        {...props}
        ghost={ghost}
        canSend={hasText && !isOffline}
        onFiles={(files) => void attach(files)}
      />
    </form>
  );
}
