import type { SessionSummary } from "../../api/wire.ts";
import { chatTitle } from "../../state/chat-title.ts";
import { Dialog } from "../controls/dialog.tsx";

interface DeleteDialogProps {
  readonly chat: SessionSummary;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function DeleteDialog({ chat, onConfirm, onClose }: DeleteDialogProps) {
  const count = chat.messageCount === 1 ? "Its message is" : `Its ${chat.messageCount} messages are`;
  return (
    <Dialog title={`Delete “${chatTitle(chat)}”?`} onClose={onClose}>
      <p>{count} removed from the server for good.</p>
      <div class="row end">
        <button type="button" class="button quiet" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            onConfirm();
            onClose();
          }}
        >
          Delete
        </button>
      </div>
    </Dialog>
  );
}
