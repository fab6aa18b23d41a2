"use strict";

/*
 * A form is sent once, however often its button is pressed: for a while after that the button cannot be pressed.
 * The server makes no second job of the same request either; this spares the wait for it.
 */
{
    const SENT = "exportsSent";
    /** Milliseconds. A page that is still there then was not left: nobody tells whether that was stopped. */
    const A_WHILE = 3000;

    const forget = () => {
        for (const form of document.forms) {
            delete form.dataset[SENT];
        }
        for (const button of document.querySelectorAll("button[aria-disabled]")) {
            button.removeAttribute("aria-disabled");
        }
    };

    document.addEventListener("submit", event => {
        const {target: form, submitter: button} = event;
        const method = button && button.formMethod && button.hasAttribute("formmethod") ? button.formMethod : form.method;
        if (event.defaultPrevented || method !== "post") {
            return;
        }
        if (SENT in form.dataset) {
            event.preventDefault();
            return;
        }
        form.dataset[SENT] = "";
        // Once the form is on its way: a button that is disabled now would not be sent with it.
        setTimeout(() => button?.setAttribute("aria-disabled", "true"));
        setTimeout(forget, A_WHILE);
    });

    // Back from where the form led, to this page as it was.
    window.addEventListener("pageshow", forget);
}
