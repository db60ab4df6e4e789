import { formatNumber } from "@/shared/format";

interface StepSliderProps {
  label: string;
  steps: readonly { step: number }[];
  place: number;
  onStep: (step: number) => void;
}

/** Which of the steps that logged a key is shown; the arrow keys go one further. */
export function StepSlider({ label, steps, place, onStep }: StepSliderProps) {
  const step = steps[place]?.step;
  if (step === undefined) return null;
  return (
    <div className="step-slider">
      {steps.length > 1 && (
        <input
          type="range"
          aria-label={`Step of ${label}`}
          aria-valuetext={`step ${step}`}
          min={0}
          max={steps.length - 1}
          value={place}
          onChange={(event) => onStep(steps[Number(event.target.value)]?.step ?? step)}
        />
      )}
      <output>
        step {formatNumber(step)}
        {steps.length > 1 && <small>{` ${place + 1} of ${formatNumber(steps.length)}`}</small>}
      </output>
    </div>
  );
}
