#include "common/accounting/projector.h"

#include <thread>
#include <utility>

#include "common/accounting/projection.h"

namespace headrace::accounting {
namespace {

// Owns the thread; everything else belongs to that thread while it runs.
class Projector final : public Service {
 public:
  Projector(const ProjectorSettings& settings, ConsumerFactory open_consumer,
            std::unique_ptr<OutcomeStore> store, const Clock& clock, ProjectorObserver& observer)
      : poll_timeout_(settings.poll_timeout),
        gather_time_(settings.gather_time),
        open_consumer_(std::move(open_consumer)),
        store_(std::move(store)),
        projection_(settings, *store_, clock, observer) {}
  ~Projector() override { Stop(); }

  Status Start() override {
    if (Status status = projection_.Open(open_consumer_); !status.ok()) return status;
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        projection_.Step(poll_timeout_);
        // Items end in no order, so the more of them are told together, the more of them are
        // neighbours, and a run of neighbours costs the store as much as one item.
        if (projection_.Flows()) std::this_thread::sleep_for(gather_time_);
      }
      projection_.Close();
    });
    return {};
  }

  void Stop() override {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

 private:
  const std::chrono::milliseconds poll_timeout_;
  const std::chrono::milliseconds gather_time_;
  const ConsumerFactory open_consumer_;
  const std::unique_ptr<OutcomeStore> store_;
  Projection projection_;
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<Service> MakeProjector(const ProjectorSettings& settings,
                                       ConsumerFactory open_consumer,
                                       std::unique_ptr<OutcomeStore> store, const Clock& clock,
                                       ProjectorObserver& observer) {
  return std::make_unique<Projector>(settings, std::move(open_consumer), std::move(store), clock,
                                     observer);
}

}  // namespace headrace::accounting
