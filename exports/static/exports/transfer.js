"use strict";

/* Where a page tells how a download goes on: the area of exports/download.html, which holds every text. */
class TransferArea {
    #area;
    #status;
    #running;
    #told;
    #bar;
    #language = document.documentElement.lang || undefined;
    #numbers = new Intl.NumberFormat(this.#language);
    #bytes = new Intl.NumberFormat(this.#language, {style: "unit", unit: "byte", unitDisplay: "long"});

    /** @param {HTMLElement} area */
    constructor(area) {
        this.#area = area;
        this.#status = area.querySelector("#exports-transfer-status");
        this.#running = area.querySelector("#exports-transfer-running");
        this.#told = area.querySelector("#exports-transfer-told");
        this.#bar = this.#running.querySelector("progress");
    }

    /** A text of the markup. @param {string} name */
    text(name) {
        return this.#area.dataset[name];
    }

    /** @param {"recordUrl" | "outcomeUrl"} name @param {string} id */
    address(name, id) {
        return this.text(name).replace(this.text("placeholder"), id);
    }

    /** Where a download was begun: the page of a dataset with the choice, or this page. @param {string} url */
    page(url) {
        const page = this.text("pageUrl");
        return page ? page + new URL(url, location.href).search : location.href;
    }

    /** @param {number} number */
    number(number) {
        return this.#numbers.format(number);
    }

    /** The size to the byte. @param {number} bytes */
    exactly(bytes) {
        return this.#bytes.format(bytes);
    }

    #roughly(bytes) {
        const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
        const power = bytes < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(bytes) / 10));
        const format = {style: "unit", unit: units[power], maximumFractionDigits: power ? 1 : 0};
        return new Intl.NumberFormat(this.#language, format).format(bytes / 1024 ** power);
    }

    /** "in 12 minutes", in a sentence. @param {number} seconds */
    when(seconds) {
        const words = new Intl.RelativeTimeFormat(this.#language, {numeric: "always"});
        const [size, unit] = seconds < 120 ? [1, "second"] : seconds < 7200 ? [60, "minute"] : [3600, "hour"];
        return this.text("when").replace("{when}", words.format(Math.ceil(seconds / size), unit));
    }

    /** Says it aloud, with the bar below. @param {string} name of the text */
    runs(name) {
        this.#status.textContent = this.text(name);
        this.#running.hidden = false;
        this.#told.replaceChildren();
        this.look();
    }

    /** How far it has got. Of what is not known yet nothing is shown. */
    show({rows, expectedRows, bytes, length}) {
        const known = rows !== null && expectedRows !== null && rows <= expectedRows;
        const all = known ? this.text("of").replace("{all}", this.number(expectedRows)) : "{done}";
        fill(this.#running, "rows", all.replace("{done}", this.number(rows || 0)));
        fill(this.#running, "size", this.#roughly(bytes));
        this.#running.querySelector("[data-needs=rows]").hidden = rows === null;
        const [value, max] = length ? [bytes, length] : known ? [rows, expectedRows] : [0, 0];
        if (max > 0) {
            this.#bar.max = max;
            this.#bar.value = value;
        } else {
            this.#bar.removeAttribute("value");
        }
    }

    /**
     * It has ended: what there is to say, and a part of the markup with these texts and nodes in its slots. What
     * had the focus and is gone gives it to what is said.
     */
    ends(name, part, slots, id = "") {
        const focused = this.#area.contains(document.activeElement);
        this.#status.textContent = name ? this.text(name) : "";
        this.#running.hidden = true;
        this.#told.replaceChildren(this.#part(part, slots, id));
        if (focused) {
            (name ? this.#status : this.#told).focus();
        }
        this.look();
    }

    #part(name, slots, id) {
        const part = this.#area.querySelector(`template[data-part="${name}"]`).content.cloneNode(true);
        for (const [slot, value] of Object.entries(slots)) {
            if (value === null) {
                part.querySelectorAll(`[data-needs="${slot}"]`).forEach(element => element.remove());
            } else {
                fill(part, slot, value);
            }
        }
        for (const link of part.querySelectorAll("[data-record]")) {
            if (id) {
                link.href = this.address("recordUrl", id);
            } else {
                link.remove();
            }
        }
        return part;
    }

    /** Brings it into sight. */
    look() {
        this.#area.scrollIntoView({block: "nearest"});
    }
}

/** Puts a text, or a node, in the slots of that name. */
function fill(root, name, value) {
    for (const slot of root.querySelectorAll(`[data-slot="${name}"]`)) {
        slot.replaceChildren(value);
    }
}
