export type CodeKind = "comment" | "string" | "number" | "keyword" | "plain";

export interface CodePiece {
  readonly kind: CodeKind;
  readonly text: string;
}

/** Longer code stays plain: it is read through again whenever it grows. */
const lengthMax = 20_000;

const quoted = String.raw`"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?`;
const slashes = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const hash = String.raw`(?<![\w$])#[^\n]*`;

/** What begins a comment and a string, by language. */
const grammars: readonly { readonly languages: string; readonly comment: string; readonly string: string }[] =
  [
    {
      languages: "js javascript jsx ts typescript tsx mjs go golang kotlin dart scala groovy",
      comment: slashes,
      string: String.raw`\`(?:[^\`\\]|\\[\s\S])*\`?|${quoted}`,
    },
    { languages: "c cpp c++ h java cs csharp c# swift php scss proto", comment: slashes, string: quoted },
    // An apostrophe also begins a lifetime.
    {
      languages: "rust rs",
      comment: slashes,
      string: String.raw`"(?:[^"\\]|\\[\s\S])*"?|'(?:[^'\\\n]|\\.)'`,
    },
    {
      languages: "py python",
      comment: hash,
      string: String.raw`"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|${quoted}`,
    },
    {
      languages: "rb ruby sh bash shell zsh yaml yml toml r perl elixir dockerfile makefile",
      comment: hash,
      string: quoted,
    },
    { languages: "sql", comment: String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`, string: quoted },
    { languages: "lua haskell hs", comment: String.raw`--[^\n]*`, string: quoted },
    { languages: "json json5 jsonc", comment: slashes, string: quoted },
  ];

const keywords = new Set(
  (
    "abstract and as assert async await begin bool boolean break by case catch char class const continue create def " +
    "default del delete do double elif else elsif end enum except export extends extern false final finally float fn " +
    "for foreach from func function global go group if impl implements import in insert instanceof int interface into " +
    "is join lambda let limit local long loop match mod module mut namespace new nil none not null on or order override " +
    "package pass private protected pub public raise readonly ref return select self set short sizeof static string " +
    "struct super switch table then this throw trait true try type typedef typeof undefined union unless unsafe " +
    "unsigned until update use using val values var virtual void when where while with yield"
  ).split(" "),
);

const patterns = new Map(
  grammars.flatMap(({ languages, comment, string }) => {
    const number = String.raw`\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\b`;
    const source = `(?<comment>${comment})|(?<string>${string})|(?<number>${number})|(?<word>[A-Za-z_$][\\w$]*)`;
    return languages.split(" ").map((language) => [language, source] as const);
  }),
);

/**
 * The pieces of a code by what they are, whose texts together are the code. A guess by rules that many languages share:
 * it colours, it does not understand. Code in an unknown language is one plain piece.
 */
export function highlightCode(text: string, language: string): CodePiece[] {
  const name = language.toLowerCase();
  const source = patterns.get(name);
  if (source === undefined || text.length > lengthMax) return [{ kind: "plain", text }];
  const pieces: CodePiece[] = [];
  let end = 0;
  const push = (kind: CodeKind, piece: string) => {
    const last = pieces.at(-1);
    if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + piece };
    else if (piece !== "") pieces.push({ kind, text: piece });
  };
  for (const match of text.matchAll(new RegExp(source, "g"))) {
    push("plain", text.slice(end, match.index));
    const { comment, string, number, word = "" } = match.groups!;
    const isKeyword = keywords.has(name === "sql" || name.startsWith("py") ? word.toLowerCase() : word);
    const kind = comment
      ? "comment"
      : string
        ? "string"
        : number
          ? "number"
          : isKeyword
            ? "keyword"
            : "plain";
    push(kind, match[0]);
    end = match.index + match[0].length;
  }
  push("plain", text.slice(end));
  return pieces;
}
