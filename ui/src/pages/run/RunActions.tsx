import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { changeRun, deleteRun, runKeys, stopRun, useRunAction } from "@/api/runs";
import type { Run, RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { Button, Dialog, Menu, showError, showToast } from "@/shared/components";
import { useCommands } from "@/shared/commands";

export function RunActions({ at, run }: { at: RunRef; run: Run }) {
  const [, navigate] = useLocation();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const stop = useRunAction(at, stopRun);
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteRun(at),
    onError: showError,
    // Away from the page first: nobody should ask for what is gone.
    onSuccess: async () => {
      navigate(addresses.project(at));
      await client.invalidateQueries({ queryKey: runKeys.pages(at) });
    },
  });
  const askToStop = () =>
    stop.mutate(undefined, {
      onError: showError,
      onSuccess: () => showToast("The script is interrupted at its next upload."),
    });
  useCommands([
    ...(run.is_writable
      ? [
          {
            id: "run-edit",
            group: "This run",
            label: "Edit name, tags and notes",
            run: () => setOpen("edit"),
          },
        ]
      : []),
    ...(run.is_writable && run.state === "running"
      ? [{ id: "run-stop", group: "This run", label: "Stop the run", run: askToStop }]
      : []),
  ]);
  if (!run.is_writable) return null;
  return (
    <>
      {run.state === "running" && (
        <Button look="danger" disabled={run.is_stop_requested || stop.isPending} onClick={askToStop}>
          Stop
        </Button>
      )}
      <Button onClick={() => setOpen("edit")}>Edit</Button>
      <Menu
        look="plain"
        size="icon"
        aria-label="More with this run"
        label={<span aria-hidden="true">⋯</span>}
        items={[{ label: "Delete", look: "danger", onSelect: () => setOpen("delete") }]}
      />
      {open === "edit" && <EditDialog at={at} run={run} onClose={() => setOpen(null)} />}
      {open === "delete" && (
        <Dialog
          title="Delete this run?"
          onClose={() => setOpen(null)}
          actions={
            <>
              <Button onClick={() => setOpen(null)}>Keep</Button>
              <Button look="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
                Delete
              </Button>
            </>
          }
        >
          <p>Its rows, console lines and files go with it. This cannot be undone.</p>
        </Dialog>
      )}
    </>
  );
}

function EditDialog({ at, run, onClose }: { at: RunRef; run: Run; onClose: () => void }) {
  const [name, setName] = useState(run.display_name ?? "");
  const [tags, setTags] = useState(run.tags.join(", "));
  const [notes, setNotes] = useState(run.notes ?? "");
  const change = useRunAction(at, changeRun);
  const save = () =>
    change.mutate(
      {
        display_name: name,
        notes,
        tags: [...new Set(tags.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== ""),
      },
      { onError: showError, onSuccess: onClose },
    );
  return (
    <Dialog
      title="Edit the run"
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Leave as it was</Button>
          <Button look="primary" disabled={change.isPending} onClick={save}>
            Save
          </Button>
        </>
      }
    >
      <div className="run-edit">
        <label>
          Name
          <input value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <label>
          Tags, with commas between them
          <input value={tags} onChange={(event) => setTags(event.target.value)} />
        </label>
        <label>
          Notes
          <textarea rows={6} value={notes} onChange={(event) => setNotes(event.target.value)} />
        </label>
      </div>
    </Dialog>
  );
}
