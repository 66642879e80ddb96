import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";
import type { Plugin } from "vite";

const root = import.meta.dirname;
const SMALLEST_COMPRESSED = 1_024; // bytes: below, compressing saves no packet

/** Beside each file of text its `.br` and `.gz`, so that serving takes no time of the calls'. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          const content = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (!/\.(js|css|html|svg|txt|json)$/.test(name) || content.length < SMALLEST_COMPRESSED) continue;
          const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
          this.emitFile({ type: "asset", fileName: `${name}.br`, source: brotliCompressSync(content, { params }) });
          this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(content, { level: 9 }) });
        }
      },
    },
  };
}

/** With `PAGES=desk,account` only these pages: for who works on one while another is half written. */
function only(pages: string | undefined): Plugin {
  const wanted = new Set(["sign-in", "not-found", "not-allowed", ...(pages?.split(",") ?? [])]);
  return {
    name: "only",
    enforce: "pre",
    load(id) {
      const page = /\/src\/pages\/([^/]+)\/(route|zh-CN|en)\.ts$/.exec(id)?.[1];
      return pages && page && !wanted.has(page) ? "export default []" : null;
    },
  };
}

/** The licences of all that the bundle carries, as `licences.txt` beside it. */
function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const packages = new Map<string, string>();
      for (const id of this.getModuleIds()) {
        const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/^\0/, ""));
        if (found?.[1]) packages.set(found[1], "");
      }
      const texts = [...packages.keys()].filter((each) => existsSync(join(each, "package.json"))).map(licence);
      this.emitFile({ type: "asset", fileName: "licences.txt", source: [...new Set(texts)].sort().join("\n\n") });
    },
  };
}

function licence(directory: string): string {
  const told = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, unknown>;
  const file = readdirSync(directory).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? readFileSync(join(directory, file), "utf8").trim() : "";
  return `${String(told["name"])} ${String(told["version"])} (${String(told["license"])})\n\n${text}\n${"-".repeat(78)}`;
}

export default defineConfig({
  root,
  plugins: [only(process.env["PAGES"]), vue(), licences(), compressed()],
  resolve: { alias: { "@": join(root, "src") } },
  define: { __VUE_OPTIONS_API__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content security policy has no data: but for images
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
    manifest: "manifest.json",
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Naive UI falls back on its own English: apart, or whoever reads Chinese loads all English words with it.
            { name: "naive-en", test: /naive-ui\/.*\/locales\/.*enUS|date-fns\/.*en-US/, priority: 40 },
            { name: "words-zh-CN", test: /\/zh-CN\.ts$/, priority: 30 },
            { name: "words-en", test: /\/en\.ts$/, priority: 30 },
            { name: "vue", test: /node_modules\/(@vue|vue|vue-router|vue-i18n|@intlify)\//, priority: 20 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      "/api": { target: process.env["CCORE"] ?? "http://127.0.0.1:18080", ws: true },
      "/sipws": { target: process.env["CCORE"] ?? "http://127.0.0.1:18080", ws: true },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
