import type { SessionSummary } from "../../api/wire.ts";
import { chatTitle } from "../../state/chat-title.ts";
import { IconButton } from "../controls/icon.tsx";

interface ChatEntryProps {
  readonly chat: SessionSummary;
  readonly isOpen: boolean;
  readonly isWriting: boolean;
  readonly onOpen: () => void;
  readonly onRename: () => void;
  readonly onDelete: () => void;
}

export function ChatEntry({ chat, isOpen, isWriting, onOpen, onRename, onDelete }: ChatEntryProps) {
  const title = chatTitle(chat);
  return (
    <li class={isOpen ? "current" : ""}>
      <button
        type="button"
        class="chat-name"
        title={title}
        aria-current={isOpen ? "page" : undefined}
        onClick={onOpen}
      >
        <span class="title" dir="auto">
          {title}
        </span>
        {isWriting && <span class="pulse" title="A reply is being written" />}
      </button>
      <div class="chat-actions">
        <IconButton name="pencil" label={`Rename ${title}`} onClick={onRename} />
        <IconButton name="trash" label={`Delete ${title}`} onClick={onDelete} />
      </div>
    </li>
  );
}
