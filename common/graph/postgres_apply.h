// The functions inside the database, as the migrations bring them.
#pragma once

namespace headrace::graph {

inline constexpr const char* kPostgresApplyV2 = R"sql(
CREATE FUNCTION draw_tokens(sources text[]) RETURNS TABLE (source text, token bigint)
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO fence AS f (source, token)
  SELECT s, 1 FROM unnest(sources) AS s ORDER BY s
  ON CONFLICT (source) DO UPDATE SET token = f.token + 1, drawn_at = clock_timestamp()
  RETURNING f.source, f.token
$$;

-- Deletes what a graph holds; its row stays and remembers the incarnation. The row must be locked.
CREATE FUNCTION empty_graph(e_graph bigint, e_incarnation bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM episode WHERE graph_id = e_graph;
  DELETE FROM thread WHERE graph_id = e_graph;
  DELETE FROM memory_user WHERE graph_id = e_graph;
  DELETE FROM ingest_progress WHERE graph_id = e_graph;
  UPDATE graph AS g SET next_seq = 1, incarnation = e_incarnation, updated_at = clock_timestamp()
  WHERE g.id = e_graph;
END $$;

-- Registers the graphs that are not there. A user and a graph may share an id; their episodes must
-- not share a group, so that the second of them gets the escaped name.
CREATE FUNCTION add_graphs(projects text[], kinds text[], ids text[], names text[],
                           escaped_names text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  FOR attempt IN 1..2 LOOP
    EXIT WHEN NOT EXISTS (
      SELECT 1 FROM unnest(projects, kinds, ids) AS w (project, kind, id)
      WHERE NOT EXISTS (SELECT 1 FROM graph AS g WHERE g.project_id = w.project
                                                   AND g.kind = w.kind AND g.external_id = w.id));
    INSERT INTO graph (project_id, kind, external_id, group_id)
    SELECT w.project, w.kind, w.id, CASE attempt WHEN 1 THEN w.name ELSE w.escaped END
    FROM unnest(projects, kinds, ids, names, escaped_names) AS w (project, kind, id, name, escaped)
    WHERE NOT EXISTS (SELECT 1 FROM graph AS g WHERE g.project_id = w.project AND g.kind = w.kind
                                                 AND g.external_id = w.id)
    ORDER BY w.project, w.kind, w.id
    ON CONFLICT DO NOTHING;
  END LOOP;
END $$;

CREATE FUNCTION erase_graph(e_project text, e_kind text, e_id text, e_name text, e_escaped text,
                            e_incarnation bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  found_id bigint;
  found_incarnation bigint;
BEGIN
  PERFORM add_graphs(ARRAY[e_project], ARRAY[e_kind], ARRAY[e_id], ARRAY[e_name], ARRAY[e_escaped]);
  SELECT g.id, g.incarnation INTO STRICT found_id, found_incarnation
  FROM graph AS g WHERE g.project_id = e_project AND g.kind = e_kind AND g.external_id = e_id
  FOR NO KEY UPDATE;
  IF found_incarnation < e_incarnation THEN
    PERFORM empty_graph(found_id, e_incarnation);
  END IF;
END $$;

-- Writes a chunk. Graphs (g_), threads (t_) and items (i_) are arrays of equal length each; items
-- name their graph and thread by position, from 1. No uuid comes twice, and a graph's items are of
-- one incarnation. Graphs are ordered by project, kind and id, threads by project and id, so that
-- two chunks never wait for each other.
--
-- A function and not one statement, because each statement in it sees what was committed before
-- the statement began: whoever waited for a graph's row then sees the episodes that the row's
-- former holder wrote. Its plans are kept by the session, also behind a transaction pooler, where
-- a client's prepared statements are not.
--
-- `canceled` and `conflicts` name items that were not written: their graph was erased, their thread
-- is another graph's.
CREATE FUNCTION apply_chunk(
  f_source text[], f_token bigint[],
  g_project text[], g_kind text[], g_id text[], g_name text[], g_escaped text[],
  g_incarnation bigint[],
  t_graph integer[], t_thread text[], t_saga uuid[], t_saga_escaped uuid[], t_time timestamptz[],
  i_uuid uuid[], i_graph integer[], i_thread integer[], i_time timestamptz[], i_given boolean[],
  i_batch uuid[], i_index bigint[], i_round integer[], i_skip boolean[], i_type text[],
  i_source text[], i_role text[], i_speaker text[], i_description text[], i_document text[],
  i_sha bytea[], i_content text[], i_metadata text[],
  OUT duplicates integer, OUT canceled integer[], OUT conflicts integer[])
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
  now_at CONSTANT timestamptz := clock_timestamp();
  r record;
  fences integer := 0;
  fenced text;
  graph_ref bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(g_id)]);
  graph_next bigint[] := array_fill(0::bigint, ARRAY[cardinality(g_id)]);
  open_graph boolean[] := array_fill(true, ARRAY[cardinality(g_id)]);
  thread_ref_of bigint[] := array_fill(0::bigint, ARRAY[cardinality(t_thread)]);
  thread_next bigint[] := array_fill(0::bigint, ARRAY[cardinality(t_thread)]);
  thread_owner bigint[] := array_fill(0::bigint, ARRAY[cardinality(t_thread)]);
BEGIN
  FOR r IN SELECT f.source, f.token, ours.token AS our_token
             FROM unnest(f_source, f_token) AS ours (source, token)
             JOIN fence AS f ON f.source = ours.source
             ORDER BY f.source FOR SHARE OF f LOOP
    fences := fences + 1;
    IF r.token <> r.our_token THEN
      fenced := concat_ws(', ', fenced, r.source);
    END IF;
  END LOOP;
  -- A token that is not there was drawn in another life of this database.
  IF fenced IS NOT NULL OR fences <> cardinality(f_source) THEN
    RAISE EXCEPTION 'another worker has claimed %', coalesce(fenced, 'a partition') USING ERRCODE = 'HR001';
  END IF;

  PERFORM add_graphs(g_project, g_kind, g_id, g_name, g_escaped);

  FOR r IN SELECT w.n, g.id, g.next_seq, g.incarnation
             FROM unnest(g_project, g_kind, g_id) WITH ORDINALITY AS w (project, kind, id, n)
             JOIN graph AS g ON g.project_id = w.project AND g.kind = w.kind
                            AND g.external_id = w.id
             ORDER BY g.id FOR NO KEY UPDATE OF g LOOP
    graph_ref[r.n] := r.id;
    graph_next[r.n] := r.next_seq;
    IF r.incarnation > g_incarnation[r.n] THEN
      open_graph[r.n] := false;
    ELSIF r.incarnation < g_incarnation[r.n] THEN
      PERFORM empty_graph(r.id, g_incarnation[r.n]);
      graph_next[r.n] := 1;
    END IF;
  END LOOP;

  INSERT INTO memory_user (project_id, user_id, graph_id)
  SELECT w.project, w.id, graph_ref[w.n]
  FROM unnest(g_project, g_kind, g_id) WITH ORDINALITY AS w (project, kind, id, n)
  WHERE w.kind = 'user' AND open_graph[w.n]
    AND NOT EXISTS (SELECT 1 FROM memory_user AS u WHERE u.graph_id = graph_ref[w.n])
  ON CONFLICT DO NOTHING;

  IF cardinality(t_thread) > 0 THEN
    INSERT INTO thread (project_id, thread_id, graph_id, user_ref, saga_uuid, created_at)
    SELECT g_project[w.graph], w.thread, g.id,
           (SELECT u.id FROM memory_user AS u WHERE u.graph_id = g.id),
           CASE g.group_id WHEN g_name[w.graph] THEN w.saga ELSE w.escaped END, w.first_at
    FROM unnest(t_graph, t_thread, t_saga, t_saga_escaped, t_time)
         AS w (graph, thread, saga, escaped, first_at)
    JOIN graph AS g ON g.id = graph_ref[w.graph]
    WHERE open_graph[w.graph]
      AND NOT EXISTS (SELECT 1 FROM thread AS t WHERE t.project_id = g_project[w.graph]
                                                  AND t.thread_id = w.thread)
    ORDER BY g_project[w.graph], w.thread
    ON CONFLICT DO NOTHING;
    FOR r IN SELECT w.n, t.id, t.next_seq, t.graph_id
               FROM unnest(t_graph, t_thread) WITH ORDINALITY AS w (graph, thread, n)
               JOIN thread AS t ON t.project_id = g_project[w.graph] AND t.thread_id = w.thread
    LOOP
      thread_ref_of[r.n] := r.id;
      thread_next[r.n] := r.next_seq;
      thread_owner[r.n] := r.graph_id;
    END LOOP;
  END IF;

  canceled := ARRAY(SELECT w.n FROM unnest(i_graph) WITH ORDINALITY AS w (graph, n)
                    WHERE NOT open_graph[w.graph]);
  conflicts := ARRAY(SELECT w.n FROM unnest(i_graph, i_thread) WITH ORDINALITY AS w (graph, thread, n)
                     WHERE open_graph[w.graph] AND w.thread > 0
                       AND thread_owner[w.thread] <> graph_ref[w.graph]);

  WITH tried AS (
    SELECT w.uuid, w.graph, w.thread, w.batch, w.index, w.n,
           (SELECT true FROM episode AS e WHERE e.uuid = w.uuid) IS NULL AS is_new
    FROM unnest(i_uuid, i_graph, i_thread, i_batch, i_index) WITH ORDINALITY
         AS w (uuid, graph, thread, batch, index, n)
    WHERE open_graph[w.graph]
      AND (w.thread = 0 OR thread_owner[w.thread] = graph_ref[w.graph])
  ), placed AS (
    SELECT f.*, graph_next[f.graph] - 1 + row_number() OVER (PARTITION BY f.graph ORDER BY f.n) AS seq,
           CASE WHEN f.thread > 0 THEN thread_next[f.thread] - 1
                + row_number() OVER (PARTITION BY f.thread ORDER BY f.n) END AS thread_seq
    FROM tried AS f WHERE f.is_new
  ), written AS (
    INSERT INTO episode (uuid, graph_id, seq, thread_ref, thread_seq, valid_at, ingested_at,
                         batch_id, batch_seq, round, valid_at_given, skip_extraction, item_type,
                         source, role, speaker, source_description, document_id, content_sha256,
                         content, metadata)
    SELECT p.uuid, graph_ref[p.graph], p.seq,
           CASE WHEN p.thread > 0 THEN thread_ref_of[p.thread] END, p.thread_seq,
           w.valid_at, now_at, p.batch, p.index, w.round, w.given, w.skip, w.type, w.source, w.role,
           w.speaker, w.description, w.document, w.sha, w.content, w.metadata::json
    FROM unnest(i_time, i_given, i_round, i_skip, i_type, i_source, i_role, i_speaker,
                i_description, i_document, i_sha, i_content, i_metadata) WITH ORDINALITY
         AS w (valid_at, given, round, skip, type, source, role, speaker, description, document,
               sha, content, metadata, n)
    JOIN placed AS p ON p.n = w.n
  ), progressed AS (
    INSERT INTO ingest_progress AS old (graph_id, batch_id, last_batch_seq, applied, duplicates)
    SELECT graph_ref[t.graph], t.batch, max(t.index), count(*) FILTER (WHERE t.is_new),
           count(*) FILTER (WHERE NOT t.is_new)
    FROM tried AS t GROUP BY 1, 2
    ON CONFLICT (graph_id, batch_id) DO UPDATE SET
      last_batch_seq = greatest(old.last_batch_seq, excluded.last_batch_seq),
      applied = old.applied + excluded.applied,
      duplicates = old.duplicates + excluded.duplicates,
      updated_at = now_at
  ), advanced AS (
    UPDATE graph AS g SET next_seq = g.next_seq + n.items, updated_at = now_at
    FROM (SELECT p.graph, count(*) AS items FROM placed AS p GROUP BY p.graph) AS n
    WHERE g.id = graph_ref[n.graph]
  ), advanced_threads AS (
    UPDATE thread AS t SET next_seq = t.next_seq + n.items,
      first_episode_uuid = coalesce(t.first_episode_uuid, n.uuids[1]),
      last_episode_uuid = n.uuids[n.items]
    FROM (SELECT p.thread, count(*) AS items, array_agg(p.uuid ORDER BY p.n) AS uuids
          FROM placed AS p WHERE p.thread > 0 GROUP BY p.thread) AS n
    WHERE t.id = thread_ref_of[n.thread]
  )
  SELECT count(*) FILTER (WHERE NOT t.is_new) INTO duplicates FROM tried AS t;
END $$;
)sql";

}  // namespace headrace::graph
