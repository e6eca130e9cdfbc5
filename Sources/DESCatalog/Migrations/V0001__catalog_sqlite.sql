-- The same tables as in PostgreSQL; times are milliseconds since 1970, days are YYYY-MM-DD, JSON is text.
CREATE TABLE des_layout (
    one         TEXT PRIMARY KEY DEFAULT 'one' CHECK (one = 'one'),
    shard_bits  INTEGER NOT NULL CHECK (shard_bits BETWEEN 1 AND 16),
    name_prefix TEXT NOT NULL,
    key_prefix  TEXT NOT NULL
) STRICT;

-- Epochs of leases and claims: the last one that was given.
CREATE TABLE des_epochs (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL) STRICT;
INSERT INTO des_epochs VALUES (1, 0);

CREATE TABLE des_node_leases (
    node       INTEGER PRIMARY KEY CHECK (node BETWEEN 0 AND 255),
    holder     TEXT,
    epoch      INTEGER NOT NULL DEFAULT 0,
    ceiling    INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER
) STRICT;
WITH RECURSIVE nodes(node) AS (SELECT 0 UNION ALL SELECT node + 1 FROM nodes WHERE node < 255)
INSERT INTO des_node_leases (node) SELECT node FROM nodes;

CREATE TABLE des_shard_leases (
    shard      INTEGER PRIMARY KEY CHECK (shard BETWEEN 0 AND 65535),
    holder     TEXT,
    epoch      INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE des_queue (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    origin          TEXT NOT NULL DEFAULT '',
    source          TEXT NOT NULL,
    source_id       TEXT,
    size            INTEGER,
    created_at      INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
    meta            TEXT,
    status          TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'marked', 'claimed', 'failed')),
    name            TEXT,
    shard           INTEGER,
    day             TEXT,
    container_id    TEXT,
    epoch           INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT,
    CHECK (status IN ('new', 'failed') OR (name IS NOT NULL AND shard IS NOT NULL AND day IS NOT NULL)),
    CHECK ((status = 'claimed') = (epoch IS NOT NULL AND container_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX des_queue_identity ON des_queue (origin, coalesce(source_id, source));
CREATE INDEX des_queue_new ON des_queue (created_at, id) WHERE status = 'new';
CREATE INDEX des_queue_marked ON des_queue (shard, day, id) WHERE status = 'marked';
CREATE INDEX des_queue_claimed ON des_queue (container_id) WHERE status = 'claimed';

CREATE TABLE des_containers (
    id           TEXT PRIMARY KEY,
    key          TEXT NOT NULL,
    shard        INTEGER NOT NULL,
    day          TEXT NOT NULL,
    epoch        INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('writing', 'uploaded', 'committed', 'abandoned')),
    entry_count  INTEGER,
    byte_count   INTEGER,
    created_at   INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
    changed_at   INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT;
CREATE INDEX des_containers_open ON des_containers (shard, epoch) WHERE state IN ('writing', 'uploaded');
CREATE INDEX des_containers_day ON des_containers (day, shard) WHERE state = 'committed';

CREATE TABLE des_files (
    day          TEXT NOT NULL,
    name         TEXT NOT NULL,
    origin       TEXT NOT NULL DEFAULT '',
    source       TEXT NOT NULL,
    source_id    TEXT,
    container_id TEXT NOT NULL,
    data_offset  INTEGER NOT NULL,
    byte_count   INTEGER NOT NULL,
    flags        INTEGER NOT NULL,
    crc          INTEGER NOT NULL,
    packed_at    INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
    PRIMARY KEY (day, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX des_files_identity ON des_files (origin, coalesce(source_id, source));

CREATE TABLE des_dead_letters (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    origin   TEXT NOT NULL DEFAULT '',
    row_id   TEXT NOT NULL,
    source   TEXT,
    stage    TEXT NOT NULL CHECK (stage IN ('mark', 'pack')),
    reason   TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    died_at  INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)),
    UNIQUE (origin, row_id)
) STRICT;

CREATE TABLE des_imports (
    input      TEXT PRIMARY KEY,
    position   TEXT NOT NULL,
    row_count  INTEGER NOT NULL,
    changed_at INTEGER NOT NULL DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))
) STRICT;
