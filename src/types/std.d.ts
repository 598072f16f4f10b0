// deno-std on npm carries no types. A block per canonical specifier that deno.json maps; a name that is missing here is silently `any`.
// These blocks go when the import map points at JSR.

declare module "@std/assert" {
  export function assert(expression: unknown, message?: string): asserts expression;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    message?: string,
  ): asserts actual is T;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertInstanceOf<T>(
    actual: unknown,
    // deno-lint-ignore no-explicit-any
    expected: abstract new (...args: any[]) => T,
    message?: string,
  ): asserts actual is T;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    errorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    errorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
  ): Promise<E>;
}

declare module "@std/yaml" {
  export class YamlSyntaxError extends SyntaxError {
    readonly line: number;
    readonly column: number;
  }
  export interface ParseOptions {
    schema?: "core" | "failsafe" | "json" | "default" | "extended";
    allowDuplicateKeys?: boolean;
    onWarning?(error: Error): void;
  }
  export function parse(content: string, options?: ParseOptions): unknown;
  export function stringify(
    data: unknown,
    options?: { lineWidth?: number; skipInvalid?: boolean; useAnchors?: boolean; indent?: number },
  ): string;
}

declare module "@std/path" {
  export function join(...parts: string[]): string;
  export function resolve(...parts: string[]): string;
  export function dirname(path: string): string;
  export function basename(path: string, suffix?: string): string;
  export function extname(path: string): string;
  export function fromFileUrl(url: string | URL): string;
  export function relative(from: string, to: string): string;
}

declare module "@std/path/posix" {
  export function join(...parts: string[]): string;
  export function dirname(path: string): string;
  export function basename(path: string, suffix?: string): string;
}

declare module "@std/fmt/bytes" {
  export function format(bytes: number, options?: { binary?: boolean }): string;
}

declare module "@std/fmt/colors" {
  export function setColorEnabled(value: boolean): void;
  export function bold(text: string): string;
  export function dim(text: string): string;
  export function red(text: string): string;
  export function green(text: string): string;
  export function yellow(text: string): string;
}

declare module "@std/cli/parse-args" {
  export interface ParseArgsOptions {
    boolean?: readonly string[];
    string?: readonly string[];
    alias?: Readonly<Record<string, string | readonly string[]>>;
    default?: Readonly<Record<string, unknown>>;
    stopEarly?: boolean;
    unknown?(arg: string, key?: string, value?: unknown): unknown;
  }
  export function parseArgs(
    args: readonly string[],
    options?: ParseArgsOptions,
  ): { readonly _: readonly (string | number)[]; readonly [name: string]: unknown };
}

declare module "@std/http/etag" {
  export function ifNoneMatch(value: string | null, etag: string | undefined): boolean;
  export function ifMatch(value: string | null, etag: string | undefined): boolean;
}

declare module "@std/http/negotiation" {
  export function accepts(request: { headers: Headers }, ...types: string[]): string | undefined;
}

declare module "@std/http/status" {
  export const STATUS_TEXT: Readonly<Record<number, string>>;
}
