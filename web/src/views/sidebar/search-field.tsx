import { useEffect, useState } from "preact/hooks";
import { Icon, IconButton } from "../controls/icon.tsx";

interface SearchFieldProps {
  /** What the list is searched for now. */
  readonly search: string;
  readonly onSearch: (text: string) => void;
}

/** How long the keys must rest before the server is asked, milliseconds. */
const restMs = 150;

export function SearchField({ search, onSearch }: SearchFieldProps) {
  const [text, setText] = useState(search);
  useEffect(() => setText(search), [search]);
  useEffect(() => {
    if (text === search) return;
    const timer = setTimeout(() => onSearch(text), restMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <search class="search">
      <Icon name="search" />
      <input
        type="text"
        class="input"
        aria-label="Search the chats' titles"
        title="Search the chats' titles (Alt+K)"
        placeholder="Search"
        maxLength={200}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || text === "") return;
          event.preventDefault();
          onSearch("");
        }}
      />
      {text !== "" && <IconButton name="close" label="Clear the search" onClick={() => onSearch("")} />}
    </search>
  );
}
