//! Links that make hosts, and the page where they are taken back.

texts! {
    host_link => "Host link";
    anyone_becomes_host =>
        "Anyone who opens this link becomes a host, on any device. Share it only with people you trust.";
    create_host_link => "Create host link";
    copy_host_link => "Copy host link";
    links => "Links";
    links_hint => "Host links and invitations that you made. Revoke those that went astray.";
    show_links => "Show links";
}
