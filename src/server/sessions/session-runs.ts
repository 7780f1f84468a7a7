import { ColloquyError } from "../../base/errors.ts";
import type { EditMode } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ContextReport } from "./wire.ts";

/** Chats of which something is remembered that is not in the store. */
const rememberedMax = 1000;

/** What the context held of a chat after its last reply, so that a shifted chat goes on from there. */
export interface SessionWindow {
  /** Ids of the messages that it belongs to. */
  readonly key: string;
  readonly items: readonly ChatHistoryItem[];
  readonly shiftMetadata: object | null;
  /** How the context came to hold it: after a shift, cells that were moved. */
  readonly edit?: EditMode;
}

/** What is going on in the chats: who writes, who completes, and what was seen last. Nothing here is lost by a restart. */
export class SessionRuns {
  readonly #running = new Map<string, AbortController>();
  readonly #completing = new Map<string, AbortController>();
  readonly #reports = new Map<string, ContextReport>();
  readonly #windows = new Map<string, SessionWindow>();
  readonly #edits = new Map<string, EditMode>();

  isBusy(id: string): boolean {
    return this.#running.has(id);
  }

  /** @throws ColloquyError `busy` while a reply is being written */
  ensureIdle(id: string): void {
    if (this.#running.has(id)) {
      throw new ColloquyError("busy", "A reply is being written in this chat", {
        hint: "cancel it, or wait",
      });
    }
  }

  /**
   * Begins a reply: no other may begin until `end` is called. A completion of this chat gives way.
   * @throws ColloquyError `busy`
   */
  begin(id: string): { readonly signal: AbortSignal; end(): void } {
    this.ensureIdle(id);
    this.stopCompletion(id);
    const controller = new AbortController();
    this.#running.set(id, controller);
    return {
      signal: controller.signal,
      end: () => {
        if (this.#running.get(id) === controller) this.#running.delete(id);
      },
    };
  }

  /** Stops a running reply; `false` when there is none. */
  cancel(id: string): boolean {
    const controller = this.#running.get(id);
    controller?.abort(new ColloquyError("aborted", "The reply was cancelled"));
    return controller !== undefined;
  }

  /** Begins a completion in place of the one that runs for this chat. */
  beginCompletion(id: string): AbortController {
    this.stopCompletion(id);
    const controller = new AbortController();
    this.#completing.set(id, controller);
    return controller;
  }

  endCompletion(id: string, controller: AbortController): void {
    if (this.#completing.get(id) === controller) this.#completing.delete(id);
  }

  stopCompletion(id: string): void {
    this.#completing
      .get(id)
      ?.abort(new ColloquyError("aborted", "Something else took the completion's place"));
  }

  lastReport(id: string): ContextReport | undefined {
    return this.#reports.get(id);
  }

  remember(id: string, report: ContextReport): void {
    keep(this.#reports, id, report);
  }

  window(id: string, key: string): SessionWindow | undefined {
    const window = this.#windows.get(id);
    return window?.key === key ? window : undefined;
  }

  rememberWindow(id: string, window: SessionWindow): void {
    keep(this.#windows, id, window);
  }

  /** How the last change of a chat's messages reaches the cache. */
  editMode(id: string): EditMode | undefined {
    return this.#edits.get(id);
  }

  rememberEdit(id: string, mode: EditMode): void {
    keep(this.#edits, id, mode);
  }

  forget(id: string): void {
    this.cancel(id);
    this.stopCompletion(id);
    this.#reports.delete(id);
    this.#windows.delete(id);
    this.#edits.delete(id);
  }
}

function keep<Value>(map: Map<string, Value>, id: string, value: Value): void {
  map.delete(id);
  map.set(id, value);
  const [oldest] = map.keys();
  if (map.size > rememberedMax && oldest !== undefined) map.delete(oldest);
}
