//! Who this page is: what the tab, the browser and the link remember, and fresh entropy for the rest.

use app::state::{CallView, CallViewStoreFields};
use call::{Call, Command, Identity, Input, SecretOrigin};
use leptos::prelude::{Set, Update};
use protocol::{RoomCode, RoomEncryption};
use reactive_stores::Store;
use seal::RoomSecret;
use uuid::Uuid;
use view::{AnyNotice, Numbered, PageNotice};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::{clock, page, remember, web};

/// A call that goes on with the session this tab had, if it had one. `None` where the browser gives no randomness: keys of a
/// known seed would be no keys.
pub(crate) fn new_call(code: RoomCode, encryption: RoomEncryption) -> Option<Call> {
    let identity = Identity {
        seed: random()?,
        // Before the secret is made: then the address carries one.
        has_unreadable_secret: page::has_unreadable_secret(),
        secret: secret(code, encryption).ok()?,
        former: remember::tab::private_keys(code),
        passed_on: remember::passed_on(code),
    };
    let random = (js_sys::Math::random() * 1e15) as u64;
    let mut call = Call::new(code, remember::tab::session(code), random, identity);
    call.handle_input(clock::now(), Input::Command(Command::LobbyShows { encryption }));
    Some(call)
}

/// The secret of the page, and how it came by it. The page of whoever has just made the room makes it at once, so that every link
/// that is copied from then on carries it; in a room that is not end-to-end encrypted it would ask everybody who comes by such a link.
fn secret(
    code: RoomCode,
    encryption: RoomEncryption,
) -> Result<Option<(RoomSecret, SecretOrigin)>, NoRandomness> {
    let remembered = remember::secret(code);
    match (page::secret(), remembered) {
        // What was drawn or passed on does not become a link's by standing in the address.
        // Nor does one that was verified here lose that by a link that does not know it.
        (Some((secret, by)), Some((known, origin)))
            if secret == known && (origin != SecretOrigin::Remembered || by == SecretOrigin::Granted) =>
        {
            Ok(Some((secret, origin)))
        }
        (Some(by_link), _) => Ok(Some(by_link)),
        (None, Some(known)) => Ok(Some(known)),
        (None, None) if page::is_makers() && encryption == RoomEncryption::EndToEnd => {
            let secret = RoomSecret::new(random().ok_or(NoRandomness)?);
            remember::remember_secret(code, &secret, SecretOrigin::Maker);
            page::set_secret(&secret, SecretOrigin::Maker);
            Ok(Some((secret, SecretOrigin::Maker)))
        }
        (None, None) => Ok(None),
    }
}

/// The browser gives no random numbers.
struct NoRandomness;

/// An id that nobody else has (RFC 9562 §5.4).
pub(crate) fn random_id() -> Option<Uuid> {
    Some(uuid::Builder::from_random_bytes(random()?).into_uuid())
}

pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

/// What was typed before the page became interactive, or the name of the last time.
pub(crate) fn name_so_far() -> Option<String> {
    let field = web::document().and_then(|document| document.get_element_by_id("your-name"));
    let typed = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()).map(|field| field.value());
    typed.filter(|typed| !typed.is_empty()).or_else(|| remember::read(remember::NAME))
}

/// Shows that there can be no call here.
pub(crate) fn refuse(view: Store<CallView>) {
    view.secrecy().update(|secrecy| secrecy.supported = false);
    view.notices().set(vec![Numbered { number: 1, what: AnyNotice::Page(PageNotice::NoRandomness) }]);
}
