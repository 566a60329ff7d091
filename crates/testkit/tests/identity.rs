//! The two halves of the proof of an identity, which stand in crates that do not know each other.

use protocol::{DeviceId, IdentityProof, PublicKey};
use ring::IdentityChallenge;
use seal::KeyPair;
use uuid::Uuid;

fn device(number: u128) -> DeviceId {
    DeviceId::new(Uuid::from_u128(number))
}

#[test]
fn a_server_accepts_the_proof_of_whoever_has_the_key_and_no_other() {
    let [ada, eve] = [1, 2].map(|seed| KeyPair::new([seed; 32]));
    let challenge = IdentityChallenge::new([3; 32], [4; 32]);
    let proof = ada.prove(device(1), &challenge.nonce(), challenge.key()).unwrap();
    assert!(challenge.accepts(ada.public(), device(1), &proof));
    assert!(!challenge.accepts(eve.public(), device(1), &proof), "another identity");
    assert!(!challenge.accepts(ada.public(), device(2), &proof), "another device");
    let by_eve = eve.prove(device(1), &challenge.nonce(), challenge.key()).unwrap();
    assert!(!challenge.accepts(ada.public(), device(1), &by_eve), "another key");
}

#[test]
fn a_proof_is_good_for_one_challenge() {
    let ada = KeyPair::new([1; 32]);
    let challenge = IdentityChallenge::new([3; 32], [4; 32]);
    let proof = ada.prove(device(1), &challenge.nonce(), challenge.key()).unwrap();
    for other in [IdentityChallenge::new([5; 32], [4; 32]), IdentityChallenge::new([3; 32], [5; 32])] {
        assert!(!other.accepts(ada.public(), device(1), &proof));
    }
}

#[test]
fn a_key_that_agrees_on_the_same_with_everybody_proves_nothing_and_learns_nothing() {
    let zero = PublicKey::new("A".repeat(43)).unwrap();
    let challenge = IdentityChallenge::new([3; 32], [4; 32]);
    let anything = IdentityProof::new("A".repeat(43)).unwrap();
    assert!(!challenge.accepts(&zero, device(1), &anything));
    assert_eq!(KeyPair::new([1; 32]).prove(device(1), &challenge.nonce(), &zero), None);
}
