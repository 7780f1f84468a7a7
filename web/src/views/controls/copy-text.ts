/** Resolves to whether the browser allowed it: elsewhere than on this machine, it wants HTTPS. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
