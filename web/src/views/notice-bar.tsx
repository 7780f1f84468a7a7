import { useEffect, useState } from "preact/hooks";
import type { Notice } from "../state/chat-state.ts";
import { Icon, IconButton } from "./icon.tsx";

interface NoticeBarProps {
  readonly notice: Notice;
  readonly onUndo: () => void;
  readonly onAnswer: () => void;
  readonly onClose: () => void;
}

/** How long a notice that is no error stays, milliseconds. */
const infoMs = 12_000;

export function NoticeBar({ notice, onUndo, onAnswer, onClose }: NoticeBarProps) {
  const [seconds, setSeconds] = useState(notice.retryAfter ?? 0);
  useEffect(() => {
    setSeconds(Math.ceil(notice.retryAfter ?? 0));
    const end = notice.kind === "info" ? setTimeout(onClose, infoMs) : undefined;
    const tick = setInterval(() => setSeconds((left) => Math.max(0, left - 1)), 1000);
    return () => {
      clearTimeout(end);
      clearInterval(tick);
    };
  }, [notice, onClose]);
  return (
    <div class={`notice ${notice.kind}`} role={notice.kind === "error" ? "alert" : "status"}>
      <Icon name={notice.kind === "error" ? "alert" : "check"} />
      <p>
        {notice.text}
        {seconds > 0 && <span class="wait"> Another try makes sense in {seconds} s.</span>}
      </p>
      {notice.remedy === "undo" && (
        <button type="button" class="link" onClick={onUndo}>
          Undo
        </button>
      )}
      {notice.remedy === "answer" && (
        <button type="button" class="link" onClick={onAnswer}>
          Try again
        </button>
      )}
      <IconButton name="close" label="Dismiss" onClick={onClose} />
    </div>
  );
}
