import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import {
  isNode,
  lineOf,
  ROOT,
  type SourceFile,
  type SyntaxNode,
  syntaxOf,
  walkSyntax,
} from "./source-file.ts";

/** One rule of tidiness: which files it looks at, and what is wrong in one of them. */
export interface TidyRule {
  readonly name: string;
  readonly appliesTo: (path: string) => boolean;
  readonly check: (file: SourceFile) => string[];
  /** A text that breaks the rule, and where it would stand: the rule must fire on it. */
  readonly bad: SourceFile;
  /** A text close to the bad one that the rule must accept. */
  readonly good: SourceFile;
}

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

const isTypeScript = (path: string) => /\.tsx?$/.test(path);
const isOwnCode = (path: string) => /^(src|test|bench|web)\//.test(path) && isTypeScript(path);
const isStyle = (path: string) => path.endsWith(".css");
/** This file names what the rules look for. */
const isSearched = (path: string) => path !== "test/tidy/rules.ts";

const lines = (count: number) => "x;\n".repeat(count);

export const TIDY_RULES: readonly TidyRule[] = [
  {
    name: `a file has at most ${FILE_LINES_MAX} lines`,
    appliesTo: (path) => isOwnCode(path) || isStyle(path),
    check: ({ text }) => {
      const count = text.replace(/\n$/, "").split("\n").length;
      return count > FILE_LINES_MAX ? [`${count} lines`] : [];
    },
    bad: { path: "src/base/a.ts", text: lines(FILE_LINES_MAX + 1) },
    good: { path: "src/base/a.ts", text: lines(FILE_LINES_MAX) },
  },
  {
    name: `a function has at most ${FUNCTION_LINES_MAX} lines`,
    appliesTo: isOwnCode,
    check: findLongFunctions,
    bad: {
      path: "web/src/a.tsx",
      text: `class A {\n  m() {\n${lines(FUNCTION_LINES_MAX - 2)}return <p>a</p>;\n  }\n}\n`,
    },
    good: {
      path: "src/base/a.test.ts",
      text: `describe("a", () => {\n${lines(80)}});\nfunction f() {\n${lines(FUNCTION_LINES_MAX - 2)}}\n`,
    },
  },
  {
    name: "no marks of unfinished work",
    appliesTo: isSearched,
    check: (file) => findText(file, /\b(TODO|FIXME|XXX|HACK)\b/g),
    bad: { path: "docs/a.md", text: "One.\nTODO: two.\n" },
    good: { path: "docs/a.md", text: "mastodon, XXXL\n" },
  },
  {
    name: "no debugger statement",
    appliesTo: isOwnCode,
    check: (file) => findNodes(file, (node) => node.type === "DebuggerStatement"),
    bad: { path: "src/base/a.ts", text: "debugger;\n" },
    good: { path: "src/base/a.ts", text: 'const a = "debugger;"; // debugger;\n' },
  },
  {
    name: "no console output in the library and in the page",
    appliesTo: (path) => /^(src\/(?!cli\/)|web\/)/.test(path) && isTypeScript(path) && !isTest(path),
    check: (file) =>
      findNodes(file, (node) => {
        const callee = isNode(node.callee) ? file.text.slice(node.callee.start, node.callee.end) : "";
        return node.type === "CallExpression" && /^console\??\.(log|debug|dir|table|trace)$/.test(callee);
      }),
    bad: { path: "src/chat/a.ts", text: "if (a) console.log(a);\n" },
    good: { path: "src/chat/a.ts", text: '/** @example console.log(a) */\nconst a = "console.log(a)";\n' },
  },
  {
    name: "no test that runs alone",
    appliesTo: isTest,
    check: (file) => findTestModifiers(file, /^(only)$/, () => true),
    bad: { path: "src/chat/a.test.ts", text: 'describe("a", () => { test.only("b", () => {}); });\n' },
    good: { path: "src/chat/a.test.ts", text: 'test("a", () => { options.only(1); });\n' },
  },
  {
    name: "no test is left out without a reason in its title",
    appliesTo: isTest,
    check: (file) =>
      findTestModifiers(
        file,
        /^(skip|todo|skipIf|runIf)$/,
        (title) => !/\b(because|needs|only on)\b/.test(title),
      ),
    bad: { path: "src/chat/a.test.ts", text: 'test.skip("a", () => {});\ntest.skipIf(x)("b", () => {});\n' },
    good: {
      path: "src/chat/a.test.ts",
      text: 'test.skipIf(x)("a needs a GPU", () => {});\nreader.skip(2);\n',
    },
  },
  {
    name: "file and folder names are in kebab case",
    appliesTo: isOwnCode,
    check: ({ path }) =>
      path.split("/").every((part) => /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(part))
        ? []
        : ["not in kebab case"],
    bad: { path: "web/src/views/ChatPage.tsx", text: "" },
    good: { path: "src/chat/chat-history.model.test.ts", text: "" },
  },
  {
    name: "no path of one machine and no package registry's host",
    appliesTo: isSearched,
    check: (file) =>
      findText(
        file,
        /(?<![\w.])\/(tmp|home|work|root|Users)\/|\b(registry|artifactory|nexus)\.[a-z0-9-]+\.[a-z]{2,}|\b(pypi|crates)\.[a-z]{2,3}\b/g,
      ),
    bad: { path: "docs/a.md", text: "see /tmp/x\nand https://registry.example.org/x\n" },
    good: { path: "docs/a.md", text: "see src/tmp/x, tmpdir() and the registry.\n" },
  },
  {
    name: "a lock file does not say where a package was fetched from",
    appliesTo: (path) => /(^|\/)package-lock\.json$/.test(path),
    check: (file) => findText(file, /"resolved": *"(?!file:)/g),
    bad: { path: "package-lock.json", text: '{\n  "resolved": "https://a.example/x.tgz"\n}\n' },
    good: { path: "package-lock.json", text: '{\n  "integrity": "sha512-x"\n}\n' },
  },
  {
    name: "links in documents lead somewhere",
    appliesTo: (path) => path.endsWith(".md"),
    check: findDeadLinks,
    bad: { path: "docs/a.md", text: "[b](no-such-file.md) and [c](#no-such-heading)\n" },
    good: {
      path: "docs/a.md",
      text: "# A `b` heading!\n[a](#a-b-heading) [b](https://a.example) [c](../package.json)\n```\n[d](x.md)\n```\n",
    },
  },
];

/** What breaks a rule, one line per problem. */
export function findTidyProblems(files: readonly SourceFile[], rule: TidyRule): string[] {
  return files
    .filter((file) => rule.appliesTo(file.path))
    .flatMap((file) => rule.check(file).map((problem) => `${file.path}: ${problem}`));
}

export function isTest(path: string): boolean {
  return /\.test\.ts$/.test(path);
}

function findText(file: SourceFile, pattern: RegExp): string[] {
  return [...file.text.matchAll(pattern)].map((match) => `line ${lineOf(file, match.index)}: ${match[0]}`);
}

function findNodes(file: SourceFile, isWrong: (node: SyntaxNode) => boolean): string[] {
  const found: string[] = [];
  walkSyntax(syntaxOf(file), (node) => {
    if (isWrong(node)) found.push(`line ${lineOf(file, node.start)}: ${node.type}`);
  });
  return found;
}

function findLongFunctions(file: SourceFile): string[] {
  const found: string[] = [];
  walkSyntax(syntaxOf(file), (node, parents) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    const parent = parents.at(-1);
    // A describe block is a chapter, not a function.
    const isChapter = parent?.type === "CallExpression" && /^describe\b/.test(file.text.slice(parent.start));
    const first = lineOf(file, node.start);
    const count = lineOf(file, node.end) - first + 1;
    if (count > FUNCTION_LINES_MAX && !isChapter) found.push(`line ${first}: a function of ${count} lines`);
  });
  return found;
}

