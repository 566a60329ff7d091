//! Through which speaker everything is played, as speakers come and go.

use call::{NamedDevice, Page, PageEffect, PageInput};
use view::{AnyNotice, DeviceKind, PageNotice};

use crate::page::{NOW, last_said, tell};

#[test]
fn a_speaker_that_vanishes_is_replaced_by_the_default_and_used_again_when_it_is_back() {
    let mut page = with_speaker("desk");
    assert_eq!(played(&listed(&mut page, "laptop", &["laptop"])), [None]);
    assert_eq!(last_said(&page), was_replaced("desk", "laptop"));
    assert_eq!(page.selected_speaker(), Some("default"), "the list shows what plays");
    assert_eq!(listed(&mut page, "laptop", &["laptop"]), []);
    assert!(page.looks_for_devices_every(NOW).is_some());

    let effects = listed(&mut page, "laptop", &["laptop", "desk"]);
    assert_eq!(played(&effects), [Some("desk".to_owned())]);
    assert!(effects.contains(&PageEffect::ListDevices));
    assert_eq!(last_said(&page), is_back("desk"));
    assert_eq!(page.selected_speaker(), Some("desk"));
    assert_eq!(page.notices().len(), 2, "one notice for each");
    assert_eq!(listed(&mut page, "laptop", &["laptop", "desk"]), []);
}

#[test]
fn of_two_speakers_that_vanish_one_after_the_other_the_first_is_used_again() {
    let mut page = with_speaker("desk");
    listed(&mut page, "laptop", &["laptop", "phone"]);
    assert_eq!(
        played(&listed(&mut page, "phone", &["phone"])),
        [],
        "the browser goes on to the other default"
    );
    assert_eq!(last_said(&page), was_replaced("laptop", "phone"));
    assert_eq!(played(&listed(&mut page, "phone", &["phone", "desk"])), [Some("desk".to_owned())]);
    assert_eq!(last_said(&page), is_back("desk"));
}

#[test]
fn a_speaker_that_is_refused_before_the_list_has_changed_is_gone_and_not_tried_until_it_comes_back() {
    let mut page = with_speaker("desk");
    let refused = || PageInput::SpeakerRefused("desk".to_owned());
    assert_eq!(played(&tell(&mut page, refused())), [None]);
    assert_eq!(last_said(&page), was_replaced("desk", "laptop"));
    assert_eq!(tell(&mut page, refused()), [], "each element says so");
    assert_eq!(listed(&mut page, "laptop", &["laptop", "desk"]), []);
    listed(&mut page, "laptop", &["laptop"]);
    assert_eq!(played(&listed(&mut page, "laptop", &["laptop", "desk"])), [Some("desk".to_owned())]);
    assert_eq!(page.notices().len(), 2);
}

#[test]
fn a_speaker_that_is_chosen_and_refused_leaves_the_one_before_and_says_so() {
    let mut page = with_speaker("desk");
    choose(&mut page, "broken");
    let effects = tell(&mut page, PageInput::SpeakerRefused("broken".to_owned()));
    assert_eq!(played(&effects), [Some("desk".to_owned())]);
    assert!(effects.contains(&PageEffect::RememberSpeaker(Some("desk".to_owned()))));
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceNotSwitched));
    assert_eq!(page.selected_speaker(), Some("desk"));

    // What vanishes meanwhile is not forgotten.
    choose(&mut page, "broken");
    listed(&mut page, "laptop", &["laptop", "broken"]);
    tell(&mut page, PageInput::SpeakerRefused("broken".to_owned()));
    listed(&mut page, "laptop", &["laptop", "broken"]);
    assert_eq!(last_said(&page), was_replaced("desk", "laptop"));
    listed(&mut page, "laptop", &["laptop", "broken", "desk"]);
    assert_eq!(last_said(&page), is_back("desk"));
}

#[test]
fn a_choice_that_plays_forgets_what_is_gone() {
    let mut page = with_speaker("desk");
    listed(&mut page, "laptop", &["laptop", "phone"]);
    let effects = choose(&mut page, "phone");
    assert_eq!(played(&effects), [Some("phone".to_owned())]);
    assert!(effects.contains(&PageEffect::RememberSpeaker(Some("phone".to_owned()))));
    tell(&mut page, PageInput::SpeakerPlays("phone".to_owned()));
    assert_eq!(listed(&mut page, "laptop", &["laptop", "phone", "desk"]), []);
    assert_eq!(page.selected_speaker(), Some("phone"));
    assert_eq!(played(&choose(&mut page, "default")), [None]);
    assert_eq!(page.selected_speaker(), Some("default"));
}

