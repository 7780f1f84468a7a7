import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FileServer } from "../../test/gguf/file-server.ts";
import { tinyModel } from "../../test/gguf/tiny-model.ts";
import { ggufBytes } from "../../test/gguf/write-gguf.ts";
import { matchProjectors } from "../engine/model/match-projectors.ts";
import { combineModelDownloaders } from "./combined-model-downloader.ts";
import { createModelDownloader } from "./model-downloader.ts";
import { readGgufFileInfo } from "./read-gguf-file-info.ts";
import { type ResolveModelFileOptions, resolveModelFile } from "./resolve-model-file.ts";

let folder: string;
let hub: FileServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "models-"));
  hub = await FileServer.start();
});
afterEach(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
});

const body = ggufBytes(tinyModel());
const sha256 = createHash("sha256").update(body).digest("hex");

/** A hub repository with these files, listed as the hub lists them. */
function repository(name: string, paths: string[], token?: string): void {
  const listing = paths.map((path) => ({
    type: "file",
    path,
    size: body.length,
    lfs: { oid: sha256, size: body.length },
  }));
  const json = Buffer.from(JSON.stringify([{ type: "directory", path: "folder" }, ...listing]));
  hub.serve(`/api/models/${name}/tree/main`, { body: json, ranges: false, token });
  for (const path of paths) hub.serve(`/${name}/resolve/main/${path}`, { body, token });
}

function resolveIt(uri: string, options: ResolveModelFileOptions = {}): Promise<string> {
  const tokens = { huggingFace: "", ...options.tokens };
  return resolveModelFile(uri, {
    directory: folder,
    endpoints: { huggingFace: hub.origin },
    cli: false,
    ...options,
    tokens,
  });
}

describe("local files", () => {
  test("absolute, within the folder, as an address", async () => {
    const path = join(folder, "a b.gguf");
    writeFileSync(path, body);
    expect(await resolveModelFile(path)).toBe(path);
    expect(await resolveModelFile("a b.gguf", folder)).toBe(path);
    expect(await resolveModelFile("./a b.gguf", { directory: folder })).toBe(path);
    expect(await resolveModelFile(pathToFileURL(path).href)).toBe(path);
  });

  test("missing ones and folders are refused with the place", async () => {
    mkdirSync(join(folder, "sub"));
    await expect(resolveModelFile("none.gguf", folder)).rejects.toMatchObject({
      code: "model-not-found",
      message: expect.stringContaining(join(folder, "none.gguf")),
    });
    await expect(resolveModelFile("sub", folder)).rejects.toMatchObject({ code: "model-not-found" });
  });
});

