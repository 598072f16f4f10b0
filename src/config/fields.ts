import { ACCESS_FIELDS } from "./fields/access.ts";
import { CONTENT_FIELDS } from "./fields/content.ts";
import { EXTRA_FIELDS } from "./fields/extras.ts";
import type { Field, FieldTable } from "./fields/field.ts";
import { HEALTH_FIELDS } from "./fields/health.ts";
import { HTTP_FIELDS } from "./fields/http.ts";
import { LOG_FIELDS } from "./fields/log.ts";
import { PROXY_FIELDS } from "./fields/proxy.ts";
import { REDIS_FIELDS } from "./fields/redis.ts";
import { SERVICE_FIELDS } from "./fields/services.ts";
import { STORAGE_FIELDS } from "./fields/storage.ts";
import { TLS_FIELDS } from "./fields/tls.ts";

/** Every option that berth knows by name, in the order in which they are printed. */
export const FIELDS = {
  ...LOG_FIELDS,
  ...STORAGE_FIELDS,
  ...ACCESS_FIELDS,
  ...EXTRA_FIELDS,
  ...CONTENT_FIELDS,
  ...HTTP_FIELDS,
  ...TLS_FIELDS,
  ...PROXY_FIELDS,
  ...SERVICE_FIELDS,
  ...REDIS_FIELDS,
  ...HEALTH_FIELDS,
} as const satisfies FieldTable;

export type FieldPath = keyof typeof FIELDS;

/**
 * Go's names of fields whose key in YAML is another one: distribution matches environment variables against them
 * (configuration/configuration.go), so both work here.
 */
export const GO_NAMES: Readonly<Record<string, string>> = {
  "notifications.events": "EVENTCONFIG",
  "health.file": "FILECHECKERS",
  "health.http": "HTTPCHECKERS",
  "health.tcp": "TCPCHECKERS",
  "log.hooks[].options": "MAILOPTIONS",
  "compatibility.schema1.signingkeyfile": "TRUSTKEY",
};

/** Sections of which one key is chosen, so that a plain text will do: `storage: inmemory`. Any key there names a choice. */
export const CHOICE_SECTIONS: readonly string[] = ["storage", "auth"];

/** The keys of `storage` that name no driver. */
export const STORAGE_SETTINGS: readonly string[] = [
  "cache",
  "delete",
  "maintenance",
  "redirect",
  "tag",
];

/** What a field gives when it is read: durations are milliseconds. */
export type ValueOf<F extends Field> = F extends { values: readonly (infer V)[] } ? V
  : F["type"] extends "text" ? string
  : F["type"] extends "bool" ? boolean
  : F["type"] extends "int" | "duration" | "size" ? number
  : F["type"] extends "list" ? readonly string[]
  : F["type"] extends "patterns" ? readonly RegExp[]
  : F["type"] extends "headers" ? Readonly<Record<string, readonly string[]>>
  : F["type"] extends "map" ? Readonly<Record<string, unknown>>
  : true;
