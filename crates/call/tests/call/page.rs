//! What a page decides by itself: notices, unread messages, reactions, devices, and who goes back in.

use std::time::Duration;

use call::{
    Attempt, CaptureFault, CaptureRequest, Level, NamedDevice, Notice, Page, PageEffect, PageInput,
    Permission, SwitchedBy, Switches,
};
use protocol::{ErrorCode, Reaction, Source, Switch};
use view::{AnyNotice, DeviceKind, PageNotice, Refusal};

use crate::support::name;

pub(crate) const NOW: Duration = Duration::from_secs(100);

#[test]
fn messages_count_as_unread_until_somebody_looks_and_the_open_chat_says_nothing() {
    let mut page = Page::default();
    wrote(&mut page);
    wrote(&mut page);
    assert_eq!((page.unread(), page.notices().len()), (2, 2));
    tell(&mut page, PageInput::LookAtChat { open: true });
    wrote(&mut page);
    assert_eq!((page.unread(), page.notices().len()), (0, 2));
    tell(&mut page, PageInput::LookAtChat { open: false });
    wrote(&mut page);
    assert_eq!((page.unread(), page.notices().len()), (1, 3));
}

#[test]
fn the_last_four_notices_are_shown_and_each_has_a_number_of_its_own() {
    let mut page = Page::default();
    for _ in 0..3 {
        tell(&mut page, PageInput::Notify(Notice::SignallingLost));
        tell(&mut page, PageInput::Say(PageNotice::NotCopied));
    }
    let said: Vec<_> = page.notices().iter().map(|notice| (notice.number, notice.what.clone())).collect();
    let (lost, not_copied) =
        (AnyNotice::Call(Notice::SignallingLost), AnyNotice::Page(PageNotice::NotCopied));
    assert_eq!(said, [(3, lost.clone()), (4, not_copied.clone()), (5, lost), (6, not_copied)]);
}

#[test]
fn what_is_refused_is_said_and_shown_where_it_was_wanted() {
    let mut page = Page::default();
    tell(&mut page, PageInput::Notify(Notice::Refused(ErrorCode::NotAllowed)));
    assert_eq!(page.refusal().unwrap().what, Refusal::Server(ErrorCode::NotAllowed));
    assert_eq!(page.notices().last().unwrap().what, AnyNotice::Call(Notice::Refused(ErrorCode::NotAllowed)));
    tell(&mut page, PageInput::Notify(Notice::NotSealed { text: "hello".to_owned() }));
    assert_eq!(page.unsent().unwrap().what, "hello");
}

#[test]
fn a_reaction_is_shown_for_four_seconds() {
    let mut page = Page::default();
    let reacted = Notice::Reacted { from: None, name: name("Ada"), reaction: Reaction::Applause };
    page.handle_input(NOW, PageInput::Notify(reacted));
    assert_eq!(page.reactions().count(), 1);
    let due = page.poll_timeout().unwrap();
    assert_eq!(due, NOW + Duration::from_secs(4));
    page.handle_timeout(due - Duration::from_millis(1));
    assert_eq!(page.reactions().count(), 1);
    page.handle_timeout(due);
    assert_eq!((page.reactions().count(), page.poll_timeout()), (0, None));
}

#[test]
fn devices_are_asked_for_together_as_they_were_chosen() {
    let mut page = Page::default();
    tell(&mut page, PageInput::ChosenBefore { source: Source::Camera, device: "desk".to_owned() });
    for source in [Source::Microphone, Source::Camera, Source::Camera] {
        assert_eq!(tell(&mut page, PageInput::Capture(source)), []);
    }
    let requests = asked(tell(&mut page, PageInput::AskForDevices));
    let devices: Vec<_> = requests.iter().map(|one| (one.source, one.device.as_deref())).collect();
    assert_eq!(devices, [(Source::Microphone, None), (Source::Camera, Some("desk"))]);
    assert_eq!(tell(&mut page, PageInput::AskForDevices), [], "once");
}

