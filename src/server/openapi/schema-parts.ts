/** Parts of the document's schemas. */
export const text = { type: "string" } as const;
export const time = { type: "string", format: "date-time" } as const;
export const flag = { type: "boolean" } as const;
export const count = { type: "integer", minimum: 0 } as const;
export const role = { enum: ["system", "user", "model"] } as const;

export function object(
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[] = [],
): object {
  return { type: "object", properties, required };
}

/** An object without other fields. */
export function closed(
  properties: Readonly<Record<string, unknown>>,
  required: readonly string[] = [],
): object {
  return { ...object(properties, required), additionalProperties: false };
}

export function listOf(items: object): { readonly type: "array"; readonly items: object } {
  return { type: "array", items };
}
