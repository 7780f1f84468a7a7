import { useMemo } from "preact/hooks";
import type { MessageJson } from "../../api/wire.ts";
import type { LiveReply } from "../../state/chat-state.ts";
import { Icon } from "../controls/icon.tsx";
import type { ConversationProps } from "./conversation.tsx";
import { Message } from "./message.tsx";
import { UserContent } from "./user-content.tsx";

export function MessageList({ chat, reply, rowKeys, modelName, actions }: ConversationProps) {
  const isBusy = reply !== undefined || chat.busy;
  const messages = reply?.continues ? chat.messages.slice(0, -1) : chat.messages;
  const lastQuestion = lastQuestionOf(messages);
  const common = { isBusy, isJson: chat.settings.schema !== null, actions };
  return (
    <div class="messages">
      {messages.map((message, index) => (
        <Row
          key={rowKeys[message.id] ?? message.id}
          {...common}
          message={message}
          speaker={speakerOf(message, modelName)}
          isLast={index === messages.length - 1}
          isLastQuestion={message.id === lastQuestion}
        />
      ))}
      {reply !== undefined && reply.asked !== null && <Asked {...reply.asked} />}
      {reply !== undefined && (
        <Row
          key={reply.rowKey}
          {...common}
          message={messageOf(reply)}
          speaker={modelName}
          isLast
          isLastQuestion={false}
          live={reply}
        />
      )}
      {chat.busy && reply === undefined && (
        <p class="aside" role="status">
          A reply is being written in another window.
        </p>
      )}
      {!isBusy && messages.at(-1)?.role === "user" && (
        <p class="aside">
          The chat ends with your message.
          <button type="button" class="button" onClick={actions.resume}>
            <Icon name="play" /> Answer it
          </button>
        </p>
      )}
    </div>
  );
}

type RowProps = Parameters<typeof Message>[0];

/** A message is drawn again only when something about it has changed. */
function Row(props: RowProps) {
  const { message, speaker, isLast, isLastQuestion, isBusy, isJson, live, actions } = props;
  return useMemo(
    () => <Message {...props} />,
    [message, speaker, isLast, isLastQuestion, isBusy, isJson, live, actions],
  );
}

/** The user's message until the server has it. */
function Asked({ text, images }: NonNullable<LiveReply["asked"]>) {
  return (
    <article class="message user" aria-label="Your message">
      <h2 class="speaker">You</h2>
      <div class="content">
        <UserContent text={text} images={images} />
      </div>
      <div class="message-foot" />
    </article>
  );
}

/** A reply that is being written, in the shape that it will have. */
function messageOf({ rowKey, parts }: LiveReply): MessageJson {
  return { id: rowKey, createdAt: "", role: "model", text: "", parts };
}

function speakerOf({ role }: MessageJson, modelName: string): string {
  if (role === "model") return modelName;
  return role === "user" ? "You" : "System";
}

/** The user's last message, if at most its reply follows. */
function lastQuestionOf(messages: readonly MessageJson[]): string | undefined {
  return messages.slice(-2).findLast(({ role }) => role === "user")?.id;
}
