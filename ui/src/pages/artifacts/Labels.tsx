// Aliases and tags of a version: added and removed here by those who may.
import { useState, type FormEvent } from "react";
import { useLabelChange, type Artifact, type LabelKind, type VersionRef } from "@/api/artifacts";
import { Button, showError } from "@/shared/components";

export function Labels({ at, found }: { at: VersionRef; found: Artifact }) {
  return (
    <>
      <LabelList at={at} kind="alias" labels={found.version.aliases} isWritable={found.is_writable} />
      <LabelList at={at} kind="tag" labels={found.version.tags} isWritable={found.is_writable} />
    </>
  );
}

interface LabelListProps {
  at: VersionRef;
  kind: LabelKind;
  labels: string[];
  isWritable: boolean;
}

function LabelList({ at, kind, labels, isWritable }: LabelListProps) {
  const [typed, setTyped] = useState("");
  const change = useLabelChange(at);
  const add = (event: FormEvent) => {
    event.preventDefault();
    const label = typed.trim();
    if (label === "") return;
    change.mutate({ kind, label, isAdded: true }, { onSuccess: () => setTyped(""), onError: showError });
  };
  const title = kind === "alias" ? "Aliases" : "Tags";
  return (
    <div className="labels">
      <h3>{title}</h3>
      <ul aria-label={title}>
        {labels.map((label) => (
          <li key={label} className="badge">
            <bdi>{label}</bdi>
            {isWritable && (
              <button
                type="button"
                className="label-remove"
                aria-label={`Remove ${kind} ${label}`}
                disabled={change.isPending}
                onClick={() => change.mutate({ kind, label, isAdded: false }, { onError: showError })}
              >
                ✕
              </button>
            )}
          </li>
        ))}
        {labels.length === 0 && <li className="quiet">none</li>}
      </ul>
      {isWritable && (
        <form onSubmit={add}>
          <input
            aria-label={`New ${kind}`}
            placeholder={`New ${kind}`}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Button type="submit" disabled={typed.trim() === "" || change.isPending}>
            Add
          </Button>
        </form>
      )}
    </div>
  );
}
