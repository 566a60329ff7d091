//! The recording on this device: what the page's machine wants done, and what is seen and heard for the one that does it.

use std::collections::BTreeMap;

use app::state::DeviceRecordingCommand;
use call::{Command, DeviceRecordingInput, Input, PageInput, Phase, Reading, Size};
use protocol::{MediaKey, Source, Switch};
use record::on_device::{DeviceFault, DeviceReport};
use view::{DeviceRecordingFault, KeptRecording, KeptState};
use web_sys::{FileSystemFileHandle, MediaStreamTrack};

use super::Session;
use crate::device_recording::{DeviceRecorder, Seen, files, is_supported, whose};
use crate::lock::Lock;
use crate::web;

/// What there is of recordings in this tab.
#[derive(Default)]
pub(super) struct Recordings {
    pub(super) recorder: Option<DeviceRecorder>,
    /// Where those are that were saved in this visit.
    saved: BTreeMap<String, FileSystemFileHandle>,
    /// Of those that have ended: what is left of them is this tab's.
    locks: Vec<Lock>,
    /// How large the stage is.
    pub(super) stage: Size,
}

impl Session {
    pub(super) fn recording_command(&mut self, command: DeviceRecordingCommand) {
        let input = match command {
            DeviceRecordingCommand::Begin => DeviceRecordingInput::Begin { is_supported: is_supported() },
            DeviceRecordingCommand::Finish => DeviceRecordingInput::Finish,
            DeviceRecordingCommand::Save { file } => DeviceRecordingInput::Save { file },
            DeviceRecordingCommand::Delete { file } => DeviceRecordingInput::Delete { file },
            DeviceRecordingCommand::Dismiss { file } => DeviceRecordingInput::Dismiss { file },
            DeviceRecordingCommand::Open { file } => {
                return self.recordings.saved.get(&file).cloned().into_iter().for_each(files::open);
            }
        };
        self.recording_input(input);
    }

    pub(super) fn recording_input(&mut self, input: DeviceRecordingInput) {
        self.page_input(PageInput::Recording(input));
    }

    pub(super) fn start_recording(&mut self) {
        self.recordings.recorder = DeviceRecorder::begin(self.recordings.stage, &self.events);
        if self.recordings.recorder.is_none() {
            return self.recording_input(DeviceRecordingInput::Ended {
                file: None,
                fault: Some(DeviceRecordingFault::Failed),
            });
        }
        self.draw_recording();
    }

    pub(super) fn finish_recording(&mut self) {
        if let Some(recorder) = &self.recordings.recorder {
            recorder.finish();
        }
    }

    pub(super) fn recording_saved(&mut self, file: String, handle: FileSystemFileHandle) {
        self.recordings.saved.insert(file.clone(), handle);
        self.recording_input(DeviceRecordingInput::Saved { file });
    }

    pub(super) fn recording_report(&mut self, report: &DeviceReport) {
        match *report {
            DeviceReport::Began => {
                // What was said before there was a file went nowhere.
                self.recordings.recorder.iter_mut().for_each(DeviceRecorder::draw_again);
                self.draw_recording();
                self.recording_input(DeviceRecordingInput::Began);
            }
            DeviceReport::PicturesWanted => {
                let me = self.call.snapshot().you.map(|you| you.id);
                if let Some(recorder) = &self.recordings.recorder {
                    recorder.hand_over(|key| self.media.videos.shown_in((whose(key, me), key.source)));
                }
            }
            DeviceReport::Ended { length, is_cut, fault } => {
                let Some(mut recorder) = self.recordings.recorder.take() else { return };
                let state = if is_cut { KeptState::Cut } else { KeptState::Whole };
                let (file, began_millis) = (recorder.file().to_owned(), recorder.began_millis());
                let file = (length > 0).then_some(KeptRecording { file, began_millis, length, state });
                let fault = fault.map(|fault| match fault {
                    DeviceFault::StorageFull => DeviceRecordingFault::StorageFull,
                    DeviceFault::Failed => DeviceRecordingFault::Failed,
                });
                // Its lock is kept for as long as the page: what it left is offered here.
                self.recordings.locks.extend(recorder.take_lock());
                self.recording_input(DeviceRecordingInput::Ended { file, fault });
            }
            // Of a worker that only repairs, whose owner has heard it.
            DeviceReport::Repaired | DeviceReport::NotRepaired => {}
        }
    }

    /// What is seen and heard now is recorded from now on.
    pub(super) fn draw_recording(&mut self) {
        if self.recordings.recorder.is_none() {
            return;
        }
        let snapshot = self.call.snapshot();
        if snapshot.phase != Phase::Joined {
            return self.recording_input(DeviceRecordingInput::CallEnded);
        }
        let me = snapshot.you.as_ref().map(|you| you.id);
        let own_name = snapshot.name.as_ref().map(ToString::to_string).unwrap_or_default();
        let others: BTreeMap<_, _> =
            snapshot.participants.iter().map(|one| (one.participant.id, &one.participant)).collect();
        let Some(recorder) = &mut self.recordings.recorder else { return };
        let drawn = snapshot.stage.layout.drawn(self.recordings.stage, recorder.size(), reading());
        let seen = drawn.into_iter().map(|at| {
            let MediaKey { participant, source } = at.key;
            let other = others.get(&participant);
            let is_on = other.is_some_and(|other| other.media.of(source).is_on());
            let track = match whose(at.key, me) {
                None => self.captures.track(source).cloned(),
                Some(id) => self.media.videos.track((Some(id), source)).filter(|_| is_on),
            };
            let name = other.map_or_else(|| own_name.clone(), |other| other.name.to_string());
            Seen { at, name, track }
        });
        recorder.show(seen.collect());
        let own = [Source::Microphone, Source::ScreenAudio];
        let own = own.into_iter().filter_map(|source| self.captures.track(source).cloned());
        let heard: Vec<MediaStreamTrack> = own.chain(self.media.sounds.tracks()).collect();
        recorder.hear(heard);
    }

    pub(super) fn tell_recording(&mut self, to: Switch) {
        self.input(Input::Command(Command::TellRecording { to }));
    }
}

/// From where the page is read.
fn reading() -> Reading {
    let root = web::document().and_then(|document| document.document_element());
    match root.and_then(|root| root.get_attribute("dir")).as_deref() {
        Some("rtl") => Reading::FromRight,
        Some(_) | None => Reading::FromLeft,
    }
}