#[test]
fn what_is_no_longer_wanted_is_not_asked_for_or_let_go_of() {
    let mut page = Page::default();
    tell(&mut page, PageInput::Capture(Source::Camera));
    tell(&mut page, PageInput::StopCapture(Source::Camera));
    assert_eq!(tell(&mut page, PageInput::AskForDevices), []);
    let attempt = ask(&mut page, Source::Camera);
    tell(&mut page, PageInput::StopCapture(Source::Camera));
    let effects = captured(&mut page, Source::Camera, attempt, "desk");
    assert_eq!(effects, [PageEffect::LetGo(Source::Camera, attempt)]);
}

#[test]
fn another_device_takes_the_place_when_it_delivers() {
    let (mut page, _) = with_camera("desk");
    let request = asked(choose(&mut page, "phone")).remove(0);
    assert_eq!(request.device.as_deref(), Some("phone"));
    assert_eq!(page.selected_device(Source::Camera), Some("desk"), "until then");
    let effects = captured(&mut page, Source::Camera, request.attempt, "phone");
    assert!(effects.contains(&PageEffect::RememberDevice(Source::Camera, Some("phone".to_owned()))));
    assert!(effects.contains(&PageEffect::Use(Source::Camera, request.attempt)));
    assert_eq!(page.selected_device(Source::Camera), Some("phone"));
}

#[test]
fn another_device_that_does_not_deliver_leaves_the_one_in_use_and_says_so() {
    let (mut page, _) = with_camera("desk");
    let request = asked(choose(&mut page, "broken")).remove(0);
    let effects = failed(&mut page, request.attempt, CaptureFault::InUse);
    assert!(
        !effects.iter().any(|effect| matches!(effect, PageEffect::Stop(_) | PageEffect::CaptureFailed(..)))
    );
    assert_eq!(page.notices().last().unwrap().what, AnyNotice::Page(PageNotice::DeviceNotSwitched));
    assert_eq!(page.selected_device(Source::Camera), Some("desk"));
}

#[test]
fn a_screen_that_ends_by_itself_is_said_and_one_that_is_stopped_here_is_not() {
    let mut page = Page::default();
    let share = |page: &mut Page| {
        let attempt = ask(page, Source::Screen);
        captured(page, Source::Screen, attempt, "tab");
        attempt
    };
    let first = share(&mut page);
    tell(&mut page, PageInput::CaptureEnded(Source::Screen, first));
    let said = |page: &Page| page.notices().iter().map(|notice| notice.what.clone()).collect::<Vec<_>>();
    assert_eq!(said(&page), [AnyNotice::Page(PageNotice::ShareEnded)]);
    let second = share(&mut page);
    tell(&mut page, PageInput::StopCapture(Source::Screen));
    tell(&mut page, PageInput::CaptureEnded(Source::Screen, second));
    assert_eq!(said(&page).len(), 1);
}

#[test]
fn a_device_that_ends_is_told_to_the_call() {
    let (mut page, attempt) = with_camera("desk");
    let effects = tell(&mut page, PageInput::CaptureEnded(Source::Camera, attempt));
    assert_eq!(faults(&effects), [(Source::Camera, CaptureFault::Ended)]);
    assert!(effects.contains(&PageEffect::Stop(Source::Camera)));
    assert_eq!(tell(&mut page, PageInput::CaptureEnded(Source::Camera, attempt)), [], "once");
}

