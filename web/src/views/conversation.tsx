import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MessageJson, SessionJson } from "../api/wire.ts";
import type { ChatState, LiveReply } from "../state/chat-state.ts";
import { Announcer } from "./announcer.tsx";
import { EmptyChat } from "./empty-chat.tsx";
import { Icon } from "./icon.tsx";
import { Message, type MessageActions } from "./message.tsx";
import { ReplyParts } from "./reply-parts.tsx";

interface ConversationProps {
  readonly chat: SessionJson;
  readonly reply: LiveReply | undefined;
  readonly reports: ChatState["reports"];
  readonly modelName: string;
  readonly actions: MessageActions;
  readonly onAnswer: () => void;
  readonly onSuggestion: (text: string) => void;
}

/** How near the end one must be for the view to follow the reply, pixels. */
const followWithin = 80;

export function Conversation(props: ConversationProps) {
  const { chat, reply, reports, modelName, actions } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [isAtEnd, setAtEnd] = useState(true);
  const isBusy = reply !== undefined || chat.busy;
  const messages = reply?.continues ? chat.messages.slice(0, -1) : chat.messages;
  const lastQuestion = lastQuestionOf(messages);

  const toEnd = () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  useEffect(() => {
    setAtEnd(true);
    toEnd();
  }, [chat.id]);
  useEffect(() => {
    if (isAtEnd) toEnd();
  });
  useEffect(() => {
    if (reply?.asked != null) setAtEnd(true);
  }, [reply?.asked]);

  const measure = () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller.current!;
    setAtEnd(scrollHeight - scrollTop - clientHeight < followWithin);
  };
  const isEmpty = messages.length === 0 && reply === undefined;
  const endsWithQuestion = !isBusy && messages.at(-1)?.role === "user";
  return (
    <div class="conversation">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys */}
      <section class="scroller" ref={scroller} onScroll={measure} aria-label="Messages" tabIndex={0}>
        {isEmpty ? (
          <EmptyChat modelName={modelName} onSuggestion={props.onSuggestion} />
        ) : (
          <div class="messages">
            {messages.map((message, index) => (
              <Row
                key={message.id}
                message={message}
                speaker={speakerOf(message, modelName)}
                isLast={index === messages.length - 1}
                isLastQuestion={message.id === lastQuestion}
                isBusy={isBusy}
                isJson={chat.settings.schema !== null}
                report={reports[message.id]}
                actions={actions}
              />
            ))}
            {reply !== undefined && (
              <Writing reply={reply} modelName={modelName} isJson={chat.settings.schema !== null} />
            )}
            {chat.busy && reply === undefined && (
              <p class="aside" role="status">
                A reply is being written in another window.
              </p>
            )}
            {endsWithQuestion && (
              <p class="aside">
                The chat ends with your message.
                <button type="button" class="button" onClick={props.onAnswer}>
                  <Icon name="play" /> Answer it
                </button>
              </p>
            )}
          </div>
        )}
      </section>
      {!isAtEnd && (
        <button type="button" class="to-end" onClick={toEnd}>
          <span class="turned">
            <Icon name="send" />
          </span>
          To the end
        </button>
      )}
      <Announcer reply={reply} lastMessage={messages.at(-1)} />
    </div>
  );
}

type RowProps = Parameters<typeof Message>[0];

/** A message is drawn again only when something about it has changed. */
function Row(props: RowProps) {
  const { message, speaker, isLast, isLastQuestion, isBusy, isJson, report, actions } = props;
  return useMemo(
    () => <Message {...props} />,
    [message, speaker, isLast, isLastQuestion, isBusy, isJson, report, actions],
  );
}

function Writing({ reply, modelName, isJson }: { reply: LiveReply; modelName: string; isJson: boolean }) {
  return (
    <>
      {reply.asked !== null && (
        <article class="message user" aria-label="Your message">
          <h3 class="speaker">You</h3>
          <div class="content">
            <p class="plain">{reply.asked}</p>
          </div>
        </article>
      )}
      <article class="message model writing" aria-label={`Reply of ${modelName}`} aria-busy="true">
        <h3 class="speaker">{modelName}</h3>
        <div class="content">
          <ReplyParts parts={reply.parts} isJson={isJson} isWriting />
          {reply.parts.length === 0 && <p class="shimmer waiting">{waitingText(reply)}</p>}
        </div>
      </article>
    </>
  );
}

function waitingText({ asked, context, stopping }: LiveReply): string {
  if (stopping) return "Stopping…";
  if (context !== null) return "Writing…";
  return asked === null ? "Reading…" : "Waiting for the model…";
}

function speakerOf({ role }: MessageJson, modelName: string): string {
  if (role === "model") return modelName;
  return role === "user" ? "You" : "System";
}

/** The user's last message, if at most its reply follows. */
function lastQuestionOf(messages: readonly MessageJson[]): string | undefined {
  return messages.slice(-2).findLast(({ role }) => role === "user")?.id;
}
