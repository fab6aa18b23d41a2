"use strict";

/*
 * Download with progress: what the form or a link asks for is fetched here, counted on its way, and given to the
 * browser as a file only once the audit record says that all of it was sent. Without scripts, and without
 * streams, the browser downloads by itself.
 */
{
    /** Bytes that are put together to a Blob, which the browser may keep on disk. */
    const PIECE = 8 * 1024 * 1024;
    /** Bytes of a file that is left to the browser: not every one keeps a Blob on disk. */
    const TOO_LARGE = 512 * 1024 * 1024;
    /** Milliseconds between two looks of a person at the numbers, and between two at the record. */
    const SHOWN_EVERY = 100;
    const ASKED_EVERY = 400;
    /** Milliseconds after which a record that still says `running` is believed. */
    const PATIENCE = 10_000;

    const SIGNED_OUT = {};
    const TOO_MUCH = {};

    const form = document.getElementById("exports-form");
    const area = new TransferArea(document.getElementById("exports-transfer"));
    /** The download that is under way, if there is one. */
    let current = null;

    /**
     * What the page knows of the file: how many rows it will have, null where it does not know; and whether it is
     * too large for a page, as one may be whose size nobody knows. What is shown of another choice tells nothing.
     */
    const expected = () => {
        const {rows, bytes} = document.getElementById("exports-size").dataset;
        if (rows === undefined || document.getElementById("exports-live").dataset.choice !== choiceOf(form)) {
            return {rows: null, isLarge: false};
        }
        return {rows: rows ? Number(rows) : null, isLarge: rows !== "0" && !(Number(bytes) <= TOO_LARGE)};
    };

    const begin = (url, expectedRows) => {
        const control = new AbortController();
        goOn({url, control, id: "", rows: null, bytes: 0, length: 0, expectedRows}, "begun");
        run(current);
    };

    const goOn = (transfer, text) => {
        current = transfer;
        area.show(transfer);
        area.runs(text);
        window.addEventListener("beforeunload", stay);
        transfer.timer = setInterval(area.show.bind(area), SHOWN_EVERY, transfer);
    };

    const end = (...told) => {
        const {url, expectedRows, timer} = current;
        clearInterval(timer);
        window.removeEventListener("beforeunload", stay);
        current = null;
        if (told.length) {
            area.ends(...told);
            document.querySelector("#exports-transfer [data-again]")?.addEventListener("click", () => {
                begin(url, expectedRows);
            });
        } else {
            location.assign(url); // the browser shows what there is
        }
    };

    const run = async transfer => {
        const {url, control: {signal}} = transfer;
        let response;
        try {
            response = await fetch(url, {redirect: "manual", cache: "no-store", signal});
        } catch {
            broken(transfer, "unreachable");
            return;
        }
        if (response.type === "opaqueredirect") {
            signedOut(url);
        } else if (!response.ok) {
            await refused(response);
        } else if (!response.headers.has("X-Export-Id")) {
            end();
        } else {
            await receive(transfer, response);
        }
    };

    const receive = async (transfer, {headers, body}) => {
        const type = headers.get("Content-Type");
        transfer.id = headers.get("X-Export-Id");
        transfer.length = headers.has("Content-Encoding") ? 0 : Number(headers.get("Content-Length"));
        area.runs("received");
        transfer.name = filenameOf(headers.get("Content-Disposition") || "");
        try {
            const file = await collect(transfer, body.getReader(), type);
            area.runs("checked");
            await check(transfer, file);
        } catch (error) {
            // The connection broke, or the export failed: the record says which.
            const record = await outcomeOf(transfer);
            if (error === TOO_MUCH && !transfer.control.signal.aborted) {
                end("large", "large", {});
                location.assign(transfer.url);
            } else {
                broken(transfer, reasonOf(record), record);
            }
        }
    };

    /** Saves the file, if the record says that it is all there. */
    const check = async (transfer, file) => {
        const record = await outcomeOf(transfer);
        if (record === SIGNED_OUT) {
            unchecked(transfer, file);
        } else if (record?.outcome !== "succeeded" || transfer.control.signal.aborted) {
            broken(transfer, reasonOf(record), record);
        } else if (record.byte_count !== file.size) {
            broken(transfer, "incomplete", record);
        } else {
            save(transfer, file, record);
        }
    };

    /** All of the body; raises where the connection breaks, and TOO_MUCH where it is too large for a page. */
    const collect = async (transfer, reader, type) => {
        const counter = RowCounter.of(type);
        const pieces = [];
        let chunks = [];
        let held = 0;
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
            chunks.push(read.value);
            held += read.value.byteLength;
            transfer.bytes += read.value.byteLength;
            counter?.take(read.value);
            transfer.rows = counter ? counter.rows : null;
            if (Math.max(transfer.bytes, transfer.length) > TOO_LARGE) {
                await reader.cancel();
                throw TOO_MUCH;
            }
            if (held >= PIECE) {
                pieces.push(new Blob(chunks));
                [chunks, held] = [[], 0];
            }
        }
        return new Blob([...pieces, ...chunks], {type});
    };

    /** The audit record, once it is closed, or as it is after a while; null where it does not come. */
    const outcomeOf = async ({id, control: {signal}}) => {
        const deadline = performance.now() + PATIENCE;
        let record = null;
        while (!signal.aborted) {
            record = await recordOf(id);
            if ((record && record.outcome !== "running") || performance.now() > deadline) {
                break;
            }
            await new Promise(resolve => setTimeout(resolve, ASKED_EVERY));
        }
        return record;
    };

    const recordOf = async id => {
        try {
            const answer = await fetch(area.address("outcomeUrl", id), {redirect: "manual", cache: "no-store"});
            if (answer.type === "opaqueredirect") {
                return SIGNED_OUT;
            }
            return answer.ok ? await answer.json() : null;
        } catch {
            return null;
        }
    };

    /** The name that the answer gives its file (RFC 6266). */
    const filenameOf = header => {
        const extended = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(header);
        const quoted = /filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(header);
        const token = /filename\s*=\s*([^;\s"]+)/i.exec(header);
        if (extended) {
            return decodeURIComponent(extended[1]);
        }
        return quoted ? quoted[1].replace(/\\(.)/g, "$1") : token ? token[1] : "export";
    };

    const save = ({id, name}, file, record) => {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(file);
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
        const {row_count: rows, byte_count: size, sha256} = record;
        end("done", "done", {name, rows: area.number(rows), size: area.exactly(size), sha256}, id);
        counted();
    };

    /** One download less is left, which the page says anew (live.js). It would leave for who is signed out. */
    const counted = () => form?.dispatchEvent(new CustomEvent("exports-taken"));

    /** All of it is here, and the session has ended: it waits until somebody has signed in again. */
    const unchecked = (transfer, file) => {
        end("", "unchecked", {}, transfer.id);
        document.querySelector("#exports-transfer [data-check]").addEventListener("click", () => {
            goOn(transfer, "checked");
            check(transfer, file);
        });
    };

    const reasonOf = record => {
        if (record === null || record === SIGNED_OUT || record.outcome === "running") {
            return "unknown";
        }
        return record.outcome === "failed" ? "failed" : "lost";
    };

    /** Nothing is saved. */
    const broken = (transfer, reason, record = null) => {
        if (transfer.control.signal.aborted) {
            end("cancelled", "cancelled", {}, transfer.id);
            return;
        }
        // Those of the record are what was sent: the browser may have less of it.
        const rows = transfer.rows ?? (record?.byte_count === transfer.bytes ? record.row_count : null);
        const slots = {
            reason: (reason === "failed" && record.error) || area.text(reason),
            advice: area.text(`${reason}Advice`),
            rows: rows === null ? null : area.number(rows),
            size: transfer.id ? area.exactly(transfer.bytes) : null,
        };
        end("", "broken", slots, transfer.id);
        if (record && record !== SIGNED_OUT) {
            counted();
        }
    };

    const signedOut = url => {
        end("", "signed-out", {});
        // That page leads to where one signs in, and from there back to this choice.
        document.querySelector("#exports-transfer [data-back]").href = area.page(url);
    };

    const refused = async response => {
        const text = await response.text().catch(() => "");
        if (response.status === 400) {
            end(); // what is wrong stands there beside each field
            return;
        }
        if (response.status === 414) {
            end("", "refused", {note: area.text("tooLong"), when: null});
            return;
        }
        const page = new DOMParser().parseFromString(text, "text/html");
        const note = page.querySelector(".exports-note-error") || page.querySelector("#content p, body p");
        const seconds = Number(response.headers.get("Retry-After"));
        end("", "refused", {
            note: note ? document.adoptNode(note) : area.text("unexpected"),
            when: seconds > 0 ? area.when(seconds) : null,
        });
        counted();
    };

    const stay = event => event.preventDefault();

    /** Takes a download over from the browser, unless it is too large for a page. One that runs is not begun again. */
    const take = (event, url, {rows, isLarge}) => {
        if (current !== null) {
            event.preventDefault();
            area.look();
        } else if (isLarge) {
            area.ends("large", "large", {});
        } else {
            event.preventDefault();
            begin(url, rows);
        }
    };

    const pressed = event => {
        const button = event.submitter;
        if (button?.id === "exports-download") {
            take(event, `${button.formAction}?${new URLSearchParams(new FormData(form, button))}`, expected());
        }
    };

    /** A link tells how many bytes the file had the last time; how many rows it has now, nobody knows. */
    const followed = event => {
        const link = event.target.closest("a[data-download]");
        if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
            take(event, link.href, {rows: null, isLarge: Number(link.dataset.download) > TOO_LARGE});
        }
    };

    if (window.ReadableStream && window.AbortController) {
        form?.addEventListener("submit", pressed);
        document.addEventListener("click", followed);
        document.getElementById("exports-transfer-cancel").addEventListener("click", () => {
            current?.control.abort();
        });
    }
}
