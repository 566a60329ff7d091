//! What was written, and the field to write in.

use leptos::html;
use leptos::prelude::*;
use protocol::limits::MAX_ENVELOPE_BYTES;
use protocol::{Allowed, ChatTarget};

use super::{ChatLine, OpenPanel, SidePanel};
use crate::components::{Icon, Symbol, focus_when_shown};
use crate::state::{CallCommand, CallViewStoreFields, ParticipantViewStoreFields, use_call_handle};

/// The chat.
#[component]
pub(crate) fn ChatPanel(open: OpenPanel) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let list = NodeRef::<html::Div>::new();
    call.send(CallCommand::LookAtChat { open: true });
    let (closing, older) = (call.clone(), call.clone());
    on_cleanup(move || closing.send(CallCommand::LookAtChat { open: false }));
    // The newest is what one wants to read.
    Effect::new(move || {
        view.chat().track();
        if let Some(list) = list.get() {
            list.set_scroll_top(list.scroll_height());
        }
    });
    let may_write = Memo::new(move |_| {
        let everyone = view.settings().get().may_chat == Allowed::Everyone;
        (everyone || view.role().get().moderates()) && !view.forbidden().get().chat.is_on()
    });
    view! {
        <SidePanel title="Chat" open takes_focus=false>
            <Show when=move || view.has_more_chat().get()>
                <button type="button" class="button small" on:click={ let older = older.clone(); move |_| older.send(CallCommand::ReadOlderChat) }>
                    "Older messages"
                </button>
            </Show>
            <div class="chat-log" role="log" aria-label="Messages" tabindex="0" node_ref=list>
                <ol class="chat-lines">
                    <For each=move || view.chat().get() key=|line| (line.key.clone(), line.delivery, line.time.clone()) let:line>
                        <ChatLine line/>
                    </For>
                </ol>
            </div>
            <Show when=move || view.chat().with(Vec::is_empty)>
                <p class="panel-hint">"Nothing was written yet. What is written stays with the room, also for those who come later."</p>
            </Show>
            <Show when=move || may_write.get() fallback=|| view! { <p class="panel-hint">"Only hosts may write in this room."</p> }>
                <Composer/>
            </Show>
        </SidePanel>
    }
}

#[component]
fn Composer() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let text = RwSignal::new(String::new());
    let target = RwSignal::new(String::new());
    let field = NodeRef::<html::Textarea>::new();
    focus_when_shown(field);
    let send = move || {
        let written = text.get_untracked().trim().to_owned();
        if !written.is_empty() {
            let to = target.get_untracked().parse().map_or(ChatTarget::Everyone, ChatTarget::Participant);
            call.send(CallCommand::Write { to, text: written });
            text.set(String::new());
        }
    };
    let send_by_key = send.clone();
    view! {
        <form class="composer" on:submit=move |event| { event.prevent_default(); send(); }>
            <label class="composer-target">
                "To "
                <select on:change=move |event| target.set(event_target_value(&event)) prop:value=target>
                    <option value="">"Everyone"</option>
                    <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                        <option value=participant.id().get_untracked().to_string()>{move || participant.name().get()}</option>
                    </For>
                </select>
            </label>
            <div class="composer-line">
                <textarea aria-label="Message" rows="2" maxlength=MAX_ENVELOPE_BYTES.to_string() placeholder="Write a message" node_ref=field
                    prop:value=text on:input=move |event| text.set(event_target_value(&event))
                    on:keydown=move |event| {
                        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
                            event.prevent_default();
                            send_by_key();
                        }
                    }></textarea>
                <button type="submit" class="plain-button" aria-label="Send" title="Send"><Icon symbol=Symbol::Send/></button>
            </div>
        </form>
    }
}