#[test]
fn a_device_that_vanishes_is_replaced_by_another_and_used_again_when_it_is_back() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk", "laptop"]);
    let effects = tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk));
    assert_eq!(faults(&effects), []);
    let stand_in = asked(effects).remove(0);
    captured(&mut page, Source::Camera, stand_in.attempt, "laptop");
    let label = |device: &str| Some(format!("The {device}"));
    let (kind, lost, now) = (DeviceKind::Camera, label("desk"), label("laptop"));
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceReplaced { kind, lost, now }));

    assert_eq!(listed(&mut page, &["laptop"]), [], "it is not there yet");
    let back = asked(listed(&mut page, &["laptop", "desk"])).remove(0);
    assert_eq!(back.device.as_deref(), Some("desk"));
    assert_eq!(listed(&mut page, &["laptop", "desk"]), [], "it is asked for once");
    let effects = captured(&mut page, Source::Camera, back.attempt, "desk");
    assert!(effects.contains(&PageEffect::Use(Source::Camera, back.attempt)));
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceIsBack { kind, device: label("desk") }));
    assert_eq!(page.notices().len(), 2, "one notice for each");
    assert_eq!(listed(&mut page, &["laptop", "desk"]), []);
}

#[test]
fn the_only_device_that_vanishes_is_used_again_when_it_is_back() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk"]);
    let effects = tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk));
    assert_eq!(faults(&effects), [(Source::Camera, CaptureFault::Ended)]);
    assert_eq!(listed(&mut page, &[]), []);
    let back = asked(listed(&mut page, &["desk"])).remove(0);
    let effects = captured(&mut page, Source::Camera, back.attempt, "desk");
    assert!(effects.contains(&PageEffect::Captured(Source::Camera)));
}

#[test]
fn a_device_that_ends_and_is_there_all_the_time_is_not_asked_for_again_and_again() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk"]);
    tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk));
    assert_eq!(listed(&mut page, &["desk"]), []);
    assert!(page.looks_for_devices_every(NOW).is_some());
    tell(&mut page, PageInput::StopCapture(Source::Camera));
    assert_eq!(page.looks_for_devices_every(NOW), None);
}

#[test]
fn a_chosen_device_of_which_the_browser_did_not_know_yet_takes_over_once_it_does_and_is_not_asked_for_in_vain_again()
 {
    let mut page = Page::default();
    tell(&mut page, PageInput::ChosenBefore { source: Source::Camera, device: "desk".to_owned() });
    let attempt = ask(&mut page, Source::Camera);
    captured(&mut page, Source::Camera, attempt, "laptop");
    let again = asked(listed(&mut page, &["laptop", "desk"])).remove(0);
    assert_eq!(again.device.as_deref(), Some("desk"));
    captured(&mut page, Source::Camera, again.attempt, "laptop");
    assert_eq!(listed(&mut page, &["laptop", "desk"]), [], "it cannot be had, though it is there");
    assert_eq!(page.notices().len(), 0);
    listed(&mut page, &["laptop"]);
    let back = asked(listed(&mut page, &["laptop", "desk"])).remove(0);
    captured(&mut page, Source::Camera, back.attempt, "desk");
    assert_eq!(listed(&mut page, &["laptop", "desk"]), []);
}

#[test]
fn a_microphone_that_falls_silent_is_looked_after_often_at_first_and_then_less() {
    let mut page = Page::default();
    assert_eq!(page.looks_for_devices_every(NOW), None);
    tell(&mut page, PageInput::Level(Level(0.0)));
    let looks = |seconds| page.looks_for_devices_every(NOW + Duration::from_secs(seconds));
    assert_eq!([looks(1), looks(11)], [500, 2_000].map(|millis| Some(Duration::from_millis(millis))));
    tell(&mut page, PageInput::Level(Level(0.1)));
    assert_eq!(page.looks_for_devices_every(NOW), None);
}

#[test]
fn a_device_that_cannot_be_opened_in_place_of_a_lost_one_is_a_loss_and_no_failed_choice() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk", "laptop"]);
    let stand_in = asked(tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk))).remove(0);
    let effects = failed(&mut page, stand_in.attempt, CaptureFault::InUse);
    assert_eq!(faults(&effects), [(Source::Camera, CaptureFault::Ended)]);
    assert_eq!(page.notices().len(), 0);
}

