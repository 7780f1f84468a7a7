export function chatTitle({ title }: { readonly title: string }): string {
  return title === "" ? "New chat" : title;
}
