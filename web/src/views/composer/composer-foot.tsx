import { Icon, IconButton } from "../controls/icon.tsx";
import type { ComposerProps } from "./composer.tsx";
import { pictureTypes } from "./read-pictures.ts";

interface ComposerFootProps extends Pick<ComposerProps, "isBusy" | "isStopping" | "onStop"> {
  readonly ghost: string;
  readonly canSend: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

export function ComposerFoot({ ghost, isBusy, isStopping, canSend, onStop, onFiles }: ComposerFootProps) {
  return (
    <div class="composer-foot">
      <PictureButton onFiles={onFiles} />
      <p id="composer-hint" class="hint">
        {ghost === "" ? (
          <>
            <kbd>Enter</kbd> sends, <kbd>Shift+Enter</kbd> starts a new line
          </>
        ) : (
          <>
            <kbd>Tab</kbd> takes the suggestion, <kbd>Esc</kbd> dismisses it
          </>
        )}
      </p>
      <p class="unseen" role="status">
        {ghost === "" ? "" : `Suggestion: ${ghost}`}
      </p>
      {isBusy ? (
        <IconButton
          name="stop"
          label="Stop"
          shortcut="Esc"
          class="send stop"
          disabled={isStopping}
          onClick={onStop}
        />
      ) : (
        <button
          type="submit"
          class="icon-button send"
          aria-label="Send"
          title="Send (Enter)"
          disabled={!canSend}
        >
          <Icon name="send" />
        </button>
      )}
    </div>
  );
}

function PictureButton({ onFiles }: Pick<ComposerFootProps, "onFiles">) {
  return (
    <label class="icon-button" title="Add pictures">
      <Icon name="image" />
      <span class="unseen">Add pictures</span>
      <input
        class="unseen"
        type="file"
        accept={pictureTypes.join(",")}
        multiple
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
