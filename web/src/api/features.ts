// What this server can do, as its OpenAPI document says, so that the page offers nothing that would be refused.
import { signal } from "@preact/signals";
import { get } from "./client";

interface Document {
  info: { version: string };
  paths: Record<string, unknown>;
  components: { schemas: Record<string, { properties?: Record<string, unknown> }> };
}

/** The paths of the API, without its prefix; null until they are known. */
export const paths = signal<ReadonlySet<string> | null>(null);

/** The fields of the API's bodies, by schema; empty until they are known. */
const schemas = signal<Document["components"]["schemas"]>({});

/** The server's version. */
export const version = signal("");

/** Asks once; a server that is away is asked again by whoever needs to know. */
export async function learn(): Promise<void> {
  if (paths.value !== null) return;
  const document = await get<Document>("/openapi.json");
  version.value = document.info.version;
  schemas.value = document.components.schemas;
  paths.value = new Set(Object.keys(document.paths).map((path) => path.replace(/^\/api\/v1/, "")));
}

/** Whether there is such a path; false while that is not known. */
export function can(path: string): boolean {
  return paths.value?.has(path) ?? false;
}

/** Whether bodies of this schema have such a field; false while that is not known. */
export function says(schema: string, field: string): boolean {
  return schemas.value[schema]?.properties?.[field] !== undefined;
}
