const suggestions = [
  "Explain how a hash table works, with a short example in Python.",
  "Write a polite e-mail that moves a meeting to next Tuesday.",
  "What are three good questions to ask about a new project?",
];

interface EmptyChatProps {
  readonly modelName: string;
  readonly onSuggestion: (text: string) => void;
}

export function EmptyChat({ modelName, onSuggestion }: EmptyChatProps) {
  return (
    <div class="empty">
      <img src="./favicon.svg" alt="" width="52" height="52" />
      <h2>What shall we talk about?</h2>
      <p>
        <strong>{modelName}</strong> {whereItRuns(location.hostname)}
      </p>
      <ul>
        {suggestions.map((text) => (
          <li key={text}>
            <button type="button" class="suggestion" onClick={() => onSuggestion(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function whereItRuns(host: string): string {
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host);
  return isHere
    ? "runs on your own machine. What you write stays here."
    : `runs on ${host}. What you write goes there.`;
}
