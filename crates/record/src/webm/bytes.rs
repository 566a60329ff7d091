//! Elements as bytes: with `mkv-element` where it can, and sizes of a fixed width, which can be patched later.

use mkv_element::io::blocking_impl::{ReadFrom, WriteTo};
use mkv_element::prelude::{Element, VInt64};

/// The size of a segment that still grows: all ones, in eight bytes (RFC 8794 §6.2).
pub(crate) const UNKNOWN_SIZE: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// A header with identifier and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ElementHeader {
    pub(crate) id: VInt64,
    /// `None` when it is unknown: the element ends with its parent, or where something begins that cannot be in it.
    pub(crate) size: Option<u64>,
    /// How many bytes the identifier has, and how many the size.
    pub(crate) id_width: usize,
    pub(crate) size_width: usize,
}

impl ElementHeader {
    /// Its own length, in bytes.
    pub(crate) fn length(self) -> usize {
        self.id_width + self.size_width
    }
}

/// What the front of some bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    Header(ElementHeader),
    /// More bytes are needed.
    Short,
    /// No element begins so.
    Invalid,
}

/// Reads the header of an element: identifiers of up to four bytes, sizes of up to eight (RFC 9559 §5.1 has no longer ones).
pub(crate) fn header(bytes: &[u8]) -> Front {
    let Some(first) = bytes.first() else { return Front::Short };
    let id_width = width(*first);
    if id_width > 4 {
        return Front::Invalid;
    }
    let Some(second) = bytes.get(id_width) else { return Front::Short };
    let size_width = width(*second);
    if size_width > 8 {
        return Front::Invalid;
    }
    let Some(size) = bytes.get(id_width..id_width + size_width) else { return Front::Short };
    let (Ok(id), Ok(size)) = (VInt64::read_from(&mut &bytes[..id_width]), VInt64::read_from(&mut &size[..]))
    else {
        return Front::Invalid;
    };
    let all_ones = u64::MAX >> (64 - 7 * size_width);
    let size = (!size.is_unknown && size.value != all_ones).then_some(size.value);
    Front::Header(ElementHeader { id, size, id_width, size_width })
}

/// How many bytes a number of variable width has that begins so; nine or more when it is none.
fn width(first: u8) -> usize {
    first.leading_zeros() as usize + 1
}

/// An element, as `mkv-element` writes it. Writing into memory does not fail.
pub(crate) fn write<T: WriteTo>(element: &T, into: &mut Vec<u8>) {
    _ = element.write_to(into);
}

/// The identifier of an element, and a size of its own least width.
pub(crate) fn write_header<T: Element>(size: u64, into: &mut Vec<u8>) {
    write(&mkv_element::prelude::Header { id: T::ID, size: VInt64::new(size) }, into);
}

/// A size in exactly so many bytes, one to eight. What is too large for them becomes unknown.
pub(crate) fn fixed_size(size: u64, width: usize) -> Vec<u8> {
    let width = width.clamp(1, 8);
    let all_ones = u64::MAX >> (64 - 7 * width);
    let marked = size.min(all_ones) | 1 << (7 * width);
    marked.to_be_bytes()[8 - width..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_any_width_are_read_as_they_were_written() {
        for width in 1..=8 {
            let most = (u64::MAX >> (64 - 7 * width)) - 1;
            for size in [0, 1, 42, 127, 128, 300, 70_000, most].into_iter().filter(|size| *size <= most) {
                let bytes = [&[0xa3][..], &fixed_size(size, width)].concat();
                let Front::Header(read) = header(&bytes) else { panic!("{size} in {width}") };
                assert_eq!((read.size, read.size_width, read.length()), (Some(size), width, bytes.len()));
                assert!((0..bytes.len()).all(|cut| header(&bytes[..cut]) == Front::Short));
            }
            let bytes = [&[0xa3][..], &fixed_size(u64::MAX, width)].concat();
            assert!(matches!(header(&bytes), Front::Header(read) if read.size.is_none()), "{width}");
        }
        let segment = [&[0x18, 0x53, 0x80, 0x67][..], &UNKNOWN_SIZE].concat();
        assert!(
            matches!(header(&segment), Front::Header(read) if read.size.is_none() && read.length() == 12)
        );
        for bytes in [&[0x00, 0x81][..], &[0x08, 0, 0, 0, 0, 0x81], &[0xa3, 0x00]] {
            assert_eq!(header(bytes), Front::Invalid);
        }
    }
}
