//! How often somebody may ask about rooms, and come in. What is limited hard is guessing: codes and keys that open nothing. Answers about rooms
//! that there are cost little, so that a class or an office behind one address asks as often as its pages want to.

use std::net::IpAddr;

use crate::browser::Browser;
use crate::config::LimitsConfig;
use crate::http_client::HttpClient;
use crate::rate_limit::{AddressRate, KeyedRate, RetryAfter};

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
    guesses: AddressRate,
    browsers: KeyedRate<String>,
    joins: AddressRate,
    joins_of_known: AddressRate,
    joins_of_browsers: KeyedRate<String>,
}

impl Lookups {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        let (at_once, per_minute) = (limits.lookups_at_once, limits.lookups_per_minute);
        Self {
            questions: AddressRate::new(
                at_once.saturating_mul(ANSWERS_FOR_A_GUESS),
                per_minute.saturating_mul(ANSWERS_FOR_A_GUESS),
            ),
            guesses: AddressRate::new(at_once, per_minute),
            browsers: KeyedRate::new(OF_A_BROWSER, OF_A_BROWSER),
            joins: AddressRate::new(limits.joins_at_once, limits.joins_per_minute),
            joins_of_known: AddressRate::new(
                limits.joins_at_once.saturating_mul(KNOWN_FOR_A_STRANGER),
                limits.joins_per_minute.saturating_mul(KNOWN_FOR_A_STRANGER),
            ),
            joins_of_browsers: KeyedRate::new(limits.joins_at_once, limits.joins_per_minute),
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
    pub(crate) fn join(&self, caller: &HttpClient) -> Result<(), RetryAfter> {
        let Some(Browser { id, .. }) = &caller.browser else { return self.joins.check(caller.address) };
        self.joins_of_browsers.check(&id.0.0)?;
        self.joins_of_known.check(caller.address)
    }

    /// Counts a question that has opened nothing, and says whether that may be told.
    pub(crate) fn guess(&self, address: IpAddr) -> Result<(), RetryAfter> {
        self.guesses.check(address)
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
        let lookups = Lookups::new(&LimitsConfig::default());
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

    #[test]
    fn guesses_are_limited_whoever_guesses() {
        let limits = LimitsConfig { lookups_at_once: 2, lookups_per_minute: 1, ..LimitsConfig::default() };
        let lookups = Lookups::new(&limits);
        let caller = caller(None);
        assert!(lookups.guess(caller.address).is_ok() && lookups.guess(caller.address).is_ok());
        assert!(lookups.guess(caller.address).is_err());
        assert!(lookups.question(&caller).is_ok(), "what there is can still be asked about");
    }

    #[test]
    fn a_school_comes_back_together_and_one_browser_alone_does_not_keep_it_out() {
        let lookups = Lookups::new(&LimitsConfig::default());
        let tokens = Tokens::open(tempfile::tempdir().unwrap().path(), Clock::start()).unwrap();
        let browser = || browser::new(Transport::Plain, &tokens).map(|(browser, _)| browser);
        let busy = caller(browser());
        assert!((0..200).any(|_| lookups.join(&busy).is_err()));
        assert!((0..500).all(|_| lookups.join(&caller(browser())).is_ok()));
        assert!((0..200).any(|_| lookups.join(&caller(None)).is_err()));
    }

    #[test]
    fn one_browser_alone_takes_only_its_share() {
        let lookups = Lookups::new(&LimitsConfig::default());
        let tokens = Tokens::open(tempfile::tempdir().unwrap().path(), Clock::start()).unwrap();
        let browser = || browser::new(Transport::Plain, &tokens).map(|(browser, _)| browser);
        let (busy, other) = (caller(browser()), caller(browser()));
        assert!((0..=OF_A_BROWSER).any(|_| lookups.question(&busy).is_err()));
        assert!(lookups.question(&other).is_ok());
    }
}
