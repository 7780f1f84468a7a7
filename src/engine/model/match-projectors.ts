/** What a projector is usually published as, best first: it is small, and its precision costs little. */
const precisions = ["f16", "bf16", "q8_0", "f32"];
const quantization = /(?:^|[-._])(i?q\d\w*|f16|f32|bf16|fp16|mxfp4\w*)$/i;

/** Whether a file's name says that it is a projector. */
export function isProjectorName(name: string): boolean {
  return /mmproj/i.test(name) && /\.gguf$/i.test(name);
}

/** A model's name without what tells its files apart. */
function stem(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/\.gguf$/, "")
    .replace(/-\d{5}-of-\d{5}$/, "")
    .replace(/[-._]?mmproj[-._]?/, "");
  return plain.replace(quantization, "").replace(/(^|[-._])(model|projector)$/, "");
}

function rank(name: string): number {
  const precision = quantization
    .exec(name.replace(/\.gguf$/i, ""))?.[1]
    ?.toLowerCase()
    .replace("fp16", "f16");
  const at = precision === undefined ? -1 : precisions.indexOf(precision);
  return at === -1 ? precisions.length : at;
}

/**
 * Which projectors among the names of files are meant for a model, the preferred one first: those that carry its name.
 * Where there are none, the projector (in whatever precisions) of a place that has only one, if the place is known to
 * hold one model: files of one hub repository, or a folder with nothing else in it.
 * @param sameRepository whether all names come from one repository
 */
export function matchProjectors(
  model: string,
  names: readonly string[],
  sameRepository = false,
): readonly string[] {
  // Files of a hub repository are stored under names that begin with it (see models/download-plan.ts).
  const prefixes = names
    .filter((name) => isProjectorName(name) && name.startsWith("hf_"))
    .map((name) => name.slice(0, name.toLowerCase().indexOf("mmproj")))
    .filter((prefix) => prefix.endsWith("_") && model.startsWith(prefix));
  const prefix = prefixes.sort((a, b) => b.length - a.length)[0];
  if (prefix !== undefined) {
    const siblings = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    const found = matchProjectors(model.slice(prefix.length), siblings, true);
    if (found.length > 0) return found.map((name) => prefix + name);
  }
  const projectors = names.filter(isProjectorName).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const own = stem(model);
  const byName = projectors.filter((name) => stem(name) !== "" && stem(name) === own);
  if (byName.length > 0) return byName;
  const others = names.filter((name) => /\.gguf$/i.test(name) && !isProjectorName(name)).map(stem);
  const oneModel = sameRepository || new Set(others).size === 1;
  return oneModel && new Set(projectors.map(stem)).size === 1 ? projectors : [];
}