#[test]
fn a_device_that_is_missing_only_while_its_stand_in_is_opened_is_used_again() {
    let (mut page, attempt) = with_camera("front");
    listed(&mut page, &["front", "back"]);
    let stand_in = asked(tell(&mut page, PageInput::CaptureEnded(Source::Camera, attempt))).remove(0);
    assert_eq!(listed(&mut page, &["back"]), []);
    captured(&mut page, Source::Camera, stand_in.attempt, "back");
    let again = asked(listed(&mut page, &["front", "back"])).remove(0);
    assert_eq!(again.device.as_deref(), Some("front"));
}

#[test]
fn a_device_that_is_not_there_any_more_has_vanished_though_its_track_goes_on() {
    let (mut page, _) = with_camera("front");
    assert_eq!(listed(&mut page, &["front", "back"]), []);
    assert_eq!(listed(&mut page, &[]), [], "a browser that names none says nothing");
    assert_eq!(listed(&mut page, &["front", "back"]), []);
    let wanted = asked(listed(&mut page, &["back"]));
    assert_eq!(wanted.len(), 1);
    captured(&mut page, Source::Camera, wanted[0].attempt, "back");
    let replaced = PageNotice::DeviceReplaced {
        kind: DeviceKind::Camera,
        lost: Some("The front".to_owned()),
        now: Some("The back".to_owned()),
    };
    assert_eq!(last_said(&page), AnyNotice::Page(replaced));
    assert_eq!(listed(&mut page, &["back"]), [], "that is said once");
}

#[test]
fn what_was_refused_is_tried_again_before_the_call_and_only_said_in_it_once_it_is_allowed() {
    for is_inside in [false, true] {
        let mut page = Page::default();
        let attempt = ask(&mut page, Source::Camera);
        assert_eq!(
            faults(&failed(&mut page, attempt, CaptureFault::Blocked)),
            [(Source::Camera, CaptureFault::Blocked)]
        );
        let again = if is_inside { vec![] } else { vec![PageEffect::TryAgain(Source::Camera)] };
        assert_eq!(permission(&mut page, Permission::Granted, is_inside), again);
        let said = page.notices().last().map(|notice| notice.what.clone());
        let allowed = AnyNotice::Page(PageNotice::DeviceAllowed(Source::Camera));
        assert_eq!(said, is_inside.then_some(allowed));
        assert_eq!(permission(&mut page, Permission::Granted, is_inside), [], "once");
    }
}

#[test]
fn what_is_allowed_and_was_not_refused_or_is_not_wanted_any_more_changes_nothing() {
    let mut page = Page::default();
    assert_eq!(permission(&mut page, Permission::Granted, false), []);
    for fault in [CaptureFault::NotFound, CaptureFault::InUse] {
        let attempt = ask(&mut page, Source::Camera);
        failed(&mut page, attempt, fault);
        assert_eq!(permission(&mut page, Permission::Granted, false), [], "{fault:?}");
    }
    let attempt = ask(&mut page, Source::Camera);
    failed(&mut page, attempt, CaptureFault::Blocked);
    tell(&mut page, PageInput::StopCapture(Source::Camera));
    assert_eq!(permission(&mut page, Permission::Granted, false), []);
}

#[test]
fn a_device_that_ends_because_it_is_not_allowed_any_more_was_not_disconnected() {
    let (mut page, attempt) = with_camera("front");
    permission(&mut page, Permission::Denied, true);
    let ended = tell(&mut page, PageInput::CaptureEnded(Source::Camera, attempt));
    assert_eq!(faults(&ended), [(Source::Camera, CaptureFault::Blocked)]);

    // The end may be told first.
    let (mut page, attempt) = with_camera("front");
    tell(&mut page, PageInput::CaptureEnded(Source::Camera, attempt));
    let denied = permission(&mut page, Permission::Denied, true);
    assert_eq!(faults(&denied), [(Source::Camera, CaptureFault::Blocked)]);
    assert_eq!(listed(&mut page, &["front"]), [], "it is not asked for when it seems to be back");
    assert_eq!(permission(&mut page, Permission::Granted, true), []);
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceAllowed(Source::Camera)));
}

