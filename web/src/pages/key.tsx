// The question for an API key, where the server asks for one.
import { useState } from "preact/hooks";
import { API } from "../api/client";
import { useKey } from "../api/key";

/** The page; it takes the key when the server does. */
export function KeyPage() {
  const [text, setText] = useState("");
  const [remember, setRemember] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const enter = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(await check(text.trim()));
    setBusy(false);
  };
  const check = async (candidate: string): Promise<string | null> => {
    if (!/^[\x21-\x7e]+$/.test(candidate)) return "A key has letters and digits only; it begins with civ_.";
    try {
      const answer = await fetch(`${API}/runs?limit=1`, { headers: { Authorization: `Bearer ${candidate}` }, cache: "no-store" });
      if (answer.status === 401) return "The server does not know this key, or it was revoked.";
      useKey(candidate, remember);
      return null;
    } catch {
      return "The server cannot be reached.";
    }
  };
  return (
    <form class="card gate" onSubmit={(event) => void enter(event)} noValidate>
      <h1>A key, please</h1>
      <p class="muted">
        This server asks for an API key. Whoever runs it makes one with <code>civitas key create --tenant NAME</code>.
      </p>
      <div class={problem ? "field bad" : "field"}>
        <label for="key">API key</label>
        <input
          id="key"
          type="password"
          class="mono"
          autocomplete="off"
          spellcheck={false}
          placeholder="civ_..."
          value={text}
          aria-invalid={problem !== null}
          aria-describedby={problem ? "key-wrong" : undefined}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {problem && <p class="wrong" id="key-wrong" role="alert">{problem}</p>}
      </div>
      <label class="check">
        <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
        Remember it in this browser; else it is forgotten with this tab
      </label>
      <div class="buttons">
        <button type="submit" class="button primary" disabled={busy || text.trim() === ""}>
          Enter
        </button>
      </div>
    </form>
  );
}
