#include <cstdint>
#include <string>
#include <vector>

#include "batch_rest.h"
#include "carillon/model/event.h"
#include "chunk.h"
#include "targets.h"

namespace carillon::fuzz {
namespace {

void CheckRecord(std::string_view bytes) {
  const auto event = model::Event::Parse(bytes);
  if (!event.ok()) return;
  Require((*event)->record() == bytes);
  Require((*event)->traced() == (*event)->trace().has_value());
}

void CheckChunk(std::string_view records, uint32_t count, unsigned chosen) {
  const journal::ChunkHead head{10, count, {}};
  const auto view = journal::ChunkView::Open(head, journal::ChunkCrc(head, records), records);
  if (!view.ok()) return;
  const auto all = view->All();
  if (!all.ok()) return;
  std::vector<uint64_t> positions;
  for (size_t i = 0; i < all->size(); ++i) {
    if ((chosen >> (i % 8) & 1) != 0) positions.push_back((*all)[i]->position());
  }
  const auto some = view->Some(positions);
  Require(some.ok() && some->size() == positions.size());
  const auto thin = view->Thin(positions);
  Require(thin.ok());
  const auto less = journal::ChunkView::Open(head, journal::ChunkCrc(head, *thin), *thin);
  Require(less.ok() && less->All()->size() == positions.size());
}

/// The right sum in front of any bytes.
void CheckRest(std::string_view bytes) {
  const uint32_t crc = journal::BytesCrc(bytes);
  std::string column(reinterpret_cast<const char*>(&crc), sizeof(crc));
  column.append(bytes);
  journal::Parked row;
  row.position = 10;
  if (!journal::DecodeRest(column, row).ok()) return;
  Require(row.rest.size() <= journal::kMaxRest);
  std::string again;
  Require(journal::EncodeRest(row, again).ok());
  journal::Parked same = row;
  Require(journal::DecodeRest(again, same).ok() && same.rest == row.rest);
}

}  // namespace

void Stored(std::string_view input) {
  Choices choices(input);
  const uint32_t count = 1 + choices.Below(128);
  const unsigned chosen = choices.Byte();
  const std::string_view bytes = choices.rest();
  CheckRecord(bytes);
  CheckChunk(bytes, count, chosen);
  CheckRest(bytes);
  for (size_t i = 0; i < bytes.size() / journal::kAttemptBytes; ++i) {
    journal::GetAttempt(bytes, i);
  }
}

}  // namespace carillon::fuzz
