//! What was written, and the field to write in.

use leptos::html;
use leptos::prelude::*;
use protocol::{Allowed, ParticipantId};
use view::Encryption;

use super::chat_scroll::{Change, ScrollPosition};
use super::{ChatLine, Panel, SidePanel, use_opened};
use crate::components::{Icon, Symbol, focus_when_shown};
use crate::state::{
    CallCommand, CallViewStoreFields, Draft, ParticipantViewStoreFields, Recipient, use_call_handle,
};
use crate::text::chat;

/// The chat.
#[component]
pub(crate) fn ChatPanel() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    call.send(CallCommand::LookAtChat { open: true });
    let (closing, older) = (call.clone(), call.clone());
    on_cleanup(move || closing.send(CallCommand::LookAtChat { open: false }));
    let allowed = Memo::new(move |_| {
        let everyone = view.settings().get().may_chat == Allowed::Everyone;
        if view.encryption().get() == Encryption::Undecided {
            return Some(chat::UNTIL_YOU_DECIDE);
        }
        match (everyone || view.role().get().moderates(), view.forbidden().get().chat.is_on()) {
            (true, false) => None,
            (false, _) => Some(chat::ONLY_HOSTS),
            (true, true) => Some(chat::OFF_FOR_YOU),
        }
    });
    view! {
        <SidePanel title=chat::HEADING takes_focus=false fills=true>
            <Show when=move || view.has_more_chat().get()>
                <button type="button" class="button small" on:click={ let older = older.clone(); move |_| older.send(CallCommand::ReadOlderChat) }>
                    {chat::OLDER}
                </button>
            </Show>
            <Messages/>
            <Show when=move || view.chat().with(Vec::is_empty)>
                <p class="panel-hint">{chat::NONE_YET}</p>
            </Show>
            <Show when=move || allowed.get().is_none() fallback=move || view! { <p class="panel-hint">{move || allowed.get().map(|text| text())}</p> }>
                <Composer/>
            </Show>
        </SidePanel>
    }
}

/// The list. Each message is in it once, and what becomes of it changes only its own line.
#[component]
fn Messages() -> impl IntoView {
    let view = use_call_handle().view;
    let opened = use_opened();
    let list = NodeRef::<html::Div>::new();
    let position = StoredValue::new(ScrollPosition::default());
    let is_behind = RwSignal::new(false);
    let scrolled = move |_| {
        if let Some(seen) = list.get_untracked().map(|list| scroll_position(&list)) {
            let now = position.get_value().scrolled(seen);
            position.set_value(now);
            opened.note_scrolled(Panel::Chat, (!now.is_at_end()).then_some(now.top));
            if now.is_at_end() {
                is_behind.set(false);
            }
        }
    };
    let scroll_to = move |top: i32| {
        if let Some(list) = list.get_untracked() {
            list.set_scroll_top(top);
            position.set_value(scroll_position(&list));
        }
    };
    Effect::new(move |was: Option<Ends>| {
        let ends = Ends::of(view);
        let change = ends.since(was.as_ref());
        let is_first = was.is_none();
        let is_new = was.is_some_and(|was| was.last != ends.last);
        request_animation_frame(move || {
            let Some(height) = list.get_untracked().map(|list| list.scroll_height()) else { return };
            if let Some(top) = opened.scrolled(Panel::Chat).filter(|_| is_first) {
                return scroll_to(top);
            }
            let was_at = position.get_value();
            match was_at.after(change, height) {
                Some(top) => scroll_to(top),
                None if is_new => is_behind.set(true),
                None => {}
            }
            position.update_value(|position| position.height = height);
        });
        ends
    });
    view! {
        <div class="chat-log" role="log" aria-label=chat::MESSAGES aria-relevant="additions" tabindex="0" node_ref=list on:scroll=scrolled>
            <ol class="chat-lines">
                <For each=move || view.chat() key=|line| line.key() let:line>
                    <ChatLine line/>
                </For>
            </ol>
        </div>
        <Show when=move || is_behind.get()>
            <button type="button" class="button small" on:click=move |_| scroll_to(i32::MAX)>{chat::NEW_MESSAGES}</button>
        </Show>
    }
}

fn scroll_position(list: &web_sys::HtmlDivElement) -> ScrollPosition {
    ScrollPosition { top: list.scroll_top(), height: list.scroll_height(), window: list.client_height() }
}

/// The first and the last message of a list, by their keys.
struct Ends {
    first: Option<String>,
    last: Option<String>,
    is_last_mine: bool,
}

impl Ends {
    fn of(view: reactive_stores::Store<crate::state::CallView>) -> Self {
        view.chat().with(|lines| Self {
            first: lines.first().map(|line| line.key.clone()),
            last: lines.last().map(|line| line.key.clone()),
            is_last_mine: lines.last().is_some_and(|line| line.mine),
        })
    }

