import { useRef, useState } from "preact/hooks";
import type { MessageJson } from "../../api/wire.ts";
import type { LiveReply } from "../../state/chat-state.ts";
import { partsOf } from "../../state/reduce-reply.ts";
import { focusMessageField } from "../hooks/focus.ts";
import type { MessageActions } from "./message-actions.ts";
import { MessageEditor } from "./message-editor.tsx";
import { MessageFoot } from "./message-foot.tsx";
import { ReplyParts } from "./reply-parts.tsx";
import { UserContent } from "./user-content.tsx";

export interface MessageProps {
  readonly message: MessageJson;
  readonly speaker: string;
  readonly isLast: boolean;
  /** Editing it means that the reply after it no longer fits. */
  readonly isLastQuestion: boolean;
  readonly isBusy: boolean;
  readonly isJson: boolean;
  /** It is being written now. */
  readonly live?: LiveReply;
  readonly actions: MessageActions;
}

export function Message(props: MessageProps) {
  const { message, speaker, live, actions } = props;
  const [isEditing, setEditing] = useState(false);
  const foot = useRef<HTMLDivElement>(null);
  const close = () => {
    setEditing(false);
    queueMicrotask(() => foot.current?.querySelector<HTMLElement>("[aria-label=Edit]")?.focus());
  };
  const save = async (text: string, answer: boolean) => {
    if (!(await actions.edit(message, text, answer))) return;
    setEditing(false);
    focusMessageField();
  };
  return (
    <article
      class={`message ${message.role} ${live === undefined ? "" : "writing"}`}
      aria-label={live === undefined ? `Message of ${speaker}` : `Reply of ${speaker}`}
      aria-busy={live !== undefined}
      data-id={message.id}
    >
      <h2 class="speaker">{speaker}</h2>
      {isEditing ? (
        <MessageEditor
          text={message.text}
          images={message.images}
          canAnswer={props.isLastQuestion}
          onSave={save}
          onCancel={close}
        />
      ) : (
        <>
          <div class="content">
            <Content {...props} />
          </div>
          <MessageFoot {...props} foot={foot} onEdit={() => setEditing(true)} />
        </>
      )}
    </article>
  );
}

function Content({ message, isJson, live }: MessageProps) {
  if (message.role !== "model") return <UserContent text={message.text} images={message.images} />;
  const parts = partsOf(message);
  if (parts.length > 0) return <ReplyParts parts={parts} isJson={isJson} isWriting={live !== undefined} />;
  if (live === undefined) return <p class="faint">An empty reply.</p>;
  return <p class="shimmer waiting">{waitingText(live)}</p>;
}

function waitingText({ asked, context, stopping }: LiveReply): string {
  if (stopping) return "Stopping…";
  if (context !== null) return "Writing…";
  return asked === null ? "Reading…" : "Waiting for the model…";
}
