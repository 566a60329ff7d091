//! Keeps the focus where something new takes the place of what had it, so that a keyboard or a screen reader goes on there.

use leptos::html::ElementType;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, FocusEvent, HtmlElement, Node};

/// Moves the focus to an element once it is in the document.
pub(crate) fn focus_when_shown<E>(element: NodeRef<E>)
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + 'static,
{
    Effect::new(move || focus(element));
}

/// Moves the focus to an element, if it is in the document.
pub(crate) fn focus<E>(element: NodeRef<E>)
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + 'static,
{
    if let Some(element) = element.get().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        _ = element.focus();
    }
}

/// Where the focus goes among things that stand in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    First,
    Last,
    Next,
    Previous,
}

impl Step {
    /// What a key means in a menu (ARIA Authoring Practices, menu).
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        match key {
            "Home" => Some(Self::First),
            "End" => Some(Self::Last),
            "ArrowDown" => Some(Self::Next),
            "ArrowUp" => Some(Self::Previous),
            _ => None,
        }
    }

    /// The next of so many; from one end to the other, and from nowhere to an end.
    fn from(self, now: Option<usize>, count: usize) -> Option<usize> {
        let last = count.checked_sub(1)?;
        Some(match (self, now) {
            (Self::First, _) | (Self::Next, None) => 0,
            (Self::Last, _) | (Self::Previous, None) => last,
            (Self::Next, Some(now)) => (now + 1) % count,
            (Self::Previous, Some(now)) => now.checked_sub(1).unwrap_or(last),
        })
    }
}

/// Moves the focus among those within an element that a selector finds and that are shown.
pub(crate) fn focus_among(within: &Element, selector: &str, step: Step) {
    let Ok(found) = within.query_selector_all(selector) else { return };
    let shown: Vec<HtmlElement> = (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into::<HtmlElement>().ok())
        .filter(|element| element.offset_parent().is_some())
        .collect();
    let active = document().active_element();
    let now =
        shown.iter().position(|one| active.as_ref().is_some_and(|active| one.is_same_node(Some(active))));
    if let Some(next) = step.from(now, shown.len()) {
        _ = shown[next].focus();
    }
}

/// Calls `close` when something beside an element is pressed, or gets the focus, for as long as the component that asks for it is there. What
/// comes back is to hear of the element's `focusout`.
pub(crate) fn when_left<E>(
    element: NodeRef<E>,
    close: impl Fn() + Copy + Send + Sync + 'static,
) -> impl Fn(FocusEvent) + Copy
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + AsRef<Node> + 'static,
{
    let is_inside = move |target: Option<EventTarget>| {
        let node = target.and_then(|target| target.dyn_into::<Node>().ok());
        element.get_untracked().is_some_and(|element| {
            let element: &Node = element.as_ref();
            element.contains(node.as_ref())
        })
    };
    let pressed = window_event_listener(leptos::ev::pointerdown, move |event| {
        if !is_inside(event.target()) {
            close();
        }
    });
    on_cleanup(move || pressed.remove());
    move |event: FocusEvent| {
        // Nothing has it: the window is another one, or what had it is gone.
        let to = event.related_target();
        if to.is_some() && !is_inside(to) {
            close();
        }
    }
}

/// Leaves nothing with the focus.
pub(crate) fn let_go_of_focus() {
    let active = document().active_element().and_then(|active| active.dyn_into::<HtmlElement>().ok());
    if let Some(active) = active {
        _ = active.blur();
    }
}

/// Whether nothing has the focus.
pub(crate) fn is_focus_nowhere() -> bool {
    let document = document();
    let active = document.active_element();
    active.is_none_or(|active| document.body().is_some_and(|body| body.is_same_node(Some(&active))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_and_home_and_end_to_the_ends() {
        assert_eq!(Step::Next.from(Some(2), 3), Some(0));
        assert_eq!(Step::Previous.from(Some(0), 3), Some(2));
        assert_eq!(Step::Previous.from(None, 3), Some(2));
        assert_eq!(Step::First.from(Some(1), 3), Some(0));
        assert_eq!(Step::Last.from(None, 3), Some(2));
        assert_eq!(Step::Next.from(None, 0), None);
    }
}
