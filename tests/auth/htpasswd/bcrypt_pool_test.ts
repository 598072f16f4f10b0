import { assertEquals } from "@std/assert";
import { BcryptPool, type BcryptPoolOptions } from "../../../src/auth/htpasswd/bcrypt_pool.ts";
import { eventually } from "../../support/eventually.ts";
import { RecordedLog } from "../../support/recorded_log.ts";
import { TempFolder } from "../../support/temp_folder.ts";

const FAULTY = new URL("./faulty_bcrypt_worker.ts", import.meta.url);
/** Of "baggins". */
const HASH = "$2y$05$926C3y10Quzn/LnqQH86VOEVh/18T6RnLaS.khre96jLNL/7e.K5W";

class Pool extends BcryptPool implements Disposable {
  readonly log: RecordedLog;

  constructor(options: Partial<BcryptPoolOptions> = {}) {
    const log = new RecordedLog();
    super({ size: 1, logger: log, url: FAULTY, ...options });
    this.log = log;
  }

  ask(password: string, owner = "a") {
    return this.check({ password, hash: HASH, wrongCost: 5 }, owner);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const DIED = "error a worker for password checks died, another takes its place {}";

Deno.test("the worker checks passwords by bcrypt", async () => {
  const pool = new BcryptPool({ size: 2, logger: new RecordedLog() });
  const ask = (password: string, hash = HASH) => pool.check({ password, hash, wrongCost: 5 }, "a");
  try {
    const passwords = ["baggins", "Baggins", "a\0b", ""];
    const answers = await Promise.all(passwords.map((password) => ask(password)));
    assertEquals(answers, ["right", "wrong", "wrong", "wrong"]);
    // what can't be checked, which the parser of the file lets through to nobody
    assertEquals(await ask("x", "$2y$nonsense"), "busy");
    assertEquals(await ask("baggins"), "right");
  } finally {
    pool.close();
  }
});

Deno.test("many checks are answered each with its own result", async () => {
  using pool = new Pool({ size: 2 });
  const asked = Array.from({ length: 30 }, (_, index) => index % 3 === 0 ? "right" : "wrong");
  assertEquals(await Promise.all(asked.map((password) => pool.ask(password))), asked);
});

Deno.test("a check whose worker dies is done again by another worker, and nobody else's is lost", async () => {
  await using folder = await TempFolder.make();
  using pool = new Pool();
  const answers = await Promise.all([
    pool.ask("right"),
    pool.ask(`die once ${folder.at("mark")}`),
    pool.ask("right"),
  ]);
  assertEquals(answers, ["right", "wrong", "right"]);
  assertEquals(pool.log.lines, [DIED]);
});

Deno.test("a check that kills each worker is answered busy, and the others are done", async () => {
  using pool = new Pool({ size: 2 });
  const answers = await Promise.all(["right", "die", "die", "right", "x"].map((p) => pool.ask(p)));
  assertEquals(answers, ["right", "busy", "busy", "right", "wrong"]);
  // twice for each; what they died of stays with them
  assertEquals(pool.log.lines, [DIED, DIED, DIED, DIED]);
});

Deno.test("workers that can't start answer busy", async () => {
  using pool = new Pool({ url: new URL("data:application/javascript,throw new Error()") });
  assertEquals(await Promise.all([pool.ask("right"), pool.ask("right")]), ["busy", "busy"]);
});

for (const password of ["hang", "silent"]) {
  Deno.test(`a check that does not end (${password}) is given up, and its worker replaced`, async () => {
    using pool = new Pool({ limit: 300 });
    assertEquals(await Promise.all([pool.ask(password), pool.ask("right")]), ["busy", "right"]);
    assertEquals(pool.log.lines, [
      "error a password check took too long, its worker is replaced {}",
    ]);
  });
}

Deno.test("beyond the bound checks are refused at once, but one of another owner finds room", async () => {
  using pool = new Pool({ mostWaiting: 3 });
  const flood = Array.from({ length: 50 }, () => pool.ask("wrong", "attacker"));
  const other = pool.ask("right", "alice");
  const answers = await Promise.all(flood);
  assertEquals(await other, "right");
  // one runs, three wait, of which the last made room
  assertEquals(answers.filter((answer) => answer === "wrong").length, 3);
  assertEquals(answers.filter((answer) => answer === "busy").length, 47);
});

Deno.test("the check of another owner runs next, however many of one wait before it", async () => {
  using pool = new Pool({ mostWaiting: 20 });
  const order: string[] = [];
  const ask = (owner: string) => pool.ask("wrong", owner).then(() => order.push(owner));
  const all = Array.from({ length: 10 }, () => ask("attacker"));
  all.push(ask("alice"));
  await Promise.all(all);
  assertEquals(order.indexOf("alice"), 2);
});

Deno.test("retryAfter grows with what waits, between a second and a minute", async () => {
  using pool = new Pool({ mostWaiting: 10_000 });
  assertEquals(pool.retryAfter, 1);
  const all = Array.from({ length: 101 }, (_, index) => pool.ask("silent", String(index)));
  // a check is taken to last 100 ms until one has
  assertEquals(pool.retryAfter, 11);
  for (let i = 0; i < 900; i++) all.push(pool.ask("silent", "b"));
  assertEquals(pool.retryAfter, 60);
  pool.close();
  await Promise.all(all);
});

Deno.test("close() answers what runs and waits, and what comes later", async () => {
  const pool = new Pool();
  const asked = [pool.ask("hang"), pool.ask("right")];
  pool.close();
  pool.close();
  assertEquals(await Promise.all([...asked, pool.ask("right")]), ["busy", "busy", "busy"]);
  assertEquals(pool.log.lines, []);
});

Deno.test("a worker that has nothing to do is ended, and started again when it is needed", async () => {
  await using folder = await TempFolder.make();
  using pool = new Pool({ idle: 1 });
  const workers = new Workers();
  using _watched = workers;
  assertEquals(await pool.ask("right"), "right");
  await eventually("the worker is ended", () => workers.ended === 1);
  assertEquals(await pool.ask(`die once ${folder.at("mark")}`), "wrong");
  await eventually("the workers are ended", () => workers.ended === workers.started);
});

/** Counts the workers that are started and ended. */
class Workers implements Disposable {
  started = 0;
  ended = 0;
  readonly #real = globalThis.Worker;

  constructor() {
    const count = (what: "started" | "ended") => this[what]++;
    globalThis.Worker = class extends this.#real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        count("started");
      }
      override terminate(): void {
        super.terminate();
        count("ended");
      }
    };
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#real;
  }
}
