"use strict";

/*
 * A field for the key of a row, in which the row is found by its name: an editable combobox with a list, after the
 * WAI-ARIA Authoring Practices. What is sent is the key; what was typed, where nothing was chosen: the server knows
 * whose name that is, or says that it is nobody's.
 */
{
    /** Milliseconds after the last key. */
    const PAUSE = 200;
    const texts = document.getElementById("exports-search-texts").dataset;

    class Search {
        constructor(field) {
            this.field = field;
            this.timer = 0;
            /** What ends the request that is under way. */
            this.control = new AbortController();
            this.makeKey();
            this.makeList();
            this.listen();
            // Typed before anybody listened. A field that has the focus still tells of it.
            if (this.field.value !== this.shown && document.activeElement !== this.field) {
                this.settle();
            }
        }

        /** The input that is sent. */
        makeKey() {
            this.key = document.createElement("input");
            this.key.type = "hidden";
            this.key.name = this.field.name;
            this.key.value = this.field.defaultValue;
            this.field.removeAttribute("name");
            const isTyped = this.field.value !== this.field.defaultValue;
            this.shown = this.field.dataset.found || this.field.defaultValue;
            if (!isTyped) {
                this.field.value = this.shown;
            }
            this.field.after(this.key);
        }

        makeList() {
            const { field } = this;
            this.frame = document.createElement("div");
            this.frame.className = "exports-matches";
            this.frame.hidden = true;
            this.list = document.createElement("ul");
            this.list.id = `${field.id}_matches`;
            this.list.setAttribute("role", "listbox");
            this.list.setAttribute("aria-label", field.labels[0].textContent.trim());
            this.note = document.createElement("p");
            this.frame.append(this.list, this.note);
            this.status = document.createElement("p");
            this.status.className = "visually-hidden";
            this.status.setAttribute("role", "status");
            this.key.after(this.frame, this.status);
            field.setAttribute("role", "combobox");
            field.setAttribute("aria-autocomplete", "list");
            field.setAttribute("aria-expanded", "false");
            field.setAttribute("aria-controls", this.list.id);
            field.placeholder = texts.placeholder;
        }

        listen() {
            this.field.addEventListener("input", () => {
                clearTimeout(this.timer);
                this.timer = setTimeout(() => this.ask(), PAUSE);
            });
            this.field.addEventListener("keydown", event => this.pressed(event));
            this.field.addEventListener("change", () => this.settle());
            this.field.addEventListener("blur", () => this.close());
            this.field.addEventListener("click", () => this.ask());
            // Before the field loses the focus to the list.
            this.list.addEventListener("mousedown", event => {
                event.preventDefault();
                const option = event.target.closest("[role='option']");
                if (option) {
                    this.choose(option);
                }
            });
        }

        get options() {
            return [...this.list.children];
        }

        get active() {
            return this.options.find(option => option.getAttribute("aria-selected") === "true");
        }

        /** The rows of which this is a part of the name, as HTML; null where nobody answers. */
        async find(text, signal) {
            const address = new URL(this.field.dataset.search, location.href);
            address.searchParams.set("q", text);
            try {
                const answer = await fetch(address, { credentials: "same-origin", signal });
                return answer.ok && !answer.redirected ? await answer.text() : null;
            } catch {
                return null;
            }
        }

        /** Looks for what is typed. A newer question ends the older one. */
        async ask() {
            this.stop();
            const { signal } = this.control;
            const html = await this.find(this.field.value === this.shown ? "" : this.field.value, signal);
            if (!signal.aborted && document.activeElement === this.field) {
                this.show(html);
            }
        }

        /** Nobody waits for an answer any more. */
        stop() {
            clearTimeout(this.timer);
            this.control.abort();
            this.control = new AbortController();
        }

        show(html) {
            const template = document.createElement("template");
            template.innerHTML = html ?? "";
            const options = [...template.content.querySelectorAll("[role='option']")];
            const notes = [...template.content.querySelectorAll("li:not([role])")].map(note => note.textContent);
            options.forEach((option, at) => {
                option.id = `${this.list.id}_${at}`;
                option.setAttribute("aria-selected", "false");
            });
            this.list.replaceChildren(...options);
            this.list.hidden = !options.length;
            this.note.textContent = html === null ? texts.failed : notes.join(" ");
            this.note.hidden = !this.note.textContent;
            this.frame.hidden = false;
            this.field.setAttribute("aria-expanded", String(options.length > 0));
            this.field.removeAttribute("aria-activedescendant");
            const count = new Intl.NumberFormat(document.documentElement.lang).format(options.length);
            const found = options.length ? texts.found.replace("{count}", count) : "";
            this.status.textContent = [found, this.note.textContent].join(" ").trim();
        }

        close() {
            this.stop();
            this.frame.hidden = true;
            this.field.setAttribute("aria-expanded", "false");
            this.field.removeAttribute("aria-activedescendant");
        }

        pressed(event) {
            const steps = { ArrowDown: 1, ArrowUp: -1 };
            const open = !this.frame.hidden && this.options.length > 0;
            if (event.key in steps && !event.altKey) {
                event.preventDefault();
                if (open) {
                    this.step(steps[event.key]);
                } else {
                    this.ask();
                }
            } else if (event.key === "Enter" && open && this.active) {
                event.preventDefault();
                this.choose(this.active);
            } else if (event.key === "Escape" && !this.frame.hidden) {
                event.preventDefault();
                this.close();
            } else if (event.key === "Escape") {
                this.field.value = "";
                this.settle();
            }
        }

        step(by) {
            const { options } = this;
            const at = options.indexOf(this.active);
            const next = options[(at + by + options.length + (at < 0 && by < 0 ? 1 : 0)) % options.length];
            for (const option of options) {
                option.setAttribute("aria-selected", String(option === next));
            }
            this.field.setAttribute("aria-activedescendant", next.id);
            next.scrollIntoView({ block: "nearest" });
        }

        choose(option) {
            this.take(option.dataset.value, nameOf(option));
            this.close();
        }

        /** What was typed and not chosen is sent as it is. */
        settle() {
            const text = this.field.value.trim();
            if (text !== this.shown.trim()) {
                this.take(text, text);
            }
        }

        take(key, name) {
            this.field.value = name;
            this.shown = name;
            if (this.key.value !== key) {
                this.key.value = key;
                this.key.dispatchEvent(new Event("change", { bubbles: true }));
            }
        }
    }

    const nameOf = option => option.querySelector("bdi").textContent.trim();

    document.querySelectorAll("input[data-search]").forEach(field => new Search(field));
}
