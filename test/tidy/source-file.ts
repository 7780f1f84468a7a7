import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

/** A node of the syntax tree, as far as the checks look at it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A file of the repository, read once. */
export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
}

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(["node_modules", "dist", ".git", "results", "coverage"]);
const TEXT_FILE = /\.(ts|tsx|js|mjs|json|md|yml|yaml|html|css|sh)$|^(LICENSE|\.npmrc|\.gitignore)$/;
const trees = new WeakMap<SourceFile, SyntaxNode>();

/** All text files that belong to the repository; what is built, installed or downloaded is left out. */
export function readSourceFiles(): SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name);
      const path = relative(ROOT, full).split(sep).join("/");
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name) && path !== "models") visit(full);
      if (entry.isFile() && TEXT_FILE.test(entry.name))
        files.push({ path, text: readFileSync(full, "utf8") });
    }
  };
  visit(ROOT);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The syntax tree of a TypeScript file. */
export function syntaxOf(file: SourceFile): SyntaxNode {
  let tree = trees.get(file);
  if (!tree) {
    tree = parseAst(file.text, { lang: file.path.endsWith(".tsx") ? "tsx" : "ts" }) as unknown as SyntaxNode;
    trees.set(file, tree);
  }
  return tree;
}

/** Calls `visit` for every node, parents first; `parents` is the way from the root. */
export function walkSyntax(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
  parents: SyntaxNode[] = [],
): void {
  visit(node, parents);
  parents.push(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walkSyntax(child, visit, parents);
    }
  }
  parents.pop();
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

/** The line of an offset, from 1. */
export function lineOf(file: SourceFile, offset: number): number {
  return file.text.slice(0, offset).split("\n").length;
}
