// How the page is built: into dist, which is committed and embedded by the server. `npm run dev` serves the sources and
// hands the API's paths to a civitas that runs beside it: CIVITAS_PROXY=http://127.0.0.1:8080 npm run dev.
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";
import { licences } from "./licences";

const server = loadEnv("", ".", "CIVITAS_").CIVITAS_PROXY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [licences(import.meta.dirname)],
  build: {
    target: "es2022",
    // The server's policy allows no `data:`; small files stay files.
    assetsInlineLimit: 0,
    // The polyfill for module preloading is of no use to browsers of this target.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
  },
  server: { proxy: { "/api": server, "/health": server } },
  test: { include: ["tests/unit/**/*.test.ts"] },
});
