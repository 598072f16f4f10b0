import type { Content, Image } from "./images.ts";
import { allContent } from "./images.ts";
import type { Script, ScriptedAnswer } from "./scripted_server.ts";

/**
 * A script for ScriptedServer which serves one image as a registry does, at `repository:v1`.
 * @param fault of the answer to a blob or manifest: how it differs
 */
export function imageScript(
  repository: string,
  image: Image,
  fault: (content: Content) => Partial<ScriptedAnswer> = () => ({}),
): Script {
  const contents = new Map(
    allContent(image).map((content) => [content.descriptor.digest, content]),
  );
  return ({ target, headers }) => {
    if (target === "/v2/") return {};
    const path = target.replace(/\?.*$/, "");
    const base = `/v2/${repository}/`;
    const [, kind, reference = ""] = /^(manifests|blobs)\/(.+)$/.exec(
      path.startsWith(base) ? path.slice(base.length) : "",
    ) ?? [];
    const content = kind === "manifests" && reference === "v1"
      ? image.manifest
      : contents.get(reference);
    return content && { ...answerOf(content, headers.get("range")), ...fault(content) };
  };
}

function answerOf({ descriptor, bytes }: Content, range: string | null): ScriptedAnswer {
  const headers = {
    "content-type": descriptor.mediaType,
    "docker-content-digest": descriptor.digest,
  };
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (start === 0) return { headers, body: bytes };
  const part = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  return {
    status: 206,
    headers: { ...headers, "content-range": part },
    body: bytes.subarray(start),
  };
}
