import { useState } from "react";
import { useDeleteKey, useKeys, type Key, type NewKey } from "@/api/accounts";
import type { Viewer } from "@/api/types";
import { Badge, Button, CopyLine, ErrorState, Skeleton } from "@/shared/components";
import { formatTime } from "@/shared/format";
import { Confirm } from "./Confirm";
import { NewKeyForm } from "./NewKeyForm";
import { Section } from "./Section";

/** The caller's keys: made, shown once, removed. */
export function Keys({ viewer }: { viewer: Viewer }) {
  const keys = useKeys();
  const [made, setMade] = useState<NewKey | null>(null);
  const [asked, setAsked] = useState<Key | null>(null);
  const remove = useDeleteKey();
  return (
    <Section title="Keys">
      <p className="quiet">
        A key lets a script or a browser in as you. Only its hash is kept: it is shown once.
      </p>
      <NewKeyForm viewer={viewer} onMade={setMade} />
      {made && (
        <div className="setting-made" role="status">
          <p>
            This is the key{made.user === viewer.name ? "" : ` of ${made.user}`}. Copy it now; it is not shown
            again.
          </p>
          <CopyLine text={made.key} />
          <Button onClick={() => setMade(null)}>I have it</Button>
        </div>
      )}
      {keys.isPending && <Skeleton height={40} />}
      {keys.isError && <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <p className="quiet">No keys. On this machine none is needed.</p>}
      <ul className="setting-list">
        {keys.data?.map((key) => (
          <li key={key.id}>
            <span className="setting-name">
              <bdi>{key.description || "no description"}</bdi> <code className="quiet">{key.id}</code>
            </span>
            {key.is_read_only && <Badge>read-only</Badge>}
            <span className="quiet">made {formatTime(key.created_unix_ms)}</span>
            {!viewer.is_read_only && (
              <Button
                aria-label={`Delete key ${key.description || key.id}`}
                onClick={() => {
                  remove.reset();
                  setAsked(key);
                }}
              >
                Delete
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked && (
        <Confirm
          title="Delete this key?"
          does="Delete it"
          typed={null}
          isBusy={remove.isPending}
          error={remove.error}
          onClose={() => setAsked(null)}
          onDo={() => remove.mutate(asked.id, { onSuccess: () => setAsked(null) })}
        >
          <p>
            What uses <bdi>{asked.description || asked.id}</bdi> is refused from now on.
          </p>
        </Confirm>
      )}
    </Section>
  );
}
