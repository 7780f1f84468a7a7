import { type Command, Option } from "commander";
import type { RemoteEngineOptions } from "../../remote/remote-options.ts";
import { UsageError } from "../usage-error.ts";

/** Where replies are computed, as the command line says it. */
export interface EngineFlags {
  readonly engine?: string;
  readonly engineUrl?: string;
  readonly engineKey?: string;
  readonly servedName?: string;
}

/** An engine elsewhere and the name of the model on it. */
export interface EngineChoice {
  readonly engine: RemoteEngineOptions;
  readonly servedName: string | undefined;
}

/** Adds the flags of an engine elsewhere to a command. */
export function addEngineFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--engine <type>", "where replies are computed: here, or on a server of this type").choices([
        "here",
        "llama-server",
        "vllm",
      ]),
    )
    .option("--engine-url <url>", "address of that server, or of the router in front of several")
    .addOption(new Option("--engine-key <key>", "key that it wants").env("COLLOQUY_ENGINE_KEY"))
    .option("--served-name <name>", "the model's name on it (default: the first that it lists)");
}

/**
 * The engine elsewhere that the flags choose, or `undefined`: here.
 * @param others options that mean something here alone, by their flags
 * @throws UsageError
 */
export function engineChoice(
  flags: EngineFlags,
  others: Readonly<Record<string, unknown>>,
): EngineChoice | undefined {
  const { engine: type = "here", engineKey: apiKey, engineUrl: url, servedName } = flags;
  if (type === "here") {
    if (url === undefined && servedName === undefined) return undefined;
    throw new UsageError("--engine-url and --served-name need --engine llama-server or --engine vllm");
  }
  if (url === undefined) throw new UsageError(`--engine ${type} needs --engine-url`);
  if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
    throw new UsageError(`--engine-url takes an address that begins with http:// or https://, not "${url}"`);
  for (const [flag, value] of Object.entries(others))
    if (value !== undefined && value !== false)
      throw new UsageError(`${flag} is about this machine: it cannot be given with --engine ${type}`);
  return { engine: { type: type as RemoteEngineOptions["type"], url, apiKey }, servedName };
}
