use cloakroom_core::UnixTime;
use cloakroom_keyring::{KeyId, KeyState};
use maud::{Markup, html};

use super::csrf_field::CsrfField;
use super::time::time;

/// The ring: ids, states and the steps that lead on. No secret comes near it.
pub(super) fn key_table(csrf: &CsrfField, keys: &[(KeyId, KeyState)], cutoff: Option<UnixTime>) -> Markup {
    html! {
        section.card #keys aria-labelledby="keys-title" {
            div.head {
                div {
                    h2 #keys-title { "The key ring" }
                    p { "Change the keys while you are logged in. Each step is written to the key file first." }
                }
                form method="post" action="/keys/announce" { (csrf)
                    button.primary type="submit" { "Announce a new key" }
                }
            }
            ol.steps {
                li { strong { "Announce" } " a key: it opens tickets and makes none. Every server learns it." }
                li { strong { "Activate" } " it: it makes tickets. The old key retires and still opens its own." }
                li { "Tickets are " strong { "sealed anew" } " when they are shown, with their old times." }
                li { strong { "Remove" } " the old key when the longest life under it is over: 12 hours here." }
            }
            table {
                caption.unseen { "Keys of the ring, their states and the steps that lead on" }
                thead { tr { th scope="col" { "Key" } th scope="col" { "State" } th scope="col" { "Next" } } }
                tbody {
                    @for &(id, state) in keys {
                        tr data-state=(state) {
                            th scope="row" { code { (id) } }
                            td { span.state.(state.as_str()) { (state) } small { (meaning(state)) } }
                            td.actions { (actions(csrf, id, state)) }
                        }
                    }
                }
            }
            p.cutoff #cutoff {
                @match cutoff {
                    Some(cutoff) => { "Cut-off: every ticket issued at or before " (time(cutoff)) " is refused." },
                    None => { "Cut-off: none. Nothing has been revoked." },
                }
            }
            p.fine {
                "Revoke a key when it has leaked. Whoever has it could make tickets, and their forgeries may already \
                 be sealed anew under a good key; so revoking sets the cut-off to that moment and "
                strong { "everybody logs in again, you too" } "."
            }
        }
    }
}

fn meaning(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "makes and opens",
        KeyState::Announced | KeyState::Retiring => "opens",
        KeyState::Revoked => "opens nothing; its secret is gone",
        _ => "",
    }
}

fn actions(csrf: &CsrfField, id: KeyId, state: KeyState) -> Markup {
    let steps: &[(&str, &str)] = match state {
        KeyState::Announced => &[
            ("activate", "Activate"),
            ("retire", "Retire"),
            ("revoke", "Revoke"),
        ],
        KeyState::Retiring => &[
            ("activate", "Activate again"),
            ("remove", "Remove"),
            ("revoke", "Revoke"),
        ],
        KeyState::Revoked => &[("remove", "Remove")],
        _ => &[],
    };
    html! {
        @for (step, label) in steps {
            form method="post" action=(format!("/keys/{step}")) {
                (csrf)
                input type="hidden" name="id" value=(id);
                button.small.danger[*step == "revoke"] type="submit" {
                    (label) span.unseen { " key " (id) }
                }
            }
        }
        @if steps.is_empty() {
            span.none { "activate another first" }
        }
    }
}
