/** A function that the model may call. `params` is a JSON schema. */
// biome-ignore lint/suspicious/noExplicitAny: handlers take what their schema describes
export interface ChatSessionModelFunction<Params = any> {
  readonly description?: string;
  readonly params?: Params;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly handler: (params: any) => unknown;
}

export interface ChatSessionModelFunctions {
  readonly [name: string]: ChatSessionModelFunction;
}
