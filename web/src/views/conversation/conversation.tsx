import { useEffect } from "preact/hooks";
import type { SessionJson } from "../../api/wire.ts";
import type { ChatState, LiveReply } from "../../state/chat-state.ts";
import { Icon } from "../controls/icon.tsx";
import { Announcer } from "./announcer.tsx";
import { EmptyChat } from "./empty-chat.tsx";
import type { MessageActions } from "./message-actions.ts";
import { MessageList } from "./message-list.tsx";
import { useFollowEnd } from "./use-follow-end.ts";

export interface ConversationProps {
  readonly chat: SessionJson;
  readonly reply: LiveReply | undefined;
  readonly rowKeys: ChatState["rowKeys"];
  readonly modelName: string;
  readonly actions: MessageActions;
  readonly onSuggestion: (text: string) => void;
}

export function Conversation(props: ConversationProps) {
  const { chat, reply, modelName } = props;
  const { scroller, content, isAway, follow, onScroll } = useFollowEnd();
  useEffect(() => {
    if (reply !== undefined) follow();
  }, [reply?.rowKey]);
  const isEmpty = chat.messages.length === 0 && reply === undefined;
  return (
    <div class="conversation">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys */}
      <section class="scroller" ref={scroller} onScroll={onScroll} aria-label="Messages" tabIndex={0}>
        <div class="scrolled" ref={content}>
          {isEmpty ? (
            <EmptyChat modelName={modelName} onSuggestion={props.onSuggestion} />
          ) : (
            <MessageList {...props} />
          )}
        </div>
      </section>
      {isAway && (
        <button type="button" class="to-end" onClick={follow}>
          <Icon name="down" />
          Jump to latest
        </button>
      )}
      <Announcer reply={reply} lastMessage={chat.messages.at(-1)} />
    </div>
  );
}
