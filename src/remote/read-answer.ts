import { TransportError } from "./http/transport-error.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws TransportError when an engine's answer is not what its interface promises */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new TransportError(`${what} is not an object`);
}

export function asList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TransportError(`${what} is not a list`);
}

export function asCount(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new TransportError(`${what} is not a count`);
}

export function countOrNothing(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
