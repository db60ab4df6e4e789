// Target against what was read out of the answers: on the scale where both are numbers, else side by side.
import type { RowAnswer } from "@/api/evaluations";
import type { Domain } from "@/shared/figures";
import { nothing } from "@/shared/format";
import { numberFields } from "../figures";
import { FieldDots, type FieldArm } from "./FieldDots";

export interface TargetArm {
  name: string;
  look: FieldArm["look"];
  answer: RowAnswer | null | undefined;
}

export function Target({
  target,
  arms,
  scale,
}: {
  target: unknown;
  arms: TargetArm[];
  scale: Domain | null;
}) {
  const fields = numberFields(target);
  if (fields === null || scale === null)
    return (
      <dl className="facts">
        <dt>Target</dt>
        <dd>
          <code>{jsonOf(target)}</code>
        </dd>
        {arms.map((arm) => (
          <TargetLine key={arm.look} arm={arm} />
        ))}
      </dl>
    );
  return (
    <FieldDots
      target={fields}
      domain={scale}
      arms={arms.map((arm) => ({
        name: arm.name,
        look: arm.look,
        values: numberFields(arm.answer?.parsed ?? null),
      }))}
    />
  );
}

function TargetLine({ arm }: { arm: TargetArm }) {
  return (
    <>
      <dt>{arm.name}</dt>
      <dd>
        <code>
          {arm.answer?.parsed === null || arm.answer?.parsed === undefined
            ? nothing
            : jsonOf(arm.answer.parsed)}
        </code>
      </dd>
    </>
  );
}

const jsonOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
