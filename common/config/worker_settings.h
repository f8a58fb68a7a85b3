// Here and not beside the worker, because both binaries read one table of settings and producer/
// and worker/ never include each other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace headrace {

enum class Channel { kBatch, kRealtime };

struct WorkerSettings {
  Channel channel = Channel::kBatch;
  std::string store = "sqlite:headrace.db";
  bool auto_migrate = false;
  std::chrono::milliseconds drain_timeout{30'000};
  std::string metrics_listen = "127.0.0.1:9464";
  // Lanes and store together; as many more may wait for their outcome to be acknowledged.
  std::size_t in_flight_items_max = 10'000;
  std::size_t in_flight_bytes_max = 128u << 20;  // their payloads, half of it fetched ahead
  std::size_t lane_chunk_items_max = 100;        // items of one graph in one chunk
  std::chrono::milliseconds commit_interval{1'000};
  std::chrono::milliseconds session_timeout{15'000};
  std::chrono::milliseconds retry_backoff{200};  // doubled up to retry_backoff_max, with jitter
  std::chrono::milliseconds retry_backoff_max{30'000};
  // An item that fails while the store works for others fails for good after so many tries, or so
  // long after its first.
  std::uint32_t retry_attempts_max = 10;
  std::chrono::milliseconds retry_age_max{3'600'000};
  std::chrono::milliseconds stall_alert_after{120'000};  // of a partition that stands still
  std::chrono::milliseconds loop_silence_max{60'000};    // then the process is not alive
  std::chrono::milliseconds loop_end_after{300'000};     // so much later it ends; 0: never
};

}  // namespace headrace
