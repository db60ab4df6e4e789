import { shortModel } from "@/shared/modelName";

/** A model reference, short; the whole of it when the pointer rests on it. */
export function ModelName({ model }: { model: string }) {
  return <bdi title={model}>{shortModel(model)}</bdi>;
}
