/** Something that can be turned on and off while the server runs. */
export interface Switch {
  readonly isOn: boolean;
}
