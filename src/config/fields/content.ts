import type { FieldTable } from "./field.ts";

export const CONTENT_FIELDS = {
  "catalog.maxentries": {
    type: "int",
    default: 1000,
    help: "Longest page of `_catalog`.",
    since: "registry:2",
    status: "built",
  },
  "tags.maxtags": {
    type: "int",
    min: 0,
    default: 1000,
    help: "Longest page of a tag list.",
    since: "registry:3",
    status: "built",
  },
  "validation.disabled": {
    type: "bool",
    default: false,
    help: "Turns off the rules for URLs and for the manifests of an index.",
    since: "registry:2",
    status: "built",
  },
  "validation.enabled": {
    type: "bool",
    help: "Old opposite of `validation.disabled`: true beats it, false does nothing.",
    since: "registry:2",
    status: "built",
  },
  "validation.manifests.urls.allow": {
    type: "patterns",
    help: "Regular expressions; a URL of a foreign layer must match one. None: no URL is allowed.",
    since: "registry:2",
    status: "built",
  },
  "validation.manifests.urls.deny": {
    type: "patterns",
    help: "Regular expressions that a URL must not match.",
    since: "registry:2",
    status: "built",
  },
  "validation.manifests.indexes.platforms": {
    type: "choice",
    values: ["all", "none", "list"],
    anyCase: true,
    default: "all",
    help: "Of which platforms an index needs the manifests to be there.",
    since: "registry:3",
    status: "built",
  },
  "validation.manifests.indexes.platformlist[].os": {
    type: "text",
    help: "Operating system of a platform, for `platforms: list`.",
    since: "registry:3",
    status: "built",
  },
  "validation.manifests.indexes.platformlist[].architecture": {
    type: "text",
    help: "Architecture of a platform, for `platforms: list`.",
    since: "registry:3",
    status: "built",
  },
  "validation.manifests.references": {
    type: "choice",
    values: ["all", "none"],
    default: "all",
    help: "Whether what a manifest names must be there; `none` is for sparse content.",
    since: "berth",
    status: "built",
  },
} as const satisfies FieldTable;
