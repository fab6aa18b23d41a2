"use strict";

/* `<button type="button" data-copy="#id" hidden>` copies the text of that element, and says so. */
{
    const told = document.getElementById("exports-copied");
    let timer = 0;

    const tell = text => {
        clearTimeout(timer);
        told.textContent = text;
        timer = setTimeout(() => {
            told.textContent = "";
        }, 4000);
    };

    /** For a browser that lets no script copy: over HTTP none does. */
    const select = element => {
        const range = document.createRange();
        range.selectNodeContents(element);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        tell(told.dataset.selected);
    };

    const copy = async element => {
        try {
            await navigator.clipboard.writeText(element.textContent);
            tell(told.dataset.copied);
        } catch {
            select(element);
        }
    };

    const show = () => {
        for (const button of document.querySelectorAll("[data-copy][hidden]")) {
            button.hidden = false;
        }
    };

    document.addEventListener("click", event => {
        const button = event.target.closest("[data-copy]");
        const element = button && document.querySelector(button.dataset.copy);
        if (element) {
            copy(element);
        }
    });
    document.addEventListener("htmx:afterSwap", show);
    show();
}
