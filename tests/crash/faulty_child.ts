/**
 * `berth serve` with faults that nobody catches: at SIGUSR2 one of each kind happens outside of any request.
 *
 * faulty_child.ts <config>
 */
import { EventEmitter } from "node:events";
import { denoSystem } from "../../src/cli/deno_system.ts";
import { run } from "../../src/cli/run.ts";

/** Each is an error that would end a process that does not listen for it. */
const FAULTS: Readonly<Record<string, () => void>> = {
  timer: () => {
    setTimeout(() => {
      throw new Error("stray error in a timer");
    }, 0);
  },
  rejection: () => void Promise.reject(new Error("stray rejection")),
  emitter: () =>
    queueMicrotask(() => void new EventEmitter().emit("error", new Error("stray event"))),
  stream: () => {
    const stream = new ReadableStream({
      start: (controller) => controller.error(new Error("stray stream")),
    });
    stream.pipeTo(new WritableStream());
  },
  // not even an Error
  thing: () => void Promise.reject("stray thing"),
  nothing: () => void Promise.reject(undefined),
};

Deno.addSignalListener("SIGUSR2", () => Object.values(FAULTS).forEach((fault) => fault()));
Deno.exit(await run(["serve", ...Deno.args], denoSystem()));
