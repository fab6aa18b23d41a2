"use strict";

/*
 * The page of a dataset follows its form: at each change htmx asks for the rows anew. Without htmx the form has
 * a button for that.
 */
{
    /** Milliseconds after the last key: a word is typed by then. */
    const PAUSE = 500;
    const TYPED = "text, search, number, date, time, datetime-local".split(", ");

    const form = document.getElementById("exports-form");
    const live = document.getElementById("exports-live");
    const summary = document.getElementById("exports-summary");
    let timer = 0;
    let open = [];
    let isReady = false; // htmx listens, and the other scripts have put the form in order

    let asked = live.dataset.choice;
    /** What the answer that is awaited is for. */
    let sent = asked;
    let isAwaited = choiceOf(form) !== asked;

    /** Says beside the button how much there is, or that something is wrong. */
    const sum = () => {
        const size = document.getElementById("exports-size");
        const text = unsendable(form).length ? summary.dataset.problem : size.textContent.trim();
        if (summary.textContent.trim() !== text) {
            summary.textContent = text;
        }
    };

    /**
     * Asks for the rows, if the choice is another one; for the whole page, if all on it is another tenant's, whose id
     * is not being typed.
     */
    const ask = (always = false, isTyped = document.activeElement === form.elements.tenant) => {
        clearTimeout(timer);
        sum();
        if (!isReady) {
            isAwaited = true;
        } else if (unsendable(form).length) {
            // Rows of what can be sent would not be those that the form shows: the old ones stay.
        } else if (namesAnother(form)) {
            if (!isTyped) {
                loadPage(form);
            }
        } else if (always || choiceOf(form) !== asked) {
            asked = choiceOf(form);
            live.dispatchEvent(new CustomEvent("exports-changed"));
        }
    };

    const changed = event => {
        const field = event.target;
        if (event.type === "change" && field.name === "tenant") {
            ask(false, false); // by Enter it keeps the focus
        } else if (event.type === "change" && field.type !== "date") {
            ask();
        } else if (TYPED.includes(field.type) && !field.list && field.name !== "tenant") {
            clearTimeout(timer); // half of a time zone's name is none, nor half of an id: they wait for the end
            timer = setTimeout(ask, PAUSE);
        }
    };

    /** Puts the dates of a button into their fields. */
    const preset = button => {
        for (const [name, value] of new URLSearchParams(button.value)) {
            const field = form.elements[name];
            field.type = "date"; // it is text where it held a moment
            field.value = value;
            field.dispatchEvent(new Event("input", {bubbles: true}));
        }
        ask();
    };

    const fieldOf = link => document.getElementById(link.hash.slice(1));

    /** Says beside the fields what the list of mistakes says. */
    const mark = () => {
        takeMistakesBack(form);
        for (const link of live.querySelectorAll(".exports-note-error li > a[href^='#']")) {
            const field = fieldOf(link);
            if (field) {
                tellMistake(field, link.parentElement.querySelector(".exports-mistake").textContent);
            }
        }
        tellUnsendable(form);
    };

    /** Tells that no rows came, and what to do; an address that is too long stays too long. */
    const unanswered = status => {
        const isTooLong = status === 414;
        const text = document.getElementById(isTooLong ? "exports-live-too-long" : "exports-live-failed");
        asked = isTooLong ? asked : "";
        document.querySelector("#exports-live .exports-unanswered")?.remove();
        const note = document.createElement("div");
        note.className = "exports-unanswered";
        note.append(text.content.cloneNode(true));
        note.querySelector("button")?.addEventListener("click", () => ask(true));
        live.prepend(note);
    };

    /** The choice stands in the address, as after the button: to be kept, sent, or come back to. */
    const renewed = request => {
        const address = request.getResponseHeader("HX-Replace-Url");
        if (address) {
            history.replaceState(history.state, "", address);
        }
    };

    /** Catches up with what was chosen before anybody listened. A field that has the focus still tells of it. */
    const catchUp = () => {
        isReady = true;
        if (isAwaited) {
            ask(true);
        }
    };

    const busy = isBusy => {
        for (const part of [live, summary]) {
            if (isBusy) {
                part.setAttribute("aria-busy", "true");
            } else {
                part.removeAttribute("aria-busy");
            }
        }
    };

    const start = () => {
        document.addEventListener("DOMContentLoaded", catchUp); // htmx was first to wait for it
        document.documentElement.classList.add("exports-is-live");
        form.addEventListener("input", changed);
        form.addEventListener("change", changed);
        form.addEventListener("exports-changed", () => ask());
        // Not for another tenant's page: what came of the download stands on this one.
        form.addEventListener("exports-taken", () => namesAnother(form) || ask(true));
        form.addEventListener("click", event => {
            const button = event.target.closest(".exports-preset");
            if (button) {
                event.preventDefault();
                preset(button);
            }
        });
        // Enter: the rows are there already, or on their way.
        form.addEventListener("submit", event => {
            if (event.submitter && !event.submitter.hasAttribute("formaction") && !event.submitter.name) {
                event.preventDefault();
                ask();
            }
        });
        live.addEventListener("htmx:beforeRequest", event => {
            // One that has waited for another takes what the form says by now.
            if (unsendable(form).length || namesAnother(form)) {
                event.preventDefault();
                asked = "";
            } else {
                sent = choiceOf(form);
                busy(true);
            }
        });
        live.addEventListener("htmx:afterRequest", event => {
            busy(false);
            const {successful, failed, xhr} = event.detail;
            if (successful) {
                renewed(xhr);
            } else if (failed || xhr.status === 0) { // neither: the answer is to leave for another page
                unanswered(xhr.status);
            }
        });
        live.addEventListener("htmx:beforeSwap", () => {
            open = [...live.querySelectorAll("details[open]")].map(details => details.id);
        });
        live.addEventListener("htmx:afterSwap", () => {
            document.getElementById("exports-told")?.remove();
            for (const id of open) {
                document.getElementById(id)?.setAttribute("open", "");
            }
            live.dataset.choice = sent;
            busy(false); // what is said meanwhile is not heard by everybody
            sum();
            mark();
        });
    };

    if (window.htmx && live.hasAttribute("hx-get")) {
        start();
    }
}
