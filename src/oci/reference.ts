import type { Digest } from "./digest.ts";

declare const brand: unique symbol;

/** A repository name that fits the grammar and a path: `team/app`, `docker.io/library/redis`. */
export type RepositoryName = string & { readonly [brand]: "RepositoryName" };
export type Tag = string & { readonly [brand]: "Tag" };

/** What stands after `/manifests/`. */
export type Reference =
  | { readonly kind: "tag"; readonly tag: Tag }
  | { readonly kind: "digest"; readonly digest: Digest };

/** Longest repository name in bytes; it becomes a path, and file systems end at 255 bytes a component. */
export const MAX_NAME_LENGTH = 255;

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
// distribution also takes a host name as the first of several components (`Example.com/app`); a port it takes and then
// answers 500, so not here. The length is checked before, which bounds the backtracking.
const NAME = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*/)?${COMPONENT}(?:/${COMPONENT})*$`);
const SIMPLE = new RegExp(`^${COMPONENT}$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Whether the text is a repository name but for its length. */
export function isTooLongName(text: string): boolean {
  return text.length > MAX_NAME_LENGTH && text.split("/").every((part) => SIMPLE.test(part));
}

/** The name, or undefined when it breaks the grammar or is too long. */
export function asRepositoryName(text: string): RepositoryName | undefined {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text) ? text as RepositoryName : undefined;
}

export function asTag(text: string): Tag | undefined {
  return TAG.test(text) ? text as Tag : undefined;
}
