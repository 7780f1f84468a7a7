import vm from "node:vm";
import { Template } from "@huggingface/jinja";
import { ColloquyError } from "../../base/errors.ts";

/** Longer templates are refused; the longest published ones have about 20,000 characters. */
export const templateCharactersMax = 512 * 1024;
/** A template comes with a downloaded file: a loop without an end must not stop the process. */
const renderMsMax = 2000;

const sandbox = vm.createContext({ job: undefined as (() => unknown) | undefined });
const script = new vm.Script("job()");

/** Runs synchronous code that is stopped when it takes too long. */
function runBounded<T>(job: () => T): T {
  sandbox.job = job;
  try {
    return script.runInContext(sandbox, { timeout: renderMsMax }) as T;
  } finally {
    sandbox.job = undefined;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error || (typeof error === "object" && error !== null && "message" in error)
    ? String(error.message)
    : String(error);
}

/** A parsed Jinja template whose rendering is bounded in time. */
export class JinjaTemplate {
  readonly source: string;
  readonly #template: Template;

  /** @throws ColloquyError `template-invalid` when the template cannot be parsed or is too long */
  constructor(source: string) {
    if (typeof source !== "string" || source.length === 0)
      throw new ColloquyError("template-invalid", "The chat template is not a text");
    if (source.length > templateCharactersMax)
      throw new ColloquyError("template-invalid", `The chat template has ${source.length} characters`, {
        hint: `at most ${templateCharactersMax} are taken`,
      });
    this.source = source;
    try {
      this.#template = runBounded(() => new Template(source));
    } catch (cause) {
      throw new ColloquyError("template-invalid", `The chat template cannot be parsed: ${reasonOf(cause)}`, {
        cause,
      });
    }
  }

  /** @throws ColloquyError `template-invalid` when the template refuses the messages, fails, or takes too long */
  render(context: Record<string, unknown>): string {
    try {
      return runBounded(() => this.#template.render(context));
    } catch (cause) {
      throw new ColloquyError("template-invalid", `The chat template failed: ${reasonOf(cause)}`, { cause });
    }
  }
}
