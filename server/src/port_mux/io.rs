//! A connection of which is known what it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::pace::Pace;
use super::prefixed::Prefixed;
use crate::connection_quota::QuotaPermit;

/// A sorted connection, and its permit among all.
pub(super) enum Io {
    /// In the clear.
    Plain(Prefixed<TcpStream>, QuotaPermit, Pace),
    /// Inside TLS.
    Tls(Box<Prefixed<TlsStream<Prefixed<TcpStream>>>>, QuotaPermit, Pace),
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let io = self.get_mut();
        let (Self::Plain(_, _, pace) | Self::Tls(_, _, pace)) = io;
        std::task::ready!(pace.poll_ready(context));
        let before = into.filled().len();
        let read = match io {
            Self::Plain(stream, ..) => Pin::new(stream).poll_read(context, into),
            Self::Tls(stream, ..) => Pin::new(stream).poll_read(context, into),
        };
        let (Self::Plain(_, _, pace) | Self::Tls(_, _, pace)) = io;
        pace.count(into.filled().len() - before);
        read
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream, ..) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream, ..) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream, ..) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream, ..) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream, ..) => stream.is_write_vectored(),
            Self::Tls(stream, ..) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream, ..) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream, ..) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream, ..) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream, ..) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
