//! The safety phrase: words that everybody in a call reads to each other. They are the same for all only when all have the
//! same keys of each other, so that nobody, the server included, sits in between.

use bip39::Language;
use pbkdf2::pbkdf2_hmac_array;
use protocol::{PublicKey, RoomCode};
use sha2::Sha256;

use crate::{KeyDigest, RoomSecret};

/// 6 words of 11 bits.
const WORDS: usize = 6;

/// How often each guess is hashed. Whoever sits in between and chooses keys until two phrases are alike needs 2^33 guesses
/// for 66 bits, and has seconds; this makes it 2^49 hashes. One phrase takes some tens of milliseconds.
const ROUNDS: u32 = 1 << 16;

/// What the phrase of a call is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafetyPhrase {
    /// The room.
    pub room: RoomCode,
    /// Its secret.
    pub secret: RoomSecret,
    /// The keys of the people in the call, in any order.
    pub keys: Vec<PublicKey>,
    /// Keys to which the secret was passed on through the server, in any order. Somebody in between has put a key of their own
    /// among those on one side only.
    pub admitted: Vec<KeyDigest>,
}

impl SafetyPhrase {
    /// The phrase. A page has this function, and the words with it, in a module that is fetched when somebody looks.
    pub fn words(&self) -> String {
        let mut keys: Vec<_> = self.keys.iter().map(PublicKey::as_str).collect();
        keys.sort_unstable();
        let mut admitted: Vec<_> = self.admitted.iter().map(KeyDigest::as_bytes).collect();
        admitted.sort_unstable();
        let text = [keys.concat().as_bytes(), &admitted.concat()].concat();
        let salt: [u8; 32] = self.secret.derive(&self.room, b"veranda safety phrase");
        let digest: [u8; 16] = pbkdf2_hmac_array::<Sha256, 16>(&text, &salt, ROUNDS);
        let number = u128::from_be_bytes(digest);
        let words = Language::English.word_list();
        let word = |index: usize| words[(number >> (11 * index)) as usize % words.len()];
        (0..WORDS).map(word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyPair;

    #[test]
    fn the_phrase_is_the_same_for_the_same_people_and_another_for_others() {
        let room = RoomCode::parse("kfm-pqxz-wtr").unwrap();
        let [ada, bob, eve] = [1, 2, 3].map(|seed| KeyPair::new([seed; 32]).public().clone());
        let phrase = |secret: u8, keys: &[&PublicKey]| {
            let keys = keys.iter().copied().cloned().collect();
            SafetyPhrase { room, secret: RoomSecret::new([secret; 16]), keys, admitted: Vec::new() }.words()
        };
        assert_eq!(phrase(1, &[&ada, &bob]), phrase(1, &[&bob, &ada]));
        assert_eq!(phrase(1, &[&ada, &bob]).split(' ').count(), WORDS);
        let all = [
            phrase(1, &[&ada, &bob]),
            phrase(1, &[&ada, &eve]),
            phrase(2, &[&ada, &bob]),
            phrase(1, &[&ada]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one));
        }
    }
}
