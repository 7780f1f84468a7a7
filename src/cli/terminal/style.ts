import type { CliOutput } from "../cli-io.ts";

/** Marks text for a terminal; where there are no colours, the text is left as it is. */
export interface Style {
  readonly prompt: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly strong: (text: string) => string;
}

const wrap = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
const plain = (text: string) => text;

const coloured: Style = {
  prompt: wrap(34, 39),
  quiet: wrap(2, 22),
  warning: wrap(33, 39),
  strong: wrap(1, 22),
};
const uncoloured: Style = { prompt: plain, quiet: plain, warning: plain, strong: plain };

/** Colours only on a terminal, and not where `NO_COLOR` (no-color.org) or the option forbids them. */
export function styleOf(output: CliOutput, environment: NodeJS.ProcessEnv, wanted = true): Style {
  const refused = (environment.NO_COLOR ?? "") !== "" || environment.TERM === "dumb";
  return output.isTTY === true && wanted && !refused ? coloured : uncoloured;
}
