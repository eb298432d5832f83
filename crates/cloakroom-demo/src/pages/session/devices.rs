use cloakroom_core::UnixTime;
use cloakroom_session::Device;
use maud::{Markup, html};

use super::Act;
use crate::pages::csrf_field::CsrfField;
use crate::pages::time::{span, time};

/// The sessions of an account, and how to end them.
pub(super) fn devices(csrf: &CsrfField, devices: &[Device], now: UnixTime) -> Markup {
    html! {
        section.card #devices aria-labelledby="devices-title" {
            h2 #devices-title { "Your devices" }
            p { "Where you are logged in with a session. Whatever you do not know, end it." }
            ol.devices {
                @for (index, device) in devices.iter().enumerate() {
                    li data-current=[device.is_current.then_some("yes")] {
                        (one(csrf, device, index, now))
                    }
                }
            }
            @if devices.len() > 1 {
                form.choices method="post" action="/session/devices" { (csrf)
                    button type="submit" name="act" value=(Act::EndOthers.word()) { "End all others" }
                    button.danger type="submit" name="act" value=(Act::EndAll.word()) { "End all, this one too" }
                }
            } @else {
                p.fine { "There is no other. Log in with another browser, and it will stand here." }
                form.choices method="post" action="/session/devices" { (csrf)
                    button.danger type="submit" name="act" value=(Act::EndAll.word()) { "End all, this one too" }
                }
            }
            p.fine {
                "Five minutes after you gave your password you are asked for it again, so that nobody who finds this \
                 browser open can lock you out. Log-ins by sealed cookie and tokens for programs are not in the list: \
                 the server does not know of them. Logging out everywhere ends them all the same."
            }
        }
    }
}

fn one(csrf: &CsrfField, device: &Device, index: usize, now: UnixTime) -> Markup {
    let title = format!("device-{index}");
    let seen = now
        .checked_duration_since(device.last_seen_at)
        .unwrap_or_default();
    html! {
        div {
            h3 id=(title) {
                @match device.client.address {
                    Some(address) => { code { (address) } },
                    None => "An unknown address",
                }
                @if device.is_current { span.state.active { "this device" } }
                @if device.persistent { span.state { "remembered" } }
            }
            p.agent.wrap { (device.client.user_agent.as_deref().unwrap_or("A program that does not say its name")) }
            dl.sheet {
                dt { "Logged in" } dd { (time(device.created_at)) }
                // Before the session is made it was proven for it, and afterwards anew.
                @if device.authenticated_at > device.created_at {
                    dt { "Password given" } dd { (time(device.authenticated_at)) }
                }
                dt { "Last seen" } dd { (time(device.last_seen_at)) " " small { (span(seen)) " ago" } }
            }
        }
        @if device.is_current {
            form method="post" action="/session/logout" { (csrf)
                button.small type="submit" aria-describedby=(title) { "Log out" }
            }
        } @else {
            form method="post" action="/session/devices" { (csrf)
                input type="hidden" name="selector" value=(device.selector.to_text());
                button.small.danger type="submit" name="act" value=(Act::End.word()) aria-describedby=(title) { "End" }
            }
        }
    }
}
