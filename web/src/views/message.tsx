import { useEffect, useRef, useState } from "preact/hooks";
import type { MessageJson } from "../api/wire.ts";
import type { ReplyReport } from "../state/chat-state.ts";
import { evaluationSummary } from "../state/context-picture.ts";
import { partsOf } from "../state/reduce-reply.ts";
import { IconButton } from "./icon.tsx";
import { copyText } from "./markdown.tsx";
import { MessageEditor } from "./message-editor.tsx";
import { ReplyParts } from "./reply-parts.tsx";

export interface MessageActions {
  edit(message: MessageJson, text: string, answer: boolean): Promise<boolean>;
  remove(message: MessageJson): void;
  fork(message: MessageJson): void;
  retry(): void;
  resume(): void;
}

interface MessageProps {
  readonly message: MessageJson;
  readonly speaker: string;
  readonly isLast: boolean;
  /** Editing it means that the reply after it no longer fits. */
  readonly isLastQuestion: boolean;
  readonly isBusy: boolean;
  readonly isJson: boolean;
  readonly report: ReplyReport | undefined;
  readonly actions: MessageActions;
}

const stopTexts: Readonly<Record<string, string>> = {
  abort: "Stopped",
  maxTokens: "Cut at its longest length",
  timeLimit: "Stopped at the time limit",
};

export function Message(props: MessageProps) {
  const { message, speaker, isLast, isBusy, isJson, report, actions } = props;
  const [isEditing, setEditing] = useState(false);
  const editButton = useRef<HTMLDivElement>(null);
  const isModel = message.role === "model";
  const close = () => {
    setEditing(false);
    queueMicrotask(() => editButton.current?.querySelector<HTMLElement>("[aria-label^=Edit]")?.focus());
  };
  return (
    <article class={`message ${message.role}`} aria-label={`Message of ${speaker}`} data-id={message.id}>
      <h3 class="speaker">{speaker}</h3>
      {isEditing ? (
        <MessageEditor
          text={message.text}
          canAnswer={props.isLastQuestion}
          onSave={async (text, answer) => {
            if (await actions.edit(message, text, answer)) setEditing(false);
          }}
          onCancel={close}
        />
      ) : (
        <div class="content">
          {isModel ? (
            <ReplyParts parts={partsOf(message)} isJson={isJson} />
          ) : (
            <>
              <Pictures images={message.images ?? []} />
              <p class="plain">{message.text}</p>
            </>
          )}
          {isModel && partsOf(message).length === 0 && <p class="faint">An empty reply.</p>}
        </div>
      )}
      {!isEditing && (
        <div class="message-foot" ref={editButton}>
          <div class="message-actions">
            <CopyButton text={message.text} />
            <IconButton name="pencil" label="Edit" disabled={isBusy} onClick={() => setEditing(true)} />
            {isModel && isLast && (
              <IconButton
                name="retry"
                label="Retry"
                shortcut="Alt+R"
                disabled={isBusy}
                onClick={actions.retry}
              />
            )}
            <IconButton
              name="fork"
              label="Fork from here"
              disabled={isBusy}
              onClick={() => actions.fork(message)}
            />
            <IconButton
              name="trash"
              label="Remove"
              disabled={isBusy}
              onClick={() => actions.remove(message)}
            />
          </div>
          {isModel && <Report message={message} report={report} />}
          {isModel && isLast && !isBusy && stopTexts[message.stopReason ?? ""] !== undefined && (
            <button type="button" class="link" onClick={actions.resume}>
              Continue
            </button>
          )}
        </div>
      )}
    </article>
  );
}

function Pictures({ images }: { readonly images: readonly string[] }) {
  if (images.length === 0) return null;
  return (
    <div class="pictures">
      {images.map((image, index) => (
        <img key={image} src={image} alt={`Sent ${index + 1}`} />
      ))}
    </div>
  );
}

function Report({ message, report }: { message: MessageJson; report: ReplyReport | undefined }) {
  const stopped = stopTexts[message.stopReason ?? ""];
  const stats = report?.stats;
  return (
    <p class="report">
      {stopped !== undefined && <span class="tag">{stopped}</span>}
      {stats !== undefined && (
        <span>
          {stats.generatedTokens} tokens
          {stats.tokensPerSecond > 0 && `, ${formatRate(stats.tokensPerSecond)} a second`}
        </span>
      )}
      {report?.context && <span class="evaluated">{evaluationSummary(report.context)}</span>}
    </p>
  );
}

export function formatRate(rate: number): string {
  return rate >= 100 ? String(Math.round(rate)) : rate.toFixed(1);
}

function CopyButton({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <IconButton
      name={isCopied ? "check" : "copy"}
      label={isCopied ? "Copied" : "Copy"}
      onClick={async () => setCopied(await copyText(text))}
    />
  );
}