#[test]
fn a_speaker_of_an_earlier_visit_that_is_not_there_is_used_when_it_comes_and_one_that_was_unknown_without_a_word()
 {
    let before = || PageInput::SpeakerChosenBefore { device: "desk".to_owned() };
    let mut page = Page::default();
    assert_eq!(played(&tell(&mut page, before())), [Some("desk".to_owned())]);
    assert_eq!(played(&listed(&mut page, "laptop", &["laptop"])), [None]);
    assert_eq!(page.notices().len(), 0);
    assert_eq!(page.selected_speaker(), Some("default"));
    assert_eq!(played(&listed(&mut page, "laptop", &["laptop", "desk"])), [Some("desk".to_owned())]);
    assert_eq!(last_said(&page), is_back("desk"));

    // Browsers let nobody choose who has not allowed anything yet.
    let mut page = Page::default();
    tell(&mut page, before());
    assert_eq!(played(&tell(&mut page, PageInput::SpeakerRefused("desk".to_owned()))), [None]);
    assert_eq!(
        tell(&mut page, PageInput::SpeakersListed(vec![])),
        [],
        "a browser that names none says nothing"
    );
    assert_eq!(played(&listed(&mut page, "laptop", &["laptop", "desk"])), [Some("desk".to_owned())]);
    assert_eq!(page.notices().len(), 0);
}

#[test]
fn who_never_chose_a_speaker_is_told_which_one_the_system_uses_now() {
    let mut page = Page::default();
    assert_eq!(listed(&mut page, "desk", &["desk", "laptop"]), []);
    assert_eq!(page.selected_speaker(), Some("default"));
    assert_eq!(played(&listed(&mut page, "laptop", &["desk", "laptop"])), []);
    let changed = PageNotice::DefaultDeviceChanged { kind: DeviceKind::Speaker, now: label("laptop") };
    assert_eq!(last_said(&page), AnyNotice::Page(changed));

    listed(&mut page, "desk", &["desk"]);
    assert_eq!(last_said(&page), was_replaced("laptop", "desk"));
    listed(&mut page, "laptop", &["desk", "laptop"]);
    assert_eq!(last_said(&page), is_back("laptop"), "by the system");
    listed(&mut page, "desk", &["desk"]);
    let effects = listed(&mut page, "desk", &["desk", "laptop"]);
    assert_eq!(played(&effects), [Some("laptop".to_owned())], "it is used though the system does not");
    assert_eq!(page.notices().len(), 4);
}

/// A page that plays through a chosen speaker, while the system uses another.
fn with_speaker(name: &str) -> Page {
    let mut page = Page::default();
    listed(&mut page, "laptop", &["laptop", name]);
    choose(&mut page, name);
    tell(&mut page, PageInput::SpeakerPlays(name.to_owned()));
    listed(&mut page, "laptop", &["laptop", name]);
    page
}

fn choose(page: &mut Page, name: &str) -> Vec<PageEffect> {
    tell(page, PageInput::ChooseSpeaker { device: name.to_owned() })
}

/// These are there, and the system uses this one.
fn listed(page: &mut Page, used: &str, there: &[&str]) -> Vec<PageEffect> {
    let device = |name: &str| NamedDevice { group: format!("g-{name}"), ..crate::page::named(name) };
    let default = NamedDevice { id: "default".to_owned(), ..device(used) };
    let devices = std::iter::once(default).chain(there.iter().map(|name| device(name))).collect();
    tell(page, PageInput::SpeakersListed(devices))
}

fn played(effects: &[PageEffect]) -> Vec<Option<String>> {
    let played = |effect: &PageEffect| match effect {
        PageEffect::PlayThrough(device) => Some(device.clone()),
        _ => None,
    };
    effects.iter().filter_map(played).collect()
}

fn was_replaced(lost: &str, now: &str) -> AnyNotice {
    let (kind, lost, now) = (DeviceKind::Speaker, label(lost), label(now));
    AnyNotice::Page(PageNotice::DeviceReplaced { kind, lost, now })
}

fn is_back(name: &str) -> AnyNotice {
    AnyNotice::Page(PageNotice::DeviceIsBack { kind: DeviceKind::Speaker, device: label(name) })
}

fn label(name: &str) -> Option<String> {
    Some(format!("The {name}"))
}
