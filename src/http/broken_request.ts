/**
 * How to answer what node's parser could not read, or did not get in time.
 * @param code of the error that came with "clientError"
 * @returns undefined when there is nobody to answer
 */
export function statusLineFor(code: string | undefined): string | undefined {
  switch (code) {
    case "ECONNRESET":
    case "EPIPE":
      return undefined;
    case "HPE_HEADER_OVERFLOW":
      return "431 Request Header Fields Too Large";
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return "413 Payload Too Large";
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return "408 Request Timeout";
    default:
      return "400 Bad Request";
  }
}
