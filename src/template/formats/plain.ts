import { defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { bos, eos, type FormatDescription, none, type RoleFormat, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";

/** The titles that stand before the messages of formats without special tokens. */
export interface MessageTitles {
  readonly user: string;
  readonly model: string;
  readonly system: string;
  /** Whether special tokens written in a title count as special. */
  readonly special: boolean;
}

interface PlainStyle {
  readonly name: string;
  /** Around a title. */
  readonly before: string;
  readonly after: string;
  /** The beginnings of a title that mean that the model goes on with the next message by itself. */
  readonly stopBefore: readonly string[];
  readonly stopAfter: string;
  readonly extraStops: readonly string[];
}

const styles = {
  general: {
    name: "General",
    before: "### ",
    after: "\n",
    stopBefore: ["", "\n", "\n\n"],
    stopAfter: "",
    extraStops: ["<end>"],
  },
  alpaca: {
    name: "AlpacaChat",
    before: "### ",
    after: ":\n",
    stopBefore: ["", "\n", "\n\n"],
    stopAfter: ":",
    extraStops: ["<end>"],
  },
  falcon: { name: "Falcon", before: "", after: ": ", stopBefore: ["\n"], stopAfter: ":", extraStops: [] },
} satisfies Record<string, PlainStyle>;

/** Formats in which a line of text tells who speaks: `### Human` (general, Alpaca) or `User: ` (Falcon). */
export function plainFormat(styleName: keyof typeof styles, titles: MessageTitles): FormatDescription {
  const style: PlainStyle = styles[styleName];
  const mark = (text: string) => (titles.special ? special(text) : LlamaText(text));
  const role = (title: string): RoleFormat => ({
    prefix: mark(style.before + title + style.after),
    suffix: mark("\n\n"),
  });
  const titleStops = [titles.user, titles.model, titles.system].flatMap((title) =>
    style.stopBefore.map((before) => before + style.before + title + style.stopAfter),
  );
  return {
    name: style.name,
    settings: defaultChatWrapperSettings,
    start: bos,
    system: { ...role(titles.system), firstPrefix: none },
    user: role(titles.user),
    model: role(titles.model),
    joined: ["system"],
    functions: { placement: "afterSystem" },
    stop: [
      eos,
      ...style.extraStops.flatMap((text) => [special(text), LlamaText(text)]),
      ...titleStops.map((text) => LlamaText(text)),
      ...(titles.special ? titleStops.map(special) : []),
    ],
  };
}
