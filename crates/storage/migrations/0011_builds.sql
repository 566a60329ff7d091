-- The files of builds that pages may still be of: each content once, whichever builds have it.
CREATE TABLE assets (
    digest TEXT PRIMARY KEY NOT NULL,
    content BYTEA NOT NULL
);
CREATE TABLE builds (
    id TEXT PRIMARY KEY NOT NULL,
    -- When a newer one started; 0 while none has.
    replaced_at BIGINT NOT NULL
);
CREATE TABLE build_files (
    build TEXT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (build, path)
);
CREATE INDEX build_files_by_digest ON build_files (digest);
