import type { SessionSummary } from "../api/wire.ts";

export interface ChatGroup {
  readonly name: string;
  readonly chats: readonly SessionSummary[];
}

const names = ["Today", "Yesterday", "Previous 7 days", "Previous 30 days", "Older"] as const;
const dayMs = 86_400_000;

/** The chats by the day of their last change, in the order they have. Days are those of the reader's time zone. */
export function chatGroups(chats: readonly SessionSummary[], now: Date): ChatGroup[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const groupOf = ({ updatedAt }: SessionSummary) => {
    const days = Math.ceil((today - Date.parse(updatedAt)) / dayMs);
    return days <= 0 ? 0 : days === 1 ? 1 : days <= 7 ? 2 : days <= 30 ? 3 : 4;
  };
  return names.flatMap((name, index) => {
    const members = chats.filter((chat) => groupOf(chat) === index);
    return members.length === 0 ? [] : [{ name, chats: members }];
  });
}
