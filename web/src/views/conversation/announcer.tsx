import { useRef } from "preact/hooks";
import type { MessageJson } from "../../api/wire.ts";
import type { LiveReply } from "../../state/chat-state.ts";
import { spokenText } from "../../state/spoken-text.ts";

interface AnnouncerProps {
  readonly reply: LiveReply | undefined;
  readonly lastMessage: MessageJson | undefined;
}

/** Reads a reply out while it is written, sentence by sentence. Only what was added is read. */
export function Announcer({ reply, lastMessage }: AnnouncerProps) {
  const wasWriting = useRef(false);
  if (reply !== undefined) wasWriting.current = true;
  const isDone = reply === undefined && wasWriting.current && lastMessage?.role === "model";
  const text = reply === undefined ? (isDone ? lastMessage.text : "") : answerOf(reply);
  const sentences = spokenText(text, isDone).match(/[^.!?\n]+[.!?\n]*\s*/g) ?? [];
  return (
    <div
      class="unseen"
      role="log"
      aria-live="polite"
      aria-relevant="additions"
      aria-label="The reply, read out"
    >
      {sentences.map((sentence, index) => (
        <span key={index}>{sentence}</span>
      ))}
    </div>
  );
}

function answerOf({ parts }: LiveReply): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
