/** Watches what is allocated, so that a test can say how much and how often, without a clock. */

/** Runs a function and gives the sizes of all byte arrays and buffers that it made, in bytes, in their order. */
export function allocations(fn: () => void): number[] {
  const sizes: number[] = [];
  const watch = <C extends new (...args: never[]) => object>(original: C): C =>
    new Proxy(original, {
      construct(target, args) {
        // Views of memory that is there already come with that memory.
        if (typeof args[0] === "number") sizes.push(args[0]);
        else if (ArrayBuffer.isView(args[0])) sizes.push(args[0].byteLength);
        return Reflect.construct(target, args);
      },
    });
  const { Uint8Array: bytes, ArrayBuffer: buffer } = globalThis;
  const slice = bytes.prototype.slice;
  try {
    globalThis.Uint8Array = watch(bytes);
    globalThis.ArrayBuffer = watch(buffer);
    bytes.prototype.slice = function (this: Uint8Array<ArrayBuffer>, from?: number, to?: number) {
      const copy = slice.call(this, from, to);
      sizes.push(copy.length);
      return copy as Uint8Array<ArrayBuffer>;
    };
    fn();
  } finally {
    globalThis.Uint8Array = bytes;
    globalThis.ArrayBuffer = buffer;
    bytes.prototype.slice = slice;
  }
  return sizes;
}
