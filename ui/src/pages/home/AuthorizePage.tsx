import { useViewer } from "@/api/viewer";
import { CopyLine, PageHeader } from "@/shared/components";
import { serverAddress } from "./serverAddress";
import "./home.css";

/** Where `wandb login` sends people: how to get the key that it asks for. */
export default function AuthorizePage() {
  const viewer = useViewer().data;
  return (
    <>
      <PageHeader kind="Page" title="A key for wandb" />
      <div className="home-steps">
        <p>
          <code>wandb login</code> waits for a key{viewer ? ` of ${viewer.name}` : ""}. Keys are made where
          the server runs, and shown once:
        </p>
        <CopyLine text="gradus keys create --description laptop" />
        <p>Paste what it prints into the terminal that asks, or set it for good:</p>
        <CopyLine text={`export WANDB_BASE_URL=${serverAddress()} WANDB_API_KEY=<the key>`} />
        <p>Lost keys cannot be shown again: only their hash is kept. Make another one.</p>
      </div>
    </>
  );
}
