"use strict";

/*
 * A page that asks again by itself, and is not answered, says since when it tells nothing new: above what would be
 * renewed, once, and until an answer comes. It goes on asking.
 */
{
    /** Milliseconds that a server may take for an answer which others give at once. */
    const SILENCE = 10_000;
    /** Milliseconds without anything new that are not worth a word: one question lost, a server that restarts. */
    const PATIENCE = 5000;

    const ASKS = "[hx-trigger^='every ']";
    const PARTS = "#job-state, .exports-scroll";

    const text = document.getElementById("exports-stale").content.textContent.trim();
    const moments = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {timeStyle: "long"});
    // It is there before it says something: screen readers look for changes.
    const told = document.createElement("div");
    let renewedAt = Date.now();

    const renewed = () => {
        renewedAt = Date.now();
        told.replaceChildren();
    };

    const unanswered = () => {
        if (told.hasChildNodes() || Date.now() - renewedAt < PATIENCE) {
            return;
        }
        const note = told.appendChild(document.createElement("p"));
        note.className = "exports-note exports-note-warning";
        note.textContent = text.replace("{time}", moments.format(renewedAt));
    };

    const start = part => {
        told.setAttribute("role", "status");
        (part.closest(PARTS) ?? part).before(told);
        document.addEventListener("htmx:configRequest", ({detail}) => {
            detail.timeout = SILENCE;
        });
        document.addEventListener("htmx:afterRequest", ({detail: {successful, failed, xhr}}) => {
            if (successful) {
                renewed();
            } else if (failed || xhr.status === 0) { // neither: the answer was to load the page anew
                unanswered();
            }
        });
    };

    const part = document.querySelector(ASKS);
    if (part) {
        start(part);
    }
}
