/** What a store has counted since the beginning, or since the last request for the statistics `reset`. */
export class StoreCounts {
  /** Reads, without those that touch. */
  cmdGet = 0;
  /** Reads that found something. */
  getHits = 0;
  /** Reads that found nothing. */
  getMisses = 0;
  /** Items that had expired and were met by any request. */
  getExpired = 0;
  /** Requests to write a value: set, add, replace, append, prepend. Those that are too large do not count. */
  cmdSet = 0;
  /** Flushes. */
  cmdFlush = 0;
  /** Changes of the expiry, with or without a read. */
  cmdTouch = 0;
  /** Changes of the expiry of an item that was there. */
  touchHits = 0;
  /** Changes of the expiry of an item that was not there. */
  touchMisses = 0;
  /** Deletes of an item that was there. */
  deleteHits = 0;
  /** Deletes of an item that was not there. */
  deleteMisses = 0;
  /** Increments of an item that was there. */
  incrHits = 0;
  /** Increments that found nothing and created nothing. */
  incrMisses = 0;
  /** Decrements of an item that was there. */
  decrHits = 0;
  /** Decrements that found nothing and created nothing. */
  decrMisses = 0;
  /** Writes of a whole value with a CAS that held. */
  casHits = 0;
  /** Writes of a whole value with a CAS that did not hold. */
  casBadval = 0;
  /** Writes of a whole value with a CAS that found nothing. */
  casMisses = 0;
  /** Attempts to log in. */
  authCmds = 0;
  /** Attempts to log in that failed. */
  authErrors = 0;
  /** Items that were ever stored. */
  totalItems = 0;
  /** Items that went to make room. */
  evictions = 0;
  /** Items that went to make room and had never been read. */
  evictedUnfetched = 0;
  /** Items that had expired and went to make room. */
  reclaimed = 0;
  /** Items that had expired and went to make room, and had never been read. */
  expiredUnfetched = 0;
  /** Items that went to make room and would have expired some day. */
  evictedNonzero = 0;
  /** Items that had expired and were found by the crawler. */
  crawlerReclaimed = 0;
  /** Items that came in text and were too large. */
  storeTooLarge = 0;
  /** Items that came in text for which there was no room. */
  storeNoMemory = 0;
}
