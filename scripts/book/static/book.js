// What HTML alone does not do: a link to a fold opens it, what can be scrolled sideways can be reached
// by keyboard, and a browser that prints no closed fold opens them first.
//
// SPDX-License-Identifier: MIT
"use strict";

function openTarget() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const fold = target && target.closest("details");
    if (fold) {
        fold.open = true;
        target.scrollIntoView();
    }
}

function letKeyboardScroll() {
    for (const box of document.querySelectorAll("article pre, .table-wrapper")) {
        if (box.scrollWidth > box.clientWidth) {
            box.tabIndex = 0;
        } else {
            box.removeAttribute("tabindex");
        }
    }
}

// The sidebars of narrow pages are check boxes behind labels: make buttons of these.
function letKeyboardOpenSidebars() {
    for (const label of document.querySelectorAll("header label[for], .content-icon-container label[for]")) {
        label.tabIndex = 0;
        label.setAttribute("role", "button");
        label.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === " ") {
                event.preventDefault();
                label.click();
            }
        });
    }
}

let opened = [];
addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.fold:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
});
addEventListener("afterprint", () => { opened.forEach((fold) => { fold.open = false; }); });
addEventListener("hashchange", openTarget);
addEventListener("resize", letKeyboardScroll);
addEventListener("DOMContentLoaded", () => { openTarget(); letKeyboardScroll(); letKeyboardOpenSidebars(); });
document.addEventListener("toggle", letKeyboardScroll, true);
