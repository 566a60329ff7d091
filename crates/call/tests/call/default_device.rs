//! Who never chose a device uses the one that the system uses, whichever that is.

use call::{Attempt, CaptureFault, CaptureRequest, NamedDevice, Page, PageEffect, PageInput};
use protocol::Source;
use view::{AnyNotice, DeviceKind, PageNotice};

use crate::page::{ask, asked, failed, faults, last_said, tell};

#[test]
fn another_default_is_followed_and_said_once() {
    let (mut page, _) = with_default("desk", &["desk", "laptop"]);
    let request = followed(listed(&mut page, "laptop", &["desk", "laptop"]));
    captured(&mut page, request.attempt, "laptop");
    assert_eq!(last_said(&page), now_using("laptop"));
    assert_eq!(listed(&mut page, "laptop", &["desk", "laptop"]), []);
    assert_eq!(page.notices().len(), 1);
    assert_eq!(page.selected_device(Source::Camera), Some("default"));
}

#[test]
fn another_default_that_does_not_deliver_or_is_not_what_comes_is_not_asked_for_again_and_again() {
    let (mut page, _) = with_default("desk", &["desk", "laptop"]);
    let request = followed(listed(&mut page, "laptop", &["desk", "laptop"]));
    failed(&mut page, request.attempt, CaptureFault::InUse);
    assert_eq!(listed(&mut page, "laptop", &["desk", "laptop"]), []);
    assert_eq!(listed(&mut page, "desk", &["desk", "laptop"]), [], "it is in use");
    let request = followed(listed(&mut page, "laptop", &["desk", "laptop"]));
    captured(&mut page, request.attempt, "desk");
    assert_eq!(listed(&mut page, "laptop", &["desk", "laptop"]), []);
}

#[test]
fn a_default_that_is_pulled_out_is_gone_and_back_like_one_with_a_name() {
    let (mut page, _) = with_default("desk", &["desk", "laptop"]);
    let request = followed(listed(&mut page, "laptop", &["laptop"]));
    captured(&mut page, request.attempt, "laptop");
    let (kind, lost, now) = (DeviceKind::Camera, label("desk"), label("laptop"));
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceReplaced { kind, lost, now }));

    // The system goes back to it.
    assert_eq!(listed(&mut page, "laptop", &["laptop"]), []);
    let request = followed(listed(&mut page, "desk", &["laptop", "desk"]));
    captured(&mut page, request.attempt, "desk");
    assert_eq!(last_said(&page), is_back("desk"));
    assert_eq!(listed(&mut page, "desk", &["laptop", "desk"]), []);
    assert_eq!(page.notices().len(), 2);
}

#[test]
fn a_default_that_is_back_is_used_also_where_the_system_has_another_one_now() {
    let (mut page, _) = with_default("desk", &["desk", "laptop"]);
    let request = followed(listed(&mut page, "laptop", &["laptop"]));
    captured(&mut page, request.attempt, "laptop");
    let back = asked(listed(&mut page, "laptop", &["laptop", "desk"])).remove(0);
    assert_eq!(back.device.as_deref(), Some("desk"));
    let device = Some(device("desk"));
    tell(&mut page, PageInput::Captured { source: Source::Camera, attempt: back.attempt, device });
    assert_eq!(last_said(&page), is_back("desk"));
    assert_eq!(listed(&mut page, "laptop", &["laptop", "desk"]), [], "it stays");
}

#[test]
fn a_default_whose_end_is_told_before_the_list_is_gone_too() {
    let (mut page, desk) = with_default("desk", &["desk", "laptop"]);
    let request = followed(tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk)));
    captured(&mut page, request.attempt, "laptop");
    let (kind, lost, now) = (DeviceKind::Camera, label("desk"), label("laptop"));
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceReplaced { kind, lost, now }));

    let (mut page, desk) = with_default("desk", &["desk"]);
    let ended = tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk));
    assert_eq!(faults(&ended), [(Source::Camera, CaptureFault::Ended)], "it is the same one twice");
}

#[test]
fn what_a_default_is_is_known_by_its_name_where_one_piece_of_hardware_is_several_devices() {
    let in_group = |name: &str, group: &str| NamedDevice { group: group.to_owned(), ..device(name) };
    let list = |name: &str, group: &str| {
        vec![in_group("desk", "g"), in_group("desk-line", "g"), in_group("laptop", ""), default(name, group)]
    };
    let mut page = Page::default();
    let attempt = ask(&mut page, Source::Camera);
    let device = Some(default("desk", "g"));
    tell(&mut page, PageInput::Captured { source: Source::Camera, attempt, device });
    let mut listed = |devices| tell(&mut page, PageInput::Listed { source: Source::Camera, devices });
    assert_eq!(listed(list("desk", "g")), []);
    followed(listed(list("desk-line", "g")));

    let mut page = Page::default();
    let attempt = ask(&mut page, Source::Camera);
    let device = Some(default("desk", ""));
    tell(&mut page, PageInput::Captured { source: Source::Camera, attempt, device });
    let mut listed = |devices| tell(&mut page, PageInput::Listed { source: Source::Camera, devices });
    assert_eq!(listed(list("desk", "")), []);
    followed(listed(list("laptop", "")));
}

/// A page whose camera is whatever the system uses: this one, of these.
fn with_default(name: &str, there: &[&str]) -> (Page, Attempt) {
    let mut page = Page::default();
    let attempt = ask(&mut page, Source::Camera);
    captured(&mut page, attempt, name);
    assert_eq!(listed(&mut page, name, there), []);
    (page, attempt)
}

fn captured(page: &mut Page, attempt: Attempt, name: &str) {
    let device = Some(default(name, &format!("g-{name}")));
    tell(page, PageInput::Captured { source: Source::Camera, attempt, device });
}

/// These are there, and the system uses this one.
fn listed(page: &mut Page, used: &str, there: &[&str]) -> Vec<PageEffect> {
    let there = there.iter().map(|name| device(name));
    let devices = std::iter::once(default(used, &format!("g-{used}"))).chain(there).collect();
    tell(page, PageInput::Listed { source: Source::Camera, devices })
}

fn device(name: &str) -> NamedDevice {
    NamedDevice { group: format!("g-{name}"), ..crate::page::named(name) }
}

/// What the system uses, as Chromium has it a second time.
fn default(name: &str, group: &str) -> NamedDevice {
    let label = format!("Default - The {name}");
    NamedDevice { id: "default".to_owned(), label, group: group.to_owned() }
}

/// The one question that was asked is for whatever the system uses.
fn followed(effects: Vec<PageEffect>) -> CaptureRequest {
    let request = asked(effects).remove(0);
    assert_eq!(request.device, None);
    request
}

fn now_using(name: &str) -> AnyNotice {
    AnyNotice::Page(PageNotice::DefaultDeviceChanged { kind: DeviceKind::Camera, now: label(name) })
}

fn is_back(name: &str) -> AnyNotice {
    AnyNotice::Page(PageNotice::DeviceIsBack { kind: DeviceKind::Camera, device: label(name) })
}

fn label(name: &str) -> Option<String> {
    Some(format!("The {name}"))
}
