//! Passwords of rooms: argon2id (RFC 9106), on threads where they keep nobody waiting, a few at a time. So many wait for their
//! turn, and some of them for one customer; beyond that the server says that it is busy.

use std::net::IpAddr;
use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use protocol::Password;
use storage::PasswordHash;
use tokio::sync::Semaphore;

use crate::connection_quota::ConnectionQuota;

/// Hashes at once. Each takes 19 MiB and some tens of milliseconds, so that a flood of guesses fills neither the memory
/// nor all cores.
const AT_ONCE: usize = 2;

/// Passwords that are hashed or wait for it. The last of them waits some seconds.
const WAITING: usize = 200;

/// Of them, those from one address: a class comes at once.
const WAITING_OF_ONE: usize = 60;

/// New passwords of rooms that wait, and those from one address. They have places of their own: who sets passwords keeps nobody
/// from entering.
const NEW_WAITING: usize = 100;
const NEW_OF_ONE: usize = 8;

/// Makes and checks hashes.
pub(crate) struct Passwords {
    turns: Semaphore,
    quota: Arc<ConnectionQuota>,
    new: Arc<ConnectionQuota>,
}

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordError {
    /// Too many wait. It may work in some seconds.
    #[error("too many passwords are checked at the moment")]
    Busy,
    /// The library could not.
    #[error("the password could not be hashed")]
    Failed,
}

/// What came of a password that somebody gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Right,
    Wrong,
    /// By the time it was its turn, it was not to be tried any more.
    NotTried,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self {
            turns: Semaphore::new(AT_ONCE),
            quota: ConnectionQuota::new(WAITING, WAITING_OF_ONE),
            new: ConnectionQuota::new(NEW_WAITING, NEW_OF_ONE),
        }
    }

    /// The hash of a new password that came from an address; `None` when it came from inside of a room, which sets one after the
    /// other.
    pub(crate) async fn hash(
        &self,
        address: Option<IpAddr>,
        password: &Password,
    ) -> Result<PasswordHash, PasswordError> {
        let _permit = self.new.take(address).ok_or(PasswordError::Busy)?;
        let _turn = self.turns.acquire().await.map_err(|_| PasswordError::Failed)?;
        let password = password.expose().to_owned();
        let hashed = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        });
        hashed.await.ok().and_then(Result::ok).map(PasswordHash).ok_or(PasswordError::Failed)
    }

    /// Whether a password that came from an address is the one that was hashed. `may_try` is asked when it is its turn, because
    /// those before it in the queue may have been guesses too.
    pub(crate) async fn check(
        &self,
        address: IpAddr,
        password: &Password,
        hash: &PasswordHash,
        may_try: impl Future<Output = bool>,
    ) -> Result<Verdict, PasswordError> {
        let _permit = self.quota.take(Some(address)).ok_or(PasswordError::Busy)?;
        let _turn = self.turns.acquire().await.map_err(|_| PasswordError::Failed)?;
        if !may_try.await {
            return Ok(Verdict::NotTried);
        }
        let (password, hash) = (password.expose().to_owned(), hash.0.clone());
        let verified = tokio::task::spawn_blocking(move || {
            let hash = argon2::PasswordHash::new(&hash).ok()?;
            Argon2::default().verify_password(password.as_bytes(), &hash).ok()
        });
        Ok(if matches!(verified.await, Ok(Some(()))) { Verdict::Right } else { Verdict::Wrong })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn a_password_is_known_by_a_hash_that_differs_each_time() {
        let passwords = Passwords::new();
        let [right, wrong] = ["open sesame", "open barley"].map(|text| Password::new(text.into()).unwrap());
        let hash = passwords.hash(None, &right).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$"), "{}", hash.0);
        assert_ne!(hash, passwords.hash(None, &right).await.unwrap());
        let check = async |password, hash| {
            passwords.check(ADDRESS, password, hash, std::future::ready(true)).await.unwrap()
        };
        assert_eq!(check(&right, &hash).await, Verdict::Right);
        assert_eq!(check(&wrong, &hash).await, Verdict::Wrong);
        assert_eq!(check(&right, &PasswordHash("no hash".into())).await, Verdict::Wrong);
        let not_tried = passwords.check(ADDRESS, &right, &hash, std::future::ready(false)).await;
        assert_eq!(not_tried, Ok(Verdict::NotTried));
    }

    #[tokio::test]
    async fn the_queue_has_an_end_and_one_address_does_not_fill_it() {
        let passwords = Passwords::new();
        let password = Password::new("open sesame".into()).unwrap();
        let hash = PasswordHash("no hash".into());
        let busy = passwords.turns.acquire_many(2).await.unwrap();
        let one = |last: u8| {
            Box::pin(passwords.check([192, 0, 2, last].into(), &password, &hash, std::future::ready(false)))
        };
        let mut waiting = Vec::new();
        for _ in 0..WAITING_OF_ONE {
            let mut check = one(1);
            assert!(futures::poll!(&mut check).is_pending());
            waiting.push(check);
        }
        assert_eq!(one(1).await, Err(PasswordError::Busy));
        let mut other = one(2);
        assert!(futures::poll!(&mut other).is_pending());
        drop((waiting, busy));
        assert_eq!(other.await, Ok(Verdict::NotTried));
    }

    #[tokio::test]
    async fn whoever_sets_passwords_without_end_keeps_nobody_from_entering_or_from_setting_one() {
        let passwords = Passwords::new();
        let password = Password::new("open sesame".into()).unwrap();
        let busy = passwords.turns.acquire_many(2).await.unwrap();
        let new = |last: u8| Box::pin(passwords.hash(Some([192, 0, 2, last].into()), &password));
        let mut waiting = Vec::new();
        for _ in 0..NEW_OF_ONE {
            let mut hash = new(1);
            assert!(futures::poll!(&mut hash).is_pending());
            waiting.push(hash);
        }
        assert_eq!(new(1).await, Err(PasswordError::Busy));
        assert!(futures::poll!(&mut new(2)).is_pending());
        for last in 3..=255 {
            let mut hash = new(last);
            if futures::poll!(&mut hash).is_pending() {
                waiting.push(hash);
            }
        }
        let hash = PasswordHash("no hash".into());
        assert!(
            futures::poll!(Box::pin(passwords.check(ADDRESS, &password, &hash, std::future::ready(false))))
                .is_pending()
        );
        drop(busy);
    }
}
