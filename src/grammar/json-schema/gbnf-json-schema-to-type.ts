import type { GbnfJsonSchemaImmutableType } from "./gbnf-json-schema.ts";

/**
 * The type of the values that a schema in the guide's dialect allows. References are followed, recursively too;
 * a schema that is only known as `GbnfJsonSchema` gives `unknown`-like results, `any` gives `any`.
 *
 * @example
 * type Reply = GbnfJsonSchemaToType<{type: "object", properties: {mood: {enum: ["good", "bad"]}}}>
 * // {mood: "good" | "bad"}
 */
// biome-ignore lint/suspicious/noExplicitAny: a schema of type any has replies of type any
export type GbnfJsonSchemaToType<T> = 0 extends 1 & T ? any : SchemaType<T, Nothing>;

/** What JSON.parse returns when nothing is known. */
export type GbnfJsonAnyValue =
  | string
  | number
  | boolean
  | null
  | GbnfJsonAnyValue[]
  | { [key: string]: GbnfJsonAnyValue };

/** An object type without properties. */
type Nothing = Record<never, never>;

type SchemaType<T, Defs> =
  | PlainType<T, WithDefs<Defs, T>>
  | (T extends { readonly nullable: true } ? null : never);

type PlainType<T, Defs> = T extends { readonly $ref: `#/$defs/${infer Name}` }
  ? Name extends keyof Defs
    ? SchemaType<Defs[Name], Defs>
    : unknown
  : T extends { readonly const: infer Value }
    ? Value
    : T extends { readonly enum: readonly (infer Value)[] }
      ? Value
      : T extends { readonly oneOf: readonly (infer Branch)[] }
        ? BranchType<Branch, Defs>
        : T extends { readonly anyOf: readonly (infer Branch)[] }
          ? BranchType<Branch, Defs>
          : T extends { readonly type: "object" }
            ? ObjectType<T, Defs>
            : T extends { readonly type: "array" }
              ? ArrayType<T, Defs>
              : T extends { readonly type: "string"; readonly maxLength: 0 }
                ? ""
                : T extends { readonly type: infer Type }
                  ? BasicType<Type extends readonly (infer One)[] ? One : Type>
                  : GbnfJsonAnyValue;

/** Distributes over the branches of a union. */
type BranchType<Branch, Defs> = Branch extends unknown ? SchemaType<Branch, Defs> : never;

type BasicType<Type> = Type extends GbnfJsonSchemaImmutableType
  ? { string: string; number: number; integer: number; boolean: boolean; null: null }[Type]
  : Type extends "object"
    ? { [key: string]: GbnfJsonAnyValue }
    : Type extends "array"
      ? GbnfJsonAnyValue[]
      : never;

/** Inner definitions hide outer ones of the same name. */
type WithDefs<Defs, T> = T extends { readonly $defs: infer Inner } ? Omit<Defs, keyof Inner> & Inner : Defs;

type ObjectType<T, Defs> = ListedType<T, Defs> & AdditionalType<T, Defs> extends infer Whole
  ? T extends { readonly additionalProperties: infer Additional }
    ? Additional extends false
      ? ListedType<T, Defs>
      : Whole
    : ListedType<T, Defs>
  : never;

type ListedType<T, Defs> = T extends { readonly properties: infer Properties }
  ? { -readonly [Name in keyof Properties]: SchemaType<Properties[Name], Defs> }
  : Nothing;

type AdditionalType<T, Defs> = T extends { readonly additionalProperties: infer Additional }
  ? Additional extends true
    ? { [key: string]: GbnfJsonAnyValue }
    : Additional extends false
      ? Nothing
      : { [key: string]: SchemaType<Additional, Defs> }
  : Nothing;

type ArrayType<T, Defs> = T extends { readonly prefixItems: infer Prefix extends readonly unknown[] }
  ? [
      ...{ -readonly [Index in keyof Prefix]: SchemaType<Prefix[Index], Defs> },
      ...RestItems<T, Defs, Prefix["length"]>,
    ]
  : RestItems<T, Defs, 0>;

type ItemType<T, Defs> = T extends { readonly items: infer Item } ? SchemaType<Item, Defs> : GbnfJsonAnyValue;

/** Counts above this are not spelled out as tuples. */
type TupleCount = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16;

/** The items behind the prefix: as many as `minItems` wants, and no more than that where `maxItems` is the same. */
type RestItems<T, Defs, Written extends number> = T extends {
  readonly minItems: infer Min extends TupleCount;
  readonly maxItems: infer Max;
}
  ? Max extends Min
    ? Skip<Repeated<ItemType<T, Defs>, Min>, Written>
    : [...Skip<Repeated<ItemType<T, Defs>, Min>, Written>, ...ItemType<T, Defs>[]]
  : T extends { readonly minItems: infer Min extends TupleCount }
    ? [...Skip<Repeated<ItemType<T, Defs>, Min>, Written>, ...ItemType<T, Defs>[]]
    : T extends { readonly maxItems: Written }
      ? []
      : ItemType<T, Defs>[];

type Repeated<Item, Count extends number, Result extends Item[] = []> = Result["length"] extends Count
  ? Result
  : Repeated<Item, Count, [...Result, Item]>;

/** The tuple without its first items. */
type Skip<
  Tuple extends unknown[],
  Count extends number,
  Skipped extends unknown[] = [],
> = Skipped["length"] extends Count
  ? Tuple
  : Tuple extends [infer First, ...infer Rest]
    ? Skip<Rest, Count, [...Skipped, First]>
    : [];
