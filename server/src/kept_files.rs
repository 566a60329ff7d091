//! Contents of files that storage keeps, on their way out. However many pages ask for a file at once, and however slowly they read it, its
//! content is in memory once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::body::Bytes;
use storage::{Storage, StorageError};
use tokio::sync::Semaphore;

/// Files that are read at the same time. More would not make the database faster; each takes as much memory as the file.
const READS: usize = 4;

/// What stays in memory after it was sent, in bytes: about the files of one page. More spares reading when pages of several builds come back
/// at once.
const MOST_RECENT: usize = 16 * 1024 * 1024;

/// The contents.
pub(crate) struct KeptFiles {
    reads: Semaphore,
    in_memory: Mutex<InMemory>,
}

/// A content, shared by all who are sent it.
#[derive(Clone)]
struct Content(Arc<Vec<u8>>);

impl AsRef<[u8]> for Content {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Default)]
struct InMemory {
    /// By digest, as long as anybody has it.
    shared: HashMap<String, Weak<Vec<u8>>>,
    /// The last ones, the newest at the end.
    recent: VecDeque<Content>,
}

impl Default for KeptFiles {
    fn default() -> Self {
        Self { reads: Semaphore::new(READS), in_memory: Mutex::default() }
    }
}

impl KeptFiles {
    /// The content with a digest.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub(crate) async fn content(
        &self,
        storage: &dyn Storage,
        digest: &str,
    ) -> Result<Option<Bytes>, StorageError> {
        if let Some(content) = self.shared(digest) {
            return Ok(Some(content));
        }
        let _turn = self.reads.acquire().await;
        // Somebody before may have read it.
        if let Some(content) = self.shared(digest) {
            return Ok(Some(content));
        }
        let read = storage.content_of_file(digest).await?;
        Ok(read.map(|content| {
            self.in_memory.lock().unwrap_or_else(PoisonError::into_inner).put(digest, content)
        }))
    }

    fn shared(&self, digest: &str) -> Option<Bytes> {
        let memory = self.in_memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.shared.get(digest)?.upgrade().map(|content| Bytes::from_owner(Content(content)))
    }
}

impl InMemory {
    fn put(&mut self, digest: &str, content: Vec<u8>) -> Bytes {
        self.shared.retain(|_, content| content.strong_count() > 0);
        // Of two who have read it at once, the first.
        if let Some(content) = self.shared.get(digest).and_then(Weak::upgrade) {
            return Bytes::from_owner(Content(content));
        }
        let content = Content(Arc::new(content));
        self.shared.insert(digest.to_owned(), Arc::downgrade(&content.0));
        self.recent.push_back(content.clone());
        while self.recent.iter().map(|one| one.0.len()).sum::<usize>() > MOST_RECENT {
            self.recent.pop_front();
        }
        Bytes::from_owner(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_in_memory_once_as_long_as_anybody_is_sent_it() {
        let mut memory = InMemory::default();
        let first = memory.put("a", vec![1]);
        let again = memory.put("a", vec![1]);
        assert_eq!(first.as_ptr(), again.as_ptr());
        // Others push it out of those that stay, and whoever is sent it still shares it.
        let _large = memory.put("b", vec![0; MOST_RECENT]);
        assert_eq!(memory.recent.len(), 1);
        assert_eq!(memory.put("a", vec![1]).as_ptr(), first.as_ptr());
        drop((first, again));
        memory.put("c", vec![3]);
        assert!(!memory.shared.contains_key("a"));
    }
}
