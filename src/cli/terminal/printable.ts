/**
 * Text that is safe to show on a terminal: a model may write control characters, and those would move the cursor or
 * change the terminal's state. Tabs and line breaks stay.
 */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