    fn since(&self, was: Option<&Self>) -> Change {
        match was {
            Some(was) if was.last != self.last && self.is_last_mine => Change::Mine,
            Some(was) if was.first.is_some() && was.first != self.first => Change::Older,
            Some(_) | None => Change::Other,
        }
    }
}

/// Where what is being written lives: beyond the panel, which comes and goes.
#[derive(Clone, Copy)]
struct OwnDraft(RwSignal<Draft>);

/// Keeps what is being written for as long as the page is there, and takes back what could not be sent.
pub(crate) fn provide_draft() {
    let view = use_call_handle().view;
    let draft = RwSignal::new(Draft::default());
    provide_context(OwnDraft(draft));
    Effect::new(move || {
        if let Some(unsent) = view.unsent().get() {
            draft.update(|draft| _ = draft.take_back(&unsent));
        }
    });
}

#[component]
fn Composer() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let draft = use_context::<OwnDraft>().map_or_else(RwSignal::default, |own| own.0);
    let field = NodeRef::<html::Textarea>::new();
    focus_when_shown(field);
    let is_here = move |id: ParticipantId| {
        view.participants().with_untracked(|people| people.iter().any(|person| person.id == id))
    };
    let send = move || {
        let mut taken = None;
        draft.update(|draft| taken = draft.take(is_here));
        if let Some((to, text)) = taken {
            call.send(CallCommand::Write { to, text });
        }
    };
    let send_by_key = send.clone();
    view! {
        <form class="composer" on:submit=move |event| { event.prevent_default(); send(); }>
            <To draft/>
            <div class="composer-line">
                <textarea aria-label=chat::MESSAGE aria-describedby="message-problem" rows="2" placeholder=chat::WRITE_A_MESSAGE node_ref=field
                    prop:value=move || draft.with(|draft| draft.text().to_owned())
                    on:input=move |event| { let text = event_target_value(&event); draft.update(|draft| draft.write(text)); }
                    on:keydown=move |event| {
                        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
                            event.prevent_default();
                            send_by_key();
                        }
                    }></textarea>
                <button type="submit" class="icon-button send" aria-label=chat::SEND title=chat::SEND><Icon symbol=Symbol::Send/></button>
            </div>
            <DraftLine draft/>
        </form>
    }
}

/// For whom: everyone, or one of those who are here; or one who has left, until somebody else is chosen.
#[component]
fn To(draft: RwSignal<Draft>) -> impl IntoView {
    let view = use_call_handle().view;
    let to = Memo::new(move |_| draft.with(|draft| draft.to().cloned()));
    let gone = Memo::new(move |_| {
        let is_here = |to: &Recipient| {
            view.participants().with(|people| people.iter().any(|person| person.id == to.id))
        };
        to.get().filter(|to| !is_here(to))
    });
    let is_to = move |id: ParticipantId| to.with(|to| to.as_ref().is_some_and(|to| to.id == id));
    let choose = move |event| {
        let id: Option<ParticipantId> = event_target_value(&event).parse().ok();
        let name_of = |id: ParticipantId| {
            view.participants().with_untracked(|people| {
                people.iter().find(|person| person.id == id).map(|one| one.name.clone())
            })
        };
        let chosen = id.and_then(|id| Some(Recipient { id, name: name_of(id)? }));
        draft.update(|draft| draft.address(chosen));
    };
    view! {
        <label class="composer-target">
            {chat::TO}
            <select on:change=choose>
                <option value="" prop:selected=move || to.with(Option::is_none)>{chat::EVERYONE}</option>
                <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                    {
                        let id = participant.id().get_untracked();
                        view! {
                            <option value=id.to_string() prop:selected=move || is_to(id)>{move || participant.name().get()}</option>
                        }
                    }
                </For>
                {move || gone.get().map(|gone| view! {
                    <option value="gone" disabled prop:selected=true>{chat::recipient_left(&gone.name)}</option>
                })}
            </select>
        </label>
    }
}

/// What keeps the message from being sent, or how much room is left.
#[component]
fn DraftLine(draft: RwSignal<Draft>) -> impl IntoView {
    let view = use_call_handle().view;
    let problem = Memo::new(move |_| {
        let is_here = |id| view.participants().with(|people| people.iter().any(|person| person.id == id));
        draft.with(|draft| draft.problem(is_here)).as_ref().map(chat::draft_problem)
    });
    let room_left = move || match draft.with(Draft::room_left) {
        Some(left) if problem.with(Option::is_none) => Some(chat::room_left(left)),
        Some(_) | None => None,
    };
    view! {
        <p id="message-problem" class="problem" role="alert">{problem}</p>
        {move || room_left().map(|text| view! { <p class="panel-hint">{text}</p> })}
    }
}
