interface Indexable<Item> {
  at(index: number): Item | undefined;
  remove(index: number): unknown;
  readonly length: number;
}

/** Lets integer keys reach the items: `list[0]`, `list[-1]`, `0 in list`, `delete list[0]`. */
export function indexable<T extends Indexable<unknown>>(list: T): T {
  return new Proxy(list, {
    get: (target, key, receiver) => {
      const index = integerKey(key);
      return index === undefined ? Reflect.get(target, key, receiver) : target.at(index);
    },
    has(target, key) {
      const index = integerKey(key);
      return index === undefined ? Reflect.has(target, key) : index >= 0 && index < target.length;
    },
    set: (target, key, value, receiver) =>
      integerKey(key) === undefined && Reflect.set(target, key, value, receiver),
    deleteProperty(target, key) {
      const index = integerKey(key);
      if (index === undefined) return Reflect.deleteProperty(target, key);
      target.remove(index);
      return true;
    },
  });
}

function integerKey(key: string | symbol): number | undefined {
  return typeof key === "string" && /^-?\d+$/.test(key) ? Number(key) : undefined;
}
