//! Devices that vanish one after the other, or while something else goes on.

use call::{Attempt, CaptureFault, Page, PageEffect, PageInput};
use protocol::Source;
use view::{AnyNotice, DeviceKind, PageNotice};

use crate::page::{ask, asked, captured, choose, failed, faults, last_said, listed, tell, with_camera};

#[test]
fn the_first_of_two_devices_that_vanish_one_after_the_other_is_used_again_when_it_is_back() {
    let (mut page, desk) = with_camera("desk");
    let laptop = replaced(&mut page, desk, &["desk", "laptop", "phone"], "laptop");
    assert_eq!(last_said(&page), was_replaced("desk", "laptop"));
    replaced(&mut page, laptop, &["laptop", "phone"], "phone");
    assert_eq!(last_said(&page), was_replaced("laptop", "phone"), "the one that is gone now");

    assert_eq!(listed(&mut page, &["phone"]), []);
    is_back(&mut page, &["phone", "desk"], "desk");
    assert_eq!(listed(&mut page, &["phone", "desk", "laptop"]), [], "a stand-in is not wanted any more");
    assert_eq!(page.notices().len(), 3, "one for each");
}

#[test]
fn of_several_that_are_gone_each_that_comes_takes_the_place_of_what_stands_in_for_it() {
    let (mut page, desk) = with_camera("desk");
    let laptop = replaced(&mut page, desk, &["desk", "laptop", "phone"], "laptop");
    replaced(&mut page, laptop, &["laptop", "phone"], "phone");
    listed(&mut page, &["phone"]);
    is_back(&mut page, &["phone", "laptop"], "laptop");
    is_back(&mut page, &["phone", "laptop", "desk"], "desk");
}

#[test]
fn what_stands_in_for_the_chosen_one_and_vanishes_is_used_again_and_so_is_the_chosen_one() {
    let mut page = Page::default();
    tell(&mut page, PageInput::ChosenBefore { source: Source::Camera, device: "desk".to_owned() });
    let laptop = ask(&mut page, Source::Camera);
    captured(&mut page, Source::Camera, laptop, "laptop");
    replaced(&mut page, laptop, &["laptop", "phone"], "phone");
    assert_eq!(last_said(&page), was_replaced("laptop", "phone"));
    listed(&mut page, &["phone"]);
    is_back(&mut page, &["phone", "laptop"], "laptop");
    is_back(&mut page, &["phone", "laptop", "desk"], "desk");
}

#[test]
fn where_none_is_left_the_one_that_was_used_last_is_used_when_it_is_back_and_the_first_after_it() {
    let (mut page, desk) = with_camera("desk");
    let laptop = replaced(&mut page, desk, &["desk", "laptop"], "laptop");
    listed(&mut page, &["laptop"]);
    let ended = tell(&mut page, PageInput::CaptureEnded(Source::Camera, laptop));
    assert_eq!(faults(&ended), [(Source::Camera, CaptureFault::Ended)]);
    listed(&mut page, &[]);
    is_back(&mut page, &["laptop"], "laptop");
    is_back(&mut page, &["laptop", "desk"], "desk");
}

#[test]
fn a_choice_that_fails_does_not_forget_what_is_gone() {
    let (mut page, desk) = with_camera("desk");
    replaced(&mut page, desk, &["desk", "laptop", "phone"], "laptop");
    listed(&mut page, &["laptop", "phone"]);
    let phone = asked(choose(&mut page, "phone")).remove(0);
    failed(&mut page, phone.attempt, CaptureFault::InUse);
    assert_eq!(last_said(&page), AnyNotice::Page(PageNotice::DeviceNotSwitched));
    is_back(&mut page, &["laptop", "phone", "desk"], "desk");
}

#[test]
fn a_device_that_vanishes_while_a_choice_is_opened_that_fails_is_replaced_and_used_again_when_it_is_back() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk", "laptop", "broken"]);
    let broken = asked(choose(&mut page, "broken")).remove(0);
    tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk));
    listed(&mut page, &["laptop", "broken"]);
    let effects = failed(&mut page, broken.attempt, CaptureFault::InUse);
    assert_eq!(faults(&effects), []);
    let stand_in = asked(effects).remove(0);
    captured(&mut page, Source::Camera, stand_in.attempt, "laptop");
    assert_eq!(last_said(&page), was_replaced("desk", "laptop"));
    is_back(&mut page, &["laptop", "broken", "desk"], "desk");
}

#[test]
fn a_device_that_vanishes_while_a_choice_is_opened_is_forgotten_when_that_delivers() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk", "phone"]);
    let phone = asked(choose(&mut page, "phone")).remove(0);
    listed(&mut page, &["phone"]);
    assert_eq!(tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk)), [], "the list has said so");
    captured(&mut page, Source::Camera, phone.attempt, "phone");
    assert_eq!(page.notices().len(), 0);
    assert_eq!(listed(&mut page, &["phone", "desk"]), [], "the choice stands");
}

#[test]
fn a_stand_in_that_vanishes_while_the_first_is_opened_again_in_vain_is_replaced() {
    let (mut page, desk) = with_camera("desk");
    let laptop = replaced(&mut page, desk, &["desk", "laptop", "phone"], "laptop");
    listed(&mut page, &["laptop", "phone"]);
    let back = asked(listed(&mut page, &["laptop", "phone", "desk"])).remove(0);
    tell(&mut page, PageInput::CaptureEnded(Source::Camera, laptop));
    let stand_in = asked(failed(&mut page, back.attempt, CaptureFault::InUse)).remove(0);
    let effects = failed(&mut page, stand_in.attempt, CaptureFault::InUse);
    assert_eq!(faults(&effects), [(Source::Camera, CaptureFault::Ended)], "it is not tried for ever");
}

#[test]
fn a_choice_that_fails_while_a_stand_in_is_opened_leaves_the_stand_in() {
    let (mut page, desk) = with_camera("desk");
    listed(&mut page, &["desk", "laptop", "broken"]);
    tell(&mut page, PageInput::CaptureEnded(Source::Camera, desk));
    let broken = asked(choose(&mut page, "broken")).remove(0);
    let stand_in = asked(failed(&mut page, broken.attempt, CaptureFault::InUse)).remove(0);
    captured(&mut page, Source::Camera, stand_in.attempt, "laptop");
    assert_eq!(last_said(&page), was_replaced("desk", "laptop"));
}

/// The device of this attempt ends while these were there, and another takes its place.
fn replaced(page: &mut Page, attempt: Attempt, there: &[&str], by: &str) -> Attempt {
    listed(page, there);
    let stand_in = asked(tell(page, PageInput::CaptureEnded(Source::Camera, attempt))).remove(0);
    captured(page, Source::Camera, stand_in.attempt, by);
    stand_in.attempt
}

/// With these there one is asked for, and used.
fn is_back(page: &mut Page, there: &[&str], device: &str) {
    let back = asked(listed(page, there)).remove(0);
    assert_eq!(back.device.as_deref(), Some(device));
    let effects = captured(page, Source::Camera, back.attempt, device);
    assert!(effects.contains(&PageEffect::Use(Source::Camera, back.attempt)));
    let said = PageNotice::DeviceIsBack { kind: DeviceKind::Camera, device: label(device) };
    assert_eq!(last_said(page), AnyNotice::Page(said));
}

fn was_replaced(lost: &str, now: &str) -> AnyNotice {
    let (lost, now) = (label(lost), label(now));
    AnyNotice::Page(PageNotice::DeviceReplaced { kind: DeviceKind::Camera, lost, now })
}

fn label(device: &str) -> Option<String> {
    Some(format!("The {device}"))
}
