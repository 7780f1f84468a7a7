import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { RefusedContextOperations } from "./refused-operations.ts";
import type { RemoteConnection } from "./remote-connection.ts";
import { RemoteContextSequence, type RemoteSequenceOptions } from "./remote-context-sequence.ts";
import type { RemoteModel } from "./remote-model.ts";
import { refuseOthers } from "./remote-options.ts";

export interface RemoteContextOptions {
  /** Room of each sequence, tokens. Default `"auto"`: what the engine offers. */
  contextSize?: "auto" | number;
  /** Sequences that can live at the same time; the engine queues what it cannot run together. Default 1. */
  sequences?: number;
}

const sequencesMax = 100_000;

/** Places for conversations on an engine elsewhere. Made by `model.createContext()`. */
export class RemoteContext extends RefusedContextOperations {
  readonly model: RemoteModel;
  readonly contextSize: number;
  readonly totalSequences: number;
  /** @internal */
  readonly connection: RemoteConnection;
  #taken = 0;

  /** @internal */
  constructor(model: RemoteModel, connection: RemoteConnection, options: RemoteContextOptions) {
    super("The context");
    refuseOthers(options, ["contextSize", "sequences"], "createContext()");
    const { contextSize = "auto", sequences = 1 } = options;
    const most = model.engineContextSize;
    if (contextSize !== "auto" && !(Number.isInteger(contextSize) && contextSize > 0))
      throw new InvalidArgumentError(`contextSize must be "auto" or a positive integer`);
    if (contextSize !== "auto" && contextSize > most)
      throw new InvalidArgumentError(`contextSize: the engine offers ${most} tokens, not ${contextSize}`);
    if (!(Number.isInteger(sequences) && sequences >= 1 && sequences <= sequencesMax))
      throw new InvalidArgumentError(`sequences must be an integer from 1 to ${sequencesMax}`);
    this.model = model;
    this.connection = connection;
    this.contextSize = contextSize === "auto" ? most : contextSize;
    this.totalSequences = sequences;
  }

  get sequencesLeft(): number {
    return this.totalSequences - this.#taken;
  }

  /** @throws ColloquyError `range` when no sequence is left, `disposed`, `unsupported` for options of a local one */
  getSequence(options: RemoteSequenceOptions = {}): RemoteContextSequence {
    this.scope.check();
    refuseOthers(options, ["sessionKey"], "getSequence()");
    if (this.sequencesLeft === 0)
      throw new ColloquyError("range", `The context has no sequence left of ${this.totalSequences}`);
    this.#taken++;
    const sequence = new RemoteContextSequence(this, options);
    const forget = this.scope.add(() => sequence.dispose());
    sequence.onDispose(() => {
      this.#taken--;
      forget();
    });
    return sequence;
  }
}
