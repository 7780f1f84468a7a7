import { schemaLimit } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";

/**
 * Counts what reading one schema costs, in steps over its parts, so that a small schema cannot ask for endless work:
 * branches that refer to each other twice, long lists beside each other, patterns that multiply.
 */
export class SchemaWork {
  #left: number = SCHEMA_LIMITS.work;

  /** @throws ColloquyError `grammar-limit` naming `path` when the schema has cost too much */
  spend(steps: number, path: string): void {
    this.#left -= steps;
    if (this.#left < 0) throw schemaLimit(path, "steps of work", SCHEMA_LIMITS.work);
  }
}
