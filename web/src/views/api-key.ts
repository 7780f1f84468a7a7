const name = "colloquy.key";

/** The API key of this tab; forgotten when it closes. */
export const apiKey = {
  read: (): string | null => sessionStorage.getItem(name),
  write: (key: string): void => sessionStorage.setItem(name, key),
};
