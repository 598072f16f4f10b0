import { WatchedFiles, type WatchOptions } from "../../src/watch/watched_files.ts";
import { eventually } from "../support/eventually.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import type { TempFolder } from "../support/temp_folder.ts";

/** The texts of the files joined by `|`; `bad` anywhere is an error. */
export class Watch implements AsyncDisposable {
  readonly log = new RecordedLog();
  readonly reloads: boolean[] = [];
  parses = 0;

  private constructor(readonly folder: TempFolder) {}

  watched!: WatchedFiles<string>;

  static async open(
    folder: TempFolder,
    paths: readonly string[],
    options: Partial<WatchOptions<string>> = {},
  ): Promise<Watch> {
    const watch = new Watch(folder);
    watch.watched = await WatchedFiles.open({
      what: "letters",
      paths,
      parse: (contents) => {
        watch.parses++;
        const texts = contents.map((content) => new TextDecoder().decode(content));
        if (texts.some((text) => text.includes("bad"))) throw new Error("letters:1: found bad");
        return texts.join("|");
      },
      interval: 5,
      logger: watch.log,
      onReload: (isGood) => watch.reloads.push(isGood),
      ...options,
    });
    return watch;
  }

  becomes(value: string): Promise<void> {
    return eventually(`the value is ${value}`, () => this.watched.current === value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watched.close();
  }
}
