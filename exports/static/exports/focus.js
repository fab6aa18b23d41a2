"use strict";

/* Where a part of a job's page is renewed and the button that had the focus is gone, its status gets the focus. */
{
    const status = document.getElementById("job-status");
    let inside = false;

    document.addEventListener("htmx:beforeSwap", event => {
        inside = event.detail.target.contains(document.activeElement);
    });
    document.addEventListener("htmx:afterSettle", () => {
        if (inside && (document.activeElement === null || document.activeElement === document.body)) {
            status.focus();
        }
        inside = false;
    });
}
