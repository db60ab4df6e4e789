import { useState } from "react";
import { useDeleteKey, useKeys, type NewKey } from "@/api/accounts";
import type { Viewer } from "@/api/types";
import { Badge, Button, CopyLine, ErrorState, Skeleton } from "@/shared/components";
import { formatTime } from "@/shared/format";
import { NewKeyForm } from "./NewKeyForm";
import { RemoveButton } from "./RemoveButton";
import { Section } from "./Section";

/** The caller's keys: made, shown once, removed. */
export function Keys({ viewer }: { viewer: Viewer }) {
  const keys = useKeys();
  const [made, setMade] = useState<NewKey | null>(null);
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
              <RemoveButton
                label={`Delete key ${key.description || key.id}`}
                word="Delete"
                title="Delete this key?"
                does="Delete it"
                typed={null}
                named={key.id}
                removal={remove}
              >
                <p>
                  What uses <bdi>{key.description || key.id}</bdi> is refused from now on.
                </p>
              </RemoveButton>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
