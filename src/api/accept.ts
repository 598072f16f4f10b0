import { DOCKER_IMAGE, DOCKER_LIST, OCI_IMAGE, OCI_INDEX } from "../oci/media_type.ts";

/**
 * Whether an Accept header takes a media type (RFC 9110 section 12.5.1): the most specific range decides, q=0 is a no. No header at
 * all takes everything.
 */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined) return true;
  const group = `${type.slice(0, type.indexOf("/"))}/*`;
  let best = 0;
  let taken = false;
  for (const part of header.split(",")) {
    const [range = "", ...parameters] = part.split(";");
    const rank = rankOf(range.trim().toLowerCase(), type, group);
    if (rank < best || rank === 0) continue;
    const wanted = quality(parameters) > 0;
    taken = rank > best ? wanted : taken || wanted;
    best = rank;
  }
  return taken;
}

/** 3 for the type itself, 2 for its group, 1 for everything, 0 for something else. */
function rankOf(range: string, type: string, group: string): number {
  if (range === type) return 3;
  if (range === group) return 2;
  return range === "*/*" ? 1 : 0;
}

function quality(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    if (name.trim().toLowerCase() === "q") return Number.parseFloat(value) || 0;
  }
  return 1;
}

/** Whether the client takes single images and no list of them: docker before 17.06 and tools of that age. */
export function wantsSingleImage(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  if (accepts(accept, DOCKER_LIST) || accepts(accept, OCI_INDEX)) return false;
  return accepts(accept, DOCKER_IMAGE) || accepts(accept, OCI_IMAGE);
}