describe("hub repositories", () => {
  const paths = ["m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-Q8_0.gguf", "mmproj-m-Q8_0.gguf", "README.md"];

  test("by quantisation, then from the folder without the network", async () => {
    repository("o/m-GGUF", paths);
    const path = await resolveIt("hf:o/m-GGUF:q8_0");
    expect(path).toBe(join(folder, "hf_o_m-GGUF_m-Q8_0.gguf"));
    expect(readFileSync(path).equals(body)).toBe(true);
    const asked = hub.requests.length;
    expect(await resolveIt("hf:o/m-GGUF:Q8_0")).toBe(path);
    expect(await resolveIt("hf:o/m-GGUF", { download: false })).toBe(path);
    expect(hub.requests.length).toBe(asked);
    await expect(resolveIt("hf:o/m-GGUF:Q4_K_M", { download: false })).rejects.toMatchObject({
      code: "model-not-found",
    });
  });

  test("with the projector of the model, which is fetched first", async () => {
    const all = ["mmproj-F16.gguf", "mmproj-BF16.gguf", "m-Q8_0.gguf", "q/m-IQ1_S.gguf", "imatrix.gguf"];
    repository("o/eyes", all);
    const model = await resolveIt("hf:o/eyes:Q8_0");
    expect(model).toBe(join(folder, "hf_o_eyes_m-Q8_0.gguf"));
    expect(readdirSync(folder).sort()).toEqual(["hf_o_eyes_m-Q8_0.gguf", "hf_o_eyes_mmproj-F16.gguf"]);
    expect(matchProjectors(basename(model), readdirSync(folder))).toEqual(["hf_o_eyes_mmproj-F16.gguf"]);
    const bodies = hub.requests.filter(
      ({ path, range }) => path.includes("resolve") && range !== "bytes=0-0",
    );
    expect(bodies.findIndex(({ path }) => path.includes("mmproj"))).toBeLessThan(
      bodies.findIndex(({ path }) => path.includes("m-Q8_0")),
    );
    // One file that is named, of a folder without a projector; what is there is not fetched again.
    hub.requests.length = 0;
    expect(await resolveIt("hf:o/eyes/q/m-IQ1_S.gguf")).toBe(join(folder, "hf_o_eyes_q__m-IQ1_S.gguf"));
    expect(readdirSync(folder)).toHaveLength(3);
    // The projector by its own name, alone; a model with a name of its own.
    const own = mkdtempSync(join(folder, "own-"));
    expect(await resolveIt("hf:o/eyes/mmproj-BF16.gguf", { directory: own })).toBe(
      join(own, "hf_o_eyes_mmproj-BF16.gguf"),
    );
    await resolveIt("hf:o/eyes:Q8_0", { directory: own, fileName: "mine.gguf" });
    expect(matchProjectors("mine.gguf", readdirSync(own))).toEqual(["mmproj-mine.gguf"]);
    const none = mkdtempSync(join(folder, "none-"));
    await resolveIt("hf:o/eyes:Q8_0", { directory: none, projector: false });
    expect(readdirSync(none)).toEqual(["hf_o_eyes_m-Q8_0.gguf"]);
  });

  test("without one, the best choice", async () => {
    repository("o/m-GGUF", paths);
    expect(await resolveIt("hf:o/m-GGUF")).toContain("m-Q4_K_M.gguf");
    expect(await resolveIt("hf://o/m-GGUF:latest")).toContain("m-Q4_K_M.gguf");
  });

  test("an absent quantisation lists those that there are", async () => {
    repository("o/m-GGUF", paths);
    await expect(resolveIt("hf:o/m-GGUF:Q4_K")).rejects.toMatchObject({
      code: "model-not-found",
      hint: "it has Q4_K_M, Q4_K_S, Q8_0",
    });
    await expect(resolveIt("hf:o/none")).rejects.toMatchObject({ code: "model-not-found" });
  });

  test("one file, and the web address of it", async () => {
    repository("o/m-GGUF", ["sub/x.gguf"]);
    const path = await resolveIt("hf:o/m-GGUF/sub/x.gguf");
    expect(path).toBe(join(folder, "hf_o_m-GGUF_sub__x.gguf"));
    expect(await resolveIt(`${hub.origin}/o/m-GGUF/blob/main/sub/x.gguf`)).toBe(path);
    hub.serve("/o/m-GGUF/resolve/v2/x.gguf", { body });
    expect(await resolveIt("hf:o/m-GGUF/x.gguf#v2")).toBe(join(folder, "hf_o_m-GGUF_v2_x.gguf"));
  });

  test("split models come whole", async () => {
    const parts = [
      "q/m-Q4_0-00001-of-00003.gguf",
      "q/m-Q4_0-00002-of-00003.gguf",
      "q/m-Q4_0-00003-of-00003.gguf",
    ];
    repository("o/m-GGUF", parts);
    const first = await resolveIt("hf:o/m-GGUF:Q4_0");
    expect(first).toBe(join(folder, "hf_o_m-GGUF_q__m-Q4_0-00001-of-00003.gguf"));
    expect(readdirSync(folder).length).toBe(3);
    rmSync(first.replace("00001-of", "00002-of"));
    await expect(resolveIt("hf:o/m-GGUF:Q4_0", { download: false })).rejects.toMatchObject({
      code: "model-not-found",
    });
    hub.requests.length = 0;
    expect(await resolveIt("hf:o/m-GGUF:Q4_0")).toBe(first);
    const fetched = hub.requests.filter(({ range }) => range !== undefined && range !== "bytes=0-0");
    expect(new Set(fetched.map(({ path }) => path))).toEqual(new Set([`/o/m-GGUF/resolve/main/${parts[1]}`]));
  });

  test("gated models need the token, and messages do not show it", async () => {
    repository("o/gated", ["m.gguf"], "hf_secret");
    await expect(resolveIt("hf:o/gated")).rejects.toMatchObject({
      code: "download-failed",
      hint: expect.stringContaining("token"),
    });
    const error = await resolveIt("hf:o/gated", { tokens: { huggingFace: "hf_wrong" } }).catch(
      (reason) => reason,
    );
    expect(error.message).toContain("401");
    expect(error.message).not.toContain("hf_wrong");
    expect(existsSync(await resolveIt("hf:o/gated", { tokens: { huggingFace: "hf_secret" } }))).toBe(true);
  });

  test("an outdated token does not stand in the way of a public model", async () => {
    repository("o/m-GGUF", ["m.gguf"]);
    const listing = hub.files.get("/api/models/o/m-GGUF/tree/main")!;
    listing.failures = [401];
    expect(existsSync(await resolveIt("hf:o/m-GGUF", { tokens: { huggingFace: "old" } }))).toBe(true);
  });

  test("long listings are read to the end", async () => {
    repository("o/m-GGUF", ["m-Q2_K.gguf"]);
    const page = (paths: string[]) =>
      Buffer.from(JSON.stringify(paths.map((path) => ({ type: "file", path, size: body.length }))));
    hub.serve("/page2", { body: page(["m-Q4_K_M.gguf"]), ranges: false });
    const first = hub.files.get("/api/models/o/m-GGUF/tree/main")!;
    first.headers = { link: `<${hub.origin}/page2>; rel="next"` };
    hub.serve("/o/m-GGUF/resolve/main/m-Q4_K_M.gguf", { body });
    expect(await resolveIt("hf:o/m-GGUF")).toContain("Q4_K_M");
  });
});

