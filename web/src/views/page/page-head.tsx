import type { SessionJson } from "../../api/wire.ts";
import type { LiveReply } from "../../state/chat-state.ts";
import { chatTitle } from "../../state/chat-title.ts";
import { IconButton } from "../controls/icon.tsx";
import type { Panes } from "../hooks/use-panes.ts";
import { ContextGauge } from "../panel/context-gauge.tsx";

interface PageHeadProps {
  readonly chat: SessionJson | null;
  readonly reply: LiveReply | undefined;
  readonly modelName: string;
  readonly panes: Panes;
  readonly onUndo: () => void;
}

export function PageHead({ chat, reply, modelName, panes, onUndo }: PageHeadProps) {
  const { isListShown, isPanelShown } = panes;
  return (
    <header class="main-head">
      <IconButton
        name="menu"
        label="List of chats"
        pressed={isListShown}
        onClick={() => panes.showList(!isListShown)}
      />
      <div class="headline">
        <h1 dir="auto">{chat === null ? "colloquy" : chatTitle(chat)}</h1>
        <p class="faint">{modelName}</p>
      </div>
      <IconButton
        name="undo"
        label="Undo the last change"
        shortcut="Alt+Z"
        disabled={chat?.canUndo !== true || reply !== undefined}
        onClick={onUndo}
      />
      <button
        type="button"
        class="gauge-button"
        aria-expanded={isPanelShown}
        title="Context and settings (Alt+S)"
        onClick={() => panes.showPanel(!isPanelShown)}
      >
        <span class="unseen">Context and settings:</span>
        <ContextGauge report={chat?.context ?? null} reply={reply} />
      </button>
    </header>
  );
}
