/** A token that proves nothing. The message is for the log, so it never repeats a part of the token. */
export class UnusableToken extends Error {
  override readonly name = "UnusableToken";
}
