import { assertEquals, assertThrows } from "@std/assert";
import { connectManager, inheritedSocket, type ManagerLink } from "../../src/cli/systemd.ts";
import { datagramSender } from "../../src/cli/systemd_link.ts";
import { TempFolder } from "../support/temp_folder.ts";

function linked(environment: Readonly<Record<string, string>>, clock: number | undefined = 7) {
  const sent: [string, string][] = [];
  const link: ManagerLink = {
    environment,
    pid: 42,
    send: (path, message) => Promise.resolve(void sent.push([path, message])),
    monotonicUs: () => clock,
  };
  return { manager: connectManager(link), sent };
}

Deno.test("without NOTIFY_SOCKET nothing is sent", () => {
  for (const environment of [{}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "vsock:2:1234" }]) {
    const { manager, sent } = linked({ WATCHDOG_USEC: "2000", ...environment });
    manager.ready("serving");
    manager.reloading();
    manager.stopping(0);
    manager.watch(() => Promise.resolve(true), () => {})();
    assertEquals(sent, []);
  }
});

Deno.test("start, reload and stop are told in systemd's words", () => {
  const { manager, sent } = linked({ NOTIFY_SOCKET: "/run/n" });
  manager.ready("serving");
  manager.reloading();
  manager.stopping(5_000);
  assertEquals(sent, [
    ["/run/n", "READY=1\nSTATUS=serving\nMAINPID=42"],
    ["/run/n", "RELOADING=1\nMONOTONIC_USEC=7\nSTATUS=reading files again"],
    [
      "/run/n",
      "STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\nSTATUS=waiting for running transfers",
    ],
  ]);
});

Deno.test("an abstract socket is named by a NUL", () => {
  const { manager, sent } = linked({ NOTIFY_SOCKET: "@berth" });
  manager.ready("x");
  assertEquals(sent[0]?.[0], "\0berth");
});

/** Resolves when the condition holds; each step is a turn of the loop. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error("Cannot go on: it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

Deno.test("the watchdog is told while the server answers, and is not while it doesn't", async () => {
  const { manager, sent } = linked({ NOTIFY_SOCKET: "/n", WATCHDOG_USEC: "8000" });
  let answer: () => Promise<boolean> = () => Promise.resolve(true);
  let silent = 0;
  const limits = new Set<number>();
  const stop = manager.watch((limitMs) => {
    limits.add(limitMs);
    return answer();
  }, () => silent++);
  await until(() => sent.length >= 2);
  assertEquals(sent[0], ["/n", "WATCHDOG=1"]);
  for (const bad of [() => Promise.resolve(false), () => Promise.reject(new Error("no"))]) {
    answer = bad;
    const before = silent;
    await until(() => silent > before);
    const told = sent.length;
    await until(() => silent > before + 2);
    assertEquals(sent.length, told);
  }
  stop();
  assertEquals([...limits], [2]);
});

Deno.test("a probe that hangs is not repeated, and tells nobody after the end", async () => {
  const { manager, sent } = linked({ NOTIFY_SOCKET: "/n", WATCHDOG_USEC: "2000" });
  const probe = Promise.withResolvers<boolean>();
  let asked = 0;
  const stop = manager.watch(() => {
    asked++;
    return probe.promise;
  }, () => {});
  await until(() => asked === 1);
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  stop();
  probe.resolve(true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals([asked, sent], [1, []]);
});

Deno.test("a watchdog of another process, or none that is a time, is left alone", () => {
  for (
    const environment of [
      { WATCHDOG_USEC: "2000", WATCHDOG_PID: "43" },
      { WATCHDOG_USEC: "0" },
      { WATCHDOG_USEC: "soon" },
      {},
    ]
  ) {
    const { manager } = linked({ NOTIFY_SOCKET: "/n", ...environment });
    // a timer that ran would be a leak of this test
    manager.watch(() => Promise.resolve(true), () => {});
  }
});

Deno.test("one socket for this process is taken over", () => {
  const noPath = () => undefined;
  assertEquals(inheritedSocket({ LISTEN_PID: "42", LISTEN_FDS: "1" }, 42, noPath), { fd: 3 });
  assertEquals(
    inheritedSocket({ LISTEN_PID: "42", LISTEN_FDS: "1" }, 42, (fd) => `/run/${fd}`),
    { fd: 3, path: "/run/3" },
  );
  const none: Record<string, string>[] = [
    {},
    { LISTEN_PID: "43", LISTEN_FDS: "1" },
    { LISTEN_FDS: "1" },
    { LISTEN_PID: "42" },
    { LISTEN_PID: "42", LISTEN_FDS: "0" },
    { LISTEN_PID: "42", LISTEN_FDS: "x" },
  ];
  for (const environment of none) {
    assertEquals(inheritedSocket(environment, 42, noPath), undefined);
  }
});

Deno.test("several sockets are refused in one sentence", () => {
  assertThrows(
    () => inheritedSocket({ LISTEN_PID: "42", LISTEN_FDS: "2" }, 42, () => undefined),
    Error,
    "Cannot use the 2 sockets that systemd has handed over: expected one. Leave one ListenStream= in the socket unit",
  );
});

Deno.test("datagrams arrive in order, at a path and at an abstract name", async () => {
  await using folder = await TempFolder.make();
  for (const path of [folder.at("notify"), `\0berth-${crypto.randomUUID()}`]) {
    const receiver = Deno.listenDatagram({ transport: "unixpacket", path });
    const send = datagramSender();
    try {
      const messages = Array.from({ length: 20 }, (_, index) => `N=${index}`);
      for (const message of messages) send(path, message);
      for (const message of messages) {
        const [bytes] = await receiver.receive();
        assertEquals(new TextDecoder().decode(bytes), message);
      }
    } finally {
      receiver.close();
    }
  }
});

Deno.test("where nobody receives, a datagram is lost in silence, and the next one is not", async () => {
  await using folder = await TempFolder.make();
  const send = datagramSender();
  send(folder.at("nobody"), "READY=1");
  const receiver = Deno.listenDatagram({ transport: "unixpacket", path: folder.at("notify") });
  try {
    send(folder.at("notify"), "READY=1");
    await receiver.receive();
  } finally {
    receiver.close();
  }
});
