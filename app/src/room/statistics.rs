//! What each link and each publication of the call takes, with the last two minutes as graphs.

use leptos::prelude::*;
use view::Copied;

use crate::state::{CallCommand, CallViewStoreFields, LinkFigures, PublicationFigures, use_call_handle};
use crate::text::statistics as words;

/// The figures, and a button that copies them.
#[component]
pub(crate) fn Statistics() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let copy = move |_| {
        let text = view.statistics().with_untracked(|links| words::report(links, &now()));
        call.send(CallCommand::CopyText { text, what: Copied::Statistics });
    };
    // Figures change; what they are of stays where it is, so that nothing is read or focused anew.
    let count = Memo::new(move |_| view.statistics().with(Vec::len));
    view! {
        <div class="panel-heading">
            <h3>{words::HEADING}</h3>
            <Show when=move || { count.get() > 0 }>
                <button type="button" class="link-button" on:click=copy.clone()>{words::COPY}</button>
            </Show>
        </div>
        <Show when=move || count.get() == 0><p class="panel-hint">{words::MEASURING}</p></Show>
        <For each=move || 0..count.get() key=|index| *index let:index>
            <Link link=Memo::new(move |_| view.statistics().with(|links| links.get(index).cloned()))/>
        </For>
    }
}

#[component]
fn Link(link: Memo<Option<LinkFigures>>) -> impl IntoView {
    let title = move || link.get().map(|link| words::link(link.with.as_deref()));
    let count = Memo::new(move |_| link.with(|link| link.as_ref().map_or(0, |link| link.publications.len())));
    view! {
        <section class="figures">
            <h4 dir="auto">{title}</h4>
            <Figures lines=Signal::derive(move || link.get().map(|link| words::of_link(&link)).unwrap_or_default())/>
            <For each=move || 0..count.get() key=|index| *index let:index>
                <Publication of=Memo::new(move |_| link.with(|link| link.as_ref()?.publications.get(index).cloned()))/>
            </For>
        </section>
    }
}

#[component]
fn Publication(of: Memo<Option<PublicationFigures>>) -> impl IntoView {
    let title = move || of.get().map(|of| words::publication(&of));
    let label = move || of.get().map(|of| words::graph(&of));
    view! {
        <h5 dir="auto">{title}</h5>
        <svg class="graph" role="img" aria-label=label viewBox="0 0 120 24" preserveAspectRatio="none">
            {move || of.get().map(|of| of.lines.iter().map(|line| view! { <polyline points=points(line)/> }).collect_view())}
        </svg>
        <Figures lines=Signal::derive(move || of.get().map(|of| words::of_publication(&of)).unwrap_or_default())/>
    }
}

/// Names and values, one below the other.
#[component]
fn Figures(lines: Signal<Vec<(&'static str, String)>>) -> impl IntoView {
    view! {
        <dl>
            {move || lines.get().into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect_view()}
        </dl>
    }
}

fn now() -> String {
    js_sys::Date::new_0().to_iso_string().into()
}

/// In the units of the drawing, with room for the line's width.
fn points(line: &[(f32, f32)]) -> String {
    let point = |(x, y): &(f32, f32)| format!("{:.1},{:.1} ", x * 120.0, 23.0 - y * 22.0);
    line.iter().map(point).collect()
}
