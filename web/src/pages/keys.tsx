// The API keys that the user may see; whoever administers them makes and revokes them here. A new key is shown once.
import { useState } from "preact/hooks";
import { post, remove, words } from "../api/client";
import { key as ownKey } from "../api/key";
import { useGet } from "../api/use";
import { shortId } from "../lib/format";
import { Ago, Card, Dialog } from "../parts/bits";
import { Blank, complain, Loading, Problem, say } from "../parts/notes";

interface KeyItem {
  id: string;
  tenant: string;
  created_at: string;
  revoked_at: string | null;
  own: boolean;
}

interface KeyList {
  items: KeyItem[];
  admin: boolean;
}

interface KeyCreated {
  id: string;
  tenant: string;
  key: string;
}

/** The page. */
export function KeysPage() {
  const { data, error, reload } = useGet<KeyList>("/keys");
  const [asked, setAsked] = useState<KeyItem | null>(null);
  if (error && !data) return <Problem error={error} retry={reload} />;
  if (!data) return <Loading lines={4} />;
  if (ownKey.value === null) {
    return (
      <Blank title="This server asks for no key.">
        <p class="muted">
          It answers to this machine alone. <code>civitas key create --tenant NAME</code> makes the first key, while the server is stopped.
        </p>
      </Blank>
    );
  }
  const revoke = async (item: KeyItem) => {
    setAsked(null);
    try {
      await remove(`/keys/${item.id}`);
      say(`Key ${shortId(item.id)} of ${item.tenant} is revoked.`);
      reload();
    } catch (failed) {
      complain(failed);
    }
  };
  return (
    <>
      <header class="head">
        <h1>Keys</h1>
        <span class="muted">{data.admin ? "of all tenants" : `of ${data.items[0]?.tenant ?? "your tenant"}`}</span>
      </header>
      {data.admin && <Create onMade={reload} />}
      <table class="sheet keys">
        <thead>
          <tr>
            <th>Tenant</th>
            <th>Key</th>
            <th>Made</th>
            <th>Revoked</th>
            {data.admin && <th><span class="hidden">Actions</span></th>}
          </tr>
        </thead>
        <tbody>
          {data.items.map((item) => (
            <tr key={item.id} class={item.revoked_at ? "revoked" : ""}>
              <td class="name">{item.tenant}</td>
              <td><span class="mono" title={item.id}>{shortId(item.id)}</span>{item.own && <span class="muted small"> this one</span>}</td>
              <td><Ago time={item.created_at} /></td>
              <td>{item.revoked_at ? <Ago time={item.revoked_at} /> : "\u2013"}</td>
              {data.admin && (
                <td class="number">
                  {!item.revoked_at && !item.own && (
                    <button type="button" class="button small danger" onClick={() => setAsked(item)} aria-label={`Revoke key ${shortId(item.id)} of ${item.tenant}`}>
                      Revoke
                    </button>
                  )}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {asked && (
        <Dialog title="Revoke this key?" onClose={() => setAsked(null)}>
          <p>Whoever uses key {shortId(asked.id)} of {asked.tenant} is refused from now on. It cannot be taken back.</p>
          <div class="buttons">
            <button type="button" class="button" onClick={() => setAsked(null)}>Keep it</button>
            <button type="button" class="button danger solid" onClick={() => void revoke(asked)}>Revoke the key</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** The form for a new key, and the key that came of it. */
function Create({ onMade }: { onMade: () => void }) {
  const [tenant, setTenant] = useState("");
  const [made, setMade] = useState<KeyCreated | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const create = async (event: Event) => {
    event.preventDefault();
    setProblem(null);
    try {
      setMade(await post<KeyCreated>("/keys", { tenant }));
      setTenant("");
      onMade();
    } catch (failed) {
      setProblem(words(failed));
    }
  };
  return (
    <Card title="New key">
      <form class="line" noValidate onSubmit={(event) => void create(event)}>
        <label class="field">
          <span>Tenant</span>
          <input value={tenant} maxLength={100} autocomplete="off" placeholder="acme" onInput={(event) => setTenant(event.currentTarget.value)} />
        </label>
        <button type="submit" class="button primary" disabled={tenant.trim() === ""}>Make a key</button>
      </form>
      {problem && <p class="wrong" role="alert">{problem}</p>}
      {made && (
        <div class="made" role="status">
          <p>A key for <b>{made.tenant}</b>. It is shown only now:</p>
          <pre tabIndex={0} class="new-key">{made.key}</pre>
        </div>
      )}
    </Card>
  );
}
