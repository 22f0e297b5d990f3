#include "event_source.h"

#include <utility>

#include "carillon/base/mutex.h"
#include "carillon/base/uuid.h"

namespace carillon::cli {
namespace {

constexpr size_t kMaxBatchBytes = 3u << 20;  // gRPC servers take 4 MiB unless told otherwise
constexpr size_t kMaxKeptBytes = 1u << 30;

absl::Status Read(const LineReader::Chunk& chunk, const LineReader::Line& line,
                  EncodedEvent& event) {
  if (line.too_long) return absl::InvalidArgumentError("longer than 24 MiB");
  return ReadEvent(chunk.Text(line), event);
}

class LineSource final : public Source {
 public:
  LineSource(std::unique_ptr<LineReader> reader, size_t batch, const base::Clock& clock,
             BadLine on_bad_line)
      : reader_(std::move(reader)),
        batch_(batch),
        clock_(clock),
        on_bad_line_(std::move(on_bad_line)) {}

  bool Next(Batch& out, base::Random& random) override {
    out.Clear();
    LineReader::Chunk chunk;
    while (out.empty()) {  // again where every line was bad
      if (!NextChunk(chunk)) return false;
      EncodedEvent event;
      for (const LineReader::Line& line : chunk.lines) {
        const absl::Status status = Read(chunk, line, event);
        if (!status.ok()) {
          TellBadLine(line.number, status);
          continue;
        }
        if (event.id.empty()) event.id = base::MakeUuidV7(clock_.Wall(), random);
        out.Add(event.id, event.rest, line.number);
      }
    }
    return true;
  }

 private:
  bool NextChunk(LineReader::Chunk& chunk) {
    const base::MutexLock lock(mutex_);
    return reader_->Next(batch_, kMaxBatchBytes, chunk);
  }

  void TellBadLine(uint64_t line, const absl::Status& status) {
    const base::MutexLock lock(mutex_);
    on_bad_line_(line, status);
  }

  base::Mutex mutex_;
  const std::unique_ptr<LineReader> reader_ ABSL_PT_GUARDED_BY(mutex_);
  const size_t batch_;
  const base::Clock& clock_;
  BadLine on_bad_line_;
};

class MemorySource final : public Source {
 public:
  MemorySource(std::vector<EncodedEvent> events, uint64_t repeat, size_t batch,
               const base::Clock& clock)
      : events_(std::move(events)), total_(events_.size() * repeat), batch_(batch), clock_(clock) {}

  bool Next(Batch& out, base::Random& random) override {
    out.Clear();
    const uint64_t begin = next_.fetch_add(batch_);
    const uint64_t end = std::min<uint64_t>(begin + batch_, total_);
    for (uint64_t i = begin; i < end; ++i) {
      const EncodedEvent& event = events_[i % events_.size()];
      const bool own_id = i < events_.size() && !event.id.empty();
      out.Add(own_id ? event.id : base::MakeUuidV7(clock_.Wall(), random), event.rest, i + 1);
    }
    return !out.empty();
  }

 private:
  const std::vector<EncodedEvent> events_;
  const uint64_t total_;
  const size_t batch_;
  const base::Clock& clock_;
  std::atomic<uint64_t> next_{0};
};

}  // namespace

std::unique_ptr<Source> MakeLineSource(std::unique_ptr<LineReader> reader, size_t batch,
                                       const base::Clock& clock, BadLine on_bad_line) {
  return std::make_unique<LineSource>(std::move(reader), batch, clock, std::move(on_bad_line));
}

std::unique_ptr<Source> MakeMemorySource(std::vector<EncodedEvent> events, uint64_t repeat,
                                         size_t batch, const base::Clock& clock) {
  return std::make_unique<MemorySource>(std::move(events), repeat, batch, clock);
}

absl::StatusOr<std::vector<EncodedEvent>> ReadAll(LineReader& reader, BadLine on_bad_line) {
  std::vector<EncodedEvent> events;
  LineReader::Chunk chunk;
  size_t bytes = 0;
  while (reader.Next(1000, kMaxBatchBytes, chunk)) {
    for (const LineReader::Line& line : chunk.lines) {
      EncodedEvent event;
      const absl::Status status = Read(chunk, line, event);
      if (!status.ok()) {
        on_bad_line(line.number, status);
        continue;
      }
      bytes += sizeof(event) + event.rest.size() + event.id.size();
      events.push_back(std::move(event));
    }
    if (bytes > kMaxKeptBytes) {
      return absl::ResourceExhaustedError("--repeat keeps the events in memory: at most 1 GiB");
    }
  }
  return events;
}

}  // namespace carillon::cli
