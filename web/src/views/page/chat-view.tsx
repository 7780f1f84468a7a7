import { useState } from "preact/hooks";
import type { SessionJson } from "../../api/wire.ts";
import type { Commands } from "../../commands/commands.ts";
import type { ChatState, LiveReply } from "../../state/chat-state.ts";
import { Composer } from "../composer/composer.tsx";
import { Conversation } from "../conversation/conversation.tsx";
import { useMessageActions } from "./use-message-actions.ts";

interface ChatViewProps {
  readonly state: ChatState;
  readonly commands: Commands;
  readonly chat: SessionJson;
  readonly reply: LiveReply | undefined;
  readonly modelName: string;
}

/** The open chat: its messages, and the field for the next one. */
export function ChatView({ state, commands, chat, reply, modelName }: ChatViewProps) {
  const { id } = chat;
  const [suggestion, setSuggestion] = useState({ text: "", count: 0 });
  const actions = useMessageActions(id, commands);
  return (
    <>
      <Conversation
        key={id}
        {...{ chat, reply, modelName, actions }}
        rowKeys={state.rowKeys}
        onSuggestion={(text) => setSuggestion({ text, count: suggestion.count + 1 })}
      />
      <Composer
        chatId={id}
        isBusy={reply !== undefined || chat.busy}
        isStopping={reply?.stopping === true}
        isOffline={state.connection !== "open"}
        takesImages={state.info?.images === true}
        suggestion={suggestion}
        onSend={(text, images) => commands.send(id, text, images)}
        onStop={() => void commands.stop(id)}
        complete={(text, signal) => commands.complete(id, text, signal)}
      />
    </>
  );
}
