//! Passwords of rooms: argon2id (RFC 9106), on threads where they keep nobody waiting, a few at a time.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use protocol::Password;
use storage::PasswordHash;
use tokio::sync::Semaphore;

/// Hashes at once. Each takes 19 MiB and some tens of milliseconds, so that a flood of guesses fills neither the memory
/// nor all cores.
const AT_ONCE: usize = 2;

/// Makes and checks hashes.
pub(crate) struct Passwords {
    turns: Semaphore,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { turns: Semaphore::new(AT_ONCE) }
    }

    /// `None` when the hash could not be made.
    pub(crate) async fn hash(&self, password: &Password) -> Option<PasswordHash> {
        let _turn = self.turns.acquire().await.ok()?;
        let password = password.expose().to_owned();
        let hashed = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        });
        hashed.await.ok()?.ok().map(PasswordHash)
    }

    pub(crate) async fn is_right(&self, password: &Password, hash: &PasswordHash) -> bool {
        let Ok(_turn) = self.turns.acquire().await else { return false };
        let (password, hash) = (password.expose().to_owned(), hash.0.clone());
        let verified = tokio::task::spawn_blocking(move || {
            let hash = argon2::PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.as_bytes(), &hash).ok()
        });
        matches!(verified.await, Ok(Some(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_a_hash_that_differs_each_time() {
        let passwords = Passwords::new();
        let [right, wrong] = ["open sesame", "open barley"].map(|text| Password::new(text.into()).unwrap());
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$"), "{}", hash.0);
        assert_ne!(hash, passwords.hash(&right).await.unwrap());
        assert!(passwords.is_right(&right, &hash).await);
        assert!(!passwords.is_right(&wrong, &hash).await);
        assert!(!passwords.is_right(&right, &PasswordHash("no hash".into())).await);
    }
}
