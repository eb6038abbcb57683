// Builds the one file that websites load; `--check` compares it with the committed one instead of writing it.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const BUILT = fileURLToPath(new URL("../../src/zhiyin/front/widget/widget.js", import.meta.url));
const LIMIT_BYTES = 25 * 1024;

/** Style sheets are shipped as text inside the script, minified first. */
const minifiedCss = {
  name: "minified-css",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const built = await build({ entryPoints: [path], minify: true, write: false, target: ["chrome100", "safari15.4", "firefox110"] });
      return { contents: built.outputFiles[0].text.trim(), loader: "text" };
    });
  },
};

const result = await build({
  entryPoints: [fileURLToPath(new URL("src/main.ts", import.meta.url))],
  bundle: true,
  minify: true,
  format: "iife",
  target: ["chrome100", "safari15.4", "firefox110"],
  charset: "utf8",
  legalComments: "none",
  banner: { js: "/* Zhiyin chat widget. Apache-2.0. Built from web/widget; do not edit. */" },
  plugins: [minifiedCss],
  write: false,
  logLevel: "warning",
});

const fresh = result.outputFiles[0].text;
const zipped = gzipSync(fresh, { level: 9 }).length;
console.log(`widget.js: ${fresh.length} characters, ${zipped} bytes gzipped (limit ${LIMIT_BYTES})`);
if (zipped > LIMIT_BYTES) {
  console.error("widget.js is over its size limit");
  process.exit(1);
}
if (process.argv.includes("--check")) {
  const committed = await readFile(BUILT, "utf8").catch(() => "");
  if (committed !== fresh) {
    console.error("the committed widget.js is not what the sources build: run `npm ci && npm run build` in web/widget");
    process.exit(1);
  }
} else {
  await writeFile(BUILT, fresh);
}
