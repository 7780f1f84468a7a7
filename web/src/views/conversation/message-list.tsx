import { useMemo } from "preact/hooks";
import type { MessageJson } from "../../api/wire.ts";
import type { LiveReply, Question } from "../../state/chat-state.ts";
import { Icon } from "../controls/icon.tsx";
import type { ConversationProps } from "./conversation.tsx";
import { Message, type MessageProps } from "./message.tsx";
import { UserContent } from "./user-content.tsx";

export function MessageList(props: ConversationProps) {
  const { chat, reply, actions } = props;
  const isBusy = reply !== undefined || chat.busy;
  return (
    <div class="messages">
      {rowsOf(props).map(({ key, ...row }) =>
        "question" in row ? <Asked key={key} {...row.question} /> : <Row key={key} {...row} />,
      )}
      {chat.busy && reply === undefined && (
        <p class="aside" role="status">
          A reply is being written in another window.
        </p>
      )}
      {!isBusy && chat.messages.at(-1)?.role === "user" && (
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

type Keyed<Props> = Props & { readonly key: string };

/** One list for all, so that a reply keeps its place in the page when it becomes a message. */
function rowsOf(props: ConversationProps): (Keyed<MessageProps> | Keyed<{ readonly question: Question }>)[] {
  const { chat, reply, rowKeys, modelName, actions } = props;
  const messages = reply?.continues ? chat.messages.slice(0, -1) : chat.messages;
  const lastQuestion = lastQuestionOf(messages);
  const common = {
    isBusy: reply !== undefined || chat.busy,
    isJson: chat.settings.schema !== null,
    actions,
  };
  const rows = messages.map((message, index) => ({
    ...common,
    key: rowKeys[message.id] ?? message.id,
    message,
    speaker: speakerOf(message, modelName),
    isLast: index === messages.length - 1,
    isLastQuestion: message.id === lastQuestion,
  }));
  if (reply === undefined) return rows;
  const live = {
    ...common,
    ...{ key: reply.rowKey, message: messageOf(reply), speaker: modelName },
    ...{ isLast: true, isLastQuestion: false, live: reply },
  };
  return reply.asked === null ? [...rows, live] : [...rows, { key: "asked", question: reply.asked }, live];
}

/** A message is drawn again only when something about it has changed. */
function Row(props: MessageProps) {
  const { message, speaker, isLast, isLastQuestion, isBusy, isJson, live, actions } = props;
  return useMemo(
    () => <Message {...props} />,
    [message, speaker, isLast, isLastQuestion, isBusy, isJson, live, actions],
  );
}

/** The user's message until the server has it. */
function Asked({ text, images }: Question) {
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
