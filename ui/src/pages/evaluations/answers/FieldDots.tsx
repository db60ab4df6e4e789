// Each field's target and prediction on the scale: how far off, and to which side.
import { type Domain, FigureTable, number, percentOf, plot } from "@/shared/figures";
import { formatNumber } from "@/shared/format";

export interface FieldArm {
  name: string;
  values: Record<string, number> | null;
  look: "candidate" | "base";
}

export interface FieldDotsProps {
  target: Record<string, number>;
  arms: FieldArm[];
  domain: Domain;
}

export function FieldDots({ target, arms, domain }: FieldDotsProps) {
  return (
    <FigureTable
      label="Values per field"
      headings={[
        "Field",
        number("Target"),
        ...arms.map((arm) => number(arm.name)),
        plot(
          <>
            <span aria-hidden="true">
              {formatNumber(domain.min)} … {formatNumber(domain.max)}
            </span>
            <span className="hidden-text">On the scale</span>
          </>,
        ),
      ]}
      className="field-dots"
    >
      {Object.entries(target).map(([field, wanted]) => (
        <tr key={field}>
          <th scope="row">{field}</th>
          <td className="number">{formatNumber(wanted)}</td>
          {arms.map((arm) => (
            <td key={arm.look} className="number">
              <Prediction value={arm.values?.[field]} target={wanted} />
            </td>
          ))}
          <td className="forest-plot">
            <Dots target={wanted} arms={arms} field={field} domain={domain} />
          </td>
        </tr>
      ))}
    </FigureTable>
  );
}

function Prediction({ value, target }: { value: number | undefined; target: number }) {
  const off = value === undefined ? 0 : value - target;
  return (
    <>
      {formatNumber(value)}
      {off !== 0 && (
        <span className="bad-text">
          {" "}
          {off > 0 ? "+" : ""}
          {formatNumber(off)}
        </span>
      )}
    </>
  );
}

function Dots({ target, arms, field, domain }: DotsProps) {
  const at = (value: number) => `${percentOf(value, domain)}%`;
  return (
    <svg className="figure-mark" height={22} aria-hidden="true">
      <line className="figure-rail" x1="0%" x2="100%" y1={11} y2={11} />
      {arms.map((arm) => {
        const value = arm.values?.[field];
        return value === undefined ? null : (
          <g key={arm.look}>
            <line className="field-gap" x1={at(target)} x2={at(value)} y1={11} y2={11} />
            <circle className={`field-dot field-${arm.look}`} cx={at(value)} cy={11} r={5} />
          </g>
        );
      })}
      <line className="field-target" x1={at(target)} x2={at(target)} y1={3} y2={19} />
    </svg>
  );
}

interface DotsProps {
  target: number;
  arms: FieldArm[];
  field: string;
  domain: Domain;
}
