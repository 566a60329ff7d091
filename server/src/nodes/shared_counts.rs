//! Limits that all nodes count together: one script in Redis for each question. Nobody waits for a Redis that is slow or away; each node then has
//! its share of a limit.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::Script;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use super::coordination::Coordination;
use super::status::Status;
use crate::clock;

/// How long somebody whose deed is counted waits for Redis. Raising it makes everybody slower while Redis is slow; lowering it has nodes count
/// alone because of one slow answer.
const ANSWERS_WITHIN: Duration = Duration::from_millis(250);

/// After a failure Redis is left alone for so long, so that only one in so long waits in vain.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// GCRA: of each key the time is kept at which everything would be allowed again, by Redis' own clock, and forgotten when it is there.
///
/// Key: what is counted. Arguments: for how many microseconds one counts, how many count at once, and what is done: `take` counts one if that is
/// allowed, `look` counts none, `force` counts one in any case. The answer is for how many microseconds it is not allowed yet.
const COUNT: &str = r"
local each, most, doing = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1]) or '0')
-- A clock that was set back keeps nobody out for longer than the limit does.
full = math.min(math.max(full, now), now + each * most)
local wait = full + each - (now + each * most)
if doing == 'look' then return math.ceil(math.max(wait, 0)) end
if wait > 0 and doing == 'take' then return math.ceil(wait) end
full = math.min(full + each, now + each * most)
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
return 0";

/// What is limited, for each key of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SharedLimit {
    /// What stands in keys of Redis; another one for each limit.
    pub(crate) name: &'static str,
    pub(crate) at_once: u32,
    pub(crate) per_minute: u32,
}

impl SharedLimit {
    pub(crate) fn new(name: &'static str, at_once: u32, per_minute: u32) -> Self {
        Self { name, at_once, per_minute }
    }
}

/// What is done about one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// One is counted, if that is allowed.
    Take,
    /// None is counted.
    Look,
    /// One is counted, allowed or not.
    Force,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Allowed,
    /// Not before this time has passed.
    Refused(Duration),
    /// Redis has not said: this node counts for itself, and allows one in so many.
    Alone {
        share_of: u32,
    },
}

/// The counts; each node has them once.
pub(super) struct SharedCounts {
    coordination: Arc<Coordination>,
    status: Status,
    script: Script,
    /// What keys are made with, so that no address can be read from Redis.
    secret: [u8; 32],
    asks_again_at: Mutex<Option<Instant>>,
}

impl SharedCounts {
    pub(super) fn new(coordination: Arc<Coordination>, status: Status, secret: [u8; 32]) -> Self {
        let script = Script::new(COUNT);
        Self { coordination, status, script, secret, asks_again_at: Mutex::default() }
    }

    pub(super) async fn count(&self, limit: SharedLimit, key: &str, counting: Counting) -> Counted {
        if self.is_left_alone() {
            return self.alone();
        }
        let Some(mut connection) = self.coordination.open_connection() else { return self.alone() };
        let mut asked = self.script.prepare_invoke();
        asked
            .key(self.key(limit, key))
            .arg(60_000_000.0 / f64::from(limit.per_minute.max(1)))
            .arg(limit.at_once.max(1))
            .arg(match counting {
                Counting::Take => "take",
                Counting::Look => "look",
                Counting::Force => "force",
            });
        match timeout(ANSWERS_WITHIN, asked.invoke_async::<u64>(&mut connection)).await {
            Ok(Ok(0)) => Counted::Allowed,
            Ok(Ok(micros)) => Counted::Refused(Duration::from_micros(micros)),
            Ok(Err(error)) => self.failed(&error),
            Err(late) => self.failed(&late),
        }
    }

    fn key(&self, limit: SharedLimit, key: &str) -> String {
        let digest = Sha256::new().chain_update(self.secret).chain_update(key).finalize();
        let hidden: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("{}:limit:{}:{hidden}", self.coordination.prefix(), limit.name)
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> Counted {
        tracing::warn!(%error, "limits are counted by each node for itself: Redis does not count them");
        *self.asks_again_at.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(clock::moment() + AGAIN_AFTER);
        self.alone()
    }

    fn is_left_alone(&self) -> bool {
        let mut until = self.asks_again_at.lock().unwrap_or_else(PoisonError::into_inner);
        until.take_if(|until| *until <= clock::moment());
        until.is_some()
    }

    fn alone(&self) -> Counted {
        // Of the nodes that were there last.
        let nodes = u32::try_from(self.status.nodes().len()).unwrap_or(u32::MAX);
        Counted::Alone { share_of: nodes.saturating_add(1) }
    }
}
