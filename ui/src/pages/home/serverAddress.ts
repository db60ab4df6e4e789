import { prefix } from "@/api/client";

/** What clients set as WANDB_BASE_URL: the address under which this page came. */
export const serverAddress = () => window.location.origin + prefix;
