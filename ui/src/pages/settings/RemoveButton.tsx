import { useState, type ReactNode } from "react";
import { Button } from "@/shared/components";
import { Confirm } from "./Confirm";

export interface RemoveButtonProps<Named> {
  label: string;
  /** What is written on it. */
  word?: string;
  title: string;
  /** What the button that does it says. */
  does: string;
  /** What has to be typed first; null for none. */
  typed: string | null;
  named: Named;
  removal: {
    mutate: (named: Named, then: { onSuccess: () => void }) => void;
    reset: () => void;
    isPending: boolean;
    error: Error | null;
  };
  onRemoved?: () => void;
  /** What goes with it. */
  children: ReactNode;
}

/** Removes what its row stands for, once that is confirmed. */
export function RemoveButton<Named>(props: RemoveButtonProps<Named>) {
  const { removal } = props;
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <Button
        aria-label={props.label}
        onClick={() => {
          removal.reset();
          setAsked(true);
        }}
      >
        {props.word ?? "Remove"}
      </Button>
      {isAsked && (
        <Confirm
          title={props.title}
          does={props.does}
          typed={props.typed}
          isBusy={removal.isPending}
          error={removal.error}
          onClose={() => setAsked(false)}
          onDo={() =>
            removal.mutate(props.named, {
              onSuccess: () => {
                setAsked(false);
                props.onRemoved?.();
              },
            })
          }
        >
          {props.children}
        </Confirm>
      )}
    </>
  );
}
