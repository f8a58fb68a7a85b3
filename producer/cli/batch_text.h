// Batches as text: tables for people, JSON with stable keys for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/redis/batch_view.h"

namespace headrace::cli {

// Items that have their outcome.
std::uint64_t FinishedItems(const redis::BatchSummary& batch);

std::string BatchTable(const std::vector<redis::BatchSummary>& batches);
std::string BatchDetails(const redis::BatchSummary& batch);
// `batch_id` is what was asked for. The rows name their batches where those are others: an implicit
// batch and the index lead to the record on Kafka.
std::string ErrorsText(const std::string& batch_id, const redis::BatchErrors& errors);

// Each one line with its end.
std::string BatchJson(const redis::BatchSummary& batch);
std::string BatchListJson(const std::vector<redis::BatchSummary>& batches);
std::string ErrorsJson(const std::string& batch_id, const redis::BatchErrors& errors);

}  // namespace headrace::cli
