import type { FieldTable } from "./field.ts";

export const SERVICE_FIELDS = {
  "notifications.events.includereferences": {
    type: "bool",
    default: false,
    help: "Lists in events what a manifest names.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].name": {
    type: "text",
    help: "Name of the receiver.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].url": {
    type: "text",
    help: "Where events are posted.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].disabled": {
    type: "bool",
    default: false,
    help: "Turns the endpoint off.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].headers": {
    type: "headers",
    secret: true,
    help: "Headers of the request.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].timeout": {
    type: "duration",
    default: "1s",
    help: "Limit of one request.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].threshold": {
    type: "int",
    default: 10,
    help: "Failures before it backs off.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].backoff": {
    type: "duration",
    default: "1s",
    help: "Wait after that.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].ignoredmediatypes": {
    type: "list",
    help: "Media types without events.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].ignore.mediatypes": {
    type: "list",
    help: "Media types without events.",
    since: "registry:2",
    status: "later",
  },
  "notifications.endpoints[].ignore.actions": {
    type: "list",
    help: "Actions without events.",
    since: "registry:2",
    status: "later",
  },
} as const satisfies FieldTable;
