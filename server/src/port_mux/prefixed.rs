//! A stream of which some was read to see what it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// A stream, and what was read of it before.
pub(super) struct Prefixed<S> {
    prefix: Vec<u8>,
    stream: S,
}

impl<S: AsyncRead + Unpin> Prefixed<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { prefix: Vec::new(), stream }
    }

    /// Waits until there are at least so many bytes, or the end, and shows what there is.
    pub(super) async fn peek(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.prefix.len() < least {
            if self.stream.read_buf(&mut self.prefix).await? == 0 {
                break;
            }
        }
        Ok(&self.prefix)
    }

    /// Forgets the first bytes of what was shown.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.prefix.drain(..bytes.min(self.prefix.len()));
    }

    /// The stream, and what was shown of it.
    pub(super) fn into_parts(self) -> (S, Vec<u8>) {
        (self.stream, self.prefix)
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let taken = self.prefix.len().min(into.remaining());
        into.put_slice(&self.prefix[..taken]);
        self.prefix.drain(..taken);
        if self.prefix.is_empty() {
            self.prefix = Vec::new(); // A connection that lives for hours keeps no memory for it.
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
