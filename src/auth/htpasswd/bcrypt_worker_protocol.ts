/** What a bcrypt worker is asked, one at a time. */
export interface BcryptCheck {
  readonly password: string;
  readonly hash: string;
  /**
   * A wrong password takes as long as one of an entry of this cost would, so that the time doesn't tell whether there is a user in a
   * file of several costs. Not below the hash's own.
   */
  readonly wrongCost: number;
}

/** Undefined when it could not be checked. */
export interface BcryptResult {
  readonly isRight: boolean | undefined;
}
