import { defineConfig } from "vite";

// Static files with hashed names. Nothing is inlined and nothing comes from elsewhere, so that the server's content
// security policy can forbid inline scripts and foreign hosts.
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: ["es2022"],
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8642", "/health": "http://127.0.0.1:8642" } },
});
