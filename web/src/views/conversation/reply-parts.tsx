import type { PartJson } from "../../api/wire.ts";
import { prettyJson } from "../../state/pretty-json.ts";
import { Icon } from "../controls/icon.tsx";
import { CodeBlock } from "./code-block.tsx";
import { Markdown } from "./markdown.tsx";

interface ReplyPartsProps {
  readonly parts: readonly PartJson[];
  /** Replies are held to a schema: what is not whole yet is JSON, too. */
  readonly isJson: boolean;
  readonly isWriting?: boolean;
}

/** What a reply is made of, in the order it was written. */
export function ReplyParts({ parts, isJson, isWriting = false }: ReplyPartsProps) {
  return (
    <>
      {parts.map((part, index) => (
        <Part key={index} part={part} isJson={isJson} isWriting={isWriting && index === parts.length - 1} />
      ))}
    </>
  );
}

function Part({ part, isJson, isWriting }: { part: PartJson; isJson: boolean; isWriting: boolean }) {
  if (part.type === "segment") return <Segment part={part} isWriting={isWriting} />;
  if (part.type === "call") return <Call part={part} />;
  const json = prettyJson(part.text) ?? (isJson && isWriting ? part.text : undefined);
  return json === undefined ? <Markdown text={part.text} /> : <CodeBlock text={json} language="json" />;
}

type SegmentPart = Extract<PartJson, { type: "segment" }>;

function Segment({ part, isWriting }: { readonly part: SegmentPart; readonly isWriting: boolean }) {
  const name = part.segmentType === "thought" ? "Thought" : "Comment";
  const words = part.text.trim() === "" ? 0 : part.text.trim().split(/\s+/).length;
  const isOpen = !part.ended && isWriting;
  return (
    <details class="fold">
      <summary>
        <Icon name="chevron" />
        <Icon name="thought" />
        <span class={isOpen ? "shimmer" : ""}>{isOpen && name === "Thought" ? "Thinking…" : name}</span>
        <span class="faint">
          {words} {words === 1 ? "word" : "words"}
        </span>
      </summary>
      <div class="fold-body">
        <Markdown text={part.text} />
      </div>
    </details>
  );
}

function Call({ part }: { readonly part: Extract<PartJson, { type: "call" }> }) {
  const isRunning = part.result === undefined;
  return (
    <details class="fold">
      <summary>
        <Icon name="chevron" />
        <Icon name="call" />
        <span>
          {isRunning ? "Calling" : "Called"} <code>{part.name}</code>
        </span>
      </summary>
      <div class="fold-body">
        <CodeBlock language="arguments" text={JSON.stringify(part.params, null, 2) ?? ""} />
        {!isRunning && <CodeBlock language="result" text={JSON.stringify(part.result, null, 2) ?? ""} />}
      </div>
    </details>
  );
}
