/** Every error that colloquy throws on purpose carries one of these codes. */
export type ErrorCode =
  | "invalid-argument"
  | "unsupported"
  | "disposed"
  | "busy"
  | "queue-full"
  | "aborted"
  | "no-binary"
  | "wrong-binary-version"
  | "native-failure"
  | "insufficient-memory"
  | "model-not-found"
  | "model-file-invalid"
  | "model-file-unsupported"
  | "download-failed"
  | "checksum-mismatch"
  | "context-overflow"
  | "state-file-invalid"
  | "state-file-mismatch"
  | "template-invalid"
  | "template-unknown"
  | "role-unknown"
  | "grammar-invalid"
  | "grammar-unsupported"
  | "grammar-limit"
  | "grammar-mismatch"
  | "schema-mismatch"
  | "function-failure"
  | "function-loop"
  | "media-invalid"
  | "media-unsupported"
  | "range"
  | "internal";

export interface ErrorDetails {
  /** What the reader can do about it, one sentence. */
  hint?: string;
  cause?: unknown;
}

/**
 * The one base class of colloquy's errors.
 *
 * @example
 * try { await llama.loadModel({modelPath}) }
 * catch (error) { if (error instanceof ColloquyError && error.code === "model-file-invalid") … }
 */
export class ColloquyError extends Error {
  /** A stable, machine-readable name of what went wrong. */
  readonly code: ErrorCode;
  /** What can be done about it, when there is something. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(details.hint === undefined ? message : `${message} (${details.hint})`, { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }
}

/** The caller passed something that the called function does not take. */
export class InvalidArgumentError extends ColloquyError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("invalid-argument", message, details);
  }
}

/** The operation does not exist for this model, context or machine. */
export class UnsupportedError extends ColloquyError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("unsupported", message, details);
  }
}

/** The object was used after its `dispose()`. */
export class DisposedError extends ColloquyError {
  constructor(what = "Object") {
    super("disposed", `${what} is disposed`);
  }
}

/** The model or the context does not fit into the memory that is free. */
export class InsufficientMemoryError extends ColloquyError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("insufficient-memory", message, details);
  }
}

/** No native library for this platform could be found. */
export class NoBinaryFoundError extends ColloquyError {
  constructor(message: string, details: ErrorDetails = {}) {
    super("no-binary", message, details);
  }
}

/** A broken promise of our own code; never the user's fault. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ColloquyError("internal", `Internal error: ${message}`);
}
