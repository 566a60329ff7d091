//! A stream whose bytes come in pieces, as a network cuts them.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

/// A stream that ends after its bytes.
pub struct Pieces<'a> {
    rest: &'a [u8],
    cuts: Vec<usize>,
    index: usize,
    /// What was read and not yet said to be used.
    held: Rc<Cell<usize>>,
    most: usize,
}

impl<'a> Pieces<'a> {
    /// All at once.
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self::cut(bytes, &[])
    }

    /// In pieces as long as `cuts` says, and again from its beginning.
    pub fn cut(bytes: &'a [u8], cuts: &[u8]) -> Self {
        let cuts = cuts.iter().map(|cut| usize::from(*cut).max(1)).collect();
        Self { rest: bytes, cuts, index: 0, held: Rc::default(), most: usize::MAX }
    }

    /// Fails when more than `most` bytes are read that are not subtracted from `held`.
    pub fn holding(self, held: &Rc<Cell<usize>>, most: usize) -> Self {
        Self { held: Rc::clone(held), most, ..self }
    }
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        assert!(self.held.get() <= self.most, "{} bytes are held and none of them used", self.held.get());
        let piece = if self.cuts.is_empty() { usize::MAX } else { self.cuts[self.index % self.cuts.len()] };
        self.index += 1;
        let (now, later) = self.rest.split_at(piece.min(into.remaining()).min(self.rest.len()));
        into.put_slice(now);
        self.held.set(self.held.get() + now.len());
        self.rest = later;
        Poll::Ready(Ok(()))
    }
}
