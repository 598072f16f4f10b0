import { RegistryError } from "../oci/error.ts";

/** Where a chunk belongs in its upload. */
export interface ChunkRange {
  /** Offset of its first byte. */
  readonly start: number;
  /** In bytes. */
  readonly length: number;
}

// `0-3` is the OCI spec's form. `bytes 0-3/4` is HTTP's own (RFC 9110 section 14.4), which HTTP libraries write unasked.
const FORM = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/;

/**
 * The Content-Range of a chunk (OCI distribution-spec, Pushing a blob in chunks); undefined when there is none.
 * @throws RegistryError RANGE_INVALID: status 416 when it ends before it starts, 400 (distribution: 500) when it is not one
 */
export function parseContentRange(header: string | undefined): ChunkRange | undefined {
  if (header === undefined) return undefined;
  const match = FORM.exec(header.trim());
  if (match === null) {
    throw new RegistryError("RANGE_INVALID", {
      status: 400,
      detail: "Cannot read Content-Range: expected <first byte>-<last byte>",
    });
  }
  const start = Number(match[1]);
  const end = Number(match[2]);
  if (start > end) {
    throw new RegistryError("RANGE_INVALID", {
      detail: `Cannot take the chunk: its Content-Range ends at ${end}, before its start ${start}`,
    });
  }
  return { start, length: end - start + 1 };
}
