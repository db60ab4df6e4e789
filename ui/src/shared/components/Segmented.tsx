import { useId } from "react";

export interface SegmentedProps<T extends string> {
  label: string;
  choices: readonly { id: T; label: string }[];
  chosen: T;
  onChoose: (id: T) => void;
}

/** One of a few, all of them visible. */
export function Segmented<T extends string>({ label, choices, chosen, onChoose }: SegmentedProps<T>) {
  const name = useId();
  return (
    <span className="segmented" role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <label key={choice.id}>
          <input
            type="radio"
            className="hidden-text"
            name={name}
            checked={choice.id === chosen}
            onChange={() => onChoose(choice.id)}
          />
          {choice.label}
        </label>
      ))}
    </span>
  );
}
