import { posix } from "node:path";
import { isTest } from "./rules.ts";
import { isNode, type SourceFile, type SyntaxNode, syntaxOf, walkSyntax } from "./source-file.ts";

/** One import, export-from, dynamic import or type import of a file. */
export interface ImportEdge {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/**
 * The layers from top to bottom. A file imports from its own folder and from lower rows. Neighbours in one row know
 * each other's types at most.
 */
export const LAYERS: readonly (readonly string[])[] = [
  ["cli"],
  ["server"],
  ["chat"],
  ["template"],
  ["media", "remote", "models"],
  ["engine"],
  ["gguf"],
  ["grammar"],
  ["native"],
  ["base"],
];

/** Packages that one layer alone may import. */
export const PACKAGE_OWNERS: Readonly<Record<string, string>> = { koffi: "native" };

/** What breaks the layering, one line per problem. Tests may import anything. */
export function findLayerProblems(files: readonly SourceFile[], dependencies: ReadonlySet<string>): string[] {
  const sources = files.filter((file) => /^src\/.*\.ts$/.test(file.path));
  const code = sources.filter((file) => !isTest(file.path));
  return [
    ...code.flatMap((file) => importsOf(file)).flatMap((edge) => findEdgeProblems(edge, dependencies)),
    ...code.filter((file) => file.path === "src/index.ts").flatMap(findIndexProblems),
    ...findLonelyTests(sources),
  ];
}

function findEdgeProblems(edge: ImportEdge, dependencies: ReadonlySet<string>): string[] {
  const { from, specifier, typeOnly } = edge;
  const layer = layerOf(from);
  const isRelative = specifier.startsWith(".");
  if (layer === undefined && from !== "src/index.ts") return [`${from}: is in no layer`];
  if (specifier.startsWith("node:")) return [];
  if (!isRelative) {
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    const owner = PACKAGE_OWNERS[name];
    if (owner !== undefined && owner !== layer) return [`${from}: only ${owner} imports ${name}`];
    return dependencies.has(name) ? [] : [`${from}: ${name} is no dependency`];
  }
  const target = posix.join(posix.dirname(from), specifier);
  if (!target.startsWith("src/")) return [`${from}: ${specifier} is outside of src`];
  const targetLayer = layerOf(target);
  if (layer === undefined) return [];
  if (targetLayer === undefined) return [`${from}: ${target} is in no layer`];
  if (layer === targetLayer) return [];
  const distance = rowOf(targetLayer) - rowOf(layer);
  if (distance < 0) return [`${from}: ${layer} imports ${target}, which is above it`];
  if (distance === 0 && !typeOnly) return [`${from}: ${layer} imports its neighbour ${target}`];
  return [];
}

/** The imports of a file, in order. */
export function importsOf(file: SourceFile): ImportEdge[] {
  const edges: ImportEdge[] = [];
  walkSyntax(syntaxOf(file), (node) => {
    const source = isNode(node.source) ? node.source : undefined;
    if (source === undefined || !/^(Import|Export|TSImport)/.test(node.type)) return;
    const specifier = specifierOf(source);
    if (specifier !== undefined) edges.push({ from: file.path, specifier, typeOnly: isTypeOnly(node) });
  });
  return edges;
}

function specifierOf(source: SyntaxNode): string | undefined {
  const literal = source.type === "TSLiteralType" && isNode(source.literal) ? source.literal : source;
  return typeof literal.value === "string" ? literal.value : undefined;
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === "TSImportType" || node.importKind === "type" || node.exportKind === "type") return true;
  const specifiers = Array.isArray(node.specifiers) ? (node.specifiers as SyntaxNode[]) : [];
  return (
    specifiers.length > 0 && specifiers.every((one) => one.importKind === "type" || one.exportKind === "type")
  );
}

function findIndexProblems(file: SourceFile): string[] {
  const body = syntaxOf(file).body as SyntaxNode[];
  const others = body.filter(
    (node) => !/^Export(Named|All)Declaration$/.test(node.type) || !isNode(node.source),
  );
  return others.map((node) => `${file.path}: only exports from elsewhere, not ${node.type}`);
}

/** Tests in a folder that holds no source. */
function findLonelyTests(sources: readonly SourceFile[]): string[] {
  const paths = sources.map((file) => file.path);
  const folders = new Set(paths.filter((path) => !isTest(path)).map((path) => posix.dirname(path)));
  return paths
    .filter((path) => isTest(path) && !folders.has(posix.dirname(path)))
    .map((path) => `${path}: no source beside it`);
}

function layerOf(path: string): string | undefined {
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  return LAYERS.flat().find((layer) => layer === folder);
}

function rowOf(layer: string): number {
  return LAYERS.findIndex((row) => row.includes(layer));
}