describe("options", () => {
  test("fileName names the file, also in parts", async () => {
    repository("o/m", ["a.gguf", "b-00001-of-00002.gguf", "b-00002-of-00002.gguf"]);
    expect(await resolveIt("hf:o/m/a.gguf", { fileName: "mine.gguf" })).toBe(join(folder, "mine.gguf"));
    expect(await resolveIt("hf:o/m/b-00001-of-00002.gguf", { fileName: "two.gguf" })).toBe(
      join(folder, "two-00001-of-00002.gguf"),
    );
    await expect(resolveIt("hf:o/m/a.gguf", { fileName: "../x.gguf" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  test("verify replaces a file that is not the remote one", async () => {
    repository("o/m", ["a.gguf"]);
    const path = await resolveIt("hf:o/m/a.gguf");
    writeFileSync(path, "GGUF");
    expect(await resolveIt("hf:o/m/a.gguf")).toBe(path);
    expect(readFileSync(path).length).toBe(4);
    expect(await resolveIt("hf:o/m/a.gguf", { verify: true })).toBe(path);
    expect(readFileSync(path).equals(body)).toBe(true);
  });

  test("any address, with progress and an early abort", async () => {
    const url = hub.serve("/files/x.gguf", { body });
    const seen: number[] = [];
    const path = await resolveIt(`${url}?key=1`, {
      onProgress: ({ downloadedSize }) => seen.push(downloadedSize),
    });
    expect(path).toBe(join(folder, "x.gguf"));
    expect(seen.at(-1)).toBe(body.length);
    await expect(resolveIt(url, { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
  });

  test.each([
    ["", "invalid-argument"],
    ["hf:owner", "invalid-argument"],
    ["hf:o/m/../x.gguf", "invalid-argument"],
    ["hf:o/m:Q4/x.gguf", "invalid-argument"],
    ["ftp://host/x.gguf", "unsupported"],
    ["https://host/x.gguf.part1of3", "unsupported"],
  ])("%s is refused", async (uri, code) => {
    await expect(resolveIt(uri)).rejects.toMatchObject({ code });
  });
});

describe("downloaders", () => {
  test("know sizes before the download and files after it", async () => {
    repository("o/m", ["a.gguf"]);
    const modelUri = "hf:o/m/a.gguf";
    const options = { dirPath: folder, endpoints: { huggingFace: hub.origin }, tokens: { huggingFace: "" } };
    const downloader = await createModelDownloader({ modelUri, ...options });
    expect(downloader.totalSize).toBe(body.length);
    expect(downloader.downloadedSize).toBe(0);
    expect(existsSync(downloader.entrypointFilePath)).toBe(false);
    expect(await downloader.download()).toBe(downloader.entrypointFilePath);
    expect(downloader.filesInfo).toEqual([
      {
        fileName: "hf_o_m_a.gguf",
        filePath: downloader.entrypointFilePath,
        totalSize: body.length,
        downloadedSize: body.length,
      },
    ]);
    expect(downloader.estimatedTimeLeft).toBe(0);
  });

  test("can be combined and cancelled", async () => {
    repository("o/m", ["a.gguf", "b.gguf"]);
    const options = { dirPath: folder, endpoints: { huggingFace: hub.origin }, tokens: { huggingFace: "" } };
    const make = (name: string) => createModelDownloader({ modelUri: `hf:o/m/${name}`, ...options });
    let last = 0;
    const combined = await combineModelDownloaders([make("a.gguf"), make("b.gguf")], {
      onProgress: ({ downloadedSize }) => {
        last = downloadedSize;
      },
    });
    expect(combined.totalFiles).toBe(2);
    expect(await combined.download()).toEqual(combined.entrypointFilePaths);
    expect(last).toBe(2 * body.length);
    rmSync(combined.entrypointFilePaths[0]!);
    const running = combined.modelDownloaders[0]!.download();
    await Promise.all([
      expect(running).rejects.toMatchObject({ code: "aborted" }),
      combined.modelDownloaders[0]!.cancel(),
    ]);
    expect(readdirSync(folder)).toEqual(["hf_o_m_b.gguf"]);
  });
});

describe("headers over the network", () => {
  test("only the beginning is fetched", async () => {
    const big = ggufBytes(tinyModel({ layers: 40 }));
    const info = await readGgufFileInfo(hub.serve("/big.gguf", { body: big }));
    expect(info.totalTensorCount).toBe(3 + 40 * 9);
    expect(info.totalFileSize).toBe(big.length);
    expect(hub.requests.map(({ range }) => range)).toEqual(["bytes=0-0", `bytes=0-${(1 << 20) - 1}`]);
  });

  test("a header beyond the first piece is fetched on", async () => {
    const words = Array.from({ length: 90_000 }, (_, index) => `word${index}`);
    const model = tinyModel();
    const bytes = ggufBytes({ ...model, metadata: { "x.words": words, ...(model.metadata as object) } });
    const url = hub.serve("/long.gguf", { body: bytes });
    const info = await readGgufFileInfo(url, { readArrays: ["x.words"] });
    expect(info.metadataValues.get("x.words")).toEqual(words);
    expect(hub.requests.length).toBe(3);
    expect((await readGgufFileInfo(url)).skippedArrays.get("x.words")).toEqual({
      length: 90_000,
      elementType: "string",
    });
  });

  test("sources can be limited to one kind", async () => {
    await expect(readGgufFileInfo("x.gguf", { sourceType: "network" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});
