//! What encoders make, written into the file as it comes.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use protocol::Timestamp;
use record::on_device::DeviceFault;
use record::webm::{Codec, FilmTrack, FilmWriter, Frame, FrameKind, Protection, TrackFormat, VideoSize};

use crate::codecs::Chunk;
use crate::disk::Disk;

/// A film that is being written.
pub(crate) struct Film {
    writer: FilmWriter,
    disk: Disk,
    fault: Option<DeviceFault>,
}

/// Encoders hand over what they make while nobody else is writing: the worker does one thing at a time.
pub(crate) type SharedFilm = Rc<RefCell<Film>>;

impl Film {
    pub(crate) fn new(disk: Disk, width: u16, height: u16, began_millis: u64) -> Self {
        let picture = TrackFormat::video(Codec::Vp8, Protection::Plaintext, VideoSize { width, height });
        let sound = TrackFormat::opus(Protection::Plaintext);
        Self { writer: FilmWriter::new(picture, sound, Timestamp(began_millis)), disk, fault: None }
    }

    /// Takes what an encoder has made.
    pub(crate) fn write(&mut self, now: Duration, track: FilmTrack, chunk: &Chunk) {
        let kind = if chunk.kind() == "key" { FrameKind::Key } else { FrameKind::Delta };
        let time = Duration::from_micros(chunk.timestamp().max(0.0) as u64);
        self.writer.write(now, track, Frame { time, kind, bytes: &chunk.bytes() });
        self.carry_out();
    }

    /// Writes the fragment that is due.
    pub(crate) fn handle_timeout(&mut self, now: Duration) {
        self.writer.handle_timeout(now);
        self.carry_out();
    }

    /// What was written outlives a crash of the system from now on.
    pub(crate) fn flush(&mut self) {
        if let Err(fault) = self.disk.flush() {
            self.fail(fault);
        }
    }

    /// Nothing can be recorded any more.
    pub(crate) fn fail(&mut self, fault: DeviceFault) {
        self.fault.get_or_insert(fault);
    }

    pub(crate) fn fault(&self) -> Option<DeviceFault> {
        self.fault
    }

    /// Ends the file: its length, and whether that worked.
    pub(crate) fn finish(&mut self) -> (u64, bool) {
        if self.fault.is_none() {
            self.writer.finish();
            self.carry_out();
            self.flush();
        }
        (self.disk.length(), self.fault.is_none())
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.writer.poll_effect() {
            // After one that failed the rest would stand in the wrong place.
            if self.fault.is_none()
                && let Err(fault) = self.disk.apply(&effect)
            {
                self.fail(fault);
            }
        }
    }
}
