// The tables, as they are written into every file; docs/stores.md repeats what operators need.
//
// Times are microseconds since 1970-01-01 UTC. Two of them make an episode bi-temporal: valid_at is
// when it happened (the item's created_at, else when it was accepted), ingested_at when we learnt
// of it. `seq` numbers a graph's episodes in the order of acceptance from 1 without gaps,
// `thread_seq` a thread's. A graph row outlives its episodes: its incarnation is the memory of the
// last erase, and everything in the graph belongs to that incarnation.
#include "common/graph/sqlite_tables.h"

namespace headrace::graph {

const char* const kSqliteTables = R"sql(
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;

CREATE TABLE graph (
  id INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('graph', 'user')),
  external_id TEXT NOT NULL CHECK (external_id <> ''),
  group_id TEXT NOT NULL,
  next_seq INTEGER NOT NULL DEFAULT 1,
  incarnation INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (project_id, kind, external_id),
  UNIQUE (project_id, group_id)
) STRICT;

CREATE TABLE memory_user (
  id INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  graph_id INTEGER NOT NULL UNIQUE REFERENCES graph (id),
  created_at INTEGER NOT NULL,
  UNIQUE (project_id, user_id)
) STRICT;

CREATE TABLE thread (
  id INTEGER PRIMARY KEY,
  project_id TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  graph_id INTEGER NOT NULL REFERENCES graph (id),
  user_ref INTEGER REFERENCES memory_user (id),
  saga_uuid TEXT NOT NULL CHECK (length(saga_uuid) = 36),
  next_seq INTEGER NOT NULL DEFAULT 1,
  first_episode_uuid TEXT,
  last_episode_uuid TEXT,
  created_at INTEGER NOT NULL,
  ingested_at INTEGER NOT NULL,
  UNIQUE (project_id, thread_id)
) STRICT;
CREATE INDEX thread_by_graph ON thread (graph_id);
CREATE INDEX thread_by_user ON thread (user_ref) WHERE user_ref IS NOT NULL;

CREATE TABLE episode (
  id INTEGER PRIMARY KEY,
  uuid TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
  graph_id INTEGER NOT NULL REFERENCES graph (id),
  seq INTEGER NOT NULL,
  item_type TEXT NOT NULL CHECK (item_type IN ('graph_episode', 'thread_message')),
  source TEXT NOT NULL CHECK (source IN ('text', 'json', 'message', 'fact_triple')),
  content TEXT NOT NULL,
  source_description TEXT NOT NULL DEFAULT '',
  document_id TEXT NOT NULL DEFAULT '',
  thread_ref INTEGER REFERENCES thread (id),
  thread_seq INTEGER,
  role TEXT CHECK (role IN ('norole', 'system', 'assistant', 'user', 'function', 'tool')),
  speaker TEXT NOT NULL DEFAULT '',
  valid_at INTEGER NOT NULL,
  valid_at_given INTEGER NOT NULL CHECK (valid_at_given IN (0, 1)),
  ingested_at INTEGER NOT NULL,
  batch_id TEXT NOT NULL,
  batch_seq INTEGER NOT NULL,
  round INTEGER NOT NULL,
  skip_extraction INTEGER NOT NULL CHECK (skip_extraction IN (0, 1)),
  content_sha256 BLOB NOT NULL CHECK (length(content_sha256) = 32),
  metadata TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
  UNIQUE (graph_id, seq),
  CHECK ((item_type = 'thread_message') = (thread_ref IS NOT NULL)),
  CHECK ((thread_ref IS NULL) = (thread_seq IS NULL))
) STRICT;
CREATE UNIQUE INDEX episode_by_thread ON episode (thread_ref, thread_seq)
  WHERE thread_ref IS NOT NULL;
CREATE INDEX episode_by_batch ON episode (batch_id, batch_seq);
CREATE INDEX episode_by_time ON episode (graph_id, valid_at DESC, seq DESC);

CREATE TABLE ingest_progress (
  graph_id INTEGER NOT NULL REFERENCES graph (id),
  batch_id TEXT NOT NULL,
  last_batch_seq INTEGER NOT NULL,
  applied INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (graph_id, batch_id)
) STRICT, WITHOUT ROWID;

-- Who may write what a partition holds: the owner that drew the newest token.
CREATE TABLE fence (source TEXT PRIMARY KEY, token INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE VIEW v_next_episode AS
SELECT older.uuid AS previous_uuid, newer.uuid AS next_uuid, thread.saga_uuid
FROM episode AS older
JOIN episode AS newer
  ON newer.thread_ref = older.thread_ref AND newer.thread_seq = older.thread_seq + 1
JOIN thread ON thread.id = older.thread_ref;

CREATE VIEW v_has_episode AS
SELECT thread.saga_uuid, episode.uuid
FROM episode JOIN thread ON thread.id = episode.thread_ref;

-- Graphiti's nine properties of an Episodic node. Its times are ISO texts with six fraction digits;
-- the inner remainders round towards the past, for times before 1970 too.
CREATE VIEW v_episodic AS
SELECT
  e.uuid,
  CASE WHEN e.thread_ref IS NULL THEN e.batch_id || '/' || e.batch_seq
       ELSE t.thread_id || '/' || e.thread_seq END AS name,
  g.group_id,
  e.source,
  CASE WHEN e.source_description <> '' THEN e.source_description
       ELSE 'headrace batch ' || e.batch_id END AS source_description,
  CASE WHEN e.thread_ref IS NULL THEN e.content
       WHEN e.speaker = '' THEN coalesce(e.role, 'norole') || ': ' || e.content
       ELSE e.speaker || '(' || coalesce(e.role, 'norole') || '): ' || e.content END AS content,
  '[]' AS entity_edges,
  strftime('%Y-%m-%dT%H:%M:%S',
           (e.ingested_at - (e.ingested_at % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
    || printf('.%06d+00:00', (e.ingested_at % 1000000 + 1000000) % 1000000) AS created_at,
  strftime('%Y-%m-%dT%H:%M:%S',
           (e.valid_at - (e.valid_at % 1000000 + 1000000) % 1000000) / 1000000, 'unixepoch')
    || printf('.%06d+00:00', (e.valid_at % 1000000 + 1000000) % 1000000) AS valid_at
FROM episode AS e
JOIN graph AS g ON g.id = e.graph_id
LEFT JOIN thread AS t ON t.id = e.thread_ref;
)sql";

const char* const kSqliteStepTo2 =
    "CREATE TABLE fence (source TEXT PRIMARY KEY, token INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

}  // namespace headrace::graph
