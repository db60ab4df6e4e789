// Giving an alias back to whoever held it before: here, asked once, or by a command where the folder is.
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/client";
import { useRollback, type Alias, type Registry } from "@/api/cycles";
import type { ProjectRef } from "@/api/types";
import { Button, CopyLine, Dialog, ModelName, showToast } from "@/shared/components";
import { shortModel } from "@/shared/modelName";
import { useLatest } from "@/shared/useLatest";

type Holder = NonNullable<Alias["holder"]>["holder"];

interface Asked {
  from: Holder;
  to: Holder;
}

interface RollbackProps {
  at: ProjectRef;
  registry: Registry;
  alias: Alias;
  /** The focus goes there when the button that was pressed is gone. */
  onMoved: () => void;
}

export function Rollback({ at, registry, alias, onMoved }: RollbackProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const from = alias.holder?.holder;
  const to = alias.before[0]?.holder;
  const { possible, why, command } = alias.rollback;
  const isMoved = useRef(false);
  const moved = useLatest(onMoved);
  useEffect(() => {
    // While the dialog is open nothing behind it takes the focus.
    if (asked === null && isMoved.current) moved.current();
    isMoved.current = false;
  }, [asked, moved]);
  return (
    <>
      {from && to && possible && (
        <Button onClick={() => setAsked({ from, to })}>
          Roll back to <ModelName model={to.model} />
        </Button>
      )}
      {!possible && why && (
        <p className="quiet">
          {command ? "It can't be rolled back from here: " : "There is nothing to roll back to: "}
          {why}.{command && " Enter this on the machine with the task's folder:"}
        </p>
      )}
      {!possible && command && <CopyLine text={command} />}
      {asked && (
        <Question
          at={at}
          registry={registry}
          alias={alias.alias}
          asked={asked}
          onClose={() => setAsked(null)}
          onMoved={() => {
            isMoved.current = true;
            setAsked(null);
          }}
        />
      )}
    </>
  );
}

interface QuestionProps {
  at: ProjectRef;
  registry: Registry;
  alias: string;
  /** As it was when the button was pressed, whatever the page shows by now. */
  asked: Asked;
  onClose: () => void;
  onMoved: () => void;
}

function Question({ at, registry, alias, asked, onClose, onMoved }: QuestionProps) {
  const { from, to } = asked;
  const rollback = useRollback(at, registry.run.name);
  const isSent = useRef(false);
  const move = () => {
    // A second click before the first is answered would be refused, which looks like a failure.
    if (isSent.current) return;
    isSent.current = true;
    rollback.mutate(
      { alias, from: nameOf(from), to: nameOf(to) },
      {
        onSuccess: () => {
          showToast(`${alias}: ${shortModel(from.model)} → ${shortModel(to.model)}`);
          onMoved();
        },
        onError: () => {
          isSent.current = false;
        },
      },
    );
  };
  const isOver = rollback.error instanceof ApiError && rollback.error.status === 409;
  return (
    <Dialog
      title={`Roll back ${alias}?`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{isOver ? "Close" : "Leave it"}</Button>
          {!isOver && (
            <Button look="primary" disabled={rollback.isPending} onClick={move}>
              {rollback.isPending ? "Rolling back…" : "Roll back"}
            </Button>
          )}
        </>
      }
    >
      <p>
        <bdi>{alias}</bdi> goes from{" "}
        <b>
          <ModelName model={from.model} />
        </b>{" "}
        back to{" "}
        <b>
          <ModelName model={to.model} />
        </b>
        .
      </p>
      <p className="quiet">
        The registry in the task's folder gets another line, and what is there stays. To make{" "}
        <ModelName model={from.model} /> the holder again, promote it again.
      </p>
      {rollback.error && (
        <p className="bad-text" role="alert">
          {rollback.error.message}
        </p>
      )}
    </Dialog>
  );
}

/** By which the server knows it again: its rows, or where no rows are known its decision. */
const nameOf = (holder: Holder) => holder.rows_sha256 ?? holder.decision;
