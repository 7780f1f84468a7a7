import type { RefObject } from "preact";
import { evaluationSummary, formatRate } from "../../state/context-picture.ts";
import { CopyButton } from "../controls/copy-button.tsx";
import { IconButton } from "../controls/icon.tsx";
import { focusMessageField } from "../hooks/focus.ts";
import type { MessageProps } from "./message.tsx";

interface MessageFootProps extends MessageProps {
  readonly foot: RefObject<HTMLDivElement | null>;
  readonly onEdit: () => void;
}

const stopTexts: Readonly<Record<string, string>> = {
  abort: "Stopped",
  maxTokens: "Cut at its longest length",
  timeLimit: "Stopped at the time limit",
};

/** What a message cost, and what can be done with it. It has its room before its content is whole. */
export function MessageFoot(props: MessageFootProps) {
  const { message, isLast, isBusy, actions } = props;
  const isModel = message.role === "model";
  const canResume = isModel && isLast && !isBusy && stopTexts[message.stopReason ?? ""] !== undefined;
  return (
    <div class="message-foot" ref={props.foot}>
      <Buttons {...props} />
      {isModel && <CostLine {...props} />}
      {canResume && (
        <button type="button" class="link" onClick={actions.resume}>
          Continue
        </button>
      )}
    </div>
  );
}

function Buttons({ message, isLast, isBusy, live, actions, onEdit }: MessageFootProps) {
  const remove = () => {
    actions.remove(message);
    focusMessageField();
  };
  return (
    <div class={`message-actions ${live === undefined ? "" : "waiting"}`}>
      <CopyButton text={message.text} />
      <IconButton name="pencil" label="Edit" disabled={isBusy} onClick={onEdit} />
      {message.role === "model" && isLast && (
        <IconButton name="retry" label="Retry" shortcut="Alt+R" disabled={isBusy} onClick={actions.retry} />
      )}
      <IconButton
        name="fork"
        label="Fork from here"
        disabled={isBusy}
        onClick={() => actions.fork(message)}
      />
      <IconButton name="trash" label="Remove" disabled={isBusy} onClick={remove} />
    </div>
  );
}

function CostLine({ message, live }: MessageProps) {
  const stopped = stopTexts[message.stopReason ?? ""];
  const context = live === undefined ? message.cost?.context : live.context;
  const { generatedTokens = 0, tokensPerSecond = 0 } = live ?? message.cost?.stats ?? {};
  return (
    <p class="report">
      {stopped !== undefined && <span class="tag">{stopped}</span>}
      {generatedTokens > 0 && (
        <span class="written-tokens">
          {generatedTokens} {generatedTokens === 1 ? "token" : "tokens"}
          {tokensPerSecond > 0 && `, ${formatRate(tokensPerSecond)} a second`}
        </span>
      )}
      {context && (
        <span class="evaluated" title="Of the prompt: the chat up to this reply">
          {evaluationSummary(context)}
        </span>
      )}
    </p>
  );
}
