"use strict";

/* What is wrong with a field stands beside it, as in a page that comes with mistakes. */

/** Says what is wrong with a field. @returns {HTMLElement} what says it */
function tellMistake(field, text) {
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
    return list;
}

/** Takes back what is said beside the fields of a form, or of a part of it. */
function takeMistakesBack(root) {
    const all = selector => [root, ...root.querySelectorAll("*")].filter(element => element.matches(selector));
    for (const text of all(".errorlist")) {
        for (const field of all(`[aria-describedby~="${text.id}"]`)) {
            describe(field, name => name !== text.id);
        }
        text.remove();
    }
    // The names of columns are looked at where they are typed (columns.js).
    for (const field of all("[aria-invalid]:not(.exports-tools input)")) {
        field.removeAttribute("aria-invalid");
    }
    for (const field of all(".errors")) {
        field.classList.remove("errors");
    }
}

/** Keeps of a field's descriptions those that are wanted, and adds another. */
function describe(field, wanted, more = "") {
    const names = (field.getAttribute("aria-describedby") || "").split(" ").filter(name => name && wanted(name));
    const all = more ? [...names, more] : names;
    if (all.length) {
        field.setAttribute("aria-describedby", all.join(" "));
    } else {
        field.removeAttribute("aria-describedby");
    }
}