#[test]
fn what_is_lost_is_not_asked_for_once_the_source_is_off_or_another_device_is_chosen() {
    let lose = |page: &mut Page, desk| {
        listed(page, &["desk", "laptop"]);
        let stand_in = asked(tell(page, PageInput::CaptureEnded(Source::Camera, desk))).remove(0);
        captured(page, Source::Camera, stand_in.attempt, "laptop");
    };
    let (mut page, desk) = with_camera("desk");
    lose(&mut page, desk);
    tell(&mut page, PageInput::StopCapture(Source::Camera));
    assert_eq!(listed(&mut page, &["laptop", "desk"]), [], "off stays off");

    let (mut page, desk) = with_camera("desk");
    lose(&mut page, desk);
    let chosen = asked(choose(&mut page, "phone")).remove(0);
    captured(&mut page, Source::Camera, chosen.attempt, "phone");
    assert_eq!(listed(&mut page, &["laptop", "desk", "phone"]), [], "the choice stands");
}

#[test]
fn the_end_of_a_device_that_was_replaced_leaves_the_one_in_use() {
    let (mut page, desk) = with_camera("desk");
    let request = asked(choose(&mut page, "phone")).remove(0);
    captured(&mut page, Source::Camera, request.attempt, "phone");
    assert_eq!(tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk)), []);
    assert_eq!(page.selected_device(Source::Camera), Some("phone"));
}

#[test]
fn a_device_that_ends_while_another_is_asked_for_is_replaced_by_it() {
    let (mut page, desk) = with_camera("desk");
    let request = asked(choose(&mut page, "phone")).remove(0);
    assert_eq!(faults(&tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk))), []);
    let effects = captured(&mut page, Source::Camera, request.attempt, "phone");
    assert!(effects.contains(&PageEffect::Use(Source::Camera, request.attempt)));

    let phone = request.attempt;
    let request = asked(choose(&mut page, "broken")).remove(0);
    tell(&mut page, PageInput::CaptureEnded(Source::Camera, phone));
    let effects = failed(&mut page, request.attempt, CaptureFault::NotFound);
    assert_eq!(faults(&effects), [(Source::Camera, CaptureFault::NotFound)], "now there is none");
}

#[test]
fn a_choice_while_the_browser_still_asks_is_asked_for_too() {
    let mut page = Page::default();
    let first = ask(&mut page, Source::Camera);
    let second = asked(choose(&mut page, "phone")).remove(0);
    let effects = captured(&mut page, Source::Camera, first, "desk");
    assert_eq!(effects, [PageEffect::LetGo(Source::Camera, first)]);
    captured(&mut page, Source::Camera, second.attempt, "phone");
    assert_eq!(page.selected_device(Source::Camera), Some("phone"));
}

#[test]
fn a_choice_while_a_source_is_off_is_remembered_and_asked_for_later() {
    let mut page = Page::default();
    let remembered = PageEffect::RememberDevice(Source::Camera, Some("phone".to_owned()));
    assert_eq!(choose(&mut page, "phone"), [remembered]);
    tell(&mut page, PageInput::Capture(Source::Camera));
    assert_eq!(asked(tell(&mut page, PageInput::AskForDevices))[0].device.as_deref(), Some("phone"));
}

#[test]
fn a_switch_of_the_persons_counts_for_other_visits_and_a_hosts_for_this_stay() {
    let mut page = Page::default();
    let switched = |by| PageInput::Switched { source: Source::Camera, to: Switch::Off, by };
    let in_tab = PageEffect::RememberInTab(Source::Camera, Switch::Off);
    let in_browser = PageEffect::RememberInBrowser(Source::Camera, Switch::Off);
    assert_eq!(tell(&mut page, switched(SwitchedBy::Host)), [in_tab]);
    assert!(tell(&mut page, switched(SwitchedBy::Person)).contains(&in_browser));
}

