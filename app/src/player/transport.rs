//! The bar under the stage: play, skip, speed, captions, layout, the whole screen.

use leptos::prelude::*;
use stage::Mode;
use view::{Playing, RecordedMeeting};

use crate::components::{Icon, Symbol};
use crate::full_screen;
use crate::state::{PlayerCommand, use_player};
use crate::text::{call, player};

/// What can be chosen, in hundredths.
const SPEEDS: [u16; 6] = [50, 75, 100, 125, 150, 200];

/// The bar.
#[component]
pub(super) fn Transport(meeting: StoredValue<RecordedMeeting>, captions: RwSignal<bool>) -> impl IntoView {
    let handle = use_player();
    let view = handle.view;
    let send = move |command: PlayerCommand| {
        let handle = handle.clone();
        move |_| handle.send(command.clone())
    };
    let lasts = meeting.with_value(|meeting| meeting.lasts);
    let has_captions = meeting.with_value(|meeting| !meeting.transcript.is_empty());
    let label = move || player::play_or_pause(view.playing.get());
    let symbol = Signal::derive(move || match view.playing.get() {
        Playing::Paused => Symbol::Play,
        Playing::Playing | Playing::Waiting => Symbol::Pause,
    });
    view! {
        <div class="transport">
            <button type="button" class="icon-button play" aria-label=label title=label on:click=send(PlayerCommand::PlayOrPause)><Icon symbol/></button>
            <button type="button" class="icon-button" aria-label=player::BACK title=player::BACK on:click=send(PlayerCommand::Skip(-10_000))><Icon symbol=Symbol::BackTen/></button>
            <button type="button" class="icon-button" aria-label=player::FORWARD title=player::FORWARD on:click=send(PlayerCommand::Skip(10_000))><Icon symbol=Symbol::ForwardTen/></button>
            <p class="clock">{move || player::clock(view.position.get())}<span>" / "{player::clock(lasts)}</span></p>
            <span class="waiting" role="status">{move || (view.playing.get() == Playing::Waiting).then(player::WAITING)}</span>
            <SpeedChoice/>
            {has_captions.then(|| {
                let label = move || player::captions(captions.get());
                view! {
                    <button type="button" class="icon-button" aria-label=label title=label data-on=move || captions.get().then_some("")
                        on:click=move |_| captions.update(|shown| *shown = !*shown)><Icon symbol=Symbol::Captions/></button>
                }
            })}
            <LayoutChoice/>
            <button type="button" class="icon-button" aria-label=call::FULL_SCREEN title=call::FULL_SCREEN on:click=move |_| full_screen::toggle()>
                <Icon symbol=Symbol::FullScreen/>
            </button>
        </div>
    }
}

#[component]
fn SpeedChoice() -> impl IntoView {
    let handle = use_player();
    let choose = move |event| {
        if let Ok(percent) = event_target_value(&event).parse() {
            handle.send(PlayerCommand::SetSpeed(percent));
        }
    };
    let option = |percent: u16| {
        let name = format!("{}×", f64::from(percent) / 100.0);
        view! { <option value=percent.to_string() selected=percent == 100>{name}</option> }
    };
    view! { <select class="speed" aria-label=player::SPEED on:change=choose>{SPEEDS.map(option).into_iter().collect_view()}</select> }
}

/// Grid, or whoever speaks large.
#[component]
fn LayoutChoice() -> impl IntoView {
    let handle = use_player();
    let mode = handle.view.mode;
    let toggle = move |_| {
        let other = match mode.get_untracked() {
            Mode::Grid => Mode::Speaker,
            Mode::Speaker => Mode::Grid,
        };
        handle.send(PlayerCommand::Arrange(other));
    };
    let label = move || match mode.get() {
        Mode::Grid => [call::LAYOUT(), call::GRID()].join(": "),
        Mode::Speaker => [call::LAYOUT(), call::SPEAKER()].join(": "),
    };
    view! {
        <button type="button" class="icon-button" aria-label=label title=label data-on=move || (mode.get() == Mode::Speaker).then_some("") on:click=toggle>
            <Icon symbol=Symbol::Layout/>
        </button>
    }
}
