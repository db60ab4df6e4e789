import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests in a real browser against a server that GRADUS_UI_URL names; one page at a time.
export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: {
    include: ["tests/browser/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
