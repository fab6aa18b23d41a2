"use strict";

/* Options that mean nothing to the chosen format are put away; the browser's time zone is offered. */
{
    const formats = document.querySelectorAll("[name='format']");

    /** Shows the options of the chosen format, and what is wrong. One that is put away keeps its value, unsent. */
    const fit = () => {
        const chosen = [...formats].find(box => box.checked)?.value;
        for (const field of document.querySelectorAll("[data-formats]")) {
            const frame = field.closest(".exports-field");
            const fits = !chosen || field.dataset.formats.split(" ").includes(chosen);
            field.disabled = !fits && !frame.classList.contains("errors");
            frame.hidden = field.disabled;
        }
        for (const details of document.querySelectorAll(".exports-file details")) {
            details.hidden = !details.querySelector(".exports-field:not([hidden])");
        }
    };

    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const offer = document.querySelector(".exports-own-zone");
    const field = document.querySelector("[name='tz']");

    const offerZone = () => {
        offer.hidden = !zone || (field.value || "UTC") === zone;
    };

    for (const box of formats) {
        box.addEventListener("change", fit);
    }
    document.getElementById("exports-live")?.addEventListener("htmx:afterSettle", fit); // mistakes are told by now
    fit();
    if (offer && field) {
        const button = offer.querySelector("button");
        button.textContent = button.dataset.text.replace("{zone}", zone);
        button.addEventListener("click", () => {
            field.value = zone;
            field.focus();
            field.dispatchEvent(new Event("change", { bubbles: true }));
            offerZone();
        });
        field.addEventListener("input", offerZone);
        offerZone();
    }
}
