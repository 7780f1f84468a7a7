import { useState } from "preact/hooks";

/** Asks for the server's API key. */
export function KeyGate({ onKey }: { readonly onKey: (key: string) => void }) {
  const [key, setKey] = useState("");
  return (
    <main class="gate">
      <img src="./favicon.svg" alt="" width="52" height="52" />
      <h1>This server asks for a key</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== "") onKey(key.trim());
        }}
      >
        <label class="field">
          <span>API key</span>
          <input
            type="password"
            autocomplete="off"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary">
          Enter
        </button>
      </form>
      <p class="faint">It is kept until this tab is closed.</p>
    </main>
  );
}
