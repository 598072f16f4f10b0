import { sizeText } from "./table.ts";

/** Between two drawings, in milliseconds. */
const DRAW_EVERY = 100;
/** The rate is that of the last so many milliseconds. */
const RATE_OVER = 3_000;
const BAR = 20;

export interface ProgressOptions {
  readonly label: string;
  /** Of the terminal; undefined: there is none, and nothing is drawn. */
  readonly width: number | undefined;
  readonly draw: (text: string) => void;
  /** In milliseconds. */
  readonly now: () => number;
}

/** One line on a terminal, drawn over itself: how much of an image has come, and how fast. */
export class Progress {
  #total = 0;
  #received = 0;
  #drawnAt = -Infinity;
  #marks: { readonly at: number; readonly received: number }[] = [];

  constructor(private readonly options: ProgressOptions) {}

  total(bytes: number): void {
    this.#total = bytes;
    this.#draw();
  }

  received(bytes: number): void {
    this.#received += bytes;
    if (this.options.now() - this.#drawnAt >= DRAW_EVERY) this.#draw();
  }

  /** Takes the line away. */
  end(): void {
    if (this.options.width !== undefined) this.options.draw("\r\x1b[K");
  }

  #draw(): void {
    const { width, draw, now } = this.options;
    if (width === undefined) return;
    this.#drawnAt = now();
    draw(`\r${this.#line(this.#rate()).slice(0, width - 1)}\x1b[K`);
  }

  #line(rate: number): string {
    const part = this.#total === 0 ? 0 : Math.min(1, this.#received / this.#total);
    const filled = Math.floor(part * BAR);
    const bar = `[${"#".repeat(filled)}${"-".repeat(BAR - filled)}]`;
    const size = `${sizeText(this.#received)} of ${sizeText(this.#total)}`;
    return `${bar} ${size}, ${sizeText(Math.round(rate))}/s  ${this.options.label}`;
  }

  /** Bytes a second. */
  #rate(): number {
    const at = this.#drawnAt;
    this.#marks = this.#marks.filter((mark) => at - mark.at <= RATE_OVER);
    this.#marks.push({ at, received: this.#received });
    const first = this.#marks[0] ?? { at, received: this.#received };
    return at === first.at ? 0 : (this.#received - first.received) * 1000 / (at - first.at);
  }
}
