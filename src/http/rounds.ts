/**
 * Rounds of the event loop between turns of large bodies. While something is always ready, tokio looks at the sockets every 61st round
 * only: with one round, 60 turns would pass before another request is seen (p99 of small requests beside one download: 107 ms; with
 * these rounds 9 ms; beside one upload 12 to 67 ms, and 5 to 8 ms). A setTimeout(0) makes it look at once, but takes 2.1 ms on Deno
 * 2.9.6, which is half of a lone client's speed.
 */
const ROUNDS = 32;

/** Runs it when the other work that is ready has had its turn, sockets included. */
export function afterOthers(run: () => void): void {
  afterRounds(ROUNDS, run);
}

function afterRounds(rounds: number, run: () => void): void {
  setImmediate(rounds > 1 ? () => afterRounds(rounds - 1, run) : run);
}
