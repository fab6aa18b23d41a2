"use strict";

/*
 * What the form of a choice sends: all that it shows, or nothing. Of half a date a browser would send no date, and
 * that asks for every row. And a page asks for the rows of that tenant alone of whom it says that it acts for them.
 */

/** What is chosen, also where a script has put a field away. Two that are alike ask for the same. */
function choiceOf(form) {
    const isChosen = ({name, type, checked}) => {
        return name && type !== "submit" && type !== "button" && (checked || !["checkbox", "radio"].includes(type));
    };
    const chosen = [...form.elements].filter(isChosen).map(({name, value}) => [name, value]);
    return new URLSearchParams(chosen).toString();
}

/** The fields that show what they cannot send: half a date, a name that can be none. */
function unsendable(form) {
    return [...form.elements].filter(({willValidate, validity}) => {
        return willValidate && (validity.badInput || validity.customError);
    });
}

/** Whether it names another tenant than the page has come for. */
function namesAnother(form) {
    const {tenant} = form.elements;
    return Boolean(tenant) && tenant.value !== tenant.defaultValue;
}

/** Asks for the whole page. A form that is being sent can be sent again only after that. */
function loadPage(form) {
    setTimeout(() => form.requestSubmit());
}

/** Says beside each field, but for the one that is being typed in, that it cannot be sent. */
function tellUnsendable(form, typed = document.activeElement) {
    for (const field of unsendable(form)) {
        if (field.validity.badInput && field !== typed && !toldOf(field)) {
            const frame = field.closest(".exports-field");
            if (!frame.querySelector("[data-unsendable]")) { // of the other end of a range
                takeMistakesBack(frame);
            }
            tellMistake(field, form.dataset.unsendable).dataset.unsendable = "";
            changedOf(form);
        }
    }
}

/** What says so of a field, if anything does. */
function toldOf(field) {
    return document.querySelector(`[id="${field.id}_error"][data-unsendable]`);
}

/** The page has another choice to follow, or none that can be followed (live.js). */
function changedOf(form) {
    form.dispatchEvent(new CustomEvent("exports-changed"));
}

{
    const live = document.getElementById("exports-live");
    const forms = document.querySelectorAll("form.exports-builder");

    /** What was chosen when the page came: whoever is quicker than the scripts has changed it since. */
    const choiceThatCame = form => {
        const copy = form.cloneNode(true);
        copy.reset();
        return choiceOf(copy);
    };

    const review = ({currentTarget: form, target: field}) => {
        if (toldOf(field) && !field.validity.badInput) {
            takeMistakesBack(field.closest(".exports-field"));
            changedOf(form);
        }
        tellUnsendable(form);
    };

    // Before whoever else listens: nothing of it is sent, by whichever button.
    document.addEventListener("submit", event => {
        const {target: form, submitter} = event;
        if (![...forms].includes(form)) {
            return;
        }
        const [field] = unsendable(form);
        const isOthers = submitter?.hasAttribute("formaction") && namesAnother(form);
        if (field || isOthers) {
            event.preventDefault();
            event.stopImmediatePropagation();
        }
        if (field) {
            tellUnsendable(form, null);
            field.checkValidity(); // whoever hides the field shows it now
            field.focus();
        } else if (isOthers) {
            loadPage(form);
        }
    }, true);

    for (const form of forms) {
        // The engine says what is wrong with what is sent. The browser would keep a field that is required, and
        // empty, from asking for another tenant's page.
        form.noValidate = true;
        form.addEventListener("focusout", review);
        form.addEventListener("input", review);
        tellUnsendable(form);
    }
    if (live) {
        // For which choice the rows and the size are that the page shows.
        live.dataset.choice = choiceThatCame(document.getElementById("exports-form"));
    }
}