#[test]
fn whoever_loads_the_page_anew_goes_back_in_within_twenty_seconds() {
    let loads = |seconds: Option<u64>, was_reloaded, who: Option<&str>| {
        let (parted, name) = (seconds.map(Duration::from_secs), who.map(name));
        let effects = tell(&mut Page::default(), PageInput::Loaded { parted, was_reloaded, name });
        effects.iter().any(|effect| matches!(effect, PageEffect::Join(_)))
    };
    assert!(loads(Some(19), true, Some("Ada")));
    assert!(!loads(Some(20), true, Some("Ada")), "too late");
    assert!(!loads(Some(1), false, Some("Ada")), "another page");
    assert!(!loads(None, true, Some("Ada")), "was not in the call");
    assert!(!loads(Some(1), true, None), "has no name");
}

#[test]
fn the_call_begins_with_what_was_on() {
    let switches = Switches { microphone: Switch::On, camera: Switch::Off };
    let begun = tell(&mut Page::default(), PageInput::Prepare(switches));
    assert_eq!(begun, [PageEffect::Begin(switches)]);
}

pub(crate) fn tell(page: &mut Page, input: PageInput) -> Vec<PageEffect> {
    page.handle_input(NOW, input);
    std::iter::from_fn(|| page.poll_effect()).collect()
}

fn wrote(page: &mut Page) {
    tell(page, PageInput::Notify(Notice::Wrote(name("Ada"))));
}

pub(crate) fn choose(page: &mut Page, device: &str) -> Vec<PageEffect> {
    tell(page, PageInput::Choose { source: Source::Camera, device: device.to_owned() })
}

pub(crate) fn captured(page: &mut Page, source: Source, attempt: Attempt, device: &str) -> Vec<PageEffect> {
    tell(page, PageInput::Captured { source, attempt, device: Some(named(device)) })
}

pub(crate) fn failed(page: &mut Page, attempt: Attempt, fault: CaptureFault) -> Vec<PageEffect> {
    tell(page, PageInput::CaptureFailed { source: Source::Camera, attempt, fault })
}

fn permission(page: &mut Page, to: Permission, is_inside: bool) -> Vec<PageEffect> {
    tell(page, PageInput::PermissionChanged { source: Source::Camera, to, is_inside })
}

/// Asks for one source and returns the attempt.
pub(crate) fn ask(page: &mut Page, source: Source) -> Attempt {
    tell(page, PageInput::Capture(source));
    asked(tell(page, PageInput::AskForDevices)).remove(0).attempt
}

/// A page whose camera is in use, and the attempt that has brought it.
pub(crate) fn with_camera(device: &str) -> (Page, Attempt) {
    let mut page = Page::default();
    let attempt = ask(&mut page, Source::Camera);
    captured(&mut page, Source::Camera, attempt, device);
    (page, attempt)
}

pub(crate) fn named(device: &str) -> NamedDevice {
    NamedDevice { id: device.to_owned(), label: format!("The {device}"), group: String::new() }
}

/// These cameras are there.
pub(crate) fn listed(page: &mut Page, devices: &[&str]) -> Vec<PageEffect> {
    let devices = devices.iter().map(|device| named(device)).collect();
    tell(page, PageInput::Listed { source: Source::Camera, devices })
}

pub(crate) fn last_said(page: &Page) -> AnyNotice {
    page.notices().last().unwrap().what.clone()
}

/// The one question that was asked.
pub(crate) fn asked(effects: Vec<PageEffect>) -> Vec<CaptureRequest> {
    let asked = effects.into_iter().find_map(|effect| match effect {
        PageEffect::Capture(requests) => Some(requests),
        _ => None,
    });
    asked.unwrap()
}

pub(crate) fn faults(effects: &[PageEffect]) -> Vec<(Source, CaptureFault)> {
    let fault = |effect: &PageEffect| match effect {
        PageEffect::CaptureFailed(source, fault) => Some((*source, *fault)),
        _ => None,
    };
    effects.iter().filter_map(fault).collect()
}
