/** What a store has counted since the beginning, or since a request for the statistics `reset`. */
export class StoreCounts {
  /** Reads, and how they ended. */
  cmdGet = 0;
  getHits = 0;
  getMisses = 0;
  getExpired = 0;
  /** Writes of a value: set, add, replace, append, prepend. */
  cmdSet = 0;
  cmdFlush = 0;
  /** Changes of the expiry, with or without a read. */
  cmdTouch = 0;
  touchHits = 0;
  touchMisses = 0;
  deleteHits = 0;
  deleteMisses = 0;
  incrHits = 0;
  incrMisses = 0;
  decrHits = 0;
  decrMisses = 0;
  /** Writes with a CAS: that held, that did not, that found nothing. */
  casHits = 0;
  casBadval = 0;
  casMisses = 0;
  authCmds = 0;
  authErrors = 0;
  /** Items that were ever stored. */
  totalItems = 0;
  /** Items that went to make room. */
  evictions = 0;
  evictedUnfetched = 0;
  /** Items whose room was used again after they had expired. */
  reclaimed = 0;
  expiredUnfetched = 0;
}
