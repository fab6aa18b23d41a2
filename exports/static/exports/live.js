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

    /** What the form would send, but for its buttons. */
    const choice = (of = form) => new URLSearchParams(new FormData(of)).toString();

    /** What it would have sent when it came: whoever is quicker than the scripts has changed it since. */
    const choiceThatCame = () => {
        const copy = form.cloneNode(true);
        copy.reset();
        return choice(copy);
    };

    let asked = choiceThatCame();
    let isAwaited = choice() !== asked;

    /** Asks for the rows, if the choice is another one. */
    const ask = (always = false) => {
        clearTimeout(timer);
        if (!isReady) {
            isAwaited = true;
        } else if (always || choice() !== asked) {
            asked = choice();
            live.dispatchEvent(new CustomEvent("exports-changed"));
        }
    };

    const changed = event => {
        const field = event.target;
        if (field.name === "tenant") {
            if (event.type === "change") {
                form.requestSubmit(); // everything on the page is another tenant's
            }
        } else if (event.type === "change" && field.type !== "date") {
            ask();
        } else if (TYPED.includes(field.type) && !field.list) {
            clearTimeout(timer); // half of a time zone's name is none: a list waits for the end
            timer = setTimeout(ask, PAUSE);
        }
    };

    /** Puts the dates of a button into their fields. */
    const preset = button => {
        for (const [name, value] of new URLSearchParams(button.value)) {
            const field = form.elements[name];
            field.type = "date"; // it is text where it held a moment
            field.value = value;
        }
        ask();
    };

    const fieldOf = link => document.getElementById(link.hash.slice(1));

    /** Says beside the fields what the list of mistakes says. */
    const mark = () => {
        for (const text of form.querySelectorAll(".errorlist")) {
            for (const field of form.querySelectorAll(`[aria-describedby~="${text.id}"]`)) {
                describe(field, name => name !== text.id);
            }
            text.remove();
        }
        // The names of columns are looked at where they are typed (columns.js).
        for (const field of form.querySelectorAll("[aria-invalid]:not(.exports-tools input)")) {
            field.removeAttribute("aria-invalid");
        }
        for (const field of form.querySelectorAll(".errors")) {
            field.classList.remove("errors");
        }
        for (const link of live.querySelectorAll(".exports-note-error li > a[href^='#']")) {
            const field = fieldOf(link);
            if (field) {
                tell(field, link.parentElement.querySelector(".exports-mistake").textContent);
            }
        }
    };

    const tell = (field, text) => {
        const list = document.createElement("ul");
        const item = list.appendChild(document.createElement("li"));
        const frame = field.closest(".exports-field");
        list.className = "errorlist";
        list.id = `${field.id}_error`;
        item.textContent = text;
        frame.classList.add("errors");
        const details = frame.closest("details");
        if (details) {
            details.open = true;
        }
        const group = field.closest("fieldset.exports-field");
        const before = group ? group.querySelector("legend").nextSibling : field;
        before.parentElement.insertBefore(list, before);
        field.setAttribute("aria-invalid", "true");
        describe(field, () => true, list.id);
    };

    /** Keeps of a field's descriptions those that are wanted, and adds another. */
    const describe = (field, wanted, more = "") => {
        const names = (field.getAttribute("aria-describedby") || "").split(" ").filter(name => name && wanted(name));
        const all = more ? [...names, more] : names;
        if (all.length) {
            field.setAttribute("aria-describedby", all.join(" "));
        } else {
            field.removeAttribute("aria-describedby");
        }
    };

    /** Tells that no rows came, and what to do; an address that is too long stays too long. */
    const failed = status => {
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
        const tenantOf = text => new URLSearchParams(text).get("tenant");
        const isOthers = tenantOf(choice()) !== tenantOf(asked);
        isReady = true;
        if (isOthers && document.activeElement !== form.elements.tenant) {
            form.requestSubmit();
        } else if (isAwaited && !isOthers) {
            ask(true);
        }
    };

    const start = () => {
        document.addEventListener("DOMContentLoaded", catchUp); // htmx was first to wait for it
        document.documentElement.classList.add("exports-is-live");
        form.addEventListener("input", changed);
        form.addEventListener("change", changed);
        form.addEventListener("exports-changed", () => ask());
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
        live.addEventListener("htmx:beforeRequest", () => live.setAttribute("aria-busy", "true"));
        live.addEventListener("htmx:afterRequest", event => {
            live.removeAttribute("aria-busy");
            if (event.detail.successful) {
                renewed(event.detail.xhr);
            } else {
                failed(event.detail.xhr.status);
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
            const text = document.getElementById("exports-size").textContent.trim();
            if (summary.textContent.trim() !== text) {
                summary.textContent = text;
            }
            mark();
        });
    };

    if (window.htmx && live.hasAttribute("hx-get")) {
        start();
    }
}
