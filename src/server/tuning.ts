/** What the commands `slabs`, `lru`, `lru_crawler` and `stats` set. Little here goes by it, but it is kept, and told by `stats settings`. */
export class Tuning {
  /** 0 to 2. */
  automove = 1;
  automoveRatio = 0.8;
  segmented = true;
  hotPercent = 20;
  warmPercent = 40;
  hotFactor = 0.2;
  warmFactor = 2;
  /** Seconds that an item lives to be temporary; `undefined` when none are. */
  temporaryTtl: number | undefined = undefined;
  /** Whether dumps are possible. */
  crawler = true;
  /** Microseconds. */
  crawlerSleep = 100;
  crawlerItems = 0;
  /** The version of the last item before sizes were tracked; `undefined` when they are not. */
  sizesSince: bigint | undefined = undefined;
}
