// How the relational stores read an episode back: what they select, and what they make of it.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/result.h"
#include "common/graph/episode_row.h"

namespace headrace::graph {

// Of `episode AS e LEFT JOIN thread AS t`. The metadata as text comes after it: each database has
// its own way to say that.
#define HEADRACE_EPISODE_COLUMNS                                                                 \
  "e.uuid, e.seq, e.thread_seq, e.batch_id, e.batch_seq, e.round, e.item_type, e.source,"        \
  " e.content, e.source_description, e.document_id, e.role, e.speaker, t.thread_id, e.valid_at," \
  " e.valid_at_given, e.ingested_at"

struct EpisodeColumn {
  enum {
    kUuid,
    kSeq,
    kThreadSeq,
    kBatchId,
    kBatchSeq,
    kRound,
    kItemType,
    kSource,
    kContent,
    kSourceDescription,
    kDocumentId,
    kRole,
    kSpeaker,
    kThreadId,
    kValidAt,
    kValidAtGiven,
    kIngestedAt,
    kMetadata,
  };
};

// `Row` reads columns by their number: Int, Text, IsNull, and Id and Time, which each database
// keeps in a form of its own.
template <typename Row>
Result<StoredEpisode> EpisodeOf(const Row& row, const GraphKey& graph) {
  using Column = EpisodeColumn;
  const std::optional<Uuid> uuid = row.Id(Column::kUuid);
  const std::optional<Uuid> batch = row.Id(Column::kBatchId);
  if (!uuid || !batch || batch->low32() != 0) {
    return Permanent("an episode row holds an id that is none");
  }
  StoredEpisode episode;
  episode.uuid = *uuid;
  episode.seq = row.Int(Column::kSeq);
  if (!row.IsNull(Column::kThreadSeq)) episode.thread_seq = row.Int(Column::kThreadSeq);
  episode.ref.batch = BatchId::Of(*batch);
  episode.ref.index = static_cast<std::uint32_t>(row.Int(Column::kBatchSeq));
  episode.ref.round = static_cast<std::uint8_t>(row.Int(Column::kRound));
  episode.item = ItemOf({.item_type = row.Text(Column::kItemType),
                         .source = row.Text(Column::kSource),
                         .content = row.Text(Column::kContent),
                         .source_description = row.Text(Column::kSourceDescription),
                         .document_id = row.Text(Column::kDocumentId),
                         .role = row.Text(Column::kRole),
                         .speaker = row.Text(Column::kSpeaker),
                         .thread_id = row.Text(Column::kThreadId),
                         .metadata = row.Text(Column::kMetadata)},
                        graph);
  episode.valid_at = row.Time(Column::kValidAt);
  if (row.Int(Column::kValidAtGiven) != 0) episode.item.created_at = episode.valid_at;
  episode.ingested_at = row.Time(Column::kIngestedAt);
  return episode;
}

}  // namespace headrace::graph