/** Calls like `test.skip("title")` and `describe.skipIf(condition)("title")`. */
function findTestModifiers(
  file: SourceFile,
  modifier: RegExp,
  isWrong: (title: string) => boolean,
): string[] {
  const found: string[] = [];
  walkSyntax(syntaxOf(file), (node, parents) => {
    const property = node.property;
    if (node.type !== "MemberExpression" || !isNode(property) || !modifier.test(String(property.name)))
      return;
    if (!/^(test|it|describe)\b/.test(file.text.slice(node.start, node.end))) return;
    const calls = [...parents].reverse().filter((parent) => parent.type === "CallExpression");
    const titles = calls.slice(0, 2).flatMap((call) => {
      const first = (call.arguments as SyntaxNode[])[0];
      const isTitle = first && call.start === node.start && /^(Literal|TemplateLiteral)$/.test(first.type);
      return isTitle ? [file.text.slice(first.start, first.end)] : [];
    });
    if (isWrong(titles.join(" "))) found.push(`line ${lineOf(file, node.start)}: .${String(property.name)}`);
  });
  return found;
}

function findDeadLinks(file: SourceFile): string[] {
  const text = file.text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ""));
  const headings = new Set([...text.matchAll(/^#+ +(.*)$/gm)].map((match) => anchorOf(match[1]!)));
  const found: string[] = [];
  for (const match of text.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g)) {
    const target = match[1]!;
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    const [path, anchor] = target.split("#", 2);
    const isDead =
      path === ""
        ? !headings.has(anchor ?? "")
        : !existsSync(join(ROOT, normalize(join(dirname(file.path), decodeURIComponent(path!)))));
    if (isDead) found.push(`line ${lineOf({ ...file, text }, match.index)}: ${target}`);
  }
  return found;
}

/** The anchor that code hosts give a heading: lower case, without punctuation, spaces as hyphens. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}
