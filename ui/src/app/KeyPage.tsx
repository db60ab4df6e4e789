import { useState, type FormEvent } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { prefix } from "@/api/client";
import { storeKey } from "@/api/key";
import { Button } from "@/shared/components";

/** Shown in place of the app while the server wants a key. */
export function KeyPage() {
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [isKept, setKept] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await refusalOf(key.trim());
    setRefusal(answer);
    if (answer !== null) return;
    storeKey(key.trim(), isKept);
    await client.resetQueries();
  };
  return (
    <main className="key-page">
      <h1>This server wants a key</h1>
      <p>
        Whoever runs it gets one for you with <code>gradus keys create</code>. The first start of{" "}
        <code>gradus up</code> printed one, too.
      </p>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          Key
          <input
            type="password"
            autoComplete="current-password"
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
            aria-invalid={refusal !== null}
            aria-describedby="key-refusal"
          />
        </label>
        <p id="key-refusal" className="key-refusal" role="alert">
          {refusal}
        </p>
        <label className="key-kept">
          <input type="checkbox" checked={isKept} onChange={(event) => setKept(event.target.checked)} />
          Keep it in this browser (else only in this tab)
        </label>
        <Button type="submit" look="primary">
          Open
        </Button>
      </form>
    </main>
  );
}

/** Tries the key; null where the server takes it. */
async function refusalOf(key: string): Promise<string | null> {
  try {
    const answer = await fetch(`${prefix}/api/v1/viewer`, { headers: { Authorization: `Bearer ${key}` } });
    if (answer.ok) return null;
    const { error } = (await answer.json()) as { error?: string };
    return error ?? `The server answered ${answer.status}.`;
  } catch {
    return "The server does not answer, or the key has letters that no key has.";
  }
}
