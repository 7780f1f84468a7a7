import { posix } from "node:path";
import { type ImportEdge, importsOf } from "./layers.ts";
import type { SourceFile } from "./source-file.ts";

/**
 * The layers of the web client from top to bottom. A file imports from its own folder and from lower rows; folders in
 * one row do not know each other.
 */
export const WEB_LAYERS: readonly (readonly string[])[] = [
  ["main.tsx"],
  ["views"],
  ["views/page"],
  ["views/composer", "views/conversation", "views/panel", "views/sidebar"],
  ["views/hooks"],
  ["views/controls"],
  ["commands"],
  ["state", "markdown"],
  ["api"],
];

/** Packages that one part of the web client alone may import. */
export const WEB_PACKAGES: Readonly<Record<string, RegExp>> = {
  preact: /^(views\/|main\.tsx)/,
  marked: /^markdown\//,
  dompurify: /^markdown\//,
};

const root = "web/src/";
/** The wire's types are the server's own. */
const wire = { from: "api/wire.ts", to: "src/server/sessions/wire.ts" };

/** What breaks the layering of the web client, one line per problem. */
export function findWebLayerProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith(root) && /\.tsx?$/.test(path))
    .flatMap(importsOf)
    .flatMap((edge) => findProblems({ ...edge, from: edge.from.slice(root.length) }));
}

function findProblems({ from, specifier, typeOnly }: ImportEdge): string[] {
  if (!specifier.startsWith(".")) {
    const owner = WEB_PACKAGES[specifier.split("/", 1)[0]!];
    return owner?.test(from) ? [] : [`${from}: may not import ${specifier}`];
  }
  const target = posix.join(root, posix.dirname(from), specifier);
  if (target === wire.to)
    return from === wire.from && typeOnly ? [] : [`${from}: only ${wire.from} has the wire`];
  if (!target.startsWith(root)) return [`${from}: ${specifier} is outside of the web client`];
  const local = target.slice(root.length);
  if (local.startsWith("styles/"))
    return from === "main.tsx" ? [] : [`${from}: only main.tsx imports styles`];
  const [layer, targetLayer] = [layerOf(from), layerOf(local)];
  if (layer === undefined) return [`${from}: is in no layer`];
  if (targetLayer === undefined) return [`${from}: ${local} is in no layer`];
  if (layer === targetLayer || rowOf(layer) < rowOf(targetLayer)) return [];
  return [`${from}: ${layer} imports ${local}, which is not below it`];
}

function layerOf(path: string): string | undefined {
  const folder = posix.dirname(path);
  return WEB_LAYERS.flat().find((layer) => layer === folder || layer === path);
}

function rowOf(layer: string): number {
  return WEB_LAYERS.findIndex((row) => row.includes(layer));
}
