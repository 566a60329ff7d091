//! What is done to a file.

/// One change of a file, to be carried out in the order in which they come. Between any two of them the file can be played up to what was
/// appended before.
#[derive(Clone, PartialEq, Eq)]
pub enum FileEffect {
    /// Put these bytes at the end of the file.
    Append(Vec<u8>),
    /// Put these bytes in place of as many, all of which are there already.
    Patch {
        /// Of the first of them, from the beginning of the file.
        offset: u64,
        /// What stands there then: at the most some hundred bytes.
        bytes: Vec<u8>,
    },
    /// Cut the file to this many bytes. Only [`repair`](crate::webm::Repairer) does.
    Truncate {
        /// How many stay.
        length: u64,
    },
}

impl FileEffect {
    /// Carries it out on a file in memory. A patch outside of it is left out.
    pub fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Append(bytes) => file.extend_from_slice(bytes),
            Self::Patch { offset, bytes } => {
                let start = usize::try_from(*offset).unwrap_or(usize::MAX);
                if let Some(into) = file.get_mut(start..start.saturating_add(bytes.len())) {
                    into.copy_from_slice(bytes);
                }
            }
            Self::Truncate { length } => file.truncate(usize::try_from(*length).unwrap_or(usize::MAX)),
        }
    }
}

/// Sizes alone: what is in it is of people.
impl std::fmt::Debug for FileEffect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Append(bytes) => write!(f, "Append({} bytes)", bytes.len()),
            Self::Patch { offset, bytes } => write!(f, "Patch({} bytes at {offset})", bytes.len()),
            Self::Truncate { length } => write!(f, "Truncate(to {length} bytes)"),
        }
    }
}
