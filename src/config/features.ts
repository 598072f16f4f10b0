import { isEmpty, nodeAt } from "./node.ts";
import type { Problems } from "./problem.ts";
import type { Setting, Settings } from "./settings.ts";

/** A part of the configuration that is known and does nothing yet. It is never ignored without a word. */
interface Feature {
  /** The sections or fields that belong to it. */
  readonly covers: readonly string[];
  /** `error`: whoever asked for it must not get a server without it. `warning`: its lack harms nobody, and drop-in files have it. */
  readonly kind: "error" | "warning";
  /** What asks for it, where the setting stands that makes it start; undefined when it is off. */
  readonly askedBy: (settings: Settings) => Setting | undefined;
  readonly message: (asked: Setting) => string;
}

/** Reports everything that the settings ask for and that is not built. */
export function reportUnbuilt(settings: Settings, problems: Problems): void {
  for (const { kind, askedBy, message } of UNBUILT) {
    const asked = askedBy(settings);
    if (asked === undefined) continue;
    const report = kind === "error" ? "error" : "warn";
    problems[report](message(asked), asked.path, asked.node.origin);
  }
}

const notYet = (what: string) => () =>
  `${what} not built into berth yet: take the setting out to start without`;

/** The first setting in these sections that says something other than off, empty or nothing. */
function anyOf(...sections: readonly string[]): Feature["askedBy"] {
  return (settings) =>
    sections.flatMap((section) => [...settings.under(section)])
      .find(({ node, value }) => !isEmpty(node) && value !== false && value !== "");
}

/** A setting that stands there at all, be it empty: a driver's name is enough. */
function presence(...sections: readonly string[]): Feature["askedBy"] {
  return (settings) => {
    for (const section of sections) {
      const [setting] = settings.under(section);
      if (setting !== undefined) return setting;
      const node = nodeAt(settings.root, section.split("."));
      if (node === undefined) continue;
      const field = { type: "section", help: "", since: "registry:2", status: "later" } as const;
      return { path: section, field, value: {}, node };
    }
    return undefined;
  };
}

/** The first element of a list that is not disabled. */
function enabledElement(list: string): Feature["askedBy"] {
  return (settings) => {
    for (let index = 0; index < settings.count(list); index++) {
      if (settings.find(`${list}[${index}].disabled`)?.value === true) continue;
      const [first] = settings.under(`${list}[${index}]`);
      if (first !== undefined) return first;
    }
    return undefined;
  };
}

const STORAGE_DRIVERS = ["s3", "gcs", "azure", "swift", "oss"];

/** Every field with the status `later` belongs to one of these; a test holds that. */
export const UNBUILT: readonly Feature[] = [
  {
    covers: ["log.reportcaller"],
    kind: "error",
    askedBy: anyOf("log.reportcaller"),
    message: notYet("log.reportcaller is"),
  },
  {
    covers: ["log.hooks"],
    kind: "error",
    askedBy: enabledElement("log.hooks"),
    message: notYet("hooks of the log are"),
  },
  ...STORAGE_DRIVERS.map((name): Feature => ({
    covers: [`storage.${name}`],
    kind: "error",
    askedBy: presence(`storage.${name}`),
    message: () =>
      `storage driver ${name} is not built into berth yet, expected filesystem or inmemory`,
  })),
  {
    covers: ["storage.maintenance.uploadpurging"],
    kind: "warning",
    askedBy: (settings) =>
      settings.find("storage.maintenance.uploadpurging.enabled")?.value === false
        ? undefined
        : anyOf("storage.maintenance.uploadpurging")(settings),
    message: () =>
      "purging is not built yet: unfinished uploads stay until they are removed by hand",
  },
  {
    covers: ["policy.repository.classes"],
    kind: "error",
    askedBy: anyOf("policy.repository.classes"),
    message: notYet("policy.repository.classes is"),
  },
  {
    covers: ["middleware"],
    kind: "error",
    askedBy: anyOf("middleware"),
    message: notYet("middleware is"),
  },
  {
    covers: ["reporting"],
    kind: "warning",
    askedBy: anyOf("reporting"),
    message: () => "has no effect, as in registry:3: nothing is reported to Bugsnag or New Relic",
  },
  {
    covers: ["compatibility"],
    kind: "warning",
    askedBy: anyOf("compatibility"),
    message: () => "has no effect, as in registry:3: image manifests of schema 1 are refused",
  },
  {
    covers: ["http.h2c"],
    kind: "error",
    askedBy: anyOf("http.h2c"),
    message: notYet("HTTP/2 without TLS is"),
  },
  {
    covers: ["http.tls.letsencrypt"],
    kind: "error",
    askedBy: anyOf("http.tls.letsencrypt"),
    message: () =>
      "Let's Encrypt is not built into berth yet: let certbot or another ACME client get the certificate, name its files in " +
      "http.tls.certificate and http.tls.key (they are read again when they change), and take http.tls.letsencrypt out",
  },
  {
    covers: ["notifications"],
    kind: "error",
    askedBy: enabledElement("notifications.endpoints"),
    message: notYet("notifications are"),
  },
  {
    covers: ["redis"],
    kind: "warning",
    askedBy: anyOf("redis"),
    message: () => "has no effect: nothing uses Redis yet",
  },
];

/** Fields that are accepted, in files of distribution, and change nothing here. */
export function reportInert(settings: Settings, problems: Problems): void {
  for (const { path, field, node } of settings.all()) {
    if (field.status === "inert") {
      problems.warn(`has no effect: ${REASONS[path]}`, path, node.origin);
    }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  "storage.filesystem.maxthreads": "berth has its own number of file workers",
  "storage.cache.blobdescriptorsize": "berth bounds its caches itself",
  "storage.tag.concurrencylimit": "berth needs no such limit",
  "proxy.cachewritetimeout": "a slow disk is no reason to throw away what was fetched",
};
