"use strict";

/*
 * Counts the rows of a file on its way: of CSV the ends of lines that stand in no quotes (RFC 4180), without the
 * headers; of JSON Lines each.
 */
class RowCounter {
    #headers;
    #quotes;
    #quoted = false;
    #lines = 0;

    /** @param {number} headers lines that are none @param {boolean} quotes whether a line may end in quotes */
    constructor(headers, quotes) {
        this.#headers = headers;
        this.#quotes = quotes;
    }

    /** The one for files of that type; null where the bytes do not tell. @param {string} type */
    static of(type) {
        if (type.startsWith("application/x-ndjson")) {
            return new RowCounter(0, false);
        }
        return /^text\/(csv|tab-separated-values)/.test(type) ? new RowCounter(1, true) : null;
    }

    /** @param {Uint8Array} bytes */
    take(bytes) {
        for (const byte of bytes) {
            if (byte === 10 && !this.#quoted) {
                this.#lines += 1;
            } else if (byte === 34 && this.#quotes) {
                this.#quoted = !this.#quoted;
            }
        }
    }

    get rows() {
        return Math.max(0, this.#lines - this.#headers);
    }
}
