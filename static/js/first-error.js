// A form that came back puts its reader at the first thing that is not right.
document.querySelector("[aria-invalid=true]")?.focus();
