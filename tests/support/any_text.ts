import fc from "fast-check";

/** Any string: half of its UTF-16 units as headers have them, the rest from everywhere, lone surrogates included. */
export const anyText: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code)),
});
