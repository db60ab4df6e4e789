// Where `wandb login` sends people: the key that it asks for, and what to set.
import { useState } from "react";
import { Link } from "wouter";
import { prefix } from "@/api/client";
import type { NewKey } from "@/api/accounts";
import { useViewer } from "@/api/viewer";
import { addresses } from "@/app/addresses";
import { Button, CopyLine, ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { NewKeyForm } from "./NewKeyForm";
import "@/shared/sections.css";
import "./settings.css";

export default function AuthorizePage() {
  const viewer = useViewer();
  const [made, setMade] = useState<NewKey | null>(null);
  if (viewer.isPending) return <LoadingState label="The page is coming" />;
  if (viewer.isError) return <ErrorState error={viewer.error} onRetry={() => void viewer.refetch()} />;
  const server = window.location.origin + prefix;
  return (
    <>
      <PageHeader kind="Page" title="A key for wandb" />
      <ol className="authorize">
        <li>
          <h2>Make a key</h2>
          <p className="quiet">
            For <bdi>{viewer.data.name}</bdi>. It is shown once: only its hash is kept. Lost keys are
            replaced, never shown again.
          </p>
          {made === null ? (
            <NewKeyForm viewer={viewer.data} onMade={setMade} />
          ) : (
            <div className="setting-made" role="status">
              <CopyLine text={made.key} />
              <Button onClick={() => setMade(null)}>Make another</Button>
            </div>
          )}
        </li>
        <li>
          <h2>Give it to wandb</h2>
          <p className="quiet">
            Paste it into the terminal where <code>wandb login</code> waits, or set both for good:
          </p>
          <CopyLine text={`export WANDB_BASE_URL=${server}`} />
          <CopyLine text={`export WANDB_API_KEY=${made?.key ?? "<the key>"}`} />
        </li>
        <li>
          <h2>Start the script</h2>
          <p className="quiet">
            Nothing in it changes. Its runs come to{" "}
            <Link href={addresses.entity(viewer.data.default_entity)}>{viewer.data.default_entity}</Link>{" "}
            where it names no entity.
          </p>
          <CopyLine text="python train.py" />
        </li>
      </ol>
      <p className="authorize-more quiet">
        In a terminal on the server&apos;s machine, <code>gradus keys create --description laptop</code> does
        the same. Keys are listed and removed in the <Link href={addresses.settings()}>settings</Link>.
      </p>
    </>
  );
}
