// Types of the API. The headers that src/api/client.ts puts on by itself are left out, or each call would have to name them.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const here = new URL("..", import.meta.url);
const document = JSON.parse(await readFile(new URL("openapi.json", here), "utf8"));
for (const operations of Object.values(document.paths)) {
  for (const operation of Object.values(operations)) {
    operation.parameters = (operation.parameters ?? []).filter((parameter) => parameter.in !== "header");
  }
}
await writeFile(new URL("src/api/schema.d.ts", here), astToString(await openapiTS(document, { defaultNonNullable: false })));
