//! How often somebody may ask about rooms, and come in. What is limited hard is guessing: codes and keys that open nothing. Answers about rooms
//! that there are cost little, so that a class or an office behind one address asks as often as its pages want to.
//!
//! Guesses and connections count on all nodes of a cluster together. Questions about what there is count on each: they are limited for that node's sake.

use std::net::IpAddr;

use crate::browser::Browser;
use crate::config::LimitsConfig;
use crate::http_client::HttpClient;
use crate::nodes::{Cluster, SharedLimit};
use crate::rate_limit::{AddressRate, KeyedRate, RetryAfter, SharedAddressRate, SharedRate};

/// An address may ask so many times as much about what there is as it may guess: with the defaults 6,000 questions a minute, the
/// lobbies of five hundred people.
const ANSWERS_FOR_A_GUESS: u32 = 25;

/// What one browser may ask at once, and per minute: a lobby asks every five seconds, and people have several.
const OF_A_BROWSER: u32 = 240;

/// An address may open so many times as many connections for browsers that have visited a page as for others: a school comes back
/// together when the server has started again.
const KNOWN_FOR_A_STRANGER: u32 = 10;

/// The limits.
pub(crate) struct Lookups {
    questions: AddressRate,
    guesses: SharedAddressRate,
    browsers: KeyedRate<String>,
    joins: SharedAddressRate,
    joins_of_known: SharedAddressRate,
    joins_of_browsers: SharedRate,
}

impl Lookups {
    pub(crate) fn new(limits: &LimitsConfig, cluster: Option<&Cluster>) -> Self {
        let (at_once, per_minute) = (limits.lookups_at_once, limits.lookups_per_minute);
        let joins = |name, times: u32| SharedLimit {
            name,
            at_once: limits.joins_at_once.saturating_mul(times),
            per_minute: limits.joins_per_minute.saturating_mul(times),
        };
        Self {
            questions: AddressRate::new(
                at_once.saturating_mul(ANSWERS_FOR_A_GUESS),
                per_minute.saturating_mul(ANSWERS_FOR_A_GUESS),
            ),
            guesses: SharedAddressRate::new(
                SharedLimit::new("guesses", at_once, per_minute),
                cluster.cloned(),
            ),
            browsers: KeyedRate::new(OF_A_BROWSER, OF_A_BROWSER),
            joins: SharedAddressRate::new(joins("joins", 1), cluster.cloned()),
            joins_of_known: SharedAddressRate::new(
                joins("joins_of_known", KNOWN_FOR_A_STRANGER),
                cluster.cloned(),
            ),
            joins_of_browsers: SharedRate::new(joins("joins_of_browsers", 1), cluster.cloned()),
        }
    }

    /// Counts a question, before it is known whether it is a guess.
    pub(crate) fn question(&self, caller: &HttpClient) -> Result<(), RetryAfter> {
        if let Some(Browser { id, .. }) = &caller.browser {
            self.browsers.check(&id.0.0)?;
        }
        self.questions.check(caller.address)
    }

    /// Counts a connection that is opened.
    pub(crate) async fn join(&self, caller: &HttpClient) -> Result<(), RetryAfter> {
        let Some(Browser { id, .. }) = &caller.browser else {
            return self.joins.check(caller.address).await;
        };
        self.joins_of_browsers.check(&id.0.0).await?;
        self.joins_of_known.check(caller.address).await
    }

    /// Counts a question that has opened nothing, and says whether that may be told.
    pub(crate) async fn guess(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.guesses.check(address).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::{self, Transport};
    use crate::clock::Clock;
    use crate::site::Site;
    use crate::tokens::Tokens;

    fn caller(browser: Option<Browser>) -> HttpClient {
        let site = Site { transport: Transport::Plain, public: None, asked: None };
        HttpClient { address: "192.0.2.1".parse().unwrap(), browser, site, is_passed_on: false }
    }

    #[test]
    fn thirty_lobbies_behind_one_address_ask_at_their_own_rhythm_and_leave_room_for_others() {
        let lookups = Lookups::new(&LimitsConfig::default(), None);
        let tokens = Tokens::open(tempfile::tempdir().unwrap().path(), Clock::start()).unwrap();
        let browser = || browser::new(Transport::Plain, &tokens).map(|(browser, _)| browser);
        let class: Vec<_> = (0..30).map(|_| caller(browser())).collect();
        for _ in 0..3 * 60 / 5 {
            for lobby in &class {
                assert!(lookups.question(lobby).is_ok());
            }
        }
        assert!(lookups.question(&caller(None)).is_ok(), "somebody opens the link");
    }

    #[tokio::test]
    async fn guesses_are_limited_whoever_guesses() {
        let limits = LimitsConfig { lookups_at_once: 2, lookups_per_minute: 1, ..LimitsConfig::default() };
        let lookups = Lookups::new(&limits, None);
        let caller = caller(None);
        for is_allowed in [true, true, false] {
            assert_eq!(lookups.guess(caller.address).await.is_ok(), is_allowed);
        }
        assert!(lookups.question(&caller).is_ok(), "what there is can still be asked about");
    }

    #[tokio::test]
    async fn a_school_comes_back_together_and_one_browser_alone_does_not_keep_it_out() {
        let lookups = Lookups::new(&LimitsConfig::default(), None);
        let tokens = Tokens::open(tempfile::tempdir().unwrap().path(), Clock::start()).unwrap();
        let browser = || browser::new(Transport::Plain, &tokens).map(|(browser, _)| browser);
        let busy = caller(browser());
        let refused = async |times, who: &dyn Fn() -> HttpClient| {
            let mut refused = 0;
            for _ in 0..times {
                refused += usize::from(lookups.join(&who()).await.is_err());
            }
            refused
        };
        assert!(refused(200, &|| busy.clone()).await > 0);
        assert_eq!(refused(500, &|| caller(browser())).await, 0);
        assert!(refused(200, &|| caller(None)).await > 0);
    }

    #[test]
    fn one_browser_alone_takes_only_its_share() {
        let lookups = Lookups::new(&LimitsConfig::default(), None);
        let tokens = Tokens::open(tempfile::tempdir().unwrap().path(), Clock::start()).unwrap();
        let browser = || browser::new(Transport::Plain, &tokens).map(|(browser, _)| browser);
        let (busy, other) = (caller(browser()), caller(browser()));
        assert!((0..=OF_A_BROWSER).any(|_| lookups.question(&busy).is_err()));
        assert!(lookups.question(&other).is_ok());
    }
}
