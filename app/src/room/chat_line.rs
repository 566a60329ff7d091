//! One chat message: text, in which addresses are links and nothing else is anything.

use leptos::prelude::*;
use reactive_stores::Field;
use view::{ChatText, Delivery};

use crate::state::{CallCommand, ChatLineView, ChatLineViewStoreFields, use_call_handle};
use crate::text::chat;

/// Who, when, for whom, what, and what became of it.
#[component]
pub(crate) fn ChatLine(#[prop(into)] line: Field<ChatLineView>) -> impl IntoView {
    let call = use_call_handle();
    let id = line.id().get_untracked();
    let (delivery, time, text) = (line.delivery(), line.time(), line.text());
    let (name, mine, only_for) = (line.name(), line.mine(), line.only_for());
    let is_open = move || text.with(|text| matches!(text, ChatText::Open(_)));
    let failed = move || matches!(delivery.get(), Delivery::Failed(_));
    let state = move || chat::delivery(delivery.get(), mine.get());
    let again = StoredValue::new(call);
    let continues = line.continues();
    view! {
        <li class="chat-line" data-mine=move || mine.get().then_some("") data-failed=move || failed().then_some("")
            data-continues=move || continues.get().then_some("") data-private=move || only_for.with(Option::is_some).then_some("")>
            <p class="chat-head">
                <span class="name" dir="auto">{move || if mine.get() { chat::YOU().to_owned() } else { name.get() }}</span>
                <span class="chat-time">{move || time.get()}</span>
                {move || only_for.get().map(|to| view! { <span class="tag caution">{chat::private(&to)}</span> })}
                {move || is_open().then(|| view! { <span class="tag">{chat::NOT_ENCRYPTED}</span> })}
            </p>
            <p class="chat-text" dir="auto">{move || match text.get() {
                ChatText::Sealed(text) | ChatText::Open(text) => words(&text).into_any(),
                ChatText::Closed => view! { <em>{chat::UNDECRYPTABLE}</em> }.into_any(),
            }}</p>
            // What has arrived needs no mark for the eye.
            {move || state().map(|state| view! {
                <p class="chat-state" class:visually-hidden=move || !is_open_question(delivery.get()) aria-live="off" data-state=state_name(delivery.get())>{state}</p>
            })}
            <Show when=failed>
                <button type="button" class="link-button" on:click=move |_| again.with_value(|call| call.send(CallCommand::WriteAgain { id }))>{chat::SEND_AGAIN}</button>
            </Show>
        </li>
    }
}

/// Whether it is not known to have arrived.
fn is_open_question(delivery: Delivery) -> bool {
    match delivery {
        Delivery::Sending | Delivery::Failed(_) => true,
        Delivery::Delivered | Delivery::Kept => false,
    }
}

fn state_name(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Sending => "sending",
        Delivery::Failed(_) => "failed",
        Delivery::Delivered | Delivery::Kept => "delivered",
    }
}

fn words(text: &str) -> impl IntoView + use<> {
    split(text)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.to_owned().into_any(),
            Part::Link(link) => {
                let link = link.to_owned();
                view! { <a href=link.clone() target="_blank" rel="noopener noreferrer nofollow">{link.clone()}</a> }.into_any()
            }
        })
        .collect_view()
}

#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// Finds web addresses. Only `http` and `https` are links: every other scheme could do something.
fn split(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = next_link(rest) {
        let (before, from_link) = rest.split_at(start);
        let end = from_link
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
            .unwrap_or(from_link.len());
        let link = without_trailing(&from_link[..end]);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Link(link));
        rest = &from_link[link.len()..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

fn next_link(text: &str) -> Option<usize> {
    let starts = ["https://", "http://"].into_iter().filter_map(|scheme| {
        let at = text.find(scheme)?;
        text[at + scheme.len()..].starts_with(char::is_alphanumeric).then_some(at)
    });
    starts.min()
}

/// A full stop or a bracket at the end belongs to the sentence around the link.
fn without_trailing(link: &str) -> &str {
    let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    match link.strip_suffix(')') {
        Some(shorter) if !shorter.contains('(') => without_trailing(shorter),
        Some(_) | None => link,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_links_and_the_sentence_around_them_is_not() {
        let parts = split("see https://a.example/x?y=1#z, or (http://b.example). Not javascript:alert(1)!");
        let expected = [
            Part::Text("see "),
            Part::Link("https://a.example/x?y=1#z"),
            Part::Text(", or ("),
            Part::Link("http://b.example"),
            Part::Text("). Not javascript:alert(1)!"),
        ];
        assert_eq!(parts, expected);
        assert_eq!(split("https://x.example/a_(b)"), [Part::Link("https://x.example/a_(b)")]);
    }

    #[test]
    fn nothing_else_is_a_link() {
        for text in ["https://", "http:// x", "<a href=x>", "data:text/html,x", ""] {
            assert!(split(text).iter().all(|part| matches!(part, Part::Text(_))), "{text}");
        }
    }
}
