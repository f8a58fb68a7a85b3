// The PostgreSQL store's tables and the function that writes a chunk; docs/stores.md repeats what
// operators need. The tables mean what SQLite's mean (sqlite_tables.cc).
#include "common/graph/postgres_migrations.h"

#include <array>

#include "common/graph/postgres_apply.h"

namespace headrace::graph {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE graph (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('graph', 'user')),
  external_id text NOT NULL CHECK (external_id <> ''),
  group_id text NOT NULL,
  next_seq bigint NOT NULL DEFAULT 1,
  incarnation bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (project_id, kind, external_id),
  UNIQUE (project_id, group_id)
) WITH (fillfactor = 50);

CREATE TABLE memory_user (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id text NOT NULL,
  user_id text NOT NULL,
  graph_id bigint NOT NULL UNIQUE REFERENCES graph (id),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (project_id, user_id)
);

CREATE TABLE thread (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id text NOT NULL,
  thread_id text NOT NULL,
  graph_id bigint NOT NULL REFERENCES graph (id),
  user_ref bigint REFERENCES memory_user (id),
  saga_uuid uuid NOT NULL,
  next_seq bigint NOT NULL DEFAULT 1,
  first_episode_uuid uuid,
  last_episode_uuid uuid,
  created_at timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (project_id, thread_id)
) WITH (fillfactor = 50);
CREATE INDEX thread_by_graph ON thread (graph_id);
CREATE INDEX thread_by_user ON thread (user_ref) WHERE user_ref IS NOT NULL;

CREATE TABLE episode (
  uuid uuid PRIMARY KEY,
  graph_id bigint NOT NULL REFERENCES graph (id),
  seq bigint NOT NULL,
  thread_ref bigint REFERENCES thread (id),
  thread_seq bigint,
  valid_at timestamptz NOT NULL,
  ingested_at timestamptz NOT NULL,
  batch_id uuid NOT NULL,
  batch_seq bigint NOT NULL,
  round smallint NOT NULL,
  valid_at_given boolean NOT NULL,
  skip_extraction boolean NOT NULL,
  item_type text NOT NULL CHECK (item_type IN ('graph_episode', 'thread_message')),
  source text NOT NULL CHECK (source IN ('text', 'json', 'message', 'fact_triple')),
  role text CHECK (role IN ('norole', 'system', 'assistant', 'user', 'function', 'tool')),
  speaker text NOT NULL DEFAULT '',
  source_description text NOT NULL DEFAULT '',
  document_id text NOT NULL DEFAULT '',
  content_sha256 bytea NOT NULL CHECK (length(content_sha256) = 32),
  content text NOT NULL,
  metadata json,
  UNIQUE (graph_id, seq),
  CHECK ((item_type = 'thread_message') = (thread_ref IS NOT NULL)),
  CHECK ((thread_ref IS NULL) = (thread_seq IS NULL))
);
CREATE UNIQUE INDEX episode_by_thread ON episode (thread_ref, thread_seq)
  WHERE thread_ref IS NOT NULL;
CREATE INDEX episode_by_batch ON episode (batch_id, batch_seq);
CREATE INDEX episode_by_time ON episode (graph_id, valid_at DESC, seq DESC);

CREATE TABLE ingest_progress (
  graph_id bigint NOT NULL REFERENCES graph (id),
  batch_id uuid NOT NULL,
  last_batch_seq bigint NOT NULL,
  applied bigint NOT NULL,
  duplicates bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (graph_id, batch_id)
) WITH (fillfactor = 50);

-- Who may write what a partition holds: the owner that drew the newest token.
CREATE TABLE fence (
  source text PRIMARY KEY,
  token bigint NOT NULL,
  drawn_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE VIEW v_next_episode AS
SELECT older.uuid AS previous_uuid, newer.uuid AS next_uuid, thread.saga_uuid
FROM episode AS older
JOIN episode AS newer
  ON newer.thread_ref = older.thread_ref AND newer.thread_seq = older.thread_seq + 1
JOIN thread ON thread.id = older.thread_ref;

CREATE VIEW v_has_episode AS
SELECT thread.saga_uuid, episode.uuid
FROM episode JOIN thread ON thread.id = episode.thread_ref;

-- Graphiti's nine properties of an Episodic node.
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
  ARRAY[]::text[] AS entity_edges,
  e.ingested_at AS created_at,
  e.valid_at
FROM episode AS e
JOIN graph AS g ON g.id = e.graph_id
LEFT JOIN thread AS t ON t.id = e.thread_ref;
)sql";

constexpr std::array kMigrations{
    PostgresMigration{1, "tables and views", kTables},
    PostgresMigration{2, "the function that writes a chunk", kPostgresApplyV2},
};

}  // namespace

std::span<const PostgresMigration> PostgresMigrations() { return kMigrations; }

int PostgresSchemaVersion() { return kMigrations.back().version; }

}  // namespace headrace::graph
