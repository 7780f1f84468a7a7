import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "./icon.tsx";

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus inside, and gives it back at the end. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={name} onClose={onClose}>
      <header>
        <h2 id={name}>{title}</h2>
        <IconButton name="close" label="Close" onClick={() => dialog.current?.close()} />
      </header>
      {children}
    </dialog>
  );
}

interface RenameDialogProps {
  readonly title: string;
  readonly onRename: (title: string) => void;
  readonly onClose: () => void;
}

export function RenameDialog({ title: before, onRename, onClose }: RenameDialogProps) {
  const [title, setTitle] = useState(before);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  return (
    <Dialog title="Rename chat" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim() !== "") onRename(title.trim());
          onClose();
        }}
      >
        <label class="field">
          <span>Title</span>
          <input
            ref={input}
            type="text"
            value={title}
            maxLength={200}
            onInput={(event) => setTitle(event.currentTarget.value)}
          />
        </label>
        <div class="row end">
          <button type="button" class="button quiet" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface ConfirmDialogProps {
  readonly question: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog({ question, text, action, onConfirm, onClose }: ConfirmDialogProps) {
  return (
    <Dialog title={question} onClose={onClose}>
      <p>{text}</p>
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
          {action}
        </button>
      </div>
    </Dialog>
  );
}

/** Asks for the server's API key. */
export function KeyGate({ onKey }: { readonly onKey: (key: string) => void }) {
  const [key, setKey] = useState("");
  return (
    <main class="gate">
      <img src="./favicon.svg" alt="" width="52" height="52" />
      <h1>This server asks for a key</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== "") onKey(key.trim());
        }}
      >
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            autocomplete="off"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary">
          Enter
        </button>
      </form>
      <p class="faint">It is kept until this tab is closed.</p>
    </main>
  );
}
