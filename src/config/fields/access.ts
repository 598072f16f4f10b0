import type { FieldTable } from "./field.ts";

export const ACCESS_FIELDS = {
  "auth.none": {
    type: "section",
    help: "No authentication, said aloud.",
    since: "registry:2",
    status: "built",
  },
  "auth.htpasswd.realm": {
    type: "text",
    help: "Realm of the challenge.",
    since: "registry:2",
    status: "built",
  },
  "auth.htpasswd.path": {
    type: "text",
    help: "File of users and bcrypt hashes.",
    since: "registry:2",
    status: "built",
  },
  "auth.silly.realm": {
    type: "text",
    help: "Realm of the challenge; for development, any Authorization passes.",
    since: "registry:2",
    status: "built",
  },
  "auth.silly.service": {
    type: "text",
    help: "Service of the challenge.",
    since: "registry:2",
    status: "built",
  },
  "auth.token.realm": {
    type: "text",
    help: "URL of the token server.",
    since: "registry:2",
    status: "built",
  },
  "auth.token.service": {
    type: "text",
    help: "Name by which the token server knows this registry.",
    since: "registry:2",
    status: "built",
  },
  "auth.token.issuer": {
    type: "text",
    help: "Issuer of the tokens.",
    since: "registry:2",
    status: "built",
  },
  "auth.token.rootcertbundle": {
    type: "text",
    help: "File with the certificates that tokens are signed under.",
    since: "registry:2",
    status: "built",
  },
  "auth.token.jwks": {
    type: "text",
    help: "File with the keys that tokens are signed by.",
    since: "registry:3",
    status: "built",
  },
  "auth.token.autoredirect": {
    type: "bool",
    default: false,
    help: "Takes the realm's host from the request.",
    since: "registry:2",
    status: "built",
  },
  "auth.token.autoredirectpath": {
    type: "text",
    default: "/auth/token",
    help: "Path of the realm with `autoredirect`.",
    since: "registry:3",
    status: "built",
  },
  "auth.token.signingalgorithms": {
    type: "list",
    help: "Signature algorithms that are accepted.",
    since: "registry:3",
    status: "built",
  },
  "access[].repositories": {
    type: "list",
    help: "Globs of repository names: `team/*` (one component), `team/**` (any depth), `**`.",
    since: "berth",
    status: "built",
  },
  "access[].users": {
    type: "list",
    help: "Names or globs of users, `authenticated`, or `anonymous`.",
    since: "berth",
    status: "built",
  },
  "access[].actions": {
    type: "list",
    help: "What they may do there: `pull`, `push`, `delete`, `catalog`.",
    since: "berth",
    status: "built",
  },
  "policy.repository.classes": {
    type: "list",
    help: "Kinds of content that repositories may hold: `image`, `plugin`.",
    since: "registry:2",
    status: "later",
  },
} as const satisfies FieldTable;
