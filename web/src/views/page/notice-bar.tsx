import { useEffect, useState } from "preact/hooks";
import type { Commands } from "../../commands/commands.ts";
import type { ChatState, Notice } from "../../state/chat-state.ts";
import { Icon, IconButton } from "../controls/icon.tsx";

interface NoticeBarProps {
  readonly state: ChatState;
  readonly commands: Commands;
}

/** What went wrong or was done, and that the server is gone. */
export function NoticeBar({ state, commands }: NoticeBarProps) {
  const id = state.chat?.id ?? "";
  return (
    <>
      {state.connection === "gone" && (
        <div class="notice error" role="alert">
          <Icon name="alert" />
          <p>The server does not answer. Trying again every few seconds; your chats are safe there.</p>
        </div>
      )}
      {state.notice !== null && (
        <NoticeLine
          notice={state.notice}
          onUndo={() => void commands.undo(id)}
          onAnswer={() => void commands.answer(id)}
          onClose={commands.dismiss}
        />
      )}
    </>
  );
}

interface NoticeLineProps {
  readonly notice: Notice;
  readonly onUndo: () => void;
  readonly onAnswer: () => void;
  readonly onClose: () => void;
}

/** How long a notice that is no error stays, milliseconds. */
const infoMs = 12_000;

function NoticeLine({ notice, onUndo, onAnswer, onClose }: NoticeLineProps) {
  const seconds = useCountdown(notice);
  useEffect(() => {
    if (notice.kind === "error") return;
    const end = setTimeout(onClose, infoMs);
    return () => clearTimeout(end);
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

/** Whole seconds until another try makes sense. */
function useCountdown(notice: Notice): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    setSeconds(Math.ceil(notice.retryAfter ?? 0));
    const tick = setInterval(() => setSeconds((left) => Math.max(0, left - 1)), 1000);
    return () => clearInterval(tick);
  }, [notice]);
  return seconds;
}
