"use strict";

/* The columns of a file: put in order and renamed. What is sent are the boxes, in their order, as without a script. */
{
    const list = document.querySelector(".exports-column-list");
    const all = document.querySelector(".exports-columns-all");
    const told = document.getElementById("exports-columns-status");
    const tools = document.getElementById("exports-column-tools").content;

    const boxOf = row => row.querySelector("input[type='checkbox']");
    const rows = () => [...list.children];
    const chosen = () => rows().filter(row => boxOf(row).checked);
    const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

    /** The form has another choice. */
    const changed = row => boxOf(row || list.firstElementChild).dispatchEvent(new Event("change", { bubbles: true }));

    const tellPlace = row => {
        if (!boxOf(row).checked) {
            told.textContent = filled(told.dataset.absent, { column: row.dataset.header });
            return;
        }
        const number = new Intl.NumberFormat(document.documentElement.lang);
        const now = chosen();
        told.textContent = filled(told.dataset.place, {
            column: row.dataset.header,
            place: number.format(now.indexOf(row) + 1),
            count: number.format(now.length),
        });
    };

    /** Lets a row pass the chosen one before or after it; what has the focus keeps it. */
    const move = (row, step) => {
        const now = chosen();
        const other = now[now.indexOf(row) + step];
        if (other && boxOf(row).checked) {
            const focused = document.activeElement;
            list.insertBefore(row, step < 0 ? other : other.nextElementSibling);
            focused.focus();
            row.scrollIntoView({ block: "nearest" });
            changed(row);
        }
        tellPlace(row);
    };

    /** Follows the pointer with a row, between those that are chosen. */
    const drag = (row, event) => {
        const handle = event.currentTarget;
        const before = rows().indexOf(row);
        const follow = moved => {
            const frame = list.getBoundingClientRect();
            list.scrollTop += moved.clientY < frame.top + 16 ? -8 : moved.clientY > frame.bottom - 16 ? 8 : 0;
            const next = chosen().filter(other => other !== row).find(other => {
                const place = other.getBoundingClientRect();
                return moved.clientY < place.top + place.height / 2;
            });
            const last = chosen().filter(other => other !== row).at(-1);
            const target = next || last?.nextElementSibling || null;
            if (target !== row && target !== row.nextElementSibling) {
                list.insertBefore(row, target);
                handle.setPointerCapture(moved.pointerId); // another place has lost it
            }
        };
        const end = () => {
            handle.removeEventListener("pointermove", follow);
            row.classList.remove("exports-dragged");
            if (rows().indexOf(row) !== before) {
                changed(row);
                tellPlace(row);
            }
        };
        event.preventDefault();
        handle.setPointerCapture(event.pointerId);
        row.classList.add("exports-dragged");
        handle.addEventListener("pointermove", follow);
        handle.addEventListener("pointerup", end, { once: true });
        handle.addEventListener("pointercancel", end, { once: true });
    };

    const wrongName = name => (name.includes(",") ? "comma" : name.startsWith(":") ? "colon" : "");

    /** Takes over a name that can be one; says why where it cannot. */
    const rename = (row, field) => {
        const name = field.value.trim();
        const note = row.querySelector(".exports-wrong");
        const wrong = wrongName(name);
        note.hidden = !wrong;
        note.textContent = wrong ? note.dataset[wrong] : "";
        if (wrong) {
            field.setAttribute("aria-invalid", "true");
            field.setAttribute("aria-describedby", note.id);
        } else {
            field.removeAttribute("aria-invalid");
            field.removeAttribute("aria-describedby");
            show(row, name);
        }
        weigh(row);
    };

    /** A name that is wrong keeps the form from being sent (sending.js), as long as its column is in the file. */
    const weigh = row => {
        const wrong = row.querySelector(".exports-wrong").textContent;
        row.querySelector(".exports-tools input").setCustomValidity(boxOf(row).checked ? wrong : "");
    };

    /** Writes a name into the box and beside it. */
    const show = (row, name) => {
        const header = row.dataset.header;
        const renamed = row.querySelector(".exports-renamed");
        boxOf(row).value = name && name !== header ? `${header}:${name}` : header;
        renamed.hidden = boxOf(row).value === header;
        renamed.querySelector("bdi").textContent = name;
    };

    const tellName = (row, field) => {
        if (field.hasAttribute("aria-invalid")) {
            told.textContent = ""; // what is wrong was told while it was typed
            return;
        }
        const name = row.querySelector(".exports-renamed bdi").textContent;
        const text = row.querySelector(".exports-renamed").hidden ? told.dataset.unnamed : told.dataset.named;
        told.textContent = filled(text, { column: row.dataset.header, name });
    };

    const open = (row, isOpen) => {
        row.querySelector(".exports-tools").hidden = !isOpen;
        row.querySelector(".exports-open").setAttribute("aria-expanded", String(isOpen));
    };

    /** Gives a row its handle, its buttons and the field for its name. */
    const equip = row => {
        const copy = tools.cloneNode(true);
        for (const element of copy.querySelectorAll("[aria-label]")) {
            const text = element.getAttribute("aria-label");
            element.setAttribute("aria-label", filled(text, { column: row.dataset.header }));
        }
        const field = copy.querySelector("input");
        const button = copy.querySelector(".exports-open");
        field.value = row.querySelector(".exports-renamed").hidden
            ? ""
            : row.querySelector(".exports-renamed bdi").textContent;
        field.id = `${boxOf(row).id}_name`;
        field.parentElement.htmlFor = field.id;
        copy.querySelector(".exports-wrong").id = `${field.id}_wrong`;
        field.addEventListener("input", () => rename(row, field));
        field.addEventListener("change", () => tellName(row, field));
        field.addEventListener("invalid", () => open(row, true));
        button.addEventListener("click", () => open(row, button.getAttribute("aria-expanded") === "false"));
        for (const mover of copy.querySelectorAll("[data-move]")) {
            mover.addEventListener("click", () => move(row, Number(mover.dataset.move)));
        }
        copy.querySelector(".exports-handle").addEventListener("pointerdown", event => drag(row, event));
        row.addEventListener("keydown", event => {
            const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
            if (event.altKey && step && event.target !== field) {
                event.preventDefault();
                move(row, step);
            }
        });
        boxOf(row).setAttribute("aria-keyshortcuts", "Alt+ArrowUp Alt+ArrowDown");
        row.append(copy);
    };

    const actions = {
        all: row => {
            boxOf(row).checked = true;
        },
        none: row => {
            boxOf(row).checked = false;
        },
        default: row => {
            boxOf(row).checked = "default" in row.dataset;
            const field = row.querySelector(".exports-tools input");
            field.value = "";
            rename(row, field);
        },
    };

    const choose = name => {
        rows().forEach(actions[name]);
        if (name === "default") {
            list.append(...rows().sort((one, other) => one.dataset.position - other.dataset.position));
        }
        changed();
    };

    rows().forEach(equip);
    list.addEventListener("change", () => rows().forEach(weigh));
    list.classList.add("exports-orderable");
    all.hidden = false;
    for (const button of all.querySelectorAll("button")) {
        button.addEventListener("click", () => choose(button.dataset.columns));
    }
}
