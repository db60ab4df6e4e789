// Pause, resume, end or cancel a search. What ends something is asked about first.
import { useState } from "react";
import { useChangeSweep, type Sweep, type SweepState } from "@/api/sweeps";
import type { ProjectRef } from "@/api/types";
import { Button, Dialog, showError, showToast } from "@/shared/components";
import { changesFor, type SweepChange } from "./sweepStates";

export function SweepControls({ at, sweep }: { at: ProjectRef; sweep: Sweep }) {
  const change = useChangeSweep(at, sweep.id);
  const [asked, setAsked] = useState<SweepChange | null>(null);
  const carryOut = ({ state, done }: SweepChange) =>
    change.mutate(state, { onSuccess: () => showToast(done), onError: showError });
  return (
    <>
      {changesFor(sweep.state).map((one) => (
        <Button
          key={one.state}
          disabled={change.isPending}
          onClick={() => (one.question === null ? carryOut(one) : setAsked(one))}
        >
          {one.label}
        </Button>
      ))}
      {asked?.question && (
        <Dialog
          title={asked.question.title}
          onClose={() => setAsked(null)}
          actions={
            <>
              <Button onClick={() => setAsked(null)}>Leave it</Button>
              <Button
                look={isLosing(asked.state) ? "danger" : "primary"}
                onClick={() => {
                  carryOut(asked);
                  setAsked(null);
                }}
              >
                {asked.question.yes}
              </Button>
            </>
          }
        >
          <p>{asked.question.text}</p>
        </Dialog>
      )}
    </>
  );
}

const isLosing = (state: SweepState) => state === "CANCELED";
