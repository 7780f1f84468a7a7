import { expect, test } from "vitest";
import type { SessionSummary } from "../../web/src/api/wire.ts";
import { chatGroups } from "../../web/src/state/chat-groups.ts";

test("chats are grouped by the day of their last change", () => {
  const now = new Date(2026, 2, 31, 9);
  const at = (day: number, hour: number): SessionSummary => {
    const time = new Date(2026, 2, day, hour).toISOString();
    return {
      id: `${day}/${hour}`,
      title: "",
      createdAt: time,
      updatedAt: time,
      messageCount: 0,
      busy: false,
    };
  };
  const groups = chatGroups(
    [at(31, 10), at(31, 0), at(30, 23), at(30, 1), at(24, 12), at(10, 1), at(1, 1)],
    now,
  );
  expect(groups.map(({ name, chats }) => [name, chats.map(({ id }) => id)])).toEqual([
    ["Today", ["31/10", "31/0"]],
    ["Yesterday", ["30/23", "30/1"]],
    ["Previous 7 days", ["24/12"]],
    ["Previous 30 days", ["10/1", "1/1"]],
  ]);
  expect(chatGroups([at(1, 1)], new Date(2027, 0, 1))).toMatchObject([{ name: "Older" }]);
  expect(chatGroups([], now)).toEqual([]);
});
