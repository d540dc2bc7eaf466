// Batches from one thread to another. Who gives waits while the taker is far behind, so that memory
// stays flat.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace wattledger::tool {

// One giver and one taker, each on a thread of its own.
template <class Batch>
class Handover {
 public:
  static constexpr std::size_t batches_max = 4;

  // False: the taker has left, and the batch is dropped.
  bool give(Batch batch) {
    std::unique_lock lock(mutex_);
    there_is_room_.wait(lock, [&] { return left_ || batches_.size() < batches_max; });
    if (left_) return false;
    batches_.push_back(std::move(batch));
    there_is_some_.notify_one();
    return true;
  }
  // Nothing more will be given.
  void end() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    there_is_some_.notify_one();
  }

  // nullopt: that was all.
  std::optional<Batch> take() {
    std::unique_lock lock(mutex_);
    there_is_some_.wait(lock, [&] { return ended_ || !batches_.empty(); });
    if (batches_.empty()) return std::nullopt;
    std::optional<Batch> batch(std::move(batches_.front()));
    batches_.pop_front();
    there_is_room_.notify_one();
    return batch;
  }
  // The taker will take no more.
  void leave() {
    const std::scoped_lock lock(mutex_);
    left_ = true;
    there_is_room_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_is_some_, there_is_room_;
  std::deque<Batch> batches_;
  bool ended_ = false, left_ = false;
};

}  // namespace wattledger::tool
