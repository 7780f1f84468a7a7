import { type BotFunction, defineBotFunction } from "./bot-function.ts";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Local time on a 12-hour clock. @example formatTime(new Date(2024, 5, 25, 0, 5)) // "12:05 AM" */
export function formatTime(date: Date): string {
  const hours = date.getHours();
  const minutes = String(date.getMinutes()).padStart(2, "0");
  return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes} ${hours < 12 ? "AM" : "PM"}`;
}

/** Local date in words. @example formatDate(new Date(2024, 5, 25)) // "Tuesday, June 25, 2024" */
export function formatDate(date: Date): string {
  return `${WEEKDAYS[date.getDay()]}, ${MONTHS[date.getMonth()]} ${date.getDate()}, ${date.getFullYear()}`;
}

/** The functions that every bot may have: `time()` and `date()`. */
export function createBuiltInFunctions(now: () => Date = () => new Date()): BotFunction[] {
  return [
    defineBotFunction(() => formatTime(now()), { name: "time", docs: "Returns the current time." }),
    defineBotFunction(() => formatDate(now()), { name: "date", docs: "Returns the current date." }),
  ];
}
