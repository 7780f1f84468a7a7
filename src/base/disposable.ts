import { DisposeScope } from "./dispose.ts";

/** An object that gives back what it holds, once, with everything that was made of it. */
export abstract class Disposable {
  /** What is given back at the end, and the check that it was not yet. */
  protected readonly scope: DisposeScope;

  /** @param what how errors call it, e.g. `"The model"` */
  constructor(what: string) {
    this.scope = new DisposeScope(what);
  }

  get disposed(): boolean {
    return this.scope.disposed;
  }
  /** Calls `listener` when everything is given back; the returned function takes the listener away. */
  onDispose(listener: () => void): () => void {
    return this.scope.onDispose(listener);
  }
  /** Gives everything back, with what was made of it. */
  dispose(): Promise<void> {
    return this.scope.dispose();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
